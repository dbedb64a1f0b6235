//! What can go wrong between a mixture and a trainer's file.

use std::path::PathBuf;

use mixopt_base::setting::together;
use mixopt_base::whole_file::WriteError;
use mixopt_base::{Place, Setting, Task, did_you_mean, did_you_mean_aside};
use mixopt_manifest::ManifestError;
use mixopt_mixture::MixtureError;

/// A mixture that cannot be exported as asked.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The manifest, or counts that it lacks.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The mixture file.
    #[error(transparent)]
    Mixture(#[from] MixtureError),
    /// The file cannot be written.
    #[error(transparent)]
    Unwritable(#[from] WriteError),
    /// No consumer has this name.
    #[error(
        "unknown target `{name}`{}; `{}` shows all",
        did_you_mean(.nearest), Task::ListConsumers
    )]
    UnknownTarget {
        /// The name.
        name: String,
        /// The known name that comes nearest.
        nearest: Option<String>,
    },
    /// The mixture has stages and the consumer's file holds one mixture.
    #[error(
        "the mixture has stages ({}) but a file for {target} holds one mixture; choose one with `{}`, or write one file per stage with `{}`",
        .stages.join(", "), Setting::Stage.to_give(), Setting::EachStage.to_give()
    )]
    ChooseStage {
        /// The target.
        target: &'static str,
        /// Names of the stages.
        stages: Vec<String>,
    },
    /// No stage has this name.
    #[error(
        "no stage `{stage}`; {}",
        if .stages.is_empty() { "the mixture has none".to_string() } else { format!("the mixture has {}", .stages.join(", ")) }
    )]
    NoStage {
        /// Name of the stage.
        stage: String,
        /// Names of the stages.
        stages: Vec<String>,
    },
    /// The consumer counts stages in steps.
    #[error(
        "{target} starts stages at steps, but the mixture file counts tokens; give `{}`, or {}",
        Setting::TokensPerStep.to_give(), together(&[Setting::BatchSize, Setting::SequenceLength])
    )]
    NoStep {
        /// The target.
        target: &'static str,
    },
    /// Two stages start at one step.
    #[error(
        "stages `{first}` and `{second}` both start at step {step} of {tokens_per_step} tokens; give fewer tokens per step or longer stages"
    )]
    SameStep {
        /// The first of the two.
        first: String,
        /// The second of the two.
        second: String,
        /// Number of the step.
        step: u64,
        /// Tokens of one step.
        tokens_per_step: u64,
    },
    /// Domains without a name that the consumer knows.
    #[error(
        "{} no {place} for {target}: {}; add to each of them in {}, for example,\n  trainers:\n    {key}: [{example}]",
        if .domains.len() == 1 { "1 domain has".to_string() } else { format!("{} domains have", .domains.len()) },
        .domains.join(", "), .file.display()
    )]
    NoPlace {
        /// The file.
        file: PathBuf,

        /// The target.
        target: &'static str,

        /// Where it is.
        place: &'static str,

        /// The key.
        key: &'static str,

        /// An example of what would do.
        example: &'static str,

        /// Names of the domains.
        domains: Vec<String>,
    },
    /// Two domains lead to the same data.
    #[error("domains `{first}` and `{second}` are both `{name}` for {target}; give each its own {place}")]
    SameName {
        /// The target.
        target: &'static str,
        /// Where it is.
        place: &'static str,
        /// The name.
        name: String,
        /// The first of the two.
        first: String,
        /// The second of the two.
        second: String,
    },
    /// The consumer's file needs validation data.
    #[error("{target} needs validation data as well as training data; give it with `{}`{remedy}", Setting::Validation.to_give())]
    NoValidation {
        /// The target.
        target: &'static str,
        /// How to fix it.
        remedy: &'static str,
    },
    /// A name that the file's syntax would take apart or take for something else.
    #[error("{target}: domain `{domain}` is `{name}`, {problem}; {remedy}")]
    BadName {
        /// The target.
        target: &'static str,
        /// Name of the domain.
        domain: String,
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
        /// How to fix it.
        remedy: &'static str,
    },
    /// More datasets than the consumer takes.
    #[error("{target} takes at most {most} datasets, and the mixture has {found} with a share above zero")]
    TooMany {
        /// The target.
        target: &'static str,
        /// The most that there can be.
        most: usize,
        /// What was found.
        found: usize,
    },
    /// A count outside its range.
    #[error("{setting} {found}: expected {expected}")]
    Setting {
        /// The setting.
        setting: Setting,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// The consumer's numbers need what only a manifest tells.
    #[error("{target} needs {what}; give a manifest that has it with `{}`", Setting::Corpora.to_give())]
    NeedsManifest {
        /// The target.
        target: &'static str,
        /// What it is about.
        what: &'static str,
    },
}

