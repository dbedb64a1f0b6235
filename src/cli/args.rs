//! The command line as it is typed. Doc comments are the help text.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::count::Count;

use super::corpora::CorporaCommand;

/// Finds the pretraining mixture whose compression tracks a benchmark best.
///
/// mixopt relates how well language models compress each domain of text (bits per character) to what they score on
/// benchmarks, finds the mixture of domains that tracks a benchmark best, proves that no mixture does better, and tests it
/// on model families that it was not fitted on.
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

/// How to print.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// Output format.
    #[arg(long, global = true, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    pub format: Format,
    /// Print no notes and no progress, only the result and errors.
    #[arg(short, long, global = true, help_heading = "Output", conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print everything: all domains and all models left out.
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,
}

/// Output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned tables and sentences for people.
    Table,
    /// One JSON document, described by the schemas in docs/schema.
    Json,
    /// Comma-separated values with a header.
    Csv,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find the mixture of domains that tracks a target best, with proof and held-out test.
    #[command(
        after_help = "Examples:\n  mixopt fit --target mmlu\n  mixopt fit --target math --drop-family Qwen --out math.yaml\n  mixopt fit --bpc bpc.csv --scores results/ --models models.csv --target arc_easy --max-weight 0.5"
    )]
    Fit(Box<FitArgs>),
    /// Show how every domain alone tracks every benchmark.
    #[command(
        after_help = "Examples:\n  mixopt correlate\n  mixopt correlate --statistic rmse --drop-family Qwen --target math"
    )]
    Correlate(CorrelateArgs),
    /// Score language models over corpora: bits per character of every model on every domain.
    #[command(
        after_help = "Examples:\n  mixopt score --model models/SmolLM2-135M --domain web=data/web/*.jsonl.zst --max-characters 3M\n  mixopt score study.yaml --plan\n\nThe same command continues a run that was stopped."
    )]
    Score(Box<ScoreArgs>),
    /// Check, count or begin a manifest of the text that there is to train on.
    Corpora {
        #[command(subcommand)]
        command: CorporaCommand,
    },
    /// List the targets of a study.
    #[command(after_help = "Example:\n  mixopt targets --scores results/")]
    Targets(TargetsArgs),
    /// List the studies that are compiled into this program.
    #[command(after_help = "Example:\n  mixopt studies --format json")]
    Studies,
    /// Read a mixture file back.
    #[command(after_help = "Example:\n  mixopt show mixtures/mmlu.yaml")]
    Show(ShowArgs),
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

/// Outputs that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// `mixopt fit --format json`.
    Fit,
    /// The mixture file that `mixopt fit --out` writes.
    Mixture,
    /// `mixopt correlate --format json`.
    Correlate,
    /// A file of target definitions.
    Targets,
    /// The settings of `mixopt score`, as a study file holds them.
    Score,
    /// `mixopt score --plan --format json`.
    Plan,
    /// `mixopt score --format json`, and the rows of the table that `--out` names.
    Bpc,
    /// The manifest `corpora.yaml`.
    Corpora,
}

/// Where the tables come from.
#[derive(Debug, Args)]
pub struct StudyArgs {
    /// Study compiled into the program (see `mixopt studies`); huang2024 where no files are given.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["bpc", "scores"], help_heading = "Study")]
    pub study: Option<String>,
    /// Table of bits per character (CSV, TSV, Parquet, JSON, JSONL): model × domain, wide or long.
    #[arg(long, value_name = "FILE", requires = "scores", help_heading = "Study")]
    pub bpc: Option<PathBuf>,
    /// Benchmark scores: a table, a result file of an evaluation tool, or a directory of them.
    #[arg(long, value_name = "FILE|DIR", help_heading = "Study")]
    pub scores: Option<PathBuf>,
    /// Models table: model, family, parameters and any numeric column to control for.
    #[arg(long, value_name = "FILE", requires = "scores", help_heading = "Study")]
    pub models: Option<PathBuf>,
    /// Column of the models table that groups models into families [default: family].
    #[arg(long, value_name = "COLUMN", help_heading = "Study")]
    pub family_column: Option<String>,
    /// Table of other names of models: columns alias, model.
    #[arg(long, value_name = "FILE", requires = "scores", help_heading = "Study")]
    pub aliases: Option<PathBuf>,
    /// Target definitions (YAML) beside the built-in ones.
    #[arg(long, value_name = "FILE", help_heading = "Study")]
    pub targets: Option<PathBuf>,
    /// Unit of the numbers in --bpc: bits_per_character or bits_per_byte [default: by column name].
    #[arg(long, value_name = "UNIT", requires = "bpc", help_heading = "Study")]
    pub bpc_unit: Option<String>,
    /// What benchmarks measure: PATTERN=accuracy|error|perplexity (repeatable).
    #[arg(long, value_name = "PATTERN=METRIC", requires = "scores", help_heading = "Study")]
    pub metric: Vec<String>,
    /// Scale of benchmarks: PATTERN=fraction|percent (repeatable).
    #[arg(long, value_name = "PATTERN=SCALE", requires = "scores", help_heading = "Study")]
    pub scale: Vec<String>,
}

