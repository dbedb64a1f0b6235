//! `mixopt predict`: scores of models from their bits per character.

mod args;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use mixopt::base::{Setting, check_not_input};
use mixopt::manifest::Manifest;
use mixopt::mixture::{
    CalibrationSource, MixturePrediction, PredictError, PredictSettings, PredictedModel, Predictions, percent, predict,
    read_or_known,
};
use mixopt::study::{Aliases, CompressionTable, Pattern, StudyError};
use mixopt::trust::Basis;
use mixopt::whole_file::{check_writable, write_whole};

use crate::cli::groups::{StudyArgs, check_not_of_study, parse_unit, read_study};
use crate::cli::text::left_out::dropped;
use crate::cli::text::output::{Format, Output, heading, number, paragraph, shortened, table};

pub use args::PredictArgs;

const HEADER: [&str; 10] =
    ["mixture", "target", "model", "bits", "predicted", "lower", "upper", "extrapolation", "basis", "note"];

/// Predicts and prints.
pub fn run(args: &PredictArgs, output: Output) -> anyhow::Result<()> {
    let ending = args.out.as_ref().map(|file| file.extension().and_then(|e| e.to_str()).unwrap_or("").to_lowercase());
    if let (Some(file), Some(ending)) = (&args.out, &ending) {
        if !["csv", "json"].contains(&ending.as_str()) {
            return Err(StudyError::Setting {
                setting: Setting::Out,
                found: file.display().to_string(),
                problem: "unknown extension".to_string(),
                expected: "a file ending in .csv or .json".to_string(),
            }
            .into());
        }
        let mixtures = args.mixtures.iter().map(Path::new);
        let study = [&args.corpora, &args.study_bpc, &args.study_scores, &args.study_models];
        let inputs = mixtures.chain([args.bpc.as_path()]).chain(study.into_iter().flatten().map(PathBuf::as_path));
        check_not_input(Setting::Out, file, inputs)?;
        check_writable(file)?;
    }
    let (found, messages) = predictions(args)?;
    match output.format {
        Format::Json => output.json(&found)?,
        Format::Csv => output.csv(&HEADER, rows(&found))?,
        Format::Table => {
            output.print(&text(&found, output.verbose))?;
            messages.iter().for_each(|message| output.note(message));
        }
    }
    if let (Some(file), Some(ending)) = (&args.out, ending) {
        let content = if ending == "json" { serde_json::to_string_pretty(&found)? + "\n" } else { csv(&found)? };
        write_whole(file, &content)?;
        output.note(&format!("wrote {}", file.display()));
    }
    Ok(())
}

fn predictions(args: &PredictArgs) -> anyhow::Result<(Predictions, Vec<String>)> {
    let mixtures = args
        .mixtures
        .iter()
        .map(|given| Ok((given.clone(), read_or_known(given)?)))
        .collect::<Result<Vec<_>, PredictError>>()?;
    let manifest = args.corpora.as_deref().map(Manifest::read).transpose()?;
    let unit = args.bpc_unit.as_deref().map(parse_unit).transpose()?;
    let compression = CompressionTable::read(&args.bpc, unit, &Aliases::default())?;
    if let Some(out) = &args.out {
        check_not_input(Setting::Out, out, &compression.files)?;
    }
    // Which files a study is read from is known only then, and what reads it has errors of its own.
    let over_input = RefCell::new(None);
    let patterns = args.include_models.iter().map(|text| Pattern::parse(Setting::IncludeModels, text));
    let settings = PredictSettings {
        confidence: args.confidence,
        include_models: patterns.collect::<Result<_, _>>()?,
        manifest: manifest.as_ref(),
        target: args.target.clone(),
    };
    let study = |file: &mixopt::mixture::MixtureFile| {
        let own = file.fit.as_ref().map(|fit| fit.study.clone()).filter(|name| name != "files");
        let study = args.study.clone().or(own).filter(|_| args.study_bpc.is_none());
        if study.is_none() && args.study_bpc.is_none() {
            return Ok(None);
        }
        let files = StudyArgs {
            study,
            bpc: args.study_bpc.clone(),
            scores: args.study_scores.clone(),
            models: args.study_models.clone(),
            ..StudyArgs::default()
        };
        let study = read_study(&files)?;
        if let Err(fault) = check_not_of_study(args.out.as_ref(), &study) {
            over_input.replace(Some(fault));
        }
        Ok(Some(study))
    };
    let found = predict(&mixtures, &compression, &settings, &study)?;
    if let Some(fault) = over_input.take() {
        return Err(fault.into());
    }
    Ok((found, compression.messages))
}

