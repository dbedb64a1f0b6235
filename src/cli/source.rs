//! From study arguments to a study.

use std::path::Path;

use crate::study::{
    Aliases, CompressionTable, DEFAULT_STUDY, DocumentSums, EmbeddedStudy, InputFile, Metric, MissingRule, ModelsTable,
    Pattern, Result, Scale, ScoreOptions, ScoreTable, Selection, Study, StudyError, Table, TargetDefinitions, Unit,
    embedded_targets, nearest,
};

use super::args::{SelectionArgs, StudyArgs};

/// Reads the study that the arguments name: files where given, else an embedded one.
pub fn read_study(args: &StudyArgs) -> Result<Study> {
    let mut study = match (&args.bpc, &args.scores) {
        (Some(bpc), Some(scores)) => read_files(args, bpc, scores)?,
        (None, Some(_)) => {
            return Err(StudyError::Option {
                option: "--scores",
                found: args.scores.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
                problem: "scores alone cannot be fitted".to_string(),
                expected: "`--bpc FILE` beside it".to_string(),
            });
        }
        _ => {
            let name = args.study.as_deref().unwrap_or(DEFAULT_STUDY);
            EmbeddedStudy::find(name)?.read(args.family_column.as_deref())?
        }
    };
    if let Some(file) = &args.targets {
        study.definitions.extend(TargetDefinitions::read(file)?);
        study.inputs.push(InputFile::of_file("targets", file)?);
    }
    Ok(study)
}

fn read_files(args: &StudyArgs, bpc: &Path, scores: &Path) -> Result<Study> {
    let mut inputs = Vec::new();
    let aliases = match &args.aliases {
        Some(file) => {
            inputs.push(InputFile::of_file("aliases", file)?);
            Aliases::read(file)?
        }
        None => Aliases::default(),
    };
    let unit = args.bpc_unit.as_deref().map(parse_unit).transpose()?;
    let (mut compression, added_up) = CompressionTable::read_with_documents(bpc, unit, &aliases)?;
    let documents = match (&args.documents, added_up) {
        (None, added_up) => added_up,
        (Some(file), None) => {
            inputs.push(InputFile::of_file("documents", file)?);
            let documents = DocumentSums::read(file, Some(compression.unit), &aliases)?;
            documents.reconcile(&compression)?;
            Some(documents)
        }
        (Some(file), Some(_)) => {
            return Err(StudyError::Option {
                option: "--documents",
                found: file.display().to_string(),
                problem: format!("{} is a table by document itself", bpc.display()),
                expected: "one of the two".to_string(),
            });
        }
    };
    if let Some(documents) = &documents {
        compression.messages.extend(documents.messages());
    }
    let scores = read_scores(args, scores, &aliases)?;
    let models = match &args.models {
        Some(file) => {
            inputs.push(InputFile::of_file("models", file)?);
            Some(ModelsTable::from_table(&Table::read(file)?, args.family_column.as_deref(), &aliases)?)
        }
        None if args.family_column.is_some() => {
            return Err(StudyError::Option {
                option: "--family-column",
                found: args.family_column.clone().unwrap_or_default(),
                problem: "there is no models table".to_string(),
                expected: "`--models FILE` beside it".to_string(),
            });
        }
        None => None,
    };
    for file in &compression.files {
        inputs.push(InputFile::of_file("compression", file)?);
    }
    for file in &scores.files {
        inputs.push(InputFile::of_file("scores", file)?);
    }
    Ok(Study {
        name: "files".to_string(),
        compression,
        documents,
        scores,
        models,
        definitions: embedded_targets()?,
        inputs,
    })
}

/// Reads scores alone, as listing targets needs.
pub fn read_scores(args: &StudyArgs, scores: &Path, aliases: &Aliases) -> Result<ScoreTable> {
    let options = ScoreOptions {
        metrics: declared("--metric", &args.metric, &["accuracy", "error", "perplexity"], Metric::parse)?,
        scales: declared("--scale", &args.scale, &["fraction", "percent"], |name| match name {
            "fraction" => Some(Scale::Fraction),
            "percent" => Some(Scale::Percent),
            _ => None,
        })?,
    };
    ScoreTable::read(scores, &options, aliases)
}

fn declared<T>(
    option: &'static str,
    texts: &[String],
    values: &[&str],
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<(Pattern, T)>> {
    texts
        .iter()
        .map(|text| {
            let fault = |problem: String| StudyError::Option {
                option,
                found: text.clone(),
                problem,
                expected: format!("PATTERN={}", values.join("|")),
            };
            let (pattern, value) = text.rsplit_once('=').ok_or_else(|| fault("there is no `=`".to_string()))?;
            let parsed = parse(value).ok_or_else(|| fault(format!("`{value}` is not known")))?;
            Ok((Pattern::parse(option, pattern)?, parsed))
        })
        .collect()
}

pub fn parse_unit(text: &str) -> Result<Unit> {
    Unit::parse(text).ok_or_else(|| {
        let known: Vec<String> = [Unit::Characters, Unit::Bytes].map(|unit| unit.bits_name().to_string()).to_vec();
        let hint = nearest(text, &known).map(|name| format!(", did you mean `{name}`?")).unwrap_or_default();
        StudyError::Option {
            option: "--bpc-unit",
            found: text.to_string(),
            problem: format!("not a unit{hint}"),
            expected: known.join(" or "),
        }
    })
}

/// The selection that `correlate` needs, which has no rule for missing cells.
pub fn selection(args: &SelectionArgs) -> Result<Selection> {
    let missing = MissingRule::default();
    Selection::parse(&args.include_models, &args.exclude_models, &args.drop_family, &args.exclude, missing)
}
