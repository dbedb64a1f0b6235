//! Scores of models predicted from a mixture file and their bits per character.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use mixopt_base::setting::together;
use mixopt_base::{Setting, ShareUnit, Task};
use mixopt_fit::{chosen_weights, family_folds, held_out_of, mixed_bits};
use mixopt_manifest::{Manifest, ManifestError};
use mixopt_study::{CompressionTable, Dropped, Pattern, Selection, Study, StudyError, Target};
use mixopt_trust::{Basis, Calibration};

use super::error::MixtureError;
use crate::file::format::MixtureFile;

/// What is asked of predictions.
#[derive(Debug)]
pub struct PredictSettings<'a> {
    /// Share of models whose scores the intervals are to hold, between 0 and 1.
    pub confidence: f64,
    /// Models to predict; all where empty.
    pub include_models: Vec<Pattern>,
    /// Counts that turn shares of one unit into another.
    pub manifest: Option<&'a Manifest>,
    /// Target for mixtures without a fit.
    pub target: Option<String>,
}

/// The whole output of `mixopt predict`. Scores are in the study's unit: fractions (1 − error for benchmarks that count errors, −ln for
/// perplexities).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Predictions {
    /// Nominal coverage of intervals.
    pub confidence: f64,
    /// By mixture, in the order given.
    pub mixtures: Vec<MixturePrediction>,
}

/// Predictions from one mixture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MixturePrediction {
    /// The file or name as it was given.
    pub mixture: String,
    /// What is predicted.
    pub target: String,
    /// What the mixture's shares are of, and so what bits are per.
    pub unit: ShareUnit,
    /// Where the law is from.
    pub source: CalibrationSource,
    /// The law and its errors on families held out.
    pub calibration: Calibration,
    /// What an interval's width is based on at this confidence.
    pub basis: Basis,
    /// Models predicted.
    pub models: Vec<PredictedModel>,
    /// Models not predicted, with reasons.
    pub not_predicted: Vec<Dropped>,
}

/// Where the law is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CalibrationSource {
    /// The mixture file: the mixture was chosen again without each held-out family.
    File,
    /// Fitted on the study for the file's weights: these may have been chosen on the models held out, which makes
    /// intervals a little too narrow.
    Study,
}

/// One predicted model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PredictedModel {
    /// Its name.
    pub model: String,
    /// Its bits per character (or per what shares count) on the mixture.
    pub bits: f64,
    /// Predicted score.
    pub predicted: f64,
    /// Lower end of the interval; `null` where the bits are outside those fitted by more than these span.
    pub lower: Option<f64>,
    /// Upper end of the interval; `null` likewise.
    pub upper: Option<f64>,
    /// How far the bits are below (negative) or above those of all fitted models; `null`: within their range.
    pub extrapolation: Option<f64>,
}

/// A prediction that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    /// A table, a target or a name.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// A mixture file.
    #[error(transparent)]
    Mixture(#[from] MixtureError),
    /// Counts of the manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The confidence is not between 0 and 1.
    #[error("{} {found}: expected a number above 0 and below 1, such as 0.9", Setting::Confidence)]
    Confidence {
        /// What was asked for.
        found: f64,
    },
    /// Shares and bits count different things.
    #[error(
        "{mixture}: its weights are shares of {unit}, but the table is in {}; give `{}` with counts of {unit} and {measured} by domain{}",
        .measured.bits_name(), Setting::Corpora.to_give(), unit_hint(.unit)
    )]
    Units {
        /// The mixture as it was given.
        mixture: String,
        /// What its weights are shares of.
        unit: ShareUnit,
        /// What the bits of the table are per.
        measured: ShareUnit,
    },
    /// There is nothing to predict by.
    #[error("{mixture}: {found}; {remedy}")]
    NoLaw {
        /// The mixture as it was given.
        mixture: String,
        /// What it lacks.
        found: String,
        /// What to do.
        remedy: String,
    },
    /// The calibration of the file cannot be right.
    #[error(
        "{mixture}: the calibration under `fit.prediction` is invalid (values that are not finite, not sorted or too few); write the file again with `{}`",
        Task::WriteFit
    )]
    Calibration {
        /// The mixture as it was given.
        mixture: String,
    },
    /// No model can be predicted from any mixture.
    #[error("no model can be predicted: {}", reasons(.models))]
    Nothing {
        /// Models, each with the reason why it is not predicted.
        models: Vec<(String, String)>,
    },
}

