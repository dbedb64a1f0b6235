//! What a mixture file says of the fit that the mixture comes from.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use mixopt_fit::{OptimumStatus, RecommendationStatus, Uniqueness};
use mixopt_study::{Dropped, InputFile};
use mixopt_trust::Calibration;

use crate::settings::criterion::Criterion;
use crate::file::file_trust::FileTrust;
use crate::file::format::{Kind, MixtureFile, VERSION, exact};
use crate::fit::findings::{Figures, Findings, HeldOutFigures, Pair, RidgeFindings, TargetFindings, Tracked, Weights};
use crate::settings::fit_settings::FitSettings;
use crate::setup::constraint_set::Binding;

/// Decimals of correlations and of other figures, so that a file is the same on every machine.
const DECIMALS: i32 = 6;

/// The fit behind a mixture: what it is for, how well it does, and all that is needed to repeat it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FitRecord {
    /// The target expression.
    pub target: String,
    /// Benchmarks behind the target with their weights.
    pub benchmarks: IndexMap<String, f64>,
    /// Figures of this mixture on the models fitted on.
    pub in_sample: FileFigures,
    /// Figures on families held out in turn; `null` where none could be.
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
    /// How far the mixture can be believed.
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
    /// Inputs with their SHA-256.
    pub inputs: Vec<InputFile>,
}

/// In-sample figures, rounded; `pearson` and `spearman` of −bits with the target.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileFigures {
    /// Pearson's correlation.
    pub pearson: Option<f64>,
    /// Spearman's rank correlation.
    pub spearman: Option<f64>,
    /// Root mean square residual of the linear law.
    pub rmse: Option<f64>,
    /// Slope of the law.
    pub slope: Option<f64>,
    /// Intercept of the law.
    pub intercept: Option<f64>,
}

/// Held-out figures, rounded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileHeldOut {
    /// Always `leave_one_family_out`.
    pub protocol: String,
    /// Families held out in turn.
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
    /// Whether other mixtures are as good.
    pub uniqueness: Option<Uniqueness>,
    /// Constraints that hold it back, with their prices.
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
    /// What it stays near the best of.
    pub criterion: Criterion,
    /// The mixture it stays near.
    pub prior: String,
    /// That mixture's shares; absent where they are equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior_weights: Option<Weights>,
    /// Best value of the criterion.
    pub best: f64,
    /// Standard error of the best, from a bootstrap over families.
    pub standard_error: Option<f64>,
    /// Value that had to be reached.
    pub threshold: Option<f64>,
    /// Value reached.
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
    /// The prior, where it is not equal shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<FileBaseline>,
    /// The domain that correlates best alone (in the held-out figure chosen anew in every fold).
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

pub(crate) fn rounded(value: f64) -> f64 {
    let factor = 10_f64.powi(DECIMALS);
    let result = (value * factor).round() / factor;
    // A negative zero would print as -0.
    if result == 0.0 { 0.0 } else { result }
}

pub(crate) fn rounded_up(value: f64, decimals: i32) -> f64 {
    let factor = 10_f64.powi(decimals);
    (value * factor).ceil() / factor
}

/// A value with eight significant digits: sums of squares may be small.
fn significant(value: f64) -> f64 {
    format!("{value:.7e}").parse().unwrap_or(value)
}

fn rounded_calibration(calibration: &Calibration) -> Calibration {
    Calibration {
        slope: significant(calibration.slope),
        intercept: significant(calibration.intercept),
        mean_bits: significant(calibration.mean_bits),
        sum_of_squares: significant(calibration.sum_of_squares),
        least_bits: significant(calibration.least_bits),
        greatest_bits: significant(calibration.greatest_bits),
        residuals: calibration.residuals.iter().map(|&size| rounded(size)).collect(),
        ..calibration.clone()
    }
}

fn rounded_binding(binding: &Binding) -> Binding {
    Binding { limit: rounded(binding.limit), price_per_point: rounded(binding.price_per_point), ..binding.clone() }
}

pub(crate) fn rounded_pair(pair: Pair) -> Pair {
    Pair { pearson: pair.pearson.map(rounded), held_out_pearson: pair.held_out_pearson.map(rounded) }
}

fn rounded_target(target: &TargetFindings) -> TargetFindings {
    TargetFindings {
        optimum: target.optimum.map(rounded_pair),
        recommended: rounded_pair(target.recommended),
        uniform: rounded_pair(target.uniform),
    }
}

fn tracked_of(tracked: &Tracked, kind: Kind) -> FileTracked {
    let pearson = if kind == Kind::Optimum { tracked.optimum } else { tracked.recommended };
    FileTracked { models: tracked.models, pearson: pearson.map(rounded), prior: tracked.prior.map(rounded) }
}

