//! What can be wrong with a manifest or with what is asked of it.

use std::path::PathBuf;

use super::unit::ShareUnit;

/// A manifest that cannot be used as it is.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    /// It is not a manifest.
    #[error("{}: {found}; expected {expected}", .file.display())]
    Malformed { file: PathBuf, found: String, expected: String },
    /// A domain of the mixture that the manifest does not have.
    #[error(
        "{}: no domain `{domain}`{}; add it, or leave it out of the mixture with `--exclude {domain}`",
        .file.display(), .nearest.as_ref().map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
    )]
    NoDomain { file: PathBuf, domain: String, nearest: Option<String> },
    /// A count that a conversion needs.
    #[error(
        "domain `{domain}` has no {count} in {}, which shares of {to} need; write it there or run `mixopt corpora count {}`",
        .file.display(), .file.display()
    )]
    NoCount { file: PathBuf, domain: String, count: &'static str, to: ShareUnit },
    /// Units differ and there is no manifest.
    #[error("shares of {from} cannot be turned into shares of {to} without counts; give them with `--corpora FILE`")]
    NoManifest { from: ShareUnit, to: ShareUnit },
}
