//! What can go wrong while scoring.

use std::path::{Path, PathBuf};

use mixopt_base::whole_file::WriteError;
use mixopt_base::{Setting, Task};
use mixopt_corpus::CorpusError;
use mixopt_model::ModelError;

/// A score that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// A setting outside its range, or one that contradicts another.
    #[error("{setting} {found}: {problem}; expected {expected}")]
    Setting {
        /// The setting.
        setting: Setting,
        /// What was found.
        found: String,
        /// What is wrong with it.
        problem: String,
        /// What was expected.
        expected: String,
    },
    /// The run folder holds results of other settings.
    #[error(
        "{} was started with {setting} = {before}, now it is {now}; results of different settings are not mixed: use another \
         `{}`, or `{}` to discard what is there",
        .folder.display(), Setting::Out, Setting::Restart
    )]
    SettingsDiffer {
        /// The folder.
        folder: PathBuf,
        /// The setting.
        setting: String,
        /// What the run began with.
        before: String,
        /// What is asked for now.
        now: String,
    },
    /// The run folder is not one that a run has made.
    #[error(
        "{} contains `{holds}` but no run settings, so it was not made by this program and was left untouched; expected a folder \
         made by a run, an empty one or none: use another `{}`, or move it away",
        .folder.display(), Setting::Out
    )]
    StrangeFolder {
        /// The folder.
        folder: PathBuf,
        /// Something that is in it.
        holds: String,
    },
    /// Another process works in the run folder.
    #[error(
        "another process is scoring into {}; wait for it, or use another `{}`",
        .folder.display(), Setting::Out
    )]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// The work was interrupted.
    #[error("interrupted; {} continues from here", Task::Again)]
    Interrupted,
    /// A file cannot be written.
    #[error("{0}; finished work is kept, and {again} continues once the file can be written", again = Task::Again)]
    Unwritable(#[from] WriteError),
    /// A file cannot be read.
    #[error("cannot read {}: {source}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the cause says.
        source: std::io::Error,
    },
    /// A file of the run folder is not what this program wrote.
    #[error("{}: {found}; expected {expected}", .file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A model cannot be used.
    #[error("model `{model}`: {source}")]
    Model {
        /// Name of the model.
        model: String,
        /// What the cause says.
        source: ModelError,
    },
    /// A domain cannot be read.
    #[error("{}{source}", of_domain(domain, source))]
    Corpus {
        /// Name of the domain.
        domain: String,
        /// What the cause says.
        source: CorpusError,
    },
    /// A model failed on a text.
    #[error("model `{model}` on domain `{domain}`, document `{document}`, token {position}: {source}")]
    ModelOnDocument {
        /// Name of the model.
        model: String,
        /// Name of the domain.
        domain: String,
        /// The document.
        document: String,
        /// Position in the window, from 0.
        position: u64,
        /// What the cause says.
        source: ModelError,
    },
    /// A log-probability that is no number.
    #[error(
        "model `{model}` on domain `{domain}`: the log-probability of token {position} of document `{document}` is \
         {found}; expected a finite number: the weights may be damaged, or may overflow in this `{}`",
        Setting::Dtype
    )]
    NotFinite {
        /// Name of the model.
        model: String,
        /// Name of the domain.
        domain: String,
        /// The document.
        document: String,
        /// Position in the window, from 0.
        position: u64,
        /// What was found.
        found: f32,
    },
    /// A model that does not answer for every target.
    #[error(
        "model `{model}` on domain `{domain}` gave {found} log-probabilities for {expected} targets; this is a bug in \
         mixopt"
    )]
    WrongCount {
        /// Name of the model.
        model: String,
        /// Name of the domain.
        domain: String,
        /// What was found.
        found: usize,
        /// What was expected.
        expected: usize,
    },
    /// A stream of tokens too short for one window.
    #[error(
        "model `{model}` on domain `{domain}`: {found} tokens are fewer than the {needed} of one window of {context} \
         inputs, so nothing can be scored; use a smaller `{}`, more text, or `{} document`",
        Setting::Context,
        Setting::Protocol
    )]
    ShortStream {
        /// Name of the model.
        model: String,
        /// Name of the domain.
        domain: String,
        /// What was found.
        found: u64,
        /// Tokens that are needed.
        needed: u64,
        /// Tokens of a window.
        context: usize,
    },
    /// A domain of whose documents nothing is left to score.
    #[error(
        "model `{model}` on domain `{domain}`: its tokenizer gives no tokens to score in {documents} documents; their text may \
         be blank"
    )]
    NothingToScore {
        /// Name of the model.
        model: String,
        /// Name of the domain.
        domain: String,
        /// Number of documents.
        documents: u64,
    },
    /// A part of the program that failed where it must not.
    #[error(
        "model `{model}`: {part} failed unexpectedly ({problem}); this is a bug in mixopt, possibly caused by a damaged \
         file"
    )]
    Panicked {
        /// Name of the model.
        model: String,
        /// File of the part.
        part: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A tokenizer that has neither BOS nor EOS.
    #[error(
        "model `{model}`: its tokenizer has neither a BOS nor an EOS token to condition a document's first token on; use `{} \
         paper`",
        Setting::Protocol
    )]
    NoDocumentStart {
        /// Name of the model.
        model: String,
    },
    /// A context beyond what the model can take.
    #[error(
        "model `{model}` has {most} positions, fewer than `{setting} {context}`; use `{setting} {most}` or less",
        setting = Setting::Context
    )]
    ContextTooLong {
        /// Name of the model.
        model: String,
        /// Tokens of a window.
        context: usize,
        /// The most that there can be.
        most: usize,
    },
    /// The device has not enough memory even for one window.
    #[error(
        "model `{model}` on domain `{domain}`: there is not enough memory for one window of {inputs} inputs; use a smaller \
         `{}` or a smaller `{}`",
        Setting::Context,
        Setting::Dtype
    )]
    OneWindowTooLarge {
        /// Name of the model.
        model: String,
        /// Name of the domain.
        domain: String,
        /// Number of inputs.
        inputs: usize,
    },
    /// A domain without any character.
    #[error("domain `{domain}` has no text, so it has no bits per character")]
    NoText {
        /// Name of the domain.
        domain: String,
    },
}

