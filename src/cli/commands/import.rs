//! `mixopt import`: a trainer's file as a mixture.

use std::path::PathBuf;

use clap::Args;

use mixopt::base::{Setting, ShareUnit, check_not_input};
use mixopt::count::Count;
use mixopt::export::{ImportError, ImportOptions, Step, import, target};
use mixopt::manifest::Manifest;
use mixopt::whole_file::{check_writable, write_whole};

use crate::cli::text::output::{Format, Output};

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The trainer's file, or a map from names to shares in YAML or JSON.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Format of the file (see mixopt export --list) [default: detected from its keys].
    #[arg(long, value_name = "TARGET")]
    pub from: Option<String>,
    /// Manifest with the trainer's names of the domains and, where a trainer draws by size, their counts (corpora.yaml).
    #[arg(long, value_name = "FILE")]
    pub corpora: Option<PathBuf>,
    /// What the weights count, if not what mixopt export --list says.
    #[arg(long, value_enum)]
    pub unit: Option<ShareUnit>,
    /// A name for the mixture.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Tokens per training step, if stages start at steps.
    #[arg(long, value_name = "N", help_heading = "Stages")]
    pub tokens_per_step: Option<Count>,
    /// Sequences per training step.
    #[arg(long, value_name = "N", help_heading = "Stages")]
    pub batch_size: Option<Count>,
    /// Tokens per sequence.
    #[arg(long, value_name = "N", help_heading = "Stages")]
    pub sequence_length: Option<Count>,
    /// Tokens of the whole training, if the file does not say when its last stage ends.
    #[arg(long, value_name = "TOKENS", help_heading = "Stages")]
    pub budget: Option<Count>,
    /// Write the mixture file here instead of printing it.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub out: Option<PathBuf>,
}

/// Reads a trainer's file back.
pub fn run(args: &ImportArgs, output: Output) -> anyhow::Result<()> {
    let from = args.from.as_deref().map(target).transpose()?;
    let manifest = args.corpora.as_deref().map(Manifest::read).transpose()?;
    let count = |count: Option<Count>| count.map(|Count(count)| count);
    let step = Step::of(count(args.tokens_per_step), count(args.batch_size), count(args.sequence_length))?;
    if args.budget == Some(Count(0)) {
        let expected = "a number of tokens above 0".to_string();
        return Err(ImportError::Setting { setting: Setting::Budget, found: "0".to_string(), expected }.into());
    }
    let options = ImportOptions {
        unit: args.unit,
        name: args.name.clone(),
        tokens_per_step: step.map(|step| step.tokens),
        budget: count(args.budget),
    };
    if let Some(out) = &args.out {
        check_not_input(Setting::Out, out, [Some(&args.file), args.corpora.as_ref()].into_iter().flatten())?;
        check_writable(out)?;
    }
    let imported = import(&args.file, from, manifest.as_ref(), &options)?;
    let text = imported.mixture.to_yaml()?;
    if let Some(out) = &args.out {
        write_whole(out, &imported.mixture.text_for(out)?)?;
    }
    for note in &imported.notes {
        output.note(note);
    }
    if let Some(out) = &args.out {
        output.note(&format!("wrote {}", out.display()));
    }
    match output.format {
        Format::Json => output.json(&imported),
        Format::Csv => output.csv(
            &["domain", "weight"],
            imported.mixture.weights.iter().map(|(domain, weight)| vec![domain.clone(), weight.to_string()]),
        ),
        Format::Table if args.out.is_none() => output.data(&text),
        Format::Table => Ok(()),
    }
}
