//! What is known of a consumer of mixtures: plain data, and the functions that write and read its format.

use serde::Serialize;

use mixopt_base::setting::filled;
use mixopt_base::{Setting, ShareUnit};

use super::document::Document;
use super::error::{ExportError, ImportError};
use super::prepared::Prepared;
use super::read_back::ReadBack;

/// A consumer of mixtures and the file that it reads.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// The program and setting that read the file.
    pub consumer: &'static str,
    /// What kind of file it is.
    pub format: FileFormat,
    /// What its weights are shares of; none where they stay in the mixture's own unit.
    pub unit: Option<ShareUnit>,
    /// What one draw is.
    pub draw: &'static str,
    /// What it demands of the sum of weights.
    pub sum: SumRule,
    /// What becomes of domains with a share of zero.
    pub zeros: Zeros,
    /// What it does when a domain is used up.
    pub repetition: &'static str,
    /// How a domain is named in the file.
    pub naming: Naming,
    /// Keys of the manifest's `trainers` that name domains for it, first that is there.
    pub trainers: &'static [&'static str],
    /// What such an entry is: a path, a prefix, an identifier.
    pub place: &'static str,
    /// Whether it knows stages.
    pub stages: Stages,
    /// Whether its file holds validation data.
    pub validation: Validation,
    /// What to know before using it; settings are marked as [`mixopt_base::setting::filled`] knows them.
    #[serde(serialize_with = "in_words")]
    pub traps: &'static [&'static str],
    /// Where the format was read: repository, path and commit, or package and version.
    pub source: &'static str,
    /// Writes the file's text; notes go to the second argument.
    #[serde(skip)]
    pub write: fn(&Prepared, &mut Vec<String>) -> Result<String, ExportError>,
    /// How the file is read back, where it is.
    #[serde(rename = "read_back", serialize_with = "whether")]
    pub read: Option<Reader>,
}

/// What to know, with the settings' names.
fn in_words<S: serde::Serializer>(traps: &&[&str], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(traps.iter().map(|trap| filled(trap)))
}

/// Lists tell whether a format is read, not how.
fn whether<S: serde::Serializer>(reader: &Option<Reader>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(reader.is_some())
}

/// How a format is told from others, and read.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// Whether a document has this format's marks.
    pub recognises: fn(&Document) -> bool,
    /// Reads the weights.
    pub read: fn(&Document) -> Result<ReadBack, ImportError>,
}

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// JSON, which has no comments.
    Json,
    /// YAML.
    Yaml,
    /// Words on one line.
    Text,
    /// Arguments of a command line.
    Arguments,
    /// A Python snippet.
    Python,
    /// Comma-separated values with a header.
    Csv,
}

impl FileFormat {
    /// What a file of it is usually called.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Text | Self::Arguments => "txt",
            Self::Python => "py",
            Self::Csv => "csv",
        }
    }
}

/// What a consumer demands of the sum of weights. Exports sum to exactly 1 as printed for either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SumRule {
    /// It divides by the sum.
    Normalised,
    /// It refuses a sum that is not 1.
    MustBeOne,
    /// It has no such rule.
    Free,
}

impl SumRule {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Normalised => "normalised by the trainer",
            Self::MustBeOne => "must be 1",
            Self::Free => "no rule",
        }
    }
}

/// What becomes of domains with a share of zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Zeros {
    /// Left out, as the consumer refuses a weight of zero.
    Refused,
    /// Left out, though the consumer would take a weight of zero.
    LeftOut,
    /// Written as `0.0`.
    Kept,
}

impl Zeros {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Refused => "refused, so left out",
            Self::LeftOut => "left out",
            Self::Kept => "kept as 0.0",
        }
    }
}

/// How a domain is named in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Naming {
    /// By its own name.
    Own,
    /// By a name of the trainer's, or its own where the manifest has no other.
    Named,
    /// By one place a dataset; a domain with several splits its share among them.
    Places(TextPaths),
    /// By its own name, with a list of places beside it.
    Sources(TextPaths),
}

impl Naming {
    /// What the manifest's `paths` of text are to this consumer.
    pub fn text_paths(self) -> TextPaths {
        match self {
            Self::Own | Self::Named => TextPaths::Unread,
            Self::Places(text) | Self::Sources(text) => text,
        }
    }
}

/// What the manifest's `paths` of text are to a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TextPaths {
    /// It reads other files than text (tokens, archives).
    Unread,
    /// All of a domain are one dataset.
    Together,
}

/// Whether a consumer knows stages of training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stages {
    /// One mixture a file.
    One,
    /// A file can hold all stages.
    Schedule,
}

impl Stages {
    /// In words.
    pub fn text(self) -> String {
        match self {
            Self::One => format!("one mixture per file ({}, {})", Setting::Stage, Setting::EachStage),
            Self::Schedule => "all in one file".to_string(),
        }
    }
}

/// Whether a consumer's file holds validation data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Validation {
    /// It cannot do without.
    Needed,
    /// It can.
    Optional,
    /// It has no place for them.
    Unused,
}

impl Validation {
    /// In words.
    pub fn text(self) -> String {
        match self {
            Self::Needed => format!("needed ({})", Setting::Validation),
            Self::Optional => format!("written where given ({})", Setting::Validation),
            Self::Unused => "not in this file".to_string(),
        }
    }
}
