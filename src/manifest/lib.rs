//! The text that there is to train on: which domains, where they lie, how much of each.
//!
//! A [`Manifest`] is the file `corpora.yaml`. Its counts turn shares of characters into shares of tokens, bytes or
//! documents ([`convert`]) and say how often a budget repeats a domain ([`Manifest::supply`]).

mod check_values;
// Each variant's own text names its fields.
mod error;
mod file;
mod relocate;
mod report;
mod supply;
mod unit;
mod values;

pub use error::{ManifestError, Result};
pub use file::{Manifest, ManifestDomain, VERSION};
pub use mixopt_base::ShareUnit;
pub use report::{DomainReport, ManifestReport, Missing, Problem};
pub use supply::SupplyLimit;
pub use unit::convert;