/// Which models and domains to use.
#[derive(Debug, Args)]
pub struct SelectionArgs {
    /// Use only these models (names or patterns with * and ?, comma-separated).
    #[arg(long, value_name = "MODELS", value_delimiter = ',', help_heading = "Selection")]
    pub include_models: Vec<String>,
    /// Leave these models out.
    #[arg(long, value_name = "MODELS", value_delimiter = ',', help_heading = "Selection")]
    pub exclude_models: Vec<String>,
    /// Leave whole families out.
    #[arg(long, value_name = "FAMILIES", value_delimiter = ',', help_heading = "Selection")]
    pub drop_family: Vec<String>,
    /// Leave these domains out.
    #[arg(long, value_name = "DOMAINS", value_delimiter = ',', help_heading = "Selection")]
    pub exclude: Vec<String>,
}

#[derive(Debug, Args)]
pub struct FitArgs {
    /// What to track: a benchmark or area, `a,b` for their average, `a=0.7,b=0.3` for a weighted one.
    #[arg(short, long, value_name = "TARGET")]
    pub target: String,
    #[command(flatten)]
    pub study: StudyArgs,
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// What to do about missing bits per character.
    #[arg(long, value_enum, default_value_t = MissingArg::DropModel, help_heading = "Selection")]
    pub missing: MissingArg,
    /// What the optimum maximises; spearman is searched, not certified.
    #[arg(long, value_enum, default_value_t = ObjectiveArg::Pearson, help_heading = "Fit")]
    pub objective: ObjectiveArg,
    /// Control both mixtures for a numeric column of the models table (log_COLUMN for its logarithm), or `none`
    /// [default: only the recommendation, for log_parameters, where sizes are known].
    #[arg(long, value_name = "COLUMN|none", help_heading = "Fit")]
    pub control: Option<String>,
    /// Least weight of every domain.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, allow_negative_numbers = true, help_heading = "Fit")]
    pub min_weight: f64,
    /// Greatest weight of every domain.
    #[arg(long, value_name = "SHARE", default_value_t = 1.0, allow_negative_numbers = true, help_heading = "Fit")]
    pub max_weight: f64,
    /// Weight of one domain or pattern: NAME=LEAST..GREATEST (repeatable).
    #[arg(long, value_name = "NAME=RANGE", help_heading = "Fit")]
    pub bound: Vec<String>,
    /// Bootstrap replicates over families, for the standard error.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(2..=1_000_000), help_heading = "Fit")]
    pub replicates: u32,
    /// Seed of all random draws.
    #[arg(long, default_value_t = 0, help_heading = "Fit")]
    pub seed: u64,
    /// Write a mixture file (YAML).
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Which mixture --out writes.
    #[arg(long, value_enum, default_value_t = KindArg::Recommended, requires = "out", help_heading = "Output")]
    pub out_mixture: KindArg,
    /// Print the resolved settings as JSON and stop.
    #[arg(long, help_heading = "Output")]
    pub show_settings: bool,
    /// Threads to use [default: all processors]; the result does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096), help_heading = "Fit")]
    pub threads: Option<u32>,
}

