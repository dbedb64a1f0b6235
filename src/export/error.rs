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
    UnknownTarget { name: String, nearest: Option<String> },
    /// The mixture has stages and the consumer's file holds one mixture.
    #[error(
        "the mixture has stages ({}) and a file for {target} holds one mixture; choose one with `{}`, or write one file each with `{}`",
        .stages.join(", "), Setting::Stage.to_give(), Setting::EachStage.to_give()
    )]
    ChooseStage { target: &'static str, stages: Vec<String> },
    /// No stage has this name.
    #[error(
        "no stage `{stage}`; {}",
        if .stages.is_empty() { "the mixture has none".to_string() } else { format!("the mixture has {}", .stages.join(", ")) }
    )]
    NoStage { stage: String, stages: Vec<String> },
    /// The consumer counts stages in steps.
    #[error(
        "{target} starts stages at steps, and the mixture file counts tokens: give `{}`, or {}",
        Setting::TokensPerStep.to_give(), together(&[Setting::BatchSize, Setting::SequenceLength])
    )]
    NoStep { target: &'static str },
    /// Two stages start at one step.
    #[error(
        "stages `{first}` and `{second}` both start at step {step} of {tokens_per_step} tokens; give fewer tokens a step or longer stages"
    )]
    SameStep { first: String, second: String, step: u64, tokens_per_step: u64 },
    /// Domains without a name that the consumer knows.
    #[error(
        "{} no {place} for {target}: {}; write under each of them in {}, for example,\n  trainers:\n    {key}: [{example}]",
        if .domains.len() == 1 { "1 domain has".to_string() } else { format!("{} domains have", .domains.len()) },
        .domains.join(", "), .file.display()
    )]
    NoPlace {
        file: PathBuf,
        target: &'static str,
        place: &'static str,
        key: &'static str,
        example: &'static str,
        domains: Vec<String>,
    },
    /// Two domains lead to the same data.
    #[error("domains `{first}` and `{second}` are both `{name}` for {target}; give each its own {place}")]
    SameName { target: &'static str, place: &'static str, name: String, first: String, second: String },
    /// The consumer's file needs validation data.
    #[error("{target} needs validation data beside training data; give it with `{}`{remedy}", Setting::Validation.to_give())]
    NoValidation { target: &'static str, remedy: &'static str },
    /// A name that the file's syntax would take apart or take for something else.
    #[error("{target}: domain `{domain}` is `{name}`, {problem}; {remedy}")]
    BadName { target: &'static str, domain: String, name: String, problem: &'static str, remedy: &'static str },
    /// More datasets than the consumer takes.
    #[error("{target} takes at most {most} datasets, and the mixture has {found} with a share above zero")]
    TooMany { target: &'static str, most: usize, found: usize },
    /// A count outside its range.
    #[error("{setting} {found}: expected {expected}")]
    Setting { setting: Setting, found: String, expected: String },
    /// The consumer's numbers need what only a manifest tells.
    #[error("{target} needs {what}; give a manifest that has it with `{}`", Setting::Corpora.to_give())]
    NeedsManifest { target: &'static str, what: &'static str },
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
    Unreadable { file: PathBuf, source: std::io::Error },
    /// It is not what its format promises.
    #[error("{place}: {found}; expected {expected}")]
    Malformed { place: Place, found: String, expected: String },
    /// No format fits, or several do.
    #[error("{}: {found}; name its format with `{}`{}", .file.display(), Setting::From.to_give(), known(.formats))]
    UnknownFormat { file: PathBuf, found: &'static str, formats: Vec<&'static str> },
    /// The format is written, not read.
    #[error("{target} is written but not read back; readable are {}", .readable.join(", "))]
    NotReadable { target: String, readable: Vec<&'static str> },
    /// A name in the file that no domain of the manifest has.
    #[error(
        "{place}: no domain of {} is called `{name}` by {target}{}; write it under the domain's `trainers`, or leave out `{}` to take names as they are",
        .manifest.display(), did_you_mean_aside(.nearest), Setting::Corpora
    )]
    UnknownName { place: Place, manifest: PathBuf, target: &'static str, name: String, nearest: Option<String> },
    /// A name in the file that several domains of the manifest have.
    #[error("{place}: `{name}` belongs to the domains {} of {}; give each its own", .domains.join(", "), .manifest.display())]
    SharedName { place: Place, manifest: PathBuf, name: String, domains: Vec<String> },
    /// Stages in steps without the tokens of a step.
    #[error(
        "{}: its stages start at steps, and a mixture file counts tokens: give `{}` and, for the last stage, `{}`",
        .file.display(), Setting::TokensPerStep.to_give(), Setting::Budget.to_give()
    )]
    NoStep { file: PathBuf },
    /// The last stage starts after the training's end.
    #[error("{} {budget}: the last stage starts after {start} tokens; expected more", Setting::Budget)]
    ShortBudget { budget: u64, start: u64 },
    /// A count outside its range.
    #[error("{setting} {found}: expected {expected}")]
    Setting { setting: Setting, found: String, expected: String },
}

impl ImportError {
    /// Whether the fault lies in what was asked for rather than in a file's content.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::UnknownFormat { .. }
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
