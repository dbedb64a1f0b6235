//! Texts made from the program itself: schemas, completions, the manual.

use clap::ValueEnum;
use clap_complete::Shell;

use mixopt::manifest::Manifest;
use mixopt::mixture::{
    Correlation, EvaluationReport, FitFile, FitReport, MixtureDiff, MixtureFile, PlanFindings, PlanSettings,
    Predictions, RefitReport,
};
use mixopt::score::{CellRow, Plan, ScoreSettings};
use mixopt::study::TargetDefinitions;

use crate::cli::text::output::Output;

/// Outputs that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// `mixopt fit --format json`.
    Fit,
    /// The settings of `mixopt fit`, as a file for `--settings` holds them.
    FitSettings,
    /// The mixture file that `mixopt fit --out` writes.
    Mixture,
    /// `mixopt correlate --format json`.
    Correlate,
    /// A file of target definitions.
    Targets,
    /// The settings of `mixopt score`, as a study file holds them.
    Score,
    /// `mixopt score --plan --format json`.
    ScorePlan,
    /// `mixopt evaluate --format json`.
    Evaluate,
    /// `mixopt predict --format json`.
    Predict,
    /// `mixopt refit --format json`.
    Refit,
    /// `mixopt diff --format json`.
    Diff,
    /// The plan file of stages that `mixopt plan` reads.
    Plan,
    /// `mixopt plan --format json`.
    PlanResult,
    /// `mixopt score --format json`, and the rows of the table that `--out` names.
    Bpc,
    /// The manifest `corpora.yaml`.
    Corpora,
}

/// Prints a JSON Schema.
pub fn schema(of: SchemaOf, output: Output) -> anyhow::Result<()> {
    let schema = match of {
        SchemaOf::Fit => schemars::schema_for!(FitReport),
        SchemaOf::FitSettings => schemars::schema_for!(FitFile),
        SchemaOf::Mixture => schemars::schema_for!(MixtureFile),
        SchemaOf::Correlate => schemars::schema_for!(Vec<Correlation>),
        SchemaOf::Targets => schemars::schema_for!(TargetDefinitions),
        SchemaOf::Score => schemars::schema_for!(ScoreSettings),
        SchemaOf::ScorePlan => schemars::schema_for!(Plan),
        SchemaOf::Plan => schemars::schema_for!(PlanSettings),
        SchemaOf::PlanResult => schemars::schema_for!(PlanFindings),
        SchemaOf::Refit => schemars::schema_for!(RefitReport),
        SchemaOf::Diff => schemars::schema_for!(MixtureDiff),
        SchemaOf::Evaluate => schemars::schema_for!(EvaluationReport),
        SchemaOf::Bpc => schemars::schema_for!(Vec<CellRow>),
        SchemaOf::Predict => schemars::schema_for!(Predictions),
        SchemaOf::Corpora => schemars::schema_for!(Manifest),
    };
    output.json(&schema)
}

/// Prints a shell's completion script.
pub fn completions(mut program: clap::Command, shell: Shell, output: Output) -> anyhow::Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut program, "mixopt", &mut text);
    output.data(&String::from_utf8(text)?)
}

/// Prints the manual page with all commands.
pub fn manual(mut program: clap::Command, output: Output) -> anyhow::Result<()> {
    program.build();
    let mut text = Vec::new();
    let man = clap_mangen::Man::new(program.clone());
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    examples(&program, &mut text)?;
    // The commands have sections of this page, not pages of their own.
    for inner in program.get_subcommands() {
        section(inner, "", &mut text)?;
    }
    output.data(&String::from_utf8(text)?)
}

/// What stands below a command's options in its help, under a title of its own.
fn examples(command: &clap::Command, text: &mut Vec<u8>) -> anyhow::Result<()> {
    let mut extra = Vec::new();
    clap_mangen::Man::new(command.clone()).render_extra_section(&mut extra)?;
    text.extend_from_slice(String::from_utf8(extra)?.replace(".SH EXTRA", ".SS Examples").as_bytes());
    Ok(())
}

/// A section of the manual for a command and for each command below it.
fn section(command: &clap::Command, above: &str, text: &mut Vec<u8>) -> anyhow::Result<()> {
    if command.get_name() == "help" {
        return Ok(());
    }
    let name = format!("{above}{}", command.get_name().to_uppercase());
    let man = clap_mangen::Man::new(command.clone());
    text.extend_from_slice(format!(".SH COMMAND {name}\n").as_bytes());
    man.render_synopsis_section(text)?;
    man.render_description_section(text)?;
    man.render_options_section(text)?;
    examples(command, text)?;
    for inner in command.get_subcommands() {
        section(inner, &format!("{name} "), text)?;
    }
    Ok(())
}