impl From<Figures> for FileFigures {
    fn from(figures: Figures) -> Self {
        Self {
            pearson: figures.pearson.map(rounded),
            spearman: figures.spearman.map(rounded),
            rmse: figures.rmse.map(rounded),
            slope: figures.slope.map(rounded),
            intercept: figures.intercept.map(rounded),
        }
    }
}

impl MixtureFile {
    /// The file of a fit's recommended mixture or optimum. `None` for [`Kind::Optimum`] where no mixture correlates
    /// positively.
    pub fn new(findings: &Findings, kind: Kind) -> Option<Self> {
        let (weights, figures, held_out) = match kind {
            Kind::Optimum => (findings.optimum.weights.as_ref()?, findings.optimum.figures, findings.held_out.optimum),
            _ => (&findings.recommended.weights, findings.recommended.figures, findings.held_out.recommended),
        };
        let pearson = |figures: Option<HeldOutFigures>| figures.and_then(|f| f.pearson).map(rounded);
        let optimum = &findings.optimum;
        let recommended = &findings.recommended;
        let record = FitRecord {
            target: findings.target.clone(),
            benchmarks: findings.benchmarks.iter().map(|(name, weight)| (name.clone(), rounded(*weight))).collect(),
            in_sample: figures.into(),
            held_out: held_out.map(|held_out| FileHeldOut {
                protocol: findings.held_out.protocol.clone(),
                folds: findings.held_out.folds,
                pearson: held_out.pearson.map(rounded),
                spearman: held_out.spearman.map(rounded),
                rmse: rounded(held_out.rmse),
            }),
            optimum: FileOptimum {
                weights: optimum.weights.as_ref().map(exact),
                criterion: optimum.criterion.clone(),
                correlation: rounded(optimum.correlation),
                bound: optimum.bound.map(|bound| rounded_up(bound, DECIMALS)),
                gap: optimum.gap.map(|gap| rounded_up(gap, 12)),
                status: optimum.status,
                uniqueness: optimum.uniqueness,
                binding: optimum.binding.iter().map(rounded_binding).collect(),
            },
            recommendation: FileRecommendation {
                status: recommended.status,
                criterion: recommended.criterion.clone(),
                prior: recommended.prior.clone(),
                prior_weights: findings.baselines.prior.is_some().then(|| exact(&recommended.prior_weights)),
                best: rounded(recommended.best),
                standard_error: recommended.standard_error.map(rounded),
                threshold: recommended.threshold.map(rounded),
                correlation: recommended.correlation.map(rounded),
                ridge: recommended.ridge.as_ref().map(|ridge| RidgeFindings { path: Vec::new(), ..ridge.clone() }),
            },
            baselines: FileBaselines {
                uniform: FileBaseline {
                    name: "uniform".to_string(),
                    pearson: findings.baselines.uniform.pearson.map(rounded),
                    held_out_pearson: pearson(findings.held_out.baselines.uniform),
                },
                prior: findings.baselines.prior.map(|figures| FileBaseline {
                    name: recommended.prior.clone(),
                    pearson: figures.pearson.map(rounded),
                    held_out_pearson: pearson(findings.held_out.baselines.prior),
                }),
                best_single: findings.best_single().map(|(name, figures)| FileBaseline {
                    name: name.to_string(),
                    pearson: figures.pearson.map(rounded),
                    held_out_pearson: pearson(findings.held_out.best_single),
                }),
            },
            by_target: findings.by_target.iter().map(|(name, target)| (name.clone(), rounded_target(target))).collect(),
            trade_off: findings
                .trade_off
                .iter()
                .map(|point| FileTradeOff {
                    distance: rounded(point.distance),
                    correlation: rounded(point.correlation),
                })
                .collect(),
            tracked: findings.tracked.iter().map(|(name, tracked)| (name.clone(), tracked_of(tracked, kind))).collect(),
            trust: Some(FileTrust::of(&findings.trust, kind)),
            prediction: findings
                .prediction
                .as_ref()
                .and_then(|prediction| match kind {
                    Kind::Optimum => prediction.optimum.as_ref(),
                    _ => prediction.recommended.as_ref(),
                })
                .map(rounded_calibration),
            models: findings.model_names.clone(),
            families: findings.family_names.clone(),
            dropped_models: findings.dropped_models.clone(),
            dropped_domains: findings.dropped_domains.clone(),
            settings: findings.settings.clone(),
            study: findings.study.clone(),
            inputs: findings.inputs.clone(),
        };
        Some(Self {
            mixopt_mixture: VERSION,
            unit: findings.unit,
            weights: exact(weights),
            kind,
            name: None,
            source: None,
            tokenizer: None,
            stages: Vec::new(),
            supply: findings.supply.clone().filter(|_| kind != Kind::Optimum),
            fit: Some(record),
            plan: None,
            program: Some(findings.program.clone()),
        })
    }
}
