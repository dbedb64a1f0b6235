//! Corpora: the documents of a domain as a stream, from the files that a data team has, and deterministic samples of them.

mod document;
mod error;

pub use document::{Document, DocumentSource, Documents};
pub use error::{CorpusError, Result};
