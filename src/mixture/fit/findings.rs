//! What a fit found, with names.

use indexmap::IndexMap;
use mixopt_fit::{OptimumStatus, PenaltyChoice, PenaltyPoint, RecommendationStatus, Uniqueness};
use mixopt_trust::Calibration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fit::decision::Decision;
use crate::report::figures::{Figures, Pair};
use crate::report::report::Report;
use crate::settings::criterion::Criterion;
use crate::setup::constraint_set::Binding;
use crate::values::Supply;
use crate::values::Weights;

/// What `mixopt fit` tells.
pub type FitReport = Report<FitAnswer>;

/// The mixtures that a fit makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FitAnswer {
    /// What to do, and how far it is shown to be better than what there is already.
    pub decision: Decision,
    /// The best mixture with its proof.
    pub optimum: OptimumFindings,
    /// The mixture to train on.
    pub recommended: RecommendedFindings,
    /// Where the mixture that there is already is kept: the one that was judged. What `trust` says of shares is said of
    /// this one then. `null` where it is the recommended one.
    #[serde(default)]
    pub candidate: Option<Weights>,
    /// Figures of each target under the objective `worst`; empty otherwise.
    pub by_target: IndexMap<String, TargetFindings>,
    /// The frontier between two targets under the objective `worst`: no mixture does better on both. Empty otherwise.
    pub pareto: Vec<ParetoFindings>,
    /// From the prior to the best: how little has to change for how much correlation (in the recommendation's criterion).
    pub trade_off: Vec<TradeOff>,
    /// What the budget takes of each domain under the recommended mixture; `null` without a budget.
    pub supply: Option<Supply>,
    /// What predictions of scores from either mixture stand on; `null` where no family can be held out, and under the
    /// objective `worst`, which has several targets.
    #[serde(default)]
    pub prediction: Option<PredictionFindings>,
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

/// A ridge toward the prior, or toward the marginal mixture where none is named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RidgeFindings {
    /// The penalty; `null` where it is infinite, so that what it shrinks toward stands as it is.
    pub lambda: Option<f64>,
    /// The penalties that were tried, the largest first; empty where one was given.
    pub path: Vec<RidgePoint>,
}

/// One penalty that cross-validation over families tried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RidgePoint {
    /// The penalty; `null` where it is infinite.
    pub lambda: Option<f64>,
    /// Correlation of predicted and true scores of families left out, given what is controlled for.
    pub correlation: f64,
    /// By how much it is below the best.
    pub below_best: f64,
    /// Standard error of that difference, both on the same families.
    pub standard_error: f64,
}

impl RidgeFindings {
    pub(crate) fn of(choice: &PenaltyChoice) -> Self {
        let finite = |lambda: f64| lambda.is_finite().then_some(lambda);
        let point = |point: &PenaltyPoint| RidgePoint {
            lambda: finite(point.lambda),
            correlation: point.correlation,
            below_best: point.below_best,
            standard_error: point.standard_error,
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
    /// The mixture that there is already: `natural`, a file or a published mixture; `uniform` where none is named.
    pub prior: String,
    /// That mixture's shares.
    pub prior_weights: Weights,
    /// The mixture that a ridge shrinks toward, as near as the constraints allow: the prior that is named, or the marginal
    /// mixture, whose shares are in proportion to the squared correlations of the domains alone. `null` without a ridge.
    #[serde(default)]
    pub toward: Option<Weights>,
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

impl FitReport {
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
        self.answer.recommended.weights.keys().map(String::as_str)
    }
}