fn unit_hint(unit: &ShareUnit) -> String {
    let measured = match unit {
        ShareUnit::Bytes => "bits_per_byte",
        ShareUnit::Characters => "bits_per_character",
        ShareUnit::Tokens | ShareUnit::Documents => return String::new(),
    };
    format!(", or use `{} {measured}` if that is their unit", Setting::CompressionUnit)
}

fn reasons(reasons: &[(String, String)]) -> String {
    const SHOWN: usize = 4;
    let mut text: Vec<String> = reasons.iter().take(SHOWN).map(|(model, why)| format!("{model}: {why}")).collect();
    if reasons.len() > SHOWN {
        text.push(format!("and {} more", reasons.len() - SHOWN));
    }
    text.join("; ")
}

impl PredictError {
    /// Whether the fault lies in what was asked for rather than in a file's content.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Study(error) => error.is_usage(),
            Self::Manifest(error) => error.is_usage(),
            Self::Confidence { .. } | Self::Units { .. } | Self::NoLaw { .. } => true,
            Self::Mixture(error) => error.is_usage(),
            Self::Calibration { .. } | Self::Nothing { .. } => false,
        }
    }
}

/// Predicts the models of a compression table from mixtures, each with the name it was given by.
///
/// A file's own calibration is used where it has one; else `study` gives the study to fit the law on.
///
/// # Errors
/// [`PredictError`]; no model that can be predicted is one too.
pub fn predict(
    mixtures: &[(String, MixtureFile)],
    table: &CompressionTable,
    settings: &PredictSettings,
    study: &dyn Fn(&MixtureFile) -> Result<Option<Study>, StudyError>,
) -> Result<Predictions, PredictError> {
    if !(settings.confidence > 0.0 && settings.confidence < 1.0) {
        return Err(PredictError::Confidence { found: settings.confidence });
    }
    let mut rows = vec![settings.include_models.is_empty(); table.matrix.rows.len()];
    for pattern in &settings.include_models {
        for (row, chosen) in rows.iter_mut().zip(pattern.select("model", &table.matrix.rows)?) {
            *row |= chosen;
        }
    }
    let predicted = mixtures
        .iter()
        .map(|(given, file)| one(given, file, table, &rows, settings, study))
        .collect::<Result<Vec<_>, _>>()?;
    if predicted.iter().all(|mixture| mixture.models.is_empty()) {
        let reasons = predicted
            .iter()
            .flat_map(|mixture| &mixture.not_predicted)
            .map(|dropped| (dropped.name.clone(), dropped.reason.clone()))
            .collect();
        return Err(PredictError::Nothing { models: reasons });
    }
    Ok(Predictions { confidence: settings.confidence, mixtures: predicted })
}

fn one(
    given: &str,
    file: &MixtureFile,
    table: &CompressionTable,
    rows: &[bool],
    settings: &PredictSettings,
    study: &dyn Fn(&MixtureFile) -> Result<Option<Study>, StudyError>,
) -> Result<MixturePrediction, PredictError> {
    let shares: Vec<(&str, f64)> =
        file.weights.iter().filter(|(_, share)| **share > 0.0).map(|(name, share)| (name.as_str(), *share)).collect();
    let factors = factors(given, file, &shares, table.unit.into(), settings.manifest)?;
    let fit = file.fit.as_ref();
    let stored = fit.filter(|fit| settings.target.as_ref().is_none_or(|target| *target == fit.target));
    let (target, source, calibration) = match stored.and_then(|fit| Some((fit, fit.prediction.clone()?))) {
        Some((fit, calibration)) => (fit.target.clone(), CalibrationSource::File, calibration),
        None => {
            let (target, calibration) = on_study(given, file, &shares, settings, study)?;
            (target, CalibrationSource::Study, calibration)
        }
    };
    let unusable = || PredictError::Calibration { mixture: given.to_string() };
    let (_, basis) = calibration.half_width(settings.confidence).ok_or_else(unusable)?;
    let columns: Vec<Option<usize>> = shares.iter().map(|(name, _)| table.matrix.column(name)).collect();
    let (mut models, mut not_predicted) = (Vec::new(), Vec::new());
    for (row, model) in table.matrix.rows.iter().enumerate().filter(|(row, _)| rows[*row]) {
        let value = |column: &Option<usize>| column.map(|j| table.matrix.values[(row, j)]).filter(|b| !b.is_nan());
        let lacking: Vec<String> = shares
            .iter()
            .zip(&columns)
            .filter(|(_, column)| value(column).is_none())
            .map(|((name, _), _)| name.to_string())
            .collect();
        if !lacking.is_empty() {
            let fault = columns.iter().flatten().find_map(|&column| table.faults.get(&(row, column)));
            let reason = match fault {
                Some(fault) => fault.to_string(),
                None => format!("not measured on {}", mixopt_base::list(&lacking)),
            };
            not_predicted.push(Dropped { name: model.clone(), reason });
            continue;
        }
        let bits: f64 = columns.iter().zip(&factors).filter_map(|(column, factor)| Some(value(column)? * factor)).sum();
        let found = calibration.predict(bits, settings.confidence).ok_or_else(unusable)?;
        models.push(PredictedModel {
            model: model.clone(),
            bits,
            predicted: found.score,
            lower: found.interval.map(|interval| interval.lower),
            upper: found.interval.map(|interval| interval.upper),
            extrapolation: found.extrapolation,
        });
    }
    let mixture = given.to_string();
    Ok(MixturePrediction { mixture, target, unit: file.unit, source, calibration, basis, models, not_predicted })
}

