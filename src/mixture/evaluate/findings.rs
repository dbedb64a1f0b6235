//! What is told of a mixture that is given, with names.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use mixopt_base::ShareUnit;
use mixopt_study::{Dropped, InputFile};
use mixopt_trust::Calibration;

use crate::settings::criterion::Criterion;
use crate::file::format::Kind;
use crate::fit::findings::{Baselines, Figures, HeldOutFindings, Program, Weights};
use crate::settings::fit_settings::FitSettings;
use crate::trust::findings::TrustFindings;

/// All that `mixopt evaluate` tells. Stable: fields are only added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluationFindings {
    /// The target expression.
    pub target: String,
    /// Benchmarks behind the target with their weights.
    pub benchmarks: IndexMap<String, f64>,
    /// Embedded study, or `files`.
    pub study: String,
    /// What shares are shares of.
    pub unit: ShareUnit,
    /// Number of models evaluated on.
    pub models: usize,
    /// Number of their families.
    pub families: usize,
    /// The answer in plain sentences.
    pub verdict: Vec<String>,
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
    /// What to compare with, in sample.
    pub baselines: Baselines,
    /// All of them on families held out.
    pub held_out: HeldOutFindings,
    /// Correlation with every benchmark of the study, over the models evaluated on that have a score.
    pub tracked: IndexMap<String, TrackedGiven>,
    /// How far all this can be believed. `recommended` in it is the mixture given, the first way of each comparison is
    /// `given`.
    pub trust: TrustFindings,
    /// What predictions of scores from the mixture given stand on: its line, and errors on families held out in turn.
    /// `null` where no family can be held out.
    pub prediction: Option<Calibration>,
    /// Domains with the same compression for all models: any share of them changes nothing.
    pub constant_domains: Vec<String>,
    /// Names of the models evaluated on.
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

/// Correlation of mixtures with one benchmark (of −bits, so 1 is perfect).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackedGiven {
    /// Models that have a score on it.
    pub models: usize,
    /// The mixture given.
    pub mixture: Option<f64>,
    /// What a fit recommends for the target.
    pub recommended: Option<f64>,
    /// The optimum for the target.
    pub optimum: Option<f64>,
    /// The prior.
    pub prior: Option<f64>,
}
