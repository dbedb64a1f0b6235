//! Arguments of `mixopt corpora`. Doc comments are the help text.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use mixopt::count::Count;

#[derive(Debug, Subcommand)]
pub enum CorporaCommand {
    /// Check a manifest: whether its paths lead to files, its counts are possible, and what is missing.
    #[command(
        after_help = "Examples:\n  mixopt corpora check corpora.yaml\n  mixopt corpora check corpora.yaml --trainer olmo-core --format json\n\nExit code 1 if something is wrong; a missing count is not an error."
    )]
    Check(CheckArgs),
    /// Count documents, characters, bytes and tokens of a manifest's domains from their files.
    ///
    /// Documents, characters and bytes are counted over all files. Tokens are counted over all of them (--exact) or
    /// estimated from an even sample of documents, with their standard error. Special tokens that begin, end or separate
    /// documents are not counted.
    #[command(
        after_help = "Examples:\n  mixopt corpora count corpora.yaml --tokenizer models/ours --in-place\n  mixopt corpora count corpora.yaml --domain code --exact --out counted.yaml\n\nWithout --out and --in-place the counted manifest is printed."
    )]
    Count(CountArgs),
    /// Create a manifest.
    #[command(
        after_help = "Example:\n  mixopt corpora new --domain 'web=data/web/*.jsonl.zst' --domain code=data/code --tokenizer models/ours"
    )]
    New(NewArgs),
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The manifest.
    #[arg(value_name = "MANIFEST")]
    pub manifest: PathBuf,
    /// Check that every domain has an entry for this trainer, and show it.
    #[arg(long, value_name = "TRAINER")]
    pub trainer: Option<String>,
}

#[derive(Debug, Args)]
pub struct CountArgs {
    /// The manifest.
    #[arg(value_name = "MANIFEST")]
    pub manifest: PathBuf,
    /// Count only this domain (repeatable) [default: all that have paths].
    #[arg(short, long, value_name = "NAME")]
    pub domain: Vec<String>,
    /// The training tokenizer: a tokenizer.json, a model folder or a GGUF file [default: the manifest's].
    #[arg(long, value_name = "PATH", help_heading = "Tokens")]
    pub tokenizer: Option<PathBuf>,
    /// Maximum characters of each domain to encode for estimating its tokens [default: 20M].
    #[arg(long, value_name = "N", help_heading = "Tokens")]
    pub sample: Option<Count>,
    /// Encode everything: exact token counts, no standard error.
    #[arg(long, conflicts_with = "sample", help_heading = "Tokens")]
    pub exact: bool,
    /// Seed of the samples.
    #[arg(long, default_value_t = 0, help_heading = "Tokens")]
    pub seed: u64,
    /// Skip lines and rows without a document instead of stopping at the first.
    #[arg(long)]
    pub skip_faulty: bool,
    /// Threads to use [default: all processors]; the result does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub threads: Option<u32>,
    /// Write the counted manifest to this file.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Overwrite the manifest; the old one, with its comments, is kept as MANIFEST.bak.
    #[arg(long, conflicts_with = "out", help_heading = "Output")]
    pub in_place: bool,
}

#[derive(Debug, Args)]
pub struct NewArgs {
    /// Domain: NAME=PATHS, files, directories and patterns, comma-separated (repeatable).
    #[arg(short, long, value_name = "NAME=PATHS", required = true)]
    pub domain: Vec<String>,
    /// The training tokenizer: a tokenizer.json, a model folder or a GGUF file.
    #[arg(long, value_name = "PATH")]
    pub tokenizer: Option<PathBuf>,
    /// The manifest to write; an existing file is left alone.
    #[arg(short, long, value_name = "FILE", default_value = "corpora.yaml", help_heading = "Output")]
    pub out: PathBuf,
}
