//! Where the tables come from, and the study that they are.

use std::path::{Path, PathBuf};

use clap::Args;

use super::suggestions;

use mixopt::base::{OverInput, Setting, Unit, check_not_input, did_you_mean, nearest};
use mixopt::study::{Result, Study, StudyError, StudySettings};

/// Where the tables come from.
#[derive(Debug, Clone, Default, Args)]
pub struct StudyArgs {
    /// Embedded study (see `mixopt studies`); huang2024 if no files are given.
    #[arg(long, value_name = "NAME", value_parser = suggestions::studies(), hide_possible_values = true, conflicts_with_all = ["bpc", "scores"], help_heading = "Study")]
    pub study: Option<String>,
    /// Table of bits per character (CSV, TSV, Parquet, JSON, JSONL): model × domain, wide or long.
    #[arg(long, value_name = "FILE", help_heading = "Study")]
    pub bpc: Option<PathBuf>,
    /// Table by document that `mixopt score` writes next to --bpc, for the measurement noise; it can replace --bpc.
    #[arg(long, value_name = "FILE", help_heading = "Study")]
    pub documents: Option<PathBuf>,
    /// Benchmark scores: a table, a result file of an evaluation tool, or a directory of them.
    #[arg(long, value_name = "FILE|DIR", help_heading = "Study")]
    pub scores: Option<PathBuf>,
    /// Models table: model, family, parameters and any numeric column to control for.
    #[arg(long, value_name = "FILE", help_heading = "Study")]
    pub models: Option<PathBuf>,
    /// Column of the models table that groups models into families [default: family].
    #[arg(long, value_name = "COLUMN", help_heading = "Study")]
    pub family_column: Option<String>,
    /// Table of other names of models: columns alias, model.
    #[arg(long, value_name = "FILE", help_heading = "Study")]
    pub aliases: Option<PathBuf>,
    /// Table of other names of domains, in --bpc or in a prior: columns alias, domain.
    #[arg(long, value_name = "FILE", help_heading = "Study")]
    pub domain_aliases: Option<PathBuf>,
    /// Target definitions (YAML), in addition to the built-in ones.
    #[arg(long, value_name = "FILE", help_heading = "Study")]
    pub targets: Option<PathBuf>,
    /// Unit of the numbers in --bpc: bits_per_character or bits_per_byte [default: by column name].
    #[arg(long, value_name = "UNIT", help_heading = "Study")]
    pub bpc_unit: Option<String>,
    /// Keep columns of --bpc that are the mean of the other domains, or are named like one.
    #[arg(long, help_heading = "Study")]
    pub keep_averages: bool,
    /// What benchmarks measure: PATTERN=accuracy|error|perplexity|score|loss (repeatable); score and loss are any real numbers,
    /// higher or lower being better.
    #[arg(long, value_name = "PATTERN=METRIC", help_heading = "Study")]
    pub metric: Vec<String>,
    /// Scale of benchmarks: PATTERN=fraction|percent (repeatable).
    #[arg(long, value_name = "PATTERN=SCALE", help_heading = "Study")]
    pub scale: Vec<String>,
    /// Number of shots, for benchmarks run with several: N, or PATTERN=N (repeatable).
    #[arg(long, value_name = "[PATTERN=]N", help_heading = "Study")]
    pub shots: Vec<String>,
}

impl StudyArgs {
    /// The study as the library's settings say it.
    pub fn settings(&self) -> Result<StudySettings> {
        Ok(StudySettings {
            name: self.study.clone(),
            compression: self.bpc.clone(),
            documents: self.documents.clone(),
            scores: self.scores.clone(),
            models: self.models.clone(),
            family_column: self.family_column.clone(),
            aliases: self.aliases.clone(),
            domain_aliases: self.domain_aliases.clone(),
            targets: self.targets.clone(),
            unit: self.bpc_unit.as_deref().map(parse_unit).transpose()?,
            keep_averages: self.keep_averages,
            metrics: self.metric.clone(),
            scales: self.scale.clone(),
            shots: self.shots.clone(),
        })
    }

    /// The files that are named, of which an output must be none.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let files = [
            &self.bpc,
            &self.documents,
            &self.scores,
            &self.models,
            &self.aliases,
            &self.domain_aliases,
            &self.targets,
        ];
        files.into_iter().flatten().map(PathBuf::as_path)
    }
}

/// Checks that an output is none of the files that a study was read from, such as those of a folder of results.
pub fn check_not_of_study(output: Option<&PathBuf>, study: &Study) -> std::result::Result<(), OverInput> {
    match output {
        Some(output) => check_not_input(Setting::Out, output, study.inputs.iter().map(|input| &input.file)),
        None => Ok(()),
    }
}

/// Reads the study that the arguments name: files where given, else an embedded one.
pub fn read_study(args: &StudyArgs) -> Result<Study> {
    args.settings()?.read()
}

/// Reads the unit of a compression table.
pub fn parse_unit(text: &str) -> Result<Unit> {
    Unit::parse(text).ok_or_else(|| {
        let known: Vec<String> = [Unit::Characters, Unit::Bytes].map(|unit| unit.bits_name().to_string()).to_vec();
        let hint = did_you_mean(&nearest(text, &known));
        StudyError::Setting {
            setting: Setting::CompressionUnit,
            found: text.to_string(),
            problem: format!("not a unit{hint}"),
            expected: known.join(" or "),
        }
    })
}
