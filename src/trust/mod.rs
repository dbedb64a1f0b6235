//! How far a fit can be believed, and what it predicts.
//!
//! Like [`fit`](crate::fit) this room knows numbers only: no files, no names, no text. Every random draw has its own
//! stream of a seeded generator ([`draws`]), so results are the same whatever the thread count and whatever else is
//! computed beside them.

mod agreement;
mod bootstrap;
mod by_estimator;
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

pub use draws::{Purpose, generator};
pub use interval::{Interval, quantile};
pub use law::{LawDiagnostics, ModelOnLaw, Outlying, Side, law_diagnostics};
pub use prediction::{Basis, Calibration, Coverage, Prediction, coverage};
pub use robust::{Robust, robust_fit};
