//! How far a fit can be believed, and what it predicts.
//!
//! Like [`fit`](crate::fit) this room knows numbers only: no files, no names, no text. Every random draw has its own
//! stream of a seeded generator ([`draws`]), so results are the same whatever the thread count and whatever else is
//! computed beside them.

mod bootstrap;
mod compared_method;
mod comparison;
mod difference;
mod documents;
mod draws;
mod folds;
mod influence;
mod interchangeable;
mod interval;
mod law;
mod near_optimal;
mod permutation;
mod power;
mod prediction;
mod robust;
mod spectrum;
mod strata;
mod tried;

pub use compared_method::ComparedMethod;
pub use comparison::{Comparison, ComparisonSettings, Given, MethodFigures, ProtocolFigures, compare};
pub use difference::{
    DifferenceSettings, Differences, FigureDifference, LEAST_FAMILIES, NoInterval, Repeats, differences,
};
pub use draws::{Purpose, generator};
pub use folds::{Folds, SkippedFold, repeated_folds, single_families};
pub use interval::{Interval, quantile};