/// What bits as measured are multiplied by in the mixture's bits: the share over the rate of its unit (tokens per
/// character).
fn factors(
    given: &str,
    file: &MixtureFile,
    shares: &[(&str, f64)],
    measured: ShareUnit,
    manifest: Option<&Manifest>,
) -> Result<Vec<f64>, PredictError> {
    let (names, values): (Vec<String>, Vec<f64>) =
        shares.iter().map(|(name, share)| (name.to_string(), *share)).unzip();
    let rates = match manifest {
        _ if file.unit == measured => vec![1.0; values.len()],
        Some(manifest) => manifest.rates(&names, &values, measured, file.unit)?,
        None => return Err(PredictError::Units { mixture: given.to_string(), unit: file.unit, measured }),
    };
    Ok(values.iter().zip(rates).map(|(share, rate)| share / rate).collect())
}

/// The law of the file's weights on a study, with held-out families.
fn on_study(
    given: &str,
    file: &MixtureFile,
    shares: &[(&str, f64)],
    settings: &PredictSettings,
    study: &dyn Fn(&MixtureFile) -> Result<Option<Study>, StudyError>,
) -> Result<(String, Calibration), PredictError> {
    let no_law = |found: String, remedy: String| PredictError::NoLaw { mixture: given.to_string(), found, remedy };
    let target = settings.target.clone().or_else(|| file.fit.as_ref().map(|fit| fit.target.clone()));
    let from_files = || together(&[Setting::StudyCompression, Setting::StudyScores]);
    let target = target.ok_or_else(|| {
        no_law(
            "it has no fit, so nothing to predict".to_string(),
            format!(
                "give `{}` with `{}`, or with {}",
                Setting::Target.to_give(),
                Setting::Study.to_give(),
                from_files()
            ),
        )
    })?;
    let study = study(file)?.ok_or_else(|| {
        no_law(
            "it has no calibration for this target, and its study is not embedded in the program".to_string(),
            format!("give the study with {}, or write the file again with `{}`", from_files(), Task::WriteFit),
        )
    })?;
    let resolved = Target::resolve(&target, &study.definitions, &study.scores)?;
    let selection = match file.fit.as_ref().filter(|fit| fit.study == study.name) {
        Some(fit) => fit.settings.selection()?,
        None => Selection::default(),
    };
    let joined = study.join(&resolved, &selection)?;
    let factors = factors(given, file, shares, joined.unit.into(), settings.manifest)?;
    let mut weights = vec![0.0; joined.domains.len()];
    let mut lacking = Vec::new();
    for ((name, _), factor) in shares.iter().zip(factors) {
        match joined.domains.iter().position(|domain| domain == name) {
            Some(domain) => weights[domain] = factor,
            None => lacking.push(name.to_string()),
        }
    }
    if !lacking.is_empty() {
        let found = format!("the study {} does not have {}", study.name, mixopt_base::list(&lacking));
        return Err(no_law(found, "give a study with the mixture's domains".to_string()));
    }
    let (families, _) = joined.family_numbers();
    let folds = family_folds(&families, &joined.target);
    let chosen = chosen_weights(&folds, &|_| Some(weights.clone()), &|| ());
    let calibration = held_out_of(&joined.bits, &joined.target, &folds, &chosen).and_then(|held_out| {
        Calibration::new(&mixed_bits(&joined.bits, &weights), &joined.target, &families, &held_out)
    });
    let too_few = || {
        no_law(
            "no linear law can be calibrated on this study".to_string(),
            "it needs models of more families".to_string(),
        )
    };
    Ok((target, calibration.ok_or_else(too_few)?))
}

#[cfg(test)]
mod tests;
