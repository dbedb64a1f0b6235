//! The command line as it is typed. Doc comments are the help text.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use mixopt::base::ShareUnit;
use mixopt::count::Count;
use mixopt::fit::Within;

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
    /// Plan several stages of training jointly, under the text that they share.
    #[command(after_help = "Example:\n  mixopt plan plan.yaml --out mix.yaml")]
    Plan(PlanArgs),
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
    /// List the published mixtures that are compiled into this program.
    #[command(after_help = "Example:\n  mixopt mixtures --format json")]
    Mixtures,
    /// Read a mixture back, in any unit.
    #[command(
        after_help = "Examples:\n  mixopt show mixtures/mmlu.yaml\n  mixopt show pile\n  mixopt show mix.yaml --corpora corpora.yaml --unit tokens --budget 1T"
    )]
    Show(ShowArgs),
    /// Compare two mixtures: shares, tokens and epochs, correlations, and what is known of the reasons.
    #[command(
        after_help = "Examples:\n  mixopt diff mixtures/mmlu.yaml mixtures/math.yaml\n  mixopt diff llama_1 slimpajama\n  mixopt diff pile plan.yaml --corpora corpora.yaml\n\nBoth are also compared on a study: the one given, or that of the program which they were fitted on."
    )]
    Diff(DiffArgs),
    /// Tell of a given mixture what `mixopt fit` tells of the one that it recommends.
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
        after_help = "Examples:\n  mixopt export --list\n  mixopt export mixture.yaml --to olmo-core --corpora corpora.yaml --out mix.yaml\n  mixopt export plan.yaml --to levanter --batch-size 1024 --sequence-length 4096"
    )]
    Export(Box<super::export::ExportArgs>),
    /// Read a trainer's file back into a mixture file.
    #[command(
        after_help = "Examples:\n  mixopt import blend.json --corpora corpora.yaml --out mixture.yaml\n  mixopt import train.yaml --from lingua --unit documents"
    )]
    Import(super::import::ImportArgs),
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
    ScorePlan,
    /// `mixopt evaluate --format json`.
    Evaluate,
    /// `mixopt predict --format json`.
    Predict,
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

/// Where the tables come from.
#[derive(Debug, Clone, Args)]
pub struct StudyArgs {
    /// Study compiled into the program (see `mixopt studies`); huang2024 where no files are given.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["bpc", "scores"], help_heading = "Study")]
    pub study: Option<String>,
    /// Table of bits per character (CSV, TSV, Parquet, JSON, JSONL): model × domain, wide or long.
    #[arg(long, value_name = "FILE", requires = "scores", help_heading = "Study")]
    pub bpc: Option<PathBuf>,
    /// Table by document that `mixopt score` writes beside --bpc, for the noise of measurement; it may stand in for --bpc.
    #[arg(long, value_name = "FILE", requires = "bpc", help_heading = "Study")]
    pub documents: Option<PathBuf>,
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

/// What mixtures must obey.
#[derive(Debug, Args)]
pub struct ConstraintArgs {
    /// Least weight of every domain.
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = 0.0,
        allow_negative_numbers = true,
        help_heading = "Constraints"
    )]
    pub min_weight: f64,
    /// Greatest weight of every domain.
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = 1.0,
        allow_negative_numbers = true,
        help_heading = "Constraints"
    )]
    pub max_weight: f64,
    /// Weight of one domain or pattern: NAME=LEAST..GREATEST (repeatable).
    #[arg(long, value_name = "NAME=RANGE", help_heading = "Constraints")]
    pub bound: Vec<String>,
    /// Weight of several domains together: NAME:A+B<=SHARE, >=, =, or =LEAST..GREATEST; without members, of a tag of the
    /// manifest (repeatable).
    #[arg(long, value_name = "GROUP", help_heading = "Constraints")]
    pub group: Vec<String>,
    /// Keep the ratios inside a group while its share moves: NAME:A+B (as in the prior), NAME:A=3+B=1, or a tag
    /// (repeatable).
    #[arg(long, value_name = "GROUP", help_heading = "Constraints")]
    pub freeze: Vec<String>,
    /// Domains that must have a share: NAME (at least 0.01) or NAME=SHARE.
    #[arg(long, value_name = "DOMAINS", value_delimiter = ',', help_heading = "Constraints")]
    pub keep: Vec<String>,
    /// Domains that must have no share.
    #[arg(long, value_name = "DOMAINS", value_delimiter = ',', help_heading = "Constraints")]
    pub drop: Vec<String>,
    /// The most domains with a share.
    #[arg(long, value_name = "K", help_heading = "Constraints")]
    pub at_most: Option<usize>,
    /// Manifest of the corpora that there are (see `mixopt corpora`).
    #[arg(long, value_name = "FILE", help_heading = "Supply")]
    pub corpora: Option<PathBuf>,
    /// Tokens of the training (1T, 350B); shares are then of tokens.
    #[arg(long, value_name = "TOKENS", requires = "corpora", help_heading = "Supply")]
    pub budget: Option<Count>,
    /// The most times that a domain may be gone through, unless the manifest says so itself.
    #[arg(long, value_name = "EPOCHS", requires = "budget", help_heading = "Supply")]
    pub max_epochs: Option<f64>,
    /// What shares count [default: tokens with a budget, else what the compression is measured over].
    #[arg(long, value_enum, help_heading = "Supply")]
    pub unit: Option<UnitArg>,
}

