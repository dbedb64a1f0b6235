//! What a mixture file says of the fit that the mixture comes from.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use mixopt_fit::{OptimumStatus, RecommendationStatus, Uniqueness};
use mixopt_study::{Dropped, InputFile, StudySettings};
use mixopt_trust::Calibration;

use crate::file::file_trust::FileTrust;
use crate::fit::findings::{RidgeFindings, TargetFindings};
use crate::report::figures::Figures;
use crate::settings::criterion::Criterion;
use crate::settings::fit_settings::FitSettings;
use crate::setup::constraint_set::Binding;
use crate::values::Weights;

/// The fit behind a mixture: what it is for, how well it does, and everything needed to repeat it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FitRecord {
    /// The target expression.
    pub target: String,
    /// Benchmarks behind the target with their weights.
    pub benchmarks: IndexMap<String, f64>,
    /// Figures of this mixture on the models fitted on.
    pub in_sample: Figures,
    /// Figures on held-out families; `null` if none could be.
    pub held_out: Option<FileHeldOut>,
    /// The certified optimum of the same fit.
    pub optimum: FileOptimum,
    /// How the recommendation of the same fit came about.
    pub recommendation: FileRecommendation,
    /// What to compare with.
    pub baselines: FileBaselines,
    /// The same for each target under the objective `worst`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub by_target: IndexMap<String, TargetFindings>,
    /// From the prior to the best: distance from the prior against the recommendation's criterion.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trade_off: Vec<FileTradeOff>,
    /// Correlation of this mixture with every benchmark of the study.
    pub tracked: IndexMap<String, FileTracked>,
    /// What `mixopt predict` needs to predict scores from this mixture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Calibration>,
    /// How reliable the mixture is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<FileTrust>,
    /// Models fitted on.
    pub models: Vec<String>,
    /// Their families.
    pub families: Vec<String>,
    /// Models left out, with reasons.
    pub dropped_models: Vec<Dropped>,
    /// Domains left out, with reasons.
    pub dropped_domains: Vec<Dropped>,
    /// All settings: constraints, selection and the seed.
    pub settings: FitSettings,
    /// Embedded study, or `files`.
    pub study: String,
    /// How to read the study again; absent for an embedded study with default options.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study_settings: Option<StudySettings>,
    /// Inputs with their SHA-256.
    pub inputs: Vec<InputFile>,
}

/// Held-out figures, rounded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileHeldOut {
    /// Always `leave_one_family_out`.
    pub protocol: String,
    /// Held-out families.
    pub folds: usize,
    /// Pearson's correlation of predicted and true scores.
    pub pearson: Option<f64>,
    /// Spearman's correlation of predicted and true scores.
    pub spearman: Option<f64>,
    /// Root mean square prediction error.
    pub rmse: f64,
}

/// The certified optimum, rounded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileOptimum {
    /// Shares by domain; `null` where no mixture correlates positively.
    pub weights: Option<Weights>,
    /// What is maximised.
    pub criterion: Criterion,
    /// Its value.
    pub correlation: f64,
    /// No mixture does better than this (rounded up).
    pub bound: Option<f64>,
    /// Bound less value before rounding, rounded up to a multiple of 1e-12.
    pub gap: Option<f64>,
    /// How it ended.
    pub status: OptimumStatus,
    /// Whether other mixtures are equally good.
    pub uniqueness: Option<Uniqueness>,
    /// Active constraints, with their prices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub binding: Vec<Binding>,
}

/// One point of the trade-off curve, rounded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileTradeOff {
    /// Distance from the prior.
    pub distance: f64,
    /// Value of the criterion.
    pub correlation: f64,
}

/// Correlation with one benchmark, rounded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileTracked {
    /// Models that have a score on it.
    pub models: usize,
    /// Pearson's correlation of −bits with the score.
    pub pearson: Option<f64>,
    /// That of the prior.
    pub prior: Option<f64>,
}

/// How the recommendation came about, rounded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileRecommendation {
    /// How it came about.
    pub status: RecommendationStatus,
    /// The criterion whose best value it stays near.
    pub criterion: Criterion,
    /// The mixture it stays near.
    pub prior: String,
    /// That mixture's shares; absent if they are equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior_weights: Option<Weights>,
    /// Best value of the criterion.
    pub best: f64,
    /// Standard error of the best, from a bootstrap over families.
    pub standard_error: Option<f64>,
    /// Required value.
    pub threshold: Option<f64>,
    /// Achieved value.
    pub correlation: Option<f64>,
    /// Penalty of a ridge, without the path to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ridge: Option<RidgeFindings>,
}

/// Baselines, rounded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileBaselines {
    /// Equal shares.
    pub uniform: FileBaseline,
    /// The prior, if it is not equal shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<FileBaseline>,
    /// The domain that correlates best by itself (chosen again in every fold for the held-out figure).
    pub best_single: Option<FileBaseline>,
}

/// One baseline, rounded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileBaseline {
    /// Name: `uniform`, or a domain.
    pub name: String,
    /// Pearson's correlation in sample.
    pub pearson: Option<f64>,
    /// Pearson's correlation on held-out families.
    pub held_out_pearson: Option<f64>,
}
