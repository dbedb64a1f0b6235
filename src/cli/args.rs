//! The command line as it is typed: the program and its commands, whose arguments stand beside each of them.
//! Doc comments are the help text.

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::cli::commands::corpora::CorporaCommand;
use crate::cli::commands::correlate::CorrelateArgs;
use crate::cli::commands::diff::DiffArgs;
use crate::cli::commands::evaluate::EvaluateArgs;
use crate::cli::commands::export::ExportArgs;
use crate::cli::commands::fit::FitArgs;
use crate::cli::commands::generate::SchemaOf;
use crate::cli::commands::import::ImportArgs;
use crate::cli::commands::plan::PlanArgs;
use crate::cli::commands::predict::PredictArgs;
use crate::cli::commands::refit::RefitArgs;
use crate::cli::commands::score::ScoreArgs;
use crate::cli::commands::show::ShowArgs;
use crate::cli::commands::targets::TargetsArgs;
use crate::cli::text::output::OutputArgs;

/// Finds the pretraining mixture whose compression tracks a benchmark best.
///
/// mixopt relates how well language models compress each domain of text (bits per character) to what they score on
/// benchmarks, finds the mixture of domains that tracks a benchmark best, proves that no mixture does better, and tests it on model
/// families that it was not fitted on.
#[derive(Debug, Parser)]
#[command(
    name = "mixopt",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "Examples:\n  mixopt fit --target mmlu\n  mixopt correlate\n  mixopt score study.yaml\n\nExit codes: 0 success, 1 failure, 2 wrong usage, 130 interrupted."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub output: OutputArgs,
}
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find the mixture of domains that tracks a target best, with proof and held-out test.
    #[command(
        after_help = "Examples:\n  mixopt fit --target mmlu\n  mixopt fit --target math --drop-family Qwen --out math.yaml\n  mixopt fit --bpc bpc.csv --scores results/ --models models.csv --target arc_easy --max-weight 0.5\n  mixopt fit --settings docs/examples/fit.yaml --max-weight 0.6"
    )]
    Fit(Box<FitArgs>),
    /// Repeat the fit of a mixture file from the files it names, and show what has changed.
    #[command(after_help = "Examples:\n  mixopt refit mixtures/mmlu.yaml\n  mixopt refit mix.yaml --out new.yaml")]
    Refit(RefitArgs),
    /// Plan several stages of training jointly, with the text they share.
    #[command(after_help = "Example:\n  mixopt plan plan.yaml --out mix.yaml")]
    Plan(PlanArgs),
    /// Show how each domain by itself tracks each benchmark.
    #[command(
        after_help = "Examples:\n  mixopt correlate\n  mixopt correlate --statistic rmse --drop-family Qwen --target math"
    )]
    Correlate(CorrelateArgs),
    /// Score language models over corpora: bits per character of every model on every domain.
    #[command(
        after_help = "Examples:\n  mixopt score --model models/SmolLM2-135M --domain 'web=data/web/*.jsonl.zst' --max-characters 3M\n  mixopt score study.yaml --plan\n\nThe same command continues a run that was stopped."
    )]
    Score(Box<ScoreArgs>),
    /// Check, count or create a manifest of the text available for training.
    Corpora {
        #[command(subcommand)]
        command: CorporaCommand,
    },
    /// List the targets of a study.
    #[command(after_help = "Example:\n  mixopt targets --scores results/")]
    Targets(TargetsArgs),
    /// List the embedded studies.
    #[command(after_help = "Example:\n  mixopt studies --format json")]
    Studies,
    /// List the embedded published mixtures.
    #[command(after_help = "Example:\n  mixopt mixtures --format json")]
    Mixtures,
    /// Show a mixture, in any unit.
    #[command(
        after_help = "Examples:\n  mixopt show mixtures/mmlu.yaml\n  mixopt show pile\n  mixopt show mix.yaml --corpora corpora.yaml --unit tokens --budget 1T"
    )]
    Show(ShowArgs),
    /// Compare two mixtures: shares, tokens, epochs, correlations and the reasons for changes.
    #[command(
        after_help = "Examples:\n  mixopt diff mixtures/mmlu.yaml mixtures/math.yaml\n  mixopt diff llama_1 slimpajama\n  mixopt diff pile staged.yaml --corpora corpora.yaml\n\nBoth are also compared on a study: the one given, or the embedded study they were fitted on."
    )]
    Diff(DiffArgs),
    /// Test a mixture you have as `mixopt fit` tests the one it recommends.
    #[command(
        after_help = "Examples:\n  mixopt evaluate --mixture mixtures/mmlu.yaml\n  mixopt evaluate --mixture today.yaml --target mmlu\n  mixopt evaluate --mixture today.yaml --bpc bpc.csv --scores results/ --models models.csv --target arc_easy"
    )]
    Evaluate(Box<EvaluateArgs>),
    /// Predict benchmark scores of models from their bits per character, with intervals.
    #[command(
        after_help = "Examples:\n  mixopt predict mixtures/mmlu.yaml --bpc bpc.csv\n  mixopt predict mmlu.yaml math.yaml --bpc bpc.parquet --confidence 0.8 --format csv\n\nScores are in the study's unit: fractions, not percent."
    )]
    Predict(PredictArgs),
    /// Write a mixture as the file that a trainer reads.
    #[command(
        after_help = "Examples:\n  mixopt export --list\n  mixopt export mixture.yaml --to olmo-core --corpora corpora.yaml --out mix.yaml\n  mixopt export llama_1 --to csv\n  mixopt export staged.yaml --to levanter --batch-size 1024 --sequence-length 4096"
    )]
    Export(Box<ExportArgs>),
    /// Read a trainer's file back into a mixture file.
    #[command(
        after_help = "Examples:\n  mixopt import blend.json --corpora corpora.yaml --out mixture.yaml\n  mixopt import train.yaml --from lingua --unit documents"
    )]
    Import(ImportArgs),
    /// Print a JSON Schema of an output.
    #[command(after_help = "Example:\n  mixopt schema mixture > mixture.schema.json")]
    Schema {
        /// Which output.
        #[arg(value_enum)]
        of: SchemaOf,
    },
    /// Print a completion script for a shell.
    #[command(after_help = "Example:\n  mixopt completions bash > /etc/bash_completion.d/mixopt")]
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page.
    #[command(after_help = "Example:\n  mixopt man > mixopt.1 && man ./mixopt.1")]
    Man,
}
