//! Options that several commands have. Doc comments are the help text.

mod constraints;
mod near;
mod selection;
mod study;
mod trust;
mod unit;

pub use constraints::ConstraintArgs;
pub use near::{DistanceArg, EstimatorArg, NearArgs, ProjectionArg, RecommendArg};
pub use selection::{MissingArg, SelectionArgs};
pub use study::{StudyArgs, parse_unit, read_study};
pub use trust::{RobustArg, TrustArgs};
pub use unit::UnitArg;
