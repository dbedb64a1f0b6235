//! The mixture file: a versioned YAML that a team keeps, shows and exports.

use std::path::Path;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fit::{OptimumStatus, RecommendationStatus, Uniqueness};
use crate::study::{Dropped, InputFile, Unit, yaml_fault};

use super::error::MixtureError;
use super::findings::{Figures, Findings, HeldOutFigures, Program, Weights};
use super::settings::FitSettings;
use super::shares::{decimals_for, exact_shares};

/// Version of the format that this program writes and reads.
pub const VERSION: u32 = 1;
/// Decimals of correlations and of other figures, so that a file is the same on every machine.
const DECIMALS: i32 = 6;

/// Which mixture of a fit a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The recommended mixture.
    #[default]
    Recommended,
    /// The certified optimum.
    Optimum,
}

/// A mixture with where it comes from. Weights sum to exactly 1 as printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MixtureFile {
    /// Version of this format: 1.
    pub mixopt_mixture: u32,
    /// What the weights are shares of.
    pub unit: Unit,
    /// Shares by domain.
    pub weights: Weights,
    /// Which mixture of the fit this is.
    pub kind: Kind,
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
    /// Program and version that wrote this.
    pub program: Program,
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
    pub criterion: String,
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
}

/// How the recommendation came about, rounded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileRecommendation {
    /// How it came about.
    pub status: RecommendationStatus,
    /// What it stays near the best of.
    pub criterion: String,
    /// The mixture it is nearest to.
    pub center: String,
    /// Best value of the criterion.
    pub best: f64,
    /// Standard error of the best, from a bootstrap over families.
    pub standard_error: Option<f64>,
    /// Value reached.
    pub correlation: Option<f64>,
}

/// Baselines, rounded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileBaselines {
    /// Equal shares.
    pub uniform: FileBaseline,
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

fn rounded(value: f64) -> f64 {
    let factor = 10_f64.powi(DECIMALS);
    let result = (value * factor).round() / factor;
    // A negative zero would print as -0.
    if result == 0.0 { 0.0 } else { result }
}

fn rounded_up(value: f64, decimals: i32) -> f64 {
    let factor = 10_f64.powi(decimals);
    (value * factor).ceil() / factor
}

fn exact(weights: &Weights) -> Weights {
    let values: Vec<f64> = weights.values().copied().collect();
    weights.keys().cloned().zip(exact_shares(&values, decimals_for(values.len()))).collect()
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
    /// The file of a fit. `None` for [`Kind::Optimum`] where no mixture correlates positively.
    pub fn new(findings: &Findings, kind: Kind) -> Option<Self> {
        let (weights, figures, held_out) = match kind {
            Kind::Recommended => {
                (&findings.recommended.weights, findings.recommended.figures, findings.held_out.recommended)
            }
            Kind::Optimum => (findings.optimum.weights.as_ref()?, findings.optimum.figures, findings.held_out.optimum),
        };
        let pearson = |figures: Option<HeldOutFigures>| figures.and_then(|f| f.pearson).map(rounded);
        let optimum = &findings.optimum;
        let recommended = &findings.recommended;
        Some(Self {
            mixopt_mixture: VERSION,
            unit: findings.unit,
            weights: exact(weights),
            kind,
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
            },
            recommendation: FileRecommendation {
                status: recommended.status,
                criterion: recommended.criterion.clone(),
                center: recommended.center.clone(),
                best: rounded(recommended.best),
                standard_error: recommended.standard_error.map(rounded),
                correlation: recommended.correlation.map(rounded),
            },
            baselines: FileBaselines {
                uniform: FileBaseline {
                    name: "uniform".to_string(),
                    pearson: findings.baselines.uniform.pearson.map(rounded),
                    held_out_pearson: pearson(findings.held_out.baselines.uniform),
                },
                best_single: findings.best_single().map(|(name, figures)| FileBaseline {
                    name: name.to_string(),
                    pearson: figures.pearson.map(rounded),
                    held_out_pearson: pearson(findings.held_out.best_single),
                }),
            },
            models: findings.model_names.clone(),
            families: findings.family_names.clone(),
            dropped_models: findings.dropped_models.clone(),
            dropped_domains: findings.dropped_domains.clone(),
            settings: findings.settings.clone(),
            study: findings.study.clone(),
            inputs: findings.inputs.clone(),
            program: findings.program.clone(),
        })
    }

    /// The file's text.
    ///
    /// # Errors
    /// [`MixtureError::Malformed`] where a value cannot be written as YAML, which names do not cause.
    pub fn to_yaml(&self) -> Result<String, MixtureError> {
        let body = serde_saphyr::to_string(self).map_err(|error| MixtureError::Malformed {
            file: "mixture".into(),
            found: error.to_string(),
            expected: "a mixture that YAML can hold".to_string(),
        })?;
        let unit = match self.unit {
            Unit::Characters => "characters",
            Unit::Bytes => "bytes",
        };
        let header = format!(
            "# Mixture for {} by {} {}: weights are shares of {unit} and sum to exactly 1.\n",
            self.target.replace('\n', " "),
            self.program.name,
            self.program.version
        );
        Ok(header + &body)
    }

    /// Reads a file and checks that its weights are a mixture.
    ///
    /// # Errors
    /// [`MixtureError`] with the file and what is wrong in it.
    pub fn read(file: &Path) -> Result<Self, MixtureError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| MixtureError::Unreadable { file: file.to_path_buf(), source })?;
        Self::parse(file, &text)
    }

    /// Reads text; `file` is named in errors.
    pub fn parse(file: &Path, text: &str) -> Result<Self, MixtureError> {
        let malformed = |found: String, expected: &str| MixtureError::Malformed {
            file: file.to_path_buf(),
            found,
            expected: expected.to_string(),
        };
        let version: VersionOnly =
            serde_saphyr::from_str(text).map_err(|error| malformed(yaml_fault(&error), "a mixture file of mixopt"))?;
        match version.mixopt_mixture {
            Some(VERSION) => {}
            Some(other) => {
                return Err(malformed(format!("format version {other}"), "version 1, the one that this program reads"));
            }
            None => return Err(malformed("no `mixopt_mixture` version".to_string(), "a mixture file of mixopt")),
        }
        let mixture: Self = serde_saphyr::from_str(text)
            .map_err(|error| malformed(yaml_fault(&error), "a mixture file as docs/mixture-file.md describes it"))?;
        if let Some((name, weight)) = mixture.weights.iter().find(|(_, weight)| !(0.0..=1.0).contains(*weight)) {
            return Err(malformed(format!("weight {weight} of `{name}`"), "shares from 0 to 1"));
        }
        let whole = 10_f64.powi(9);
        let sum: i64 = mixture.weights.values().map(|weight| (weight * whole).round() as i64).sum();
        if sum != whole as i64 {
            return Err(malformed(
                format!("weights that sum to {}", sum as f64 / whole),
                "weights that sum to exactly 1",
            ));
        }
        Ok(mixture)
    }
}

#[derive(Deserialize)]
struct VersionOnly {
    mixopt_mixture: Option<u32>,
}
