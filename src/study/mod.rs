//! Tables of a study: compression, scores, models, and their join.
mod error;
pub mod layouts;
mod records;
mod table;

pub use error::{Place, Result, StudyError};
pub use records::{Metric, Scale, ScoreRecord};
pub use table::Table;
