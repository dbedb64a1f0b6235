//! Figures of mixtures, in and out of sample.

use indexmap::IndexMap;
use mixopt_fit::{Evaluation, HeldOut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

/// Pearson's correlation in and out of sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// In sample.
    pub pearson: Option<f64>,
    /// Predicted with true scores on families held out.
    pub held_out_pearson: Option<f64>,
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

/// Correlation of mixtures with one benchmark (of −bits, so 1 is perfect).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tracked {
    /// Models that have a score on it.
    pub models: usize,
    /// A mixture that is given; absent where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mixture: Option<f64>,
    /// The recommended mixture.
    pub recommended: Option<f64>,
    /// The optimum.
    pub optimum: Option<f64>,
    /// The prior.
    pub prior: Option<f64>,
}
