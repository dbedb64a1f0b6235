//! What can go wrong between a study and a mixture file.

use std::path::PathBuf;

use mixopt_base::whole_file::WriteError;
use mixopt_base::{Setting, Task, did_you_mean};
use mixopt_fit::{BoundsError, ProblemError};
use mixopt_manifest::ManifestError;
use mixopt_study::StudyError;

/// A fit that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// The study, the target or a name in the settings.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// The bounds leave no mixture.
    #[error(transparent)]
    Bounds(#[from] BoundsError),
    /// Matrices that do not fit together. A joined study has one row for each model and one column for each domain, so this
    /// says that a study was joined wrongly.
    #[error("the fit's data: {0}; expected tables, a prior and constraints over the same models and domains")]
    Problem(#[from] ProblemError),
    /// A setting is outside its range, or needs another.
    #[error("{setting}{}: expected {expected}", if .found.is_empty() { String::new() } else { format!(" {found}") })]
    Setting {
        /// The setting.
        setting: Setting,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A settings file that cannot be understood.
    #[error("{}: {found}; expected {expected}", .file.display())]
    SettingsFile {
        /// The file.
        file: PathBuf,
        /// What was found, with the line.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A key of a plan has a value that it cannot have.
    #[error("{key} {found}: expected {expected}")]
    Key {
        /// The key.
        key: &'static str,
        /// What was found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// Constraints leave no mixture together.
    #[error("no mixture satisfies {} together; relax one of them", together(.constraints))]
    Clash {
        /// The constraints that clash.
        constraints: Vec<String>,
    },
    /// Two frozen groups share a domain.
    #[error("domain `{domain}` is in two frozen groups, `{first}` and `{second}`; leave it out of one of them")]
    Overlap {
        /// Name of the domain.
        domain: String,
        /// The first of the two.
        first: String,
        /// The second of the two.
        second: String,
    },
    /// A prior over other domains than the study's.
    #[error("prior `{prior}` has other domains than the study: {}; use the study's names, with a share of 0 for unused domains, or map names with `{}`", differences(.unknown, .lacking), Setting::DomainAliases)]
    PriorDomains {
        /// Name of the prior.
        prior: String,
        /// Names that are not known.
        unknown: Vec<String>,
        /// Names that are missing.
        lacking: Vec<String>,
    },
    /// A mixture to evaluate has shares of domains that the study does not have.
    #[error("{mixture}: {}; the study's domains are {}", unknown_domains(.unknown), mixopt_base::list(.known))]
    MixtureDomains {
        /// The mixture as it was given.
        mixture: String,
        /// Names that are not known.
        unknown: Vec<UnknownDomain>,
        /// Names that are known.
        known: Vec<String>,
    },
    /// Targets of stages leave different domains.
    #[error(
        "stage `{stage}` is fitted on other domains than the stages before it, since domains with missing models are dropped; \
         exclude (`exclude_domains`) the domains that not all stages have"
    )]
    StageDomains {
        /// Name of the stage.
        stage: String,
    },
    /// A stage has a fault of its own.
    #[error("stage `{stage}`: {error}")]
    InStage {
        /// Name of the stage.
        stage: String,
        /// What is wrong with the stage.
        error: Box<FitError>,
    },
    /// There is no plan.
    #[error("no plan{}: {found}", if .stage.is_empty() { String::new() } else { format!(" for stage `{stage}`") })]
    NoPlan {
        /// Name of the stage.
        stage: String,
        /// What was found.
        found: String,
    },
    /// The manifest lacks something.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Documents do not fit the study.
    #[error(transparent)]
    Documents(#[from] mixopt_trust::DocumentsError),
    /// The prior cannot be read.
    #[error(transparent)]
    Prior(#[from] MixtureError),
}

/// A domain of a mixture that a study does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownDomain {
    /// Its name.
    pub name: String,
    /// Why the study leaves it out, where it has it.
    pub left_out: Option<String>,
    /// The domain of the study that may be meant.
    pub nearest: Option<String>,
}

fn unknown_domains(unknown: &[UnknownDomain]) -> String {
    const SHOWN: usize = 8;
    let one = |domain: &UnknownDomain| match (&domain.left_out, &domain.nearest) {
        (Some(reason), _) => format!("`{}` has a share but is left out ({reason})", domain.name),
        (None, nearest) => format!("unknown domain `{}`{}", domain.name, did_you_mean(nearest)),
    };
    let mut parts: Vec<String> = unknown.iter().take(SHOWN).map(one).collect();
    if unknown.len() > SHOWN {
        parts.push(format!("and {} more", unknown.len() - SHOWN));
    }
    parts.join("; ")
}

fn in_stage(stage: &Option<String>) -> String {
    stage.as_ref().map(|name| format!("stage `{name}`: ")).unwrap_or_default()
}

fn together(constraints: &[String]) -> String {
    let quoted: Vec<String> = constraints.iter().map(|constraint| format!("`{constraint}`")).collect();
    match quoted.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => quoted.join(""),
    }
}

fn differences(unknown: &[String], lacking: &[String]) -> String {
    let mut parts = Vec::new();
    if !unknown.is_empty() {
        parts.push(format!("missing from the study: {}", mixopt_base::list(unknown)));
    }
    if !lacking.is_empty() {
        parts.push(format!("missing from the prior: {}", mixopt_base::list(lacking)));
    }
    parts.join("; ")
}

impl FitError {
    /// Whether the fault lies in what was asked for rather than in a file's content.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Study(error) => error.is_usage(),
            Self::InStage { error, .. } => error.is_usage(),
            Self::Manifest(error) => error.is_usage(),
            Self::Prior(error) => error.is_usage(),
            Self::Documents(_) | Self::StageDomains { .. } => false,
            Self::Bounds(_)
            | Self::Problem(_)
            | Self::Setting { .. }
            | Self::SettingsFile { .. }
            | Self::Key { .. }
            | Self::Clash { .. }
            | Self::Overlap { .. }
            | Self::PriorDomains { .. }
            | Self::MixtureDomains { .. }
            | Self::NoPlan { .. } => true,
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
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the cause says.
        source: std::io::Error,
    },
    /// It is not a mixture file.
    #[error("{}: {found}; expected {expected}", .file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// Weights that do not sum to exactly 1.
    #[error(
        "{}: {}weights that sum to {sum}, {amount} too {}; expected weights that sum to exactly 1: {} {amount} {} `{domain}`, or let `{}` normalise them",
        .file.display(), in_stage(.stage), if *.lacking { "little" } else { "much" },
        if *.lacking { "add" } else { "take" }, if *.lacking { "to" } else { "from" }, Task::Import
    )]
    Sum {
        /// The file.
        file: PathBuf,
        /// The stage, where it is of one.
        stage: Option<String>,
        /// What they sum to.
        sum: f64,
        /// By how much that is off, as it is printed.
        amount: String,
        /// Whether it is less than 1.
        lacking: bool,
        /// The domain that can take the difference: the one with the greatest share.
        domain: String,
    },
    /// Neither a file nor a published mixture has this name.
    #[error("unknown mixture `{name}`{}; give a file, or one of these: {}", did_you_mean(.nearest), .known.join(", "))]
    Unknown {
        /// The name.
        name: String,
        /// The known name that comes nearest.
        nearest: Option<String>,
        /// Names that are known.
        known: Vec<String>,
    },
}

impl MixtureError {
    /// Whether the fault lies in what was asked for rather than in a file's content.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }
}
