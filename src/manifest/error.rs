//! What can be wrong with a manifest or with what is asked of it.

use std::path::{Path, PathBuf};

use mixopt_base::{Count, Place, Setting, ShareUnit, Task, did_you_mean_aside, list};
use mixopt_corpus::CorpusError;

/// A manifest that cannot be used as it is.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    /// It is not a manifest.
    #[error("{place}: {found}; expected {expected}")]
    Malformed { place: Place, found: String, expected: String },
    /// A domain of the mixture that the manifest does not have.
    #[error(
        "{}: no domain `{domain}`{}; add it, or leave it out of the mixture with `{} {domain}`",
        .file.display(), did_you_mean_aside(.nearest), Setting::ExcludeDomains
    )]
    NoDomain { file: PathBuf, domain: String, nearest: Option<String> },
    /// A tag that no domain has.
    #[error("{}: no domain has the tag `{tag}`{}; tags there are: {}", .file.display(), did_you_mean_aside(.nearest), none_or_list(.known))]
    NoTag { file: PathBuf, tag: String, nearest: Option<String>, known: Vec<String> },
    /// A count that a conversion needs.
    #[error(
        "domain `{domain}` has no {count} in {}, which shares of {to} need; write it there or run `{}`",
        .file.display(), counting(.file)
    )]
    NoCount { file: PathBuf, domain: String, count: &'static str, to: ShareUnit },
    /// Units differ and there is no manifest.
    #[error("shares of {from} cannot be turned into shares of {to} without counts; give them with `{}`", Setting::Corpora.to_give())]
    NoManifest { from: ShareUnit, to: ShareUnit },
    /// A training budget or a limit of epochs that nothing can be divided by.
    #[error("{setting} `{found}`: {problem}; expected {expected}")]
    Setting { setting: Setting, found: String, problem: String, expected: String },
    /// All domains together are less than the budget.
    #[error(
        "{}: a budget of {} tokens is {} more than the {} that the domains hold within their limits ({}); {remedy}",
        .file.display(), Count(*.budget), Count(*.missing), Count(*.available), list(.limits)
    )]
    TooLittle {
        file: PathBuf,
        /// Tokens wanted.
        budget: u64,
        /// Tokens that the domains give, each as often as its limit of epochs allows, rounded down.
        available: u64,
        /// Tokens wanted beyond them.
        missing: u64,
        /// `web: 300B × 2 epochs` for each domain, the greatest first.
        limits: Vec<String>,
        remedy: String,
    },
    /// A domain whose text cannot be read.
    #[error("{}", of_domain(.domain, .source))]
    Corpus { domain: String, source: CorpusError },
}

/// Result of this module.
pub type Result<T, E = ManifestError> = std::result::Result<T, E>;

impl ManifestError {
    /// Whether the fault lies in what was asked for (arguments) rather than in a file's content.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::NoDomain { .. } | Self::NoTag { .. } | Self::NoManifest { .. } | Self::Setting { .. })
    }
}

/// A fault of a domain's corpus, with its name once.
fn of_domain(domain: &str, fault: &CorpusError) -> String {
    match fault {
        CorpusError::NoDocuments { .. } => fault.to_string(),
        _ => format!("domain `{domain}`: {fault}"),
    }
}

fn counting(manifest: &Path) -> Task<'_> {
    Task::Count { manifest }
}

fn none_or_list(names: &[String]) -> String {
    if names.is_empty() { "none".to_string() } else { list(names) }
}
