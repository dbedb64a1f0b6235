//! What can go wrong between a study and a mixture file.

use std::path::PathBuf;

use crate::fit::BoundsError;
use crate::study::StudyError;
use crate::whole_file::WriteError;

/// A fit that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// The study, the target or a name in the settings.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// The bounds leave no mixture.
    #[error(transparent)]
    Bounds(#[from] BoundsError),
    /// A number among the settings is outside its range.
    #[error("{option} {found}: expected {expected}")]
    Setting { option: &'static str, found: String, expected: &'static str },
}

impl FitError {
    /// Whether the fault lies in what was asked for rather than in a file's content.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Study(error) => error.is_usage(),
            Self::Bounds(_) | Self::Setting { .. } => true,
        }
    }
}

/// A mixture file that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum MixtureError {
    /// It cannot be written.
    #[error(transparent)]
    Unwritable(#[from] WriteError),
    /// It cannot be read.
    #[error("cannot read {}: {source}", .file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    /// It is not a mixture file.
    #[error("{}: {found}; expected {expected}", .file.display())]
    Malformed { file: PathBuf, found: String, expected: String },
    /// Neither a file nor a published mixture has this name.
    #[error("unknown mixture `{name}`{}; give a file, or one of these: {}", did_you_mean(.nearest), .known.join(", "))]
    Unknown { name: String, nearest: Option<String>, known: Vec<String> },
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}
