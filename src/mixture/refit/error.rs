//! What can stand in the way of a fit that is made again.

use std::path::PathBuf;

use mixopt_base::Setting;
use mixopt_study::StudyError;

use crate::error::{FitError, MixtureError};

/// A fit that cannot be made again.
#[derive(Debug, thiserror::Error)]
pub enum RefitError {
    /// The mixture file cannot be read or written.
    #[error(transparent)]
    Mixture(#[from] MixtureError),
    /// The fit itself.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// No fit made the mixture.
    #[error("{mixture}: {found}; expected the file of a fit: {remedy}")]
    NotFitted {
        /// The mixture as it was given.
        mixture: String,
        /// What it is.
        found: String,
        /// What to do.
        remedy: String,
    },
    /// Files that the fit was made of are no longer where they were.
    #[error(
        "{mixture}: {} of the fit {} not in {}; put {} there, or give the folder with `{}`",
        mixopt_base::list(.files), if .files.len() == 1 { "is" } else { "are" }, .folders.join(" nor in "),
        if .files.len() == 1 { "it" } else { "them" }, Setting::Folder.to_give()
    )]
    Missing {
        /// The mixture as it was given.
        mixture: String,
        /// The files as they were recorded.
        files: Vec<String>,
        /// Folders in which they were looked for.
        folders: Vec<String>,
    },
    /// The study that the mixture was fitted on cannot be told from its file.
    #[error("{}: no table of `{role}` among the inputs of its fit; expected one, as `{}` writes it", .file.display(), mixopt_base::Task::WriteFit)]
    NoInput {
        /// The mixture file.
        file: PathBuf,
        /// What is missing.
        role: &'static str,
    },
}

impl From<StudyError> for RefitError {
    fn from(error: StudyError) -> Self {
        Self::Fit(error.into())
    }
}

impl RefitError {
    /// Whether the fault lies in what was asked for rather than in a file's content.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Mixture(error) => error.is_usage(),
            Self::Fit(error) => error.is_usage(),
            Self::NotFitted { .. } => true,
            Self::Missing { .. } | Self::NoInput { .. } => false,
        }
    }
}
