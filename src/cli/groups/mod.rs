//! Options that several commands have. Doc comments are the help text.

mod constraints;
mod given;
mod near;
mod selection;
mod study;
pub mod suggestions;
mod trust;

pub use constraints::ConstraintArgs;
pub use given::Given;
pub use near::{NearArgs, Recommend};
pub use selection::SelectionArgs;
pub use study::{StudyArgs, check_not_of_study, parse_unit, read_study};
pub use trust::TrustArgs;