#[derive(Debug, Args)]
pub struct ScoreArgs {
    /// Study file (YAML) with the same settings; arguments come before it.
    #[arg(value_name = "STUDY")]
    pub study: Option<PathBuf>,
    /// Model: a Hugging Face folder or a GGUF file; NAME=PATH gives it a name (repeatable).
    #[arg(short, long, value_name = "PATH", help_heading = "What to score")]
    pub model: Vec<String>,
    /// Domain: NAME=PATHS, files, directories and patterns, comma-separated (repeatable).
    #[arg(short, long, value_name = "NAME=PATHS", help_heading = "What to score")]
    pub domain: Vec<String>,
    /// Field of the text [default: text, content, raw_content, body or code].
    #[arg(long, value_name = "FIELD", help_heading = "What to score")]
    pub text_field: Option<String>,
    /// Field of a document's identifier [default: id, else file:line].
    #[arg(long, value_name = "FIELD", help_heading = "What to score")]
    pub id_field: Option<String>,
    /// Fields to carry into the table of documents, comma-separated.
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', help_heading = "What to score")]
    pub metadata: Vec<String>,
    /// Most characters of each domain (3M, 1.5k); larger ones are sampled.
    #[arg(long, value_name = "N", help_heading = "What to score")]
    pub max_characters: Option<Count>,
    /// Most documents of each domain.
    #[arg(long, value_name = "N", help_heading = "What to score")]
    pub max_documents: Option<Count>,
    /// Seed of the samples [default: 0].
    #[arg(long, help_heading = "What to score")]
    pub seed: Option<u64>,
    /// What a token is conditioned on [default: paper].
    #[arg(long, value_enum, help_heading = "Protocol")]
    pub protocol: Option<ProtocolArg>,
    /// Inputs of a window [default: 1900].
    #[arg(long, value_name = "TOKENS", help_heading = "Protocol")]
    pub context: Option<Count>,
    /// Tokens from one window to the next [default: 512].
    #[arg(long, value_name = "TOKENS", help_heading = "Protocol")]
    pub stride: Option<Count>,
    /// Type of weights and activations [default: auto].
    #[arg(long, value_enum, help_heading = "Compute")]
    pub dtype: Option<DtypeArg>,
    /// Where models run [default: auto].
    #[arg(long, value_enum, help_heading = "Compute")]
    pub device: Option<DeviceArg>,
    /// The most inputs handed to a model at once [default: 4096].
    #[arg(long, value_name = "N", help_heading = "Compute")]
    pub batch_tokens: Option<Count>,
    /// Threads to use [default: all processors]; the result does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096), help_heading = "Compute")]
    pub threads: Option<u32>,
    /// Print what is to be done and how long it may take, and stop.
    #[arg(long, help_heading = "Run")]
    pub plan: bool,
    /// Throw away what earlier runs of this --out have scored.
    #[arg(long, conflicts_with = "plan", help_heading = "Run")]
    pub restart: bool,
    /// Table to write, .parquet or .csv [default: bpc.parquet]; documents and journal go beside it.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Print the resolved settings as JSON, which is also a study file, and stop.
    #[arg(long, help_heading = "Output")]
    pub show_settings: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProtocolArg {
    /// All documents in one stream (arXiv 2404.09937).
    Paper,
    /// Every document alone after BOS, every token scored.
    Document,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DtypeArg {
    /// f32 on a processor, bf16 on other devices.
    Auto,
    /// 32 bits.
    F32,
    /// 16 bits, of which 8 are exponent.
    Bf16,
    /// 16 bits, of which 5 are exponent.
    F16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DeviceArg {
    /// The best that this build and machine have.
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
    /// An Apple GPU.
    Metal,
}

#[derive(Debug, Args)]
pub struct CorrelateArgs {
    /// Targets to show, comma-separated [default: all].
    #[arg(short, long, value_name = "TARGETS", value_delimiter = ',')]
    pub target: Vec<String>,
    /// What the table shows (JSON and CSV hold all).
    #[arg(long, value_enum, default_value_t = StatisticArg::Pearson)]
    pub statistic: StatisticArg,
    #[command(flatten)]
    pub study: StudyArgs,
    #[command(flatten)]
    pub selection: SelectionArgs,
}

#[derive(Debug, Args)]
pub struct TargetsArgs {
    #[command(flatten)]
    pub study: StudyArgs,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The mixture file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MissingArg {
    /// Models that lack a domain drop out.
    DropModel,
    /// Domains that lack a model drop out.
    DropDomain,
    /// A missing cell is an error.
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ObjectiveArg {
    /// Pearson's correlation, with a proof.
    Pearson,
    /// Spearman's rank correlation, without.
    Spearman,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KindArg {
    /// The recommended mixture.
    Recommended,
    /// The certified optimum.
    Optimum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatisticArg {
    /// Pearson's correlation of bits per character with the score.
    Pearson,
    /// Spearman's rank correlation.
    Spearman,
    /// Root mean square residual of the linear law.
    Rmse,
    /// Number of models.
    Models,
}
