//! What a fit found, with names: the answer for programs (JSON) and the ground for tables and files.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use mixopt_base::ShareUnit;
use mixopt_fit::{Evaluation, HeldOut, OptimumStatus, RecommendationStatus, RidgeChoice, Uniqueness};
use mixopt_study::{Dropped, InputFile};
use mixopt_trust::Calibration;

use crate::settings::criterion::Criterion;
use crate::file::format::Supply;
use crate::settings::fit_settings::FitSettings;
use crate::setup::constraint_set::Binding;
use crate::trust::findings::TrustFindings;

/// Shares by domain, in the order of the study's domains.
pub type Weights = IndexMap<String, f64>;

/// All that `mixopt fit` tells. Stable: fields are only added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Findings {
    /// The target expression.
    pub target: String,
    /// Benchmarks behind the target with their weights.
    pub benchmarks: IndexMap<String, f64>,
    /// Embedded study, or `files`.
    pub study: String,
    /// What shares are shares of.
    pub unit: ShareUnit,
    /// Number of models fitted on.
    pub models: usize,
    /// Number of their families.
    pub families: usize,
    /// The answer in plain sentences.
    pub verdict: Vec<String>,
    /// The best mixture with its proof.
    pub optimum: OptimumFindings,
    /// The mixture to use.
    pub recommended: RecommendedFindings,
    /// What to compare with.
    pub baselines: Baselines,
    /// The same mixtures on families they were not fitted on.
    pub held_out: HeldOutFindings,
    /// The same for each target under the objective `worst`; empty otherwise.
    pub by_target: IndexMap<String, TargetFindings>,
    /// The frontier between two targets under the objective `worst`: no mixture does better on both. Empty otherwise.
    pub pareto: Vec<ParetoFindings>,
    /// From the prior to the best: how little has to change for how much correlation (in the recommendation's criterion).
    pub trade_off: Vec<TradeOff>,
    /// Correlation with every benchmark of the study, over the models fitted on that have a score.
    pub tracked: IndexMap<String, Tracked>,
    /// How far all this can be believed.
    pub trust: TrustFindings,
    /// What the budget takes of each domain under the recommended mixture; `null` without a budget.
    pub supply: Option<Supply>,
    /// What predictions of scores from either mixture stand on; `null` where no family can be held out, and under the
    /// objective `worst`, which has several targets.
    #[serde(default)]
    pub prediction: Option<PredictionFindings>,
    /// Domains with the same compression for all models: any share of them changes nothing.
    pub constant_domains: Vec<String>,
    /// Names of the models fitted on.
    pub model_names: Vec<String>,
    /// Names of their families.
    pub family_names: Vec<String>,
    /// Models left out, with reasons.
    pub dropped_models: Vec<Dropped>,
    /// Domains left out, with reasons.
    pub dropped_domains: Vec<Dropped>,
    /// What the reader should know about inputs and settings.
    pub messages: Vec<String>,
    /// Everything asked for, the seed included.
    pub settings: FitSettings,
    /// Inputs with their checksums.
    pub inputs: Vec<InputFile>,
    /// Program and version.
    pub program: Program,
}

/// What predictions stand on: the law of each mixture and its errors on families held out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PredictionFindings {
    /// Of the recommended mixture.
    pub recommended: Option<Calibration>,
    /// Of the optimum.
    pub optimum: Option<Calibration>,
}

/// Name and version of the program that made an output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// `mixopt`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Program {
    /// This program.
    pub fn this() -> Self {
        Self { name: "mixopt".to_string(), version: env!("CARGO_PKG_VERSION").to_string() }
    }
}

/// One point of the trade-off curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TradeOff {
    /// The criterion's value.
    pub correlation: f64,
    /// Distance from the prior: Euclidean, or Kullback–Leibler in nats.
    pub distance: f64,
    /// Shares by domain.
    pub weights: Weights,
}

/// A mixture on the frontier between two targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParetoFindings {
    /// Correlation with each target.
    pub correlations: IndexMap<String, f64>,
    /// How much more of this point's weighted sum of correlations there could be, at most.
    pub gap: f64,
    /// Shares by domain.
    pub weights: Weights,
}

