//! One document of a domain.

use super::error::Result;

/// A text with its identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its own identifier where the corpus has one, else where it stands (`file:line`).
    pub id: String,
    /// The text as the corpus has it, not normalised.
    pub text: String,
    /// Values of the metadata columns that were asked for, in the order asked; `None` where the document lacks one.
    pub metadata: Vec<Option<String>>,
}

impl Document {
    /// Unicode code points, the characters that bits are counted per.
    pub fn characters(&self) -> u64 {
        self.text.chars().count() as u64
    }
}

/// Documents one after the other.
pub type Documents<'a> = Box<dyn Iterator<Item = Result<Document>> + Send + 'a>;

/// A domain whose documents can be read from the start as often as needed, always the same and in the same order.
pub trait DocumentSource: Send + Sync {
    /// Name of the domain.
    fn domain(&self) -> &str;

    /// All documents, streamed. None is empty.
    ///
    /// # Errors
    /// [`CorpusError`](super::CorpusError) where a file cannot be opened; faults further on are items of the iterator.
    fn documents(&self) -> Result<Documents<'_>>;
}
