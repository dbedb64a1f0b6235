//! From study arguments to a study.

use mixopt::base::{Unit, nearest};
use mixopt::study::{
    DEFAULT_STUDY, EmbeddedStudy, MissingRule, Result, ScoreOptions, Selection, Study, StudyError, StudyFiles,
};

use super::args::{SelectionArgs, StudyArgs};

/// Reads the study that the arguments name: files where given, else an embedded one.
pub fn read_study(args: &StudyArgs) -> Result<Study> {
    let mut study = match (&args.bpc, &args.scores) {
        (Some(compression), Some(scores)) => Study::read(&StudyFiles {
            compression: compression.clone(),
            scores: scores.clone(),
            documents: args.documents.clone(),
            models: args.models.clone(),
            family_column: args.family_column.clone(),
            aliases: args.aliases.clone(),
            unit: args.bpc_unit.as_deref().map(parse_unit).transpose()?,
            score_options: ScoreOptions::parse(&args.metric, &args.scale)?,
        })?,
        (None, Some(scores)) => {
            return Err(StudyError::Option {
                option: "--scores",
                found: scores.display().to_string(),
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
        study.define(file)?;
    }
    Ok(study)
}

/// Reads the unit of a compression table.
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