/// Correlation of mixtures with one benchmark (of −bits, so 1 is perfect).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tracked {
    /// Models that have a score on it.
    pub models: usize,
    /// The recommended mixture.
    pub recommended: Option<f64>,
    /// The optimum.
    pub optimum: Option<f64>,
    /// The prior.
    pub prior: Option<f64>,
}

/// Figures of one target of several.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetFindings {
    /// The optimum.
    pub optimum: Option<Pair>,
    /// The recommended mixture.
    pub recommended: Pair,
    /// Equal shares.
    pub uniform: Pair,
}

/// Pearson's correlation in and out of sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// In sample.
    pub pearson: Option<f64>,
    /// Predicted with true scores on families held out.
    pub held_out_pearson: Option<f64>,
}

/// In-sample figures. `pearson` and `spearman` are of −bits per character with the target, so 1 is perfect; `null` where
/// the mixture compresses all models alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Figures {
    /// Pearson's correlation.
    pub pearson: Option<f64>,
    /// Spearman's rank correlation.
    pub spearman: Option<f64>,
    /// Root mean square residual of the linear law (divisor n), in units of the target.
    pub rmse: Option<f64>,
    /// Slope of the law: target per bit per character.
    pub slope: Option<f64>,
    /// Intercept of the law.
    pub intercept: Option<f64>,
}

impl Figures {
    /// The figures of an evaluation.
    pub fn of(evaluation: &Evaluation) -> Self {
        let law = evaluation.law;
        Self {
            pearson: evaluation.pearson,
            spearman: evaluation.spearman,
            rmse: law.map(|law| law.rmse),
            slope: law.map(|law| law.slope),
            intercept: law.map(|law| law.intercept),
        }
    }
}

/// The best mixture. `weights` is `null` where no mixture correlates positively.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OptimumFindings {
    /// Shares by domain.
    pub weights: Option<Weights>,
    /// In-sample figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// What is maximised: `pearson`, `spearman`, or the partial correlation given a column.
    pub criterion: Criterion,
    /// The criterion's value.
    pub correlation: f64,
    /// No mixture within the bounds does better on the criterion. `null` for rank correlation, which has no bound.
    pub bound: Option<f64>,
    /// Bound less value. `null` for rank correlation.
    pub gap: Option<f64>,
    /// Where domains cancel each other: the bound holds for mixtures whose compression varies at least this share of
    /// their domains' own variation. `null`: it holds for all.
    pub bound_holds_above_variation: Option<f64>,
    /// How it ended.
    pub status: OptimumStatus,
    /// Constraints that hold it back, with their prices, the dearest first.
    pub binding: Vec<Binding>,
    /// Whether other mixtures are as good. `null` where not examined.
    pub uniqueness: Option<Uniqueness>,
    /// The mixture nearest to equal shares among those within 0.001 of the best.
    pub nearly_as_good: Option<Weights>,
}

/// A ridge toward the prior.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RidgeFindings {
    /// The penalty; `null` where it is infinite, so that the prior itself stands.
    pub lambda: Option<f64>,
    /// The penalties that were tried; empty where one was given.
    pub path: Vec<RidgePoint>,
}

/// One penalty that cross-validation over families tried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RidgePoint {
    /// The penalty; `null` where it is infinite.
    pub lambda: Option<f64>,
    /// Mean squared error of held-out scores.
    pub error: f64,
    /// Its standard error over families.
    pub standard_error: f64,
}

impl RidgeFindings {
    pub(crate) fn of(choice: &RidgeChoice) -> Self {
        let finite = |lambda: f64| lambda.is_finite().then_some(lambda);
        let point = |&(lambda, error, standard_error): &(f64, f64, f64)| RidgePoint {
            lambda: finite(lambda),
            error,
            standard_error,
        };
        Self { lambda: finite(choice.lambda), path: choice.path.iter().map(point).collect() }
    }
}