/// How far the fit can be believed.
#[derive(Debug, Args)]
pub struct TrustArgs {
    /// Refits for intervals, and as many for significance; 0 leaves both out [default: 1000, 200 above 2,000 domains].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1_000_000), help_heading = "Trust")]
    pub refits: Option<u32>,
    /// Share of cases that intervals are meant to cover.
    #[arg(long, value_name = "SHARE", default_value_t = 0.9, allow_negative_numbers = true, help_heading = "Trust")]
    pub confidence: f64,
    /// Exchange scores only among models alike: family, or a numeric column of the models table, COLUMN or COLUMN:GROUPS.
    #[arg(long, value_name = "STRATA", help_heading = "Trust")]
    pub strata: Option<String>,
    /// Targets that were tried before this one was chosen, comma-separated, or all; corrects the significance.
    #[arg(long, value_name = "TARGETS", value_delimiter = ',', help_heading = "Trust")]
    pub tried: Vec<String>,
    /// Show a fit that outliers do not move beside the plain one.
    #[arg(long, value_enum, help_heading = "Trust")]
    pub robust: Option<RobustArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RobustArg {
    /// Huber's loss: models far from the line count less.
    Huber,
    /// Ranks instead of values.
    Rank,
}

/// What the recommendation stays near.
#[derive(Debug, Args)]
pub struct NearArgs {
    /// Mixture to stay near: uniform, natural (by supply), a mixture file, or a published one (see `mixopt mixtures`).
    #[arg(long, value_name = "MIXTURE", default_value = "uniform", help_heading = "Recommendation")]
    pub prior: String,
    /// How far below the best correlation it may stay: 1se (standard errors), 0.99 (share of the best) or 0.005.
    #[arg(long, value_name = "TOLERANCE", default_value = "1se", help_heading = "Recommendation")]
    pub within: Within,
    /// What near means: sum of squares, or Kullback–Leibler.
    #[arg(long, value_enum, default_value_t = DistanceArg::Quadratic, help_heading = "Recommendation")]
    pub distance: DistanceArg,
    /// How it is made: the nearest mixture, or a ridge toward the prior.
    #[arg(long, value_enum, default_value_t = RecommendArg::LeastChange, help_heading = "Recommendation")]
    pub recommend: RecommendArg,
    /// Penalty of the ridge [default: by cross-validation over families].
    #[arg(long, value_name = "LAMBDA", allow_negative_numbers = true, help_heading = "Recommendation")]
    pub ridge: Option<f64>,
    /// Make it by a published estimator instead, which looks at each domain alone (arXiv 2409.05816).
    #[arg(long, value_enum, value_name = "ESTIMATOR", help_heading = "Recommendation")]
    pub estimator: Option<EstimatorArg>,
    /// How the estimates become a mixture: fill the best domains to their greatest weights, or the nearest mixture.
    #[arg(long, value_enum, value_name = "PROJECTION", requires = "estimator", default_value_t = ProjectionArg::Linear, help_heading = "Recommendation")]
    pub projection: ProjectionArg,
}

/// A published estimator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum EstimatorArg {
    /// Mean product of error and bits.
    Product,
    /// Differences of bits, signed by the order of errors.
    Sign,
    /// The same of the ranks of bits.
    SignCdf,
    /// Pairs of models in the same order (Kendall's tau-a).
    SignSign,
    /// Spearman's rank correlation.
    Spearmanr,
}

