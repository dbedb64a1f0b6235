//! What goes wrong while documents are read, and how far it reaches.

use crate::error::CorpusError;

/// A fault while documents are read.
#[derive(Debug)]
pub(crate) struct Fault {
    /// What is wrong.
    pub error: CorpusError,
    /// Whether the documents after it can still be read.
    pub of_one_document: bool,
}

impl Fault {
    /// A fault after which the file cannot be read further.
    pub fn of_file(error: CorpusError) -> Self {
        Self { error, of_one_document: false }
    }

    /// A fault of one line, row or file of text.
    pub fn of_document(error: CorpusError) -> Self {
        Self { error, of_one_document: true }
    }
}
