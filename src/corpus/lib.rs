//! Corpora: the documents of a domain as a stream, from the files that a data team has, and deterministic samples of them.
//!
//! A [`DomainSource`] names a domain and where its text is; [`DomainSource::resolve`] finds the [`DomainFiles`], whose
//! documents can be read one after the other. [`prepare`] reads them once and writes a sample ([`Sampling`]), or all of
//! them, to one file, which [`PreparedDomain`] reads back.

mod byte_stream;
mod description;
mod digest;
mod document;
mod domain_file;
mod domain_files;
mod domain_source;
mod error;
mod fault;
mod fields;
mod format;
mod json_lines;
mod locate;
mod parquet;
mod parquet_columns;
mod plain_text;
mod prepare;
mod prepared;
mod record;
mod sampling;

pub use description::{Preparation, PreparedCounts, SourceFile};
pub use document::{Document, DocumentSource, Documents};
pub use domain_file::DomainFile;
pub use domain_files::{DocumentReader, DomainFiles, ReadCounts};
pub use domain_source::{DomainSource, OnFault};
pub use error::{CorpusError, Result};
pub use fields::DEFAULT_TEXT_FIELDS;
pub use format::FileFormat;
pub use mixopt_base::{Observer, Silent};
pub use prepare::prepare;
pub use prepared::PreparedDomain;
pub use sampling::Sampling;
pub use sampling::{Sampled, Sampler, draws_of_part};
