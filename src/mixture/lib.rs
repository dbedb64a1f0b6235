//! The result: a mixture, what it is worth, and the file that holds it.

mod case;
mod constraint_set;
mod constraint_text;
mod controls;
mod conversion;
mod correlate;
mod diff;
mod document_noise;
mod error;
mod evaluate;
mod evaluation_findings;
mod evaluation_verdict;
mod evidence;
mod file;
mod file_trust;
mod find;
mod findings;
mod fit_record;
mod ground;
mod known;
mod plan;
mod plan_record;
mod plan_settings;
mod plan_verdict;
mod predict;
mod prior;
mod settings;
mod shares;
mod significance;
mod trust;
mod trust_findings;
mod trust_held_out;
mod trust_law;
mod verdict;

pub use constraint_set::Binding;
pub use constraint_text::{DomainBound, FrozenGroup, GroupBound, KeptDomain};
pub use conversion::weights_in_unit;
pub use correlate::{Correlation, EQUAL_SHARES, correlate};
pub use diff::{
    Both, Change, DiffError, DiffSide, DomainDiff, FitFigures, Limit, LimitKind, MixtureDiff, Price, Reason, Side, diff,
};
pub use document_noise::measurement_messages;
pub use error::{FitError, MixtureError, UnknownDomain};
pub use evaluate::evaluate;
pub use evaluation_findings::{
    ChosenOn, CriterionFindings, EvaluationFindings, GivenMixture, OtherMixture, TrackedGiven,
};
pub use evidence::{DomainEvidence, Evidence, TargetEvidence};
pub use file::{DomainSupply, Kind, MixtureFile, Stage, Supply, VERSION};
pub use file_trust::{FileLead, FileTrust, FileWeight};
pub use find::find;
pub use findings::{
    Baselines, Figures, Findings, HeldOutBaselines, HeldOutFigures, HeldOutFindings, OptimumFindings, Pair,
    PredictionFindings, Program, RecommendedFindings, TargetFindings, Tracked, TradeOff, Weights,
};
pub use fit_record::{
    FileBaseline, FileBaselines, FileFigures, FileHeldOut, FileOptimum, FileRecommendation, FileTracked, FileTradeOff,
    FitRecord,
};
pub use known::{KnownMixture, known_mixture, known_mixtures, read_or_known};
pub use plan::{PlanFindings, StageFindings, plan};
pub use plan_record::{PlanRecord, StageRecord};
pub use plan_settings::{PlanSettings, StageSettings};
pub use predict::{
    CalibrationSource, MixturePrediction, PredictError, PredictSettings, PredictedModel, Predictions, predict,
};
pub use settings::{Control, FitSettings, Prior, Robust};
pub use shares::{Percentages, amount, apportion, decimals_for, exact_shares, exact_units, percent, percentages};
pub use trust_findings::{
    DocumentFindings, DomainStability, GroupFindings, IndependenceFindings, KindFindings, LawFindings, LeadInterval,
    LearningPoint, MethodFindings, ModelFindings, NearOptimalFindings, PermutationFindings, PowerFindings, PowerWidth,
    ProtocolFindings, RobustFindings, SignificanceFindings, StabilityFindings, TriedFindings, TrustFindings,
    WithoutFindings,
};
pub use verdict::{in_words, prior_in_words};