fn rows(found: &Predictions) -> Vec<Vec<String>> {
    let text = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
    let mut rows = Vec::new();
    for mixture in &found.mixtures {
        for model in &mixture.models {
            let basis = match mixture.basis {
                Basis::Conformal => "conformal",
                Basis::StudentT => "student_t",
            };
            rows.push(vec![
                mixture.mixture.clone(),
                mixture.target.clone(),
                model.model.clone(),
                model.bits.to_string(),
                model.predicted.to_string(),
                text(model.lower),
                text(model.upper),
                text(model.extrapolation),
                basis.to_string(),
                String::new(),
            ]);
        }
        for dropped in &mixture.not_predicted {
            let mut row = vec![mixture.mixture.clone(), mixture.target.clone(), dropped.name.clone()];
            row.resize(HEADER.len() - 1, String::new());
            row.push(dropped.reason.clone());
            rows.push(row);
        }
    }
    rows
}

fn csv(found: &Predictions) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for row in rows(found) {
        writer.write_record(&row)?;
    }
    let bytes = writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(String::from_utf8(bytes)?)
}

fn text(found: &Predictions, verbose: bool) -> String {
    let sections: Vec<String> =
        found.mixtures.iter().map(|mixture| section(mixture, found.confidence, verbose)).collect();
    let unit = "Scores are in the study's unit: fractions, not percent (1 − error for benchmarks that count errors, −ln for \
                perplexities).";
    sections.join("\n") + &paragraph(unit, "", "")
}

fn section(mixture: &MixturePrediction, confidence: f64, verbose: bool) -> String {
    let percent = percent(confidence);
    let mut text = heading(&format!("{} predicted by {}", mixture.target, mixture.mixture));
    let header = ["model", mixture.unit.bits_name(), "predicted", &format!("{percent} interval"), "note"];
    let rows: Vec<Vec<String>> = mixture
        .models
        .iter()
        .map(|model| {
            vec![
                shortened(&model.model, verbose),
                number(Some(model.bits), 4),
                number(Some(model.predicted), 3),
                match (model.lower, model.upper) {
                    (Some(lower), Some(upper)) => format!("{lower:.3} to {upper:.3}"),
                    _ => "–".to_string(),
                },
                note(model),
            ]
        })
        .collect();
    text += &table(&header, &rows);
    text.push('\n');
    text += &dropped("Models", &mixture.not_predicted, verbose);
    let calibration = &mixture.calibration;
    let mut sentence = format!(
        "Law of {} models: score = {:.4} {} {:.4} × {}, fitted from {:.4} to {:.4}; intervals by ",
        calibration.models,
        calibration.intercept,
        if calibration.slope < 0.0 { "−" } else { "+" },
        calibration.slope.abs(),
        mixture.unit.bits_name(),
        calibration.least_bits,
        calibration.greatest_bits
    );
    sentence += &match mixture.basis {
        Basis::Conformal => {
            format!("the prediction errors on {} held-out families.", calibration.families)
        }
        Basis::StudentT => format!(
            "Student's t with {} degrees of freedom: {} prediction errors on held-out families are too few for a {percent} quantile.",
            calibration.families - 1,
            calibration.residuals.len()
        ),
    };
    if mixture.source == CalibrationSource::Study {
        sentence += " The file has no calibration of its own, so the law was fitted on the study for the given weights; if these \
                     were chosen on the same models, the intervals are a little too narrow.";
    }
    text + &paragraph(&sentence, "", "")
}

fn note(model: &PredictedModel) -> String {
    let far = if model.lower.is_none() { ", too far for an interval" } else { "" };
    match model.extrapolation {
        Some(below) if below < 0.0 => format!("{:.4} below all fitted models{far}", -below),
        Some(above) => format!("{above:.4} above all fitted models{far}"),
        None => String::new(),
    }
}
