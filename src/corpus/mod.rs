//! Corpora: the documents of a domain as a stream, from the files that a data team has, and deterministic samples of them.

mod document;

pub use document::Document;
