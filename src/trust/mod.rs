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
mod exchange;
mod folds;
mod influence;
mod interchangeable;
mod interval;
mod law;
mod learning_curve;
mod near_optimal;
mod permutation;
mod power;
mod prediction;
mod robust;
mod simulated;
mod spectrum;
mod strata;
mod tried;

pub use draws::{Purpose, generator};
pub use exchange::Exchange;
pub use interval::{Interval, quantile};
pub use learning_curve::{LearningCurvePoint, LearningCurveSettings, learning_curve};
pub use permutation::{PermutationError, PermutationSettings, PermutationTest, permutation_test, permutation_test_of};
pub use power::{AddedModels, Halves, KindPower, Power, PowerPoint, PowerSettings, power};
pub use simulated::{Simulator, SimulatorError};
pub use strata::{Strata, StrataError};
pub use tried::{Tried, TriedError, TriedTarget, tried};