/// From estimates to a mixture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProjectionArg {
    /// The best domains, each up to its greatest weight.
    Linear,
    /// The nearest mixture.
    L2,
}

/// What shares count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UnitArg {
    /// Unicode code points.
    Characters,
    /// Bytes of UTF-8.
    Bytes,
    /// Tokens of the training tokenizer.
    Tokens,
    /// Documents.
    Documents,
}

impl From<UnitArg> for ShareUnit {
    fn from(unit: UnitArg) -> Self {
        match unit {
            UnitArg::Characters => Self::Characters,
            UnitArg::Bytes => Self::Bytes,
            UnitArg::Tokens => Self::Tokens,
            UnitArg::Documents => Self::Documents,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DistanceArg {
    /// Sum of squared differences of shares.
    Quadratic,
    /// Kullback–Leibler divergence from the prior.
    Kl,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RecommendArg {
    /// The mixture nearest to the prior that is nearly as good as the best.
    LeastChange,
    /// The best mixture under a penalty on the distance from the prior.
    Ridge,
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
    #[command(flatten)]
    pub constraints: ConstraintArgs,
    #[command(flatten)]
    pub near: NearArgs,
    /// What to do about missing bits per character.
    #[arg(long, value_enum, default_value_t = MissingArg::DropModel, help_heading = "Selection")]
    pub missing: MissingArg,
    /// What the optimum maximises; worst: the least correlation with the targets, spearman is searched, not certified.
    #[arg(long, value_enum, default_value_t = ObjectiveArg::Pearson, help_heading = "Fit")]
    pub objective: ObjectiveArg,
    /// Control both mixtures for a numeric column of the models table (log_COLUMN for its logarithm), or `none`
    /// [default: only the recommendation, for log_parameters, where sizes are known].
    #[arg(long, value_name = "COLUMN|none", help_heading = "Fit")]
    pub control: Option<String>,
    /// Bootstrap replicates over families, for the standard error.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(2..=1_000_000), help_heading = "Fit")]
    pub replicates: u32,
    #[command(flatten)]
    pub trust: TrustArgs,
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
pub struct EvaluateArgs {
    /// The mixture: a file, or the name of a published mixture (see `mixopt mixtures`).
    #[arg(short, long, value_name = "FILE|NAME")]
    pub mixture: String,
    /// What it is to track, as `mixopt fit` takes it [default: that of the file's fit].
    #[arg(short, long, value_name = "TARGET")]
    pub target: Option<String>,
    #[command(flatten)]
    pub study: StudyArgs,
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// What to do about missing bits per character.
    #[arg(long, value_enum, default_value_t = MissingArg::DropModel, help_heading = "Selection")]
    pub missing: MissingArg,
    /// Manifest whose counts turn shares of one unit into another.
    #[arg(long, value_name = "FILE", help_heading = "Supply")]
    pub corpora: Option<PathBuf>,
    /// What shares count [default: what the compression is measured over].
    #[arg(long, value_enum, help_heading = "Supply")]
    pub unit: Option<UnitArg>,
    /// Mixture to compare with: uniform, natural (by supply), a mixture file, or a published one.
    #[arg(long, value_name = "MIXTURE", default_value = "uniform", help_heading = "Comparison")]
    pub prior: String,
    /// How far below the best correlation is nearly as good: 1se (standard errors), 0.99 (share of the best) or 0.005.
    #[arg(long, value_name = "TOLERANCE", default_value = "1se", help_heading = "Comparison")]
    pub within: Within,
    /// Control for a numeric column of the models table (log_COLUMN for its logarithm), or `none`
    /// [default: log_parameters, where sizes are known].
    #[arg(long, value_name = "COLUMN|none", help_heading = "Comparison")]
    pub control: Option<String>,
    /// Bootstrap replicates over families, for the standard error of the best.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(2..=1_000_000), help_heading = "Comparison")]
    pub replicates: u32,
    #[command(flatten)]
    pub trust: TrustArgs,
    /// Seed of all random draws.
    #[arg(long, default_value_t = 0, help_heading = "Trust")]
    pub seed: u64,
    /// Threads to use [default: all processors]; the result does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096), help_heading = "Trust")]
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
pub struct PlanArgs {
    /// Plan file (YAML): corpora, prior, stages with targets, budgets and constraints.
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    #[command(flatten)]
    pub study: StudyArgs,
    /// Write a mixture file (YAML) with the stages.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Print the resolved settings as JSON and stop.
    #[arg(long, help_heading = "Output")]
    pub show_settings: bool,
    /// Threads to use [default: all processors]; the result does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub threads: Option<u32>,
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
    /// A mixture file, or the name of a published mixture (see `mixopt mixtures`).
    #[arg(value_name = "MIXTURE")]
    pub mixture: String,
    /// Manifest with the counts that another unit or a budget needs.
    #[arg(long, value_name = "FILE")]
    pub corpora: Option<PathBuf>,
    /// Show shares of something else.
    #[arg(long, value_enum)]
    pub unit: Option<UnitArg>,
    /// Show what a budget of tokens takes of each domain, and how often.
    #[arg(long, value_name = "TOKENS", requires = "corpora")]
    pub budget: Option<Count>,
}

#[derive(Debug, Args)]
pub struct PredictArgs {
    /// Mixture files, or names of known mixtures.
    #[arg(value_name = "MIXTURE", required = true)]
    pub mixtures: Vec<String>,
    /// Table of bits per character of the models to predict (the formats of `mixopt fit --bpc`).
    #[arg(long, value_name = "FILE")]
    pub bpc: PathBuf,
    /// Unit of the numbers in --bpc: bits_per_character or bits_per_byte [default: by column name].
    #[arg(long, value_name = "UNIT")]
    pub bpc_unit: Option<String>,
    /// Predict only these models (names or patterns with * and ?, comma-separated).
    #[arg(long, value_name = "MODELS", value_delimiter = ',')]
    pub include_models: Vec<String>,
    /// Share of models whose scores the intervals are to hold.
    #[arg(long, value_name = "SHARE", default_value_t = 0.9, allow_negative_numbers = true)]
    pub confidence: f64,
    /// Manifest whose counts turn shares of one unit into another.
    #[arg(long, value_name = "FILE")]
    pub corpora: Option<PathBuf>,
    /// Write the predictions to a file, .csv or .json by its ending.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Target, for mixtures whose file has no fit.
    #[arg(short, long, value_name = "TARGET", help_heading = "Study, for files without a calibration")]
    pub target: Option<String>,
    /// Study compiled into the program [default: that of the file's fit].
    #[arg(long, value_name = "NAME", conflicts_with_all = ["study_bpc", "study_scores"], help_heading = "Study, for files without a calibration")]
    pub study: Option<String>,
    /// The study's bits per character.
    #[arg(
        long,
        value_name = "FILE",
        requires = "study_scores",
        help_heading = "Study, for files without a calibration"
    )]
    pub study_bpc: Option<PathBuf>,
    /// The study's scores.
    #[arg(
        long,
        value_name = "FILE|DIR",
        requires = "study_bpc",
        help_heading = "Study, for files without a calibration"
    )]
    pub study_scores: Option<PathBuf>,
    /// The study's models table.
    #[arg(long, value_name = "FILE", requires = "study_bpc", help_heading = "Study, for files without a calibration")]
    pub study_models: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The first mixture: a file, or the name of a known mixture.
    #[arg(value_name = "A")]
    pub a: String,
    /// The second.
    #[arg(value_name = "B")]
    pub b: String,
    /// Manifest whose counts turn shares of one unit into shares of another.
    #[arg(long, value_name = "FILE")]
    pub corpora: Option<PathBuf>,
    /// Target that domains are judged by [default: that of B's fit, else of A's].
    #[arg(short, long, value_name = "TARGET")]
    pub target: Option<String>,
    #[command(flatten)]
    pub study: StudyArgs,
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
    /// The least correlation with several targets, with a proof.
    Worst,
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