/// The recommended mixture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecommendedFindings {
    /// Shares by domain.
    pub weights: Weights,
    /// In-sample figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// What it stays near the best of: `pearson`, or the partial correlation given a column.
    pub criterion: Criterion,
    /// The mixture it stays near: `uniform`, `natural`, a file or a published mixture.
    pub prior: String,
    /// That mixture's shares.
    pub prior_weights: Weights,
    /// How it came about.
    pub status: RecommendationStatus,
    /// Best value of the criterion.
    pub best: f64,
    /// Standard error of the best, from a bootstrap over families.
    pub standard_error: Option<f64>,
    /// Value of the criterion that had to be reached.
    pub threshold: Option<f64>,
    /// Value of the criterion reached.
    pub correlation: Option<f64>,
    /// Bootstrap replicates that could not be fitted (too few different models drawn).
    pub unusable_replicates: usize,
    /// The ridge's penalty and how it was chosen; `null` for the nearest mixture.
    pub ridge: Option<RidgeFindings>,
}

/// Mixtures to compare with, in sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Baselines {
    /// Equal shares.
    pub uniform: Figures,
    /// The prior; `null` where it is equal shares.
    pub prior: Option<Figures>,
    /// Whether the constraints allow equal shares.
    pub uniform_is_allowed: bool,
    /// Whether the constraints allow the prior.
    pub prior_is_allowed: bool,
    /// Each domain alone.
    pub single: IndexMap<String, Figures>,
}

/// Agreement of predicted and true scores over all families held out in turn, predictions pooled.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldOutFigures {
    /// Pearson's correlation of predicted and true scores.
    pub pearson: Option<f64>,
    /// Spearman's correlation of predicted and true scores.
    pub spearman: Option<f64>,
    /// Root mean square prediction error, in units of the target.
    pub rmse: f64,
    /// Models predicted.
    pub models: usize,
    /// Folds in which the method had no answer and equal shares stood in.
    pub folds_without_answer: usize,
}

impl From<&HeldOut> for HeldOutFigures {
    fn from(held_out: &HeldOut) -> Self {
        Self {
            pearson: held_out.agreement.pearson,
            spearman: held_out.agreement.spearman,
            rmse: held_out.agreement.rmse,
            models: held_out.predictions.len(),
            folds_without_answer: held_out.folds_without_answer,
        }
    }
}

/// Held-out figures of each mixture; `null` where no family can be held out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldOutFindings {
    /// Always `leave_one_family_out`: every choice is made anew without the family.
    pub protocol: String,
    /// Families held out in turn.
    pub folds: usize,
    /// A mixture that is given: only the line is fitted anew. Absent where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mixture: Option<HeldOutFigures>,
    /// The optimum, refitted in every fold.
    pub optimum: Option<HeldOutFigures>,
    /// The recommendation, made anew in every fold.
    pub recommended: Option<HeldOutFigures>,
    /// The domain that is best alone, chosen anew in every fold.
    pub best_single: Option<HeldOutFigures>,
    /// The baselines.
    pub baselines: HeldOutBaselines,
}

/// Held-out figures of the baselines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldOutBaselines {
    /// Equal shares.
    pub uniform: Option<HeldOutFigures>,
    /// The prior; `null` where it is equal shares.
    pub prior: Option<HeldOutFigures>,
    /// Each domain alone.
    pub single: IndexMap<String, Option<HeldOutFigures>>,
}

impl Findings {
    /// The domain that correlates best alone, with its figures.
    pub fn best_single(&self) -> Option<(&str, &Figures)> {
        self.baselines
            .single
            .iter()
            .filter(|(_, figures)| figures.pearson.is_some())
            .max_by(|a, b| a.1.pearson.unwrap_or(-1.0).total_cmp(&b.1.pearson.unwrap_or(-1.0)))
            .map(|(name, figures)| (name.as_str(), figures))
    }

    /// Names of the domains.
    pub fn domains(&self) -> impl Iterator<Item = &str> {
        self.recommended.weights.keys().map(String::as_str)
    }
}
