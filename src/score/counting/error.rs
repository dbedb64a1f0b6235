//! What can go wrong when text is counted.

use std::path::PathBuf;

use mixopt_base::Setting;
use mixopt_corpus::CorpusError;
use mixopt_manifest::ManifestError;
use mixopt_model::ModelError;

/// Text that cannot be counted.
#[derive(Debug, thiserror::Error)]
pub enum CountError {
    /// The manifest cannot be used, or does not have the domain.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A domain without text to count.
    #[error("domain `{domain}` has no `paths` in {}, so there is nothing to count; add them there", .file.display())]
    NoPaths {
        /// The file.
        file: PathBuf,
        /// Name of the domain.
        domain: String,
    },
    /// A domain whose text cannot be read.
    #[error("{}", of_domain(.domain, .source))]
    Corpus {
        /// Name of the domain.
        domain: String,
        /// What the cause says.
        source: CorpusError,
    },
    /// A tokenizer that cannot be used.
    #[error(transparent)]
    Tokenizer(#[from] ModelError),
    /// A document that the tokenizer fails on.
    #[error("domain `{domain}`, document {document}: {source}")]
    Encode {
        /// Name of the domain.
        domain: String,
        /// The document.
        document: String,
        /// What the cause says.
        source: ModelError,
    },
    /// A sample from which no error can be told.
    #[error(
        "domain `{domain}`: a sample of {characters} characters holds only one of its {documents} documents, too few for a \
         standard error; use a larger `{}`, or `{}`",
        Setting::SampleCharacters,
        Setting::CountAll
    )]
    SampleTooSmall {
        /// Name of the domain.
        domain: String,
        /// Characters of the sample.
        characters: u64,
        /// Number of documents.
        documents: u64,
    },
    /// Ctrl-C.
    #[error("interrupted; nothing was written")]
    Interrupted,
}

/// Result of counting.
pub type Result<T, E = CountError> = std::result::Result<T, E>;

impl CountError {
    /// Whether the fault lies in what was asked for (arguments) rather than in a file's content.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Manifest(fault) => fault.is_usage(),
            Self::NoPaths { .. } | Self::SampleTooSmall { .. } => true,
            Self::Corpus { .. } | Self::Tokenizer(_) | Self::Encode { .. } | Self::Interrupted => false,
        }
    }
}

/// A fault of a domain's corpus, with its name once.
fn of_domain(domain: &str, fault: &CorpusError) -> String {
    match fault {
        CorpusError::NoDocuments { .. } => fault.to_string(),
        _ => format!("domain `{domain}`: {fault}"),
    }
}
