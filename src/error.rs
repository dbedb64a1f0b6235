//! Any fault of the library.

use crate::base::OverInput;
use crate::base::whole_file::WriteError;
use crate::corpus::CorpusError;
use crate::export::{ExportError, ImportError};
use crate::manifest::ManifestError;
use crate::mixture::{DiffError, FitError, MixtureError, PredictError, RefitError};
#[cfg(feature = "score")]
use crate::model::ModelError;
#[cfg(feature = "score")]
use crate::score::{CountError, ScoreError};
use crate::study::StudyError;

/// Any fault of the library, for programs that treat them alike: `?` makes it of each room's own error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A corpus that cannot be read.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// A language model that cannot be used.
    #[cfg(feature = "score")]
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Scoring that cannot go on.
    #[cfg(feature = "score")]
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// Text that cannot be counted.
    #[cfg(feature = "score")]
    #[error(transparent)]
    Count(#[from] CountError),
    /// Tables that cannot be read or joined.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// A manifest of corpora that cannot be used.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A fit, an evaluation or a plan that cannot be made.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// A fit that cannot be made again.
    #[error(transparent)]
    Refit(#[from] RefitError),
    /// A mixture file that cannot be read or written.
    #[error(transparent)]
    Mixture(#[from] MixtureError),
    /// Mixtures that cannot be compared.
    #[error(transparent)]
    Diff(#[from] DiffError),
    /// Scores that cannot be predicted.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// A mixture that cannot be written for a trainer.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A trainer's file that cannot be read.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A file that cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// An output over one of the files that are read.
    #[error(transparent)]
    OverInput(#[from] OverInput),
}

impl Error {
    /// Whether the fault lies in what was asked for (settings, names) rather than in a file's content.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Study(fault) => fault.is_usage(),
            Self::Manifest(fault) => fault.is_usage(),
            Self::Fit(fault) => fault.is_usage(),
            Self::Refit(fault) => fault.is_usage(),
            Self::Diff(fault) => fault.is_usage(),
            Self::Predict(fault) => fault.is_usage(),
            Self::Export(fault) => fault.is_usage(),
            Self::Import(fault) => fault.is_usage(),
            #[cfg(feature = "score")]
            Self::Score(fault) => fault.is_usage(),
            #[cfg(feature = "score")]
            Self::Count(fault) => fault.is_usage(),
            #[cfg(feature = "score")]
            Self::Model(_) => false,
            Self::OverInput(_) => true,
            Self::Mixture(fault) => fault.is_usage(),
            Self::Corpus(_) | Self::Write(_) => false,
        }
    }
}
