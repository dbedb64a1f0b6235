//! What can be wrong with a model.

use std::path::{Path, PathBuf};

use mixopt_base::{Place, Setting};

/// A model that cannot be used, or a text that it cannot score.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{place}: {found}; expected {expected}")]
    Malformed {
        /// Where in the file.
        place: Place,
        /// What is there.
        found: String,
        /// What should be there.
        expected: String,
    },
    /// The folder or file is no model that can be read.
    #[error("{}: {found}; {remedy}", .path.display())]
    NoModel {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
        /// What to do.
        remedy: String,
    },
    /// An architecture that is not supported.
    #[error("{place}: architecture `{found}` is not supported; supported: {}", .known.join(", "))]
    Architecture {
        /// Where the architecture is named.
        place: Place,
        /// Its name.
        found: String,
        /// Names of those that are covered.
        known: Vec<&'static str>,
    },
    /// A tensor that is missing or of the wrong shape.
    #[error("{}: tensor `{name}` {found}; expected {expected}", .file.display())]
    Tensor {
        /// The file that holds it, or should.
        file: PathBuf,
        /// Name of the tensor.
        name: String,
        /// What is wrong with it.
        found: String,
        /// The shape or type that it should have.
        expected: String,
    },
    /// Tensors that the architecture has no place for.
    #[error(
        "{}: {} tensors that the architecture `{architecture}` does not use, such as `{}`; the configuration and the weights do \
         not match, or this variant is not supported",
        .file.display(), .names.len(), .names[0]
    )]
    ExtraTensors {
        /// The file that holds them.
        file: PathBuf,
        /// Name of the architecture.
        architecture: String,
        /// Names of the tensors, at least one.
        names: Vec<String>,
    },
    /// The tokenizer failed on a text.
    #[error("the tokenizer cannot encode the text: {problem}")]
    Encode {
        /// What the tokenizer says.
        problem: String,
    },
    /// A token that the model has no row for.
    #[error(
        "token {token}{} is outside the model's vocabulary of {vocabulary}: tokenizer and model do not match",
        .text.as_ref().map(|text| format!(" (`{text}`)")).unwrap_or_default()
    )]
    BeyondVocabulary {
        /// Number of the token.
        token: u32,
        /// Its text, where it is known.
        text: Option<String>,
        /// How many tokens the model knows.
        vocabulary: usize,
    },
    /// A window longer than the model has positions.
    #[error(
        "a window of {found} tokens is longer than the model's {most} positions; use `{} {most}` or less",
        Setting::Context
    )]
    TooLong {
        /// Tokens of the window.
        found: usize,
        /// Positions of the model.
        most: usize,
    },
    /// The device has not enough memory.
    #[error("the device is out of memory: {problem}")]
    OutOfMemory {
        /// What the device says.
        problem: String,
    },
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
