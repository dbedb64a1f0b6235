//! What can be wrong with a corpus.

use std::path::{Path, PathBuf};

use mixopt_base::whole_file::WriteError;
use mixopt_base::{OverInput, Place};

/// A corpus that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the cause says.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{place}: {found}; expected {expected}")]
    Malformed {
        /// Where it is.
        place: Place,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Unwritable(#[from] WriteError),
    /// An output over one of the domain's files.
    #[error(transparent)]
    OverInput(#[from] OverInput),
    /// A path or pattern that leads to no file.
    #[error("`{pattern}`: {problem}; {nearest}")]
    NoFiles {
        /// The pattern.
        pattern: String,

        /// What is wrong with it.
        problem: String,
        /// The nearest folder that exists and what it holds.
        nearest: String,
    },
    /// Files of a format that holds no text or is not read here.
    #[error("{}: {what}; {mend}", .file.display())]
    Unsupported {
        /// The file.
        file: PathBuf,
        /// What it is about.
        what: String,
        /// How to fix it.
        mend: String,
    },
    /// A folder or pattern with records beside plain text: which of them are the documents?
    #[error(
        "`{pattern}` has both records ({}) and plain text ({}{}); name one kind with a pattern, such as `{suggestion}`",
        .records.display(), .text.display(), and_more(*.more)
    )]
    Mixed {
        /// The pattern.
        pattern: String,

        /// Number of records.
        records: PathBuf,

        /// The text.
        text: PathBuf,
        /// How many more files of plain text there are.
        more: usize,

        /// What to write instead.
        suggestion: String,
    },
    /// A setting with a value that it cannot have.
    #[error("{setting} `{found}`: {problem}; expected {expected}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What was found.
        found: String,
        /// What is wrong with it.
        problem: String,
        /// What was expected.
        expected: String,
    },
    /// A domain without a document that has text.
    #[error(
        "domain `{domain}` has no document with text ({empty} empty, {faulty} faulty); check its files and text field"
    )]
    NoDocuments {
        /// Name of the domain.
        domain: String,
        /// Documents without text.
        empty: u64,
        /// Records that hold no document.
        faulty: u64,
    },
    /// The reader was asked to stop.
    #[error("interrupted; nothing was written")]
    Interrupted,
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

fn and_more(more: usize) -> String {
    if more == 0 { String::new() } else { format!(" and {more} more") }
}
