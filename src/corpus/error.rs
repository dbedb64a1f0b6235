//! What can be wrong with a corpus.

use std::path::{Path, PathBuf};

use crate::place::Place;
use crate::whole_file::WriteError;

/// A corpus that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", .file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    /// A file is not what it should be.
    #[error("{place}: {found}; expected {expected}")]
    Malformed { place: Place, found: String, expected: String },
    /// A file cannot be written.
    #[error(transparent)]
    Unwritable(#[from] WriteError),
}

/// Result of this module.
pub type Result<T, E = CorpusError> = std::result::Result<T, E>;

impl CorpusError {
    /// A file that cannot be read.
    pub fn unreadable(file: &Path, source: std::io::Error) -> Self {
        Self::Unreadable { file: file.to_path_buf(), source }
    }

    /// A file that is not what it should be.
    pub fn malformed(place: Place, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Malformed { place, found: found.into(), expected: expected.into() }
    }
}