/// Result of this module.
pub type Result<T, E = ScoreError> = std::result::Result<T, E>;

impl ScoreError {
    /// A file that cannot be read.
    pub fn unreadable(file: &Path, source: std::io::Error) -> Self {
        Self::Unreadable { file: file.to_path_buf(), source }
    }

    /// A file that is not what it should be.
    pub fn malformed(file: &Path, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Malformed { file: file.to_path_buf(), found: found.into(), expected: expected.into() }
    }

    /// What a panic left; `part` is what failed.
    pub fn panicked(model: &str, part: impl Into<String>, panic: &(dyn std::any::Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().map(ToString::to_string);
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let problem = text.unwrap_or_else(|| "no reason given".to_string());
        Self::Panicked { model: model.to_string(), part: part.into(), problem }
    }

    /// Whether the fault lies in what was asked for rather than in a file's content.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Setting { .. } | Self::SettingsDiffer { .. } | Self::StrangeFolder { .. })
    }

    /// Whether the fault is of one model or domain only, so that the others can still be scored.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Model { .. }
            | Self::Corpus { .. }
            | Self::ModelOnDocument { .. }
            | Self::NotFinite { .. }
            | Self::WrongCount { .. }
            | Self::ShortStream { .. }
            | Self::NothingToScore { .. }
            | Self::Panicked { .. }
            | Self::NoDocumentStart { .. }
            | Self::ContextTooLong { .. }
            | Self::OneWindowTooLarge { .. }
            | Self::NoText { .. } => true,
            Self::Setting { .. }
            | Self::SettingsDiffer { .. }
            | Self::StrangeFolder { .. }
            | Self::Locked { .. }
            | Self::Interrupted
            | Self::Unwritable(_)
            | Self::Unreadable { .. }
            | Self::Malformed { .. } => false,
        }
    }
}

/// The domain of a fault that does not name it itself.
fn of_domain(domain: &str, source: &CorpusError) -> String {
    match source {
        CorpusError::NoDocuments { .. } => String::new(),
        _ => format!("domain `{domain}`: "),
    }
}
