//! How far a fit can be believed, and what it predicts.
//!
//! Like [`fit`](mixopt_fit) this room knows numbers only: no files, no names, no text. Every random draw has its own
//! stream of a seeded generator ([`draws`]), so results are the same whatever the thread count and whatever else is
//! computed beside them.

mod chance;
mod comparison;
mod documents;
mod domains;
mod influence;
mod more_models;
mod prediction;
mod resampling;

pub use chance::exchange::Exchange;
pub use chance::permutation::{
    PermutationError, PermutationSettings, PermutationTest, permutation_test, permutation_test_of,
};
pub use chance::strata::{Strata, StrataError};
pub use chance::tried::{Tried, TriedError, TriedTarget, tried};
pub use comparison::compare::{Comparison, ComparisonSettings, MethodFigures, ProtocolFigures, compare};
pub use comparison::difference::{DifferenceSettings, Differences, FigureDifference, NoInterval, Repeats};
pub use comparison::folds::{Folds, SkippedFold, repeated_folds, single_families};
pub use comparison::given::Given;
pub use comparison::method::ComparedMethod;
pub use documents::{DocumentBits, DocumentsError, DomainDocuments, LEAST_DOCUMENTS};
pub use domains::interchangeable::{
    INTERCHANGEABLE_CORRELATION, InterchangeableError, InterchangeableGroup, MOST_DOMAINS_TO_GROUP, interchangeable,
};
pub use domains::near_optimal::{NearOptimalError, Range, mean_width, near_optimal};
pub use domains::spectrum::{DomainScale, Spectrum, spectrum};
pub use influence::law::{LawDiagnostics, ModelOnLaw, Outlying, Side, law_diagnostics};
pub use influence::left_out::{Influence, LeftOut, Moved, MovedDomain, influence};
pub use influence::robust::{Robust, robust_fit};
pub use more_models::added_models::AddedModels;
pub use more_models::halving::Halves;
pub use more_models::learning_curve::{LearningCurvePoint, LearningCurveSettings, learning_curve};
pub use more_models::power::{KindPower, Power, PowerPoint, PowerSettings, power};
pub use prediction::{Basis, Calibration, Coverage, Prediction, coverage};
pub use resampling::bootstrap::{Bootstrap, GivenBootstrap, MeasurementNoise, Resampling, bootstrap, bootstrap_given};
pub use resampling::draws::{Purpose, generator};
pub use resampling::fitted::Fitted;
pub use resampling::interval::{Interval, quantile};
pub use resampling::interval::{LEAST_FAMILIES, LEAST_REPLICATES};
pub use resampling::resampled::{
    BINS, Estimates, Insufficient, IntervalMethod, Resampled, ResampledDomain, SELECTED_FROM,
};
pub use resampling::simulated::{Simulator, SimulatorError};
