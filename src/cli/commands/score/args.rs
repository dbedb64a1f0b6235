//! Arguments of `mixopt score`. Doc comments are the help text.

use std::path::PathBuf;

use clap::Args;

use mixopt::count::Count;
use mixopt::score::{DeviceSetting, DtypeSetting, Protocol};

#[derive(Debug, Args)]
pub struct ScoreArgs {
    /// Study file (YAML) with the same settings; arguments take precedence.
    #[arg(value_name = "STUDY")]
    pub study: Option<PathBuf>,
    /// Model: a Hugging Face folder or a GGUF file; NAME=PATH gives it a name (repeatable).
    #[arg(short, long, value_name = "PATH", help_heading = "What to score")]
    pub model: Vec<String>,
    /// Domain: NAME=PATHS, files, directories and patterns, comma-separated (repeatable).
    #[arg(short, long, value_name = "NAME=PATHS", help_heading = "What to score")]
    pub domain: Vec<String>,
    /// Field with the text [default: text, content, raw_content, body or code].
    #[arg(long, value_name = "FIELD", help_heading = "What to score")]
    pub text_field: Option<String>,
    /// Field with a document's identifier [default: id, else file:line].
    #[arg(long, value_name = "FIELD", help_heading = "What to score")]
    pub id_field: Option<String>,
    /// Fields to copy into the table of documents, comma-separated.
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', help_heading = "What to score")]
    pub metadata: Vec<String>,
    /// Maximum characters per domain (3M, 1.5k); larger ones are sampled.
    #[arg(long, value_name = "N", help_heading = "What to score")]
    pub max_characters: Option<Count>,
    /// Maximum documents per domain.
    #[arg(long, value_name = "N", help_heading = "What to score")]
    pub max_documents: Option<Count>,
    /// Seed of the samples [default: 0].
    #[arg(long, help_heading = "What to score")]
    pub seed: Option<u64>,
    /// What a token is conditioned on [default: paper].
    #[arg(long, value_enum, help_heading = "Protocol")]
    pub protocol: Option<Protocol>,
    /// Inputs per window [default: 1900].
    #[arg(long, value_name = "TOKENS", help_heading = "Protocol")]
    pub context: Option<Count>,
    /// Tokens from one window to the next [default: 512].
    #[arg(long, value_name = "TOKENS", help_heading = "Protocol")]
    pub stride: Option<Count>,
    /// Type of weights and activations [default: auto].
    #[arg(long, value_enum, help_heading = "Compute")]
    pub dtype: Option<DtypeSetting>,
    /// Where models run [default: auto].
    #[arg(long, value_enum, help_heading = "Compute")]
    pub device: Option<DeviceSetting>,
    /// Maximum inputs per batch [default: 4096].
    #[arg(long, value_name = "N", help_heading = "Compute")]
    pub batch_tokens: Option<Count>,
    /// Threads to use [default: all processors]; the result does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096), help_heading = "Compute")]
    pub threads: Option<u32>,
    /// Print what would be done and how long it may take, and stop.
    #[arg(long, help_heading = "Run")]
    pub plan: bool,
    /// Discard what earlier runs with this --out have scored.
    #[arg(long, conflicts_with = "plan", help_heading = "Run")]
    pub restart: bool,
    /// Table to write, .parquet or .csv [default: bpc.parquet]; documents and journal go next to it.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Print the resolved settings as JSON, which is also a study file, and stop.
    #[arg(long, help_heading = "Output")]
    pub show_settings: bool,
}
