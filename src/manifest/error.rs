//! What can be wrong with a manifest or with what is asked of it.

use std::path::{Path, PathBuf};

use mixopt_base::{Count, Place, Setting, ShareUnit, Task, did_you_mean_aside, list};
use mixopt_corpus::CorpusError;

/// A manifest that cannot be used as it is.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the cause says.
        source: std::io::Error,
    },
    /// It is not a manifest.
    #[error("{place}: {found}; expected {expected}")]
    Malformed {
        /// Where it is.
        place: Place,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A domain of the mixture that the manifest does not have.
    #[error(
        "{}: no domain `{domain}`{}; add it, or leave it out of the mixture with `{} {domain}`",
        .file.display(), did_you_mean_aside(.nearest), Setting::ExcludeDomains
    )]
    NoDomain {
        /// The file.
        file: PathBuf,
        /// Name of the domain.
        domain: String,
        /// The known name that comes nearest.
        nearest: Option<String>,
    },
    /// A tag that no domain has.
    #[error("{}: no domain has the tag `{tag}`{}; known tags: {}", .file.display(), did_you_mean_aside(.nearest), none_or_list(.known))]
    NoTag {
        /// The file.
        file: PathBuf,
        /// The tag.
        tag: String,
        /// The known name that comes nearest.
        nearest: Option<String>,
        /// Names that are known.
        known: Vec<String>,
    },
    /// A count that a conversion needs.
    #[error(
        "domain `{domain}` has no {count} in {}, which shares of {to} need; add it there or run `{}`",
        .file.display(), counting(.file)
    )]
    NoCount {
        /// The file.
        file: PathBuf,
        /// Name of the domain.
        domain: String,
        /// The count that is missing.
        count: &'static str,
        /// The unit that is wanted.
        to: ShareUnit,
    },
    /// Units differ and there is no manifest.
    #[error("shares of {from} cannot be converted to shares of {to} without counts; give them with `{}`", Setting::Corpora.to_give())]
    NoManifest {
        /// The unit that is there.
        from: ShareUnit,
        /// The unit that is wanted.
        to: ShareUnit,
    },
    /// A training budget or a limit of epochs that nothing can be divided by.
    #[error("{setting} `{found}`: {problem}; expected {expected}")]
    Setting {
        /// The setting.
        setting: Setting,
        /// What was found.
        found: String,
        /// What is wrong with it.
        problem: String,
        /// What was expected.
        expected: String,
    },
    /// All domains together are less than the budget.
    #[error(
        "{}: a budget of {} tokens is {} more than the {} available within the domains' limits ({}); {remedy}",
        .file.display(), Count(*.budget), Count(*.missing), Count(*.available), list(.limits)
    )]
    TooLittle {
        /// The file.
        file: PathBuf,
        /// Tokens wanted.
        budget: u64,
        /// Tokens that the domains give, each as often as its limit of epochs allows, rounded down.
        available: u64,
        /// Tokens wanted beyond them.
        missing: u64,
        /// `web: 300B × 2 epochs` for each domain, the greatest first.
        limits: Vec<String>,

        /// How to fix it.
        remedy: String,
    },
    /// A domain whose text cannot be read.
    #[error("{}", of_domain(.domain, .source))]
    Corpus {
        /// Name of the domain.
        domain: String,
        /// What the cause says.
        source: CorpusError,
    },
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