impl ExportError {
    /// Whether the fault lies in what was asked for rather than in a file's content.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::UnknownTarget { .. }
                | Self::ChooseStage { .. }
                | Self::NoStage { .. }
                | Self::NoStep { .. }
                | Self::NoValidation { .. }
                | Self::Setting { .. }
                | Self::NeedsManifest { .. }
                | Self::Manifest(ManifestError::NoManifest { .. })
        )
    }
}

/// A trainer's file that cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The manifest, or counts that it lacks.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the cause says.
        source: std::io::Error,
    },
    /// It is not what its format promises.
    #[error("{place}: {found}; expected {expected}")]
    Malformed {
        /// Where it is.
        place: Place,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A file that another includes cannot be taken in.
    #[error("{}: it includes {}, {problem}", .file.display(), .included.display())]
    Include {
        /// The file that includes.
        file: PathBuf,
        /// The file that is included.
        included: PathBuf,
        /// What is wrong with it and what was expected.
        problem: String,
    },
    /// It is a mixture file of this program already.
    #[error("{}: this is already a mixture file; use it wherever a mixture is expected", .file.display())]
    AlreadyMixture {
        /// The file.
        file: PathBuf,
    },
    /// A mixture file with a fault.
    #[error(transparent)]
    Mixture(#[from] MixtureError),
    /// The trainer draws by the sizes of datasets, and nothing tells them.
    #[error(
        "{}: {rule}; give a manifest with the {unit} of each domain with `{}`, or write weights into the file",
        .file.display(), Setting::Corpora.to_give()
    )]
    NeedsSizes {
        /// The file.
        file: PathBuf,
        /// What the trainer does.
        rule: &'static str,
        /// What sizes are counted in.
        unit: mixopt_base::ShareUnit,
    },
    /// The trainer draws by the sizes of datasets, and the file has not all those of a domain alike.
    #[error(
        "{place}: {listed} of the {known} datasets of `{domain}` have the same multiple here, but {} gives only the size of all together; make each a domain with its own counts",
        .manifest.display()
    )]
    PartOfDomain {
        /// Where it is.
        place: Place,
        /// The manifest.
        manifest: PathBuf,
        /// The domain.
        domain: String,
        /// Its datasets in the file.
        listed: usize,
        /// Its datasets in the manifest.
        known: usize,
    },
    /// No format fits, or several do.
    #[error("{}: {found}; give its format with `{}`{}", .file.display(), Setting::From.to_give(), known(.formats))]
    UnknownFormat {
        /// The file.
        file: PathBuf,
        /// What was found.
        found: &'static str,
        /// Names of the formats that it could have.
        formats: Vec<&'static str>,
    },
    /// The format is written, not read.
    #[error("{target} can be written but not read; formats that can be read: {}", .readable.join(", "))]
    NotReadable {
        /// The target.
        target: String,
        /// Names of the formats that can be read.
        readable: Vec<&'static str>,
    },
    /// A name in the file that no domain of the manifest has.
    #[error(
        "{place}: no domain of {} has the name `{name}` for {target}{}; add it under the domain's `trainers`, or omit `{}` to use names as they are",
        .manifest.display(), did_you_mean_aside(.nearest), Setting::Corpora
    )]
    UnknownName {
        /// Where it is.
        place: Place,
        /// The manifest.
        manifest: PathBuf,
        /// The target.
        target: &'static str,
        /// The name.
        name: String,
        /// The known name that comes nearest.
        nearest: Option<String>,
    },
    /// A name in the file that several domains of the manifest have.
    #[error("{place}: `{name}` belongs to the domains {} of {}; give each its own", .domains.join(", "), .manifest.display())]
    SharedName {
        /// Where it is.
        place: Place,
        /// The manifest.
        manifest: PathBuf,
        /// The name.
        name: String,
        /// Names of the domains.
        domains: Vec<String>,
    },
    /// Stages in steps without the tokens of a step.
    #[error(
        "{}: its stages start at steps, but a mixture file counts tokens; give `{}` and, for the last stage, `{}`",
        .file.display(), Setting::TokensPerStep.to_give(), Setting::Budget.to_give()
    )]
    NoStep {
        /// The file.
        file: PathBuf,
    },
    /// The last stage starts after the training's end.
    #[error("{} {budget}: the last stage starts after {start} tokens; expected more", Setting::Budget)]
    ShortBudget {
        /// Tokens of the budget.
        budget: u64,
        /// First token of the stage.
        start: u64,
    },
    /// A count outside its range.
    #[error("{setting} {found}: expected {expected}")]
    Setting {
        /// The setting.
        setting: Setting,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
}

impl ImportError {
    /// Whether the fault lies in what was asked for rather than in a file's content.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::UnknownFormat { .. }
                | Self::NeedsSizes { .. }
                | Self::AlreadyMixture { .. }
                | Self::NotReadable { .. }
                | Self::NoStep { .. }
                | Self::ShortBudget { .. }
                | Self::Setting { .. }
        )
    }
}

fn known(formats: &[&'static str]) -> String {
    if formats.is_empty() { String::new() } else { format!(" (it could be {})", formats.join(", ")) }
}
