//! What can be wrong with a model.

use std::path::{Path, PathBuf};

use mixopt_base::{Place, Setting};

/// A model that cannot be used, or a text that it cannot score.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", .file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    /// A file is not what it should be.
    #[error("{place}: {found}; expected {expected}")]
    Malformed { place: Place, found: String, expected: String },
    /// The folder or file is no model that can be read.
    #[error("{}: {found}; {remedy}", .path.display())]
    NoModel { path: PathBuf, found: String, remedy: String },
    /// An architecture that is not covered.
    #[error("{place}: architecture `{found}` is not covered; covered are {}", .known.join(", "))]
    Architecture { place: Place, found: String, known: Vec<&'static str> },
    /// A tensor that is missing or of the wrong shape.
    #[error("{}: tensor `{name}` {found}; expected {expected}", .file.display())]
    Tensor { file: PathBuf, name: String, found: String, expected: String },
    /// Tensors that the architecture has no place for.
    #[error(
        "{}: {} tensors that the architecture `{architecture}` does not use, such as `{}`; the configuration and the \
         weights do not belong together, or this variant is not covered",
        .file.display(), .names.len(), .names[0]
    )]
    ExtraTensors { file: PathBuf, architecture: String, names: Vec<String> },
    /// The tokenizer failed on a text.
    #[error("the tokenizer cannot encode the text: {problem}")]
    Encode { problem: String },
    /// A token that the model has no row for.
    #[error(
        "token {token} is beyond the model's vocabulary of {vocabulary}: tokenizer and model do not belong together"
    )]
    BeyondVocabulary { token: u32, vocabulary: usize },
    /// A window longer than the model has positions.
    #[error(
        "a window of {found} tokens is longer than the model's {most} positions; take `{} {most}` or less",
        Setting::Context
    )]
    TooLong { found: usize, most: usize },
    /// The device has not enough memory.
    #[error("the device has not enough memory: {problem}")]
    OutOfMemory { problem: String },
    /// A computation failed.
    #[error("the computation failed: {0}")]
    Compute(candle_core::Error),
}

/// Result of this module.
pub type Result<T, E = ModelError> = std::result::Result<T, E>;

impl ModelError {
    /// Whether fewer windows at once may do.
    pub fn is_out_of_memory(&self) -> bool {
        matches!(self, Self::OutOfMemory { .. })
    }

    /// A file that cannot be read.
    pub fn unreadable(file: &Path, source: std::io::Error) -> Self {
        Self::Unreadable { file: file.to_path_buf(), source }
    }

    /// A file that is not what it should be.
    pub fn malformed(place: Place, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Malformed { place, found: found.into(), expected: expected.into() }
    }
}

impl From<candle_core::Error> for ModelError {
    fn from(error: candle_core::Error) -> Self {
        let problem = error.to_string();
        let lower = problem.to_lowercase();
        if lower.contains("out of memory") || lower.contains("out_of_memory") {
            Self::OutOfMemory { problem }
        } else {
            Self::Compute(error)
        }
    }
}
