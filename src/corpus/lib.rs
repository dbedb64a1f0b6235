//! Corpora: the documents of a domain as a stream, from the files that a data team has, and deterministic samples of them.
//!
//! A [`DomainSource`] names a domain and where its text is; [`DomainSource::resolve`] finds the [`DomainFiles`], whose
//! documents can be read one after the other. [`prepare`] reads them once and writes a sample ([`Sampling`]), or all of
//! them, to one file, which [`PreparedDomain`] reads back.

mod document;
mod domain;
// Each variant's own text names its fields.
mod error;
mod formats;
mod sample;

pub use document::{Document, DocumentSource, Documents};
pub use domain::file::DomainFile;
pub use domain::files::{DocumentReader, DomainFiles, ReadCounts};
pub use domain::source::{DomainSource, OnFault};
pub use error::{CorpusError, Result};
pub use formats::fields::DEFAULT_TEXT_FIELDS;
pub use formats::file_format::FileFormat;
pub use mixopt_base::{Observer, Silent};
pub use sample::description::{Preparation, PreparedCounts, SourceFile};
pub use sample::prepare::prepare;
pub use sample::prepared::PreparedDomain;
pub use sample::sampling::Sampling;
pub use sample::sampling::{Sampled, Sampler, draws_of_part};
