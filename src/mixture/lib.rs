//! The result: a mixture, what it is worth, and the file that holds it.

mod compare;
// Each variant's own text names its fields.
mod error;
mod evaluate;
mod file;
mod fit;
mod plan;
mod predict;
mod refit;
mod report;
mod settings;
mod setup;
mod trust;
mod values;

pub use compare::correlate::{Correlation, EQUAL_SHARES, correlate};
pub use compare::diff::{
    Both, Change, DiffError, DiffSide, DomainDiff, FitFigures, Limit, LimitKind, MixtureDiff, Price, Reason, Side, diff,
};
pub use compare::evidence::{DomainEvidence, Evidence, TargetEvidence};
pub use error::{FitError, MixtureError, UnknownDomain};
pub use evaluate::findings::{
    ChosenOn, CriterionFindings, EvaluationAnswer, EvaluationReport, GivenMixture, OtherMixture,
};
pub use evaluate::run::evaluate;
pub use file::conversion::weights_in_unit;
pub use file::file_trust::{FileLead, FileTrust, FileWeight};
pub use file::fit_record::{
    FileBaseline, FileBaselines, FileHeldOut, FileOptimum, FileRecommendation, FileTracked, FileTradeOff, FitRecord,
};
pub use file::format::{MixtureFile, Stage, VERSION};
pub use file::known::{KnownMixture, known_mixture, known_mixtures, read_or_known};
pub use file::plan_record::{PlanRecord, StageRecord};
pub use file::shares::{Percentages, amount, apportion, decimals_for, exact_shares, exact_units, percent, percentages};
pub use fit::decision::{Chance, ClearlyBetter, Decision, FEW_FAMILIES, Judgement, Standing};
pub use fit::find::find;
pub use fit::findings::{
    FitAnswer, FitReport, OptimumFindings, ParetoFindings, PredictionFindings, RecommendedFindings, RidgeFindings,
    RidgePoint, TargetFindings, TradeOff,
};
pub use fit::verdict::{in_words, prior_in_words};
pub use plan::findings::{PlanFindings, StageFindings};
pub use plan::run::plan;
pub use plan::settings::{PlanSettings, StageSettings};
pub use predict::{
    CalibrationSource, MixturePrediction, PredictError, PredictSettings, PredictedModel, Predictions, predict,
};
pub use refit::changes::{BeforeAndNow, DomainMove, InputChange, RefitChanges, RefitReport};
pub use refit::error::RefitError;
pub use refit::recorded::{RecordedFit, Refit};
pub use report::figures::{Baselines, Figures, HeldOutBaselines, HeldOutFigures, HeldOutFindings, Pair, Tracked};
pub use report::report::{CAUTION, Provenance, Question, Report};
pub use report::words::{p_value, percent as percent_in_words, signed};
pub use settings::constraint_text::{DomainBound, FrozenGroup, GroupBound, KeptDomain};
pub use settings::criterion::{Criterion, Statistic};
pub use settings::fit_file::FitFile;
pub use settings::fit_settings::{Control, FitSettings, Prior, Robust};
pub use setup::constraint_set::Binding;
pub use setup::document_noise::measurement_messages;
pub use trust::findings::{
    ChanceExchange, DocumentFindings, DomainStability, GroupFindings, IndependenceFindings, KindFindings, LawFindings,
    LeadInterval, LearningPoint, MethodFindings, ModelFindings, NearOptimalFindings, PermutationFindings,
    PowerFindings, PowerWidth, ProtocolFindings, RobustFindings, SignificanceFindings, StabilityFindings,
    TriedFindings, TrustFindings, WithoutFindings,
};
pub use values::Kind;
pub use values::{DomainSupply, Program, Supply, Weights};
