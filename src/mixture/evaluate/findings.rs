//! What is told of a mixture that is given, with names.

use mixopt_trust::Calibration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::figures::Figures;
use crate::report::report::Report;
use crate::settings::criterion::Criterion;
use crate::values::Kind;
use crate::values::Weights;

/// What `mixopt evaluate` tells. In `trust`, the first way of each comparison is the mixture given.
pub type EvaluationReport = Report<EvaluationAnswer>;

/// The mixture that is given beside those that a fit of the same models makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvaluationAnswer {
    /// The mixture that is given, as it is.
    pub mixture: GivenMixture,
    /// How far it is from the best in what a recommendation is chosen by.
    pub criterion: CriterionFindings,
    /// The best mixture of the same models; `null` where none correlates positively.
    pub optimum: Option<OtherMixture>,
    /// The mixture that a fit of the same models recommends.
    pub recommended: OtherMixture,
    /// The mixture that the recommendation stays near: `uniform`, `natural`, a file or a published mixture.
    pub prior: String,
    /// That mixture's shares.
    pub prior_weights: Weights,
    /// What predictions of scores from the mixture given stand on: its line, and errors on families held out in turn.
    /// `null` where no family can be held out.
    pub prediction: Option<Calibration>,
}

/// A mixture that is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenMixture {
    /// The file or name as it was given.
    pub given: String,
    /// Its name for people.
    pub name: Option<String>,
    /// Where it comes from, as the file says.
    pub kind: Kind,
    /// Shares of the study's domains in the unit of the findings; 0 for a domain that the mixture does not name.
    pub weights: Weights,
    /// In-sample figures: only the line is fitted.
    pub figures: Figures,
    /// The fit that chose these shares, where it used models evaluated on: figures here are then optimistic.
    pub chosen_on: Option<ChosenOn>,
}

/// The fit that chose the shares of a mixture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChosenOn {
    /// Its target.
    pub target: String,
    /// Models evaluated on that the fit used as well.
    pub models: usize,
    /// Whether it was fitted on a benchmark that the target of the evaluation uses.
    pub same_scores: bool,
}

/// A mixture by the measure that a recommendation is chosen by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CriterionFindings {
    /// `pearson`, or the partial correlation given a column.
    pub name: Criterion,
    /// Its value for the mixture given; `null` where it compresses all models alike.
    pub value: Option<f64>,
    /// Its value for the best mixture; 0 where none is positive.
    pub best: f64,
    /// Standard error of the best, from a bootstrap over families.
    pub standard_error: Option<f64>,
    /// The least value within the tolerance of the best; `null` where no standard error or no positive value exists.
    pub threshold: Option<f64>,
    /// Whether the mixture given reaches it.
    pub is_within: Option<bool>,
}

/// A mixture that a fit of the same models makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherMixture {
    /// Shares by domain.
    pub weights: Weights,
    /// In-sample figures.
    pub figures: Figures,
    /// Value of the criterion.
    pub criterion: Option<f64>,
    /// Share that moves from the mixture given to this one: half the sum of absolute differences.
    pub total_variation: f64,
}
