//! How far a fit can be believed, and what it predicts.
//!
//! Like [`fit`](mixopt_fit) this room knows numbers only: no files, no names, no text. Every random draw has its own
//! stream of a seeded generator ([`draws`]), so results are the same whatever the thread count and whatever else is
//! computed beside them.

mod bootstrap;
mod compared_method;
mod comparison;
mod difference;
mod documents;
mod draws;
mod exchange;
mod folds;
mod halving;
mod influence;
mod interchangeable;
mod interval;
mod law;
mod learning_curve;
mod near_optimal;
mod permutation;
mod power;
mod prediction;
mod resampled;
mod robust;
mod simulated;
mod spectrum;
mod strata;
mod tried;

pub use bootstrap::{
    Bootstrap, Fitted, GivenBootstrap, LEAST_FAMILIES, LEAST_REPLICATES, MeasurementNoise, Resampling, bootstrap,
    bootstrap_given,
};
pub use compared_method::ComparedMethod;
pub use comparison::{Comparison, ComparisonSettings, Given, MethodFigures, ProtocolFigures, compare};
pub use difference::{DifferenceSettings, Differences, FigureDifference, NoInterval, Repeats, differences};
pub use documents::{DocumentBits, DocumentsError, DomainDocuments, LEAST_DOCUMENTS};
pub use draws::{Purpose, generator};
pub use exchange::Exchange;
pub use folds::{Folds, SkippedFold, repeated_folds, single_families};
pub use halving::Halves;
pub use influence::{Influence, LeftOut, Moved, MovedDomain, influence};
pub use interchangeable::{
    INTERCHANGEABLE_CORRELATION, InterchangeableError, InterchangeableGroup, MOST_DOMAINS_TO_GROUP, interchangeable,
};
pub use interval::{Interval, quantile};
pub use law::{LawDiagnostics, ModelOnLaw, Outlying, Side, law_diagnostics};
pub use learning_curve::{LearningCurvePoint, LearningCurveSettings, learning_curve};
pub use near_optimal::{NearOptimalError, Range, mean_width, near_optimal};
pub use permutation::{PermutationError, PermutationSettings, PermutationTest, permutation_test, permutation_test_of};
pub use power::{AddedModels, KindPower, Power, PowerPoint, PowerSettings, power};
pub use prediction::{Basis, Calibration, Coverage, Prediction, coverage};
pub use resampled::{BINS, Estimates, Insufficient, IntervalMethod, Resampled, ResampledDomain, SELECTED_FROM};
pub use robust::{Robust, robust_fit};
pub use simulated::{Simulator, SimulatorError};
pub use spectrum::{DomainScale, Spectrum, spectrum};
pub use strata::{Strata, StrataError};
pub use tried::{Tried, TriedError, TriedTarget, tried};
