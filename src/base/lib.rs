//! What every room of mixopt shares: places in inputs, counts and units as people write them, names and their slips, names
//! of settings and tasks, files written whole, digests, guards against panics, and what follows long work.
//!
//! Nothing here knows corpora, models, studies or mixtures.

pub mod constant;
pub mod count;
pub mod digest;
pub mod guard;
pub mod names;
pub mod observer;
pub mod over_input;
pub mod place;
pub mod setting;
mod stream;
pub mod task;
pub mod unit;
pub mod whole_file;
pub mod yaml;

pub use constant::is_constant;
pub use count::Count;
pub use digest::{hexadecimal, sha256};
pub use names::{did_you_mean, did_you_mean_aside, each_once, list, nearest};
pub use observer::{Observer, Silent};
pub use over_input::{OverInput, check_not_input};
pub use place::Place;
pub use setting::Setting;
pub use task::Task;
pub use unit::{ShareUnit, Unit};
