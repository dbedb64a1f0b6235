//! What can be wrong with a study's inputs.

use std::path::{Path, PathBuf};

use mixopt_base::{Place, Setting, did_you_mean, list};

/// An input that cannot be used as it is.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The file cannot be read at all.
    #[error("cannot read {}: {source}", .file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    /// The file is not what its format promises.
    #[error("{place}: {found}; expected {expected}")]
    Malformed { place: Place, found: String, expected: String },
    /// A model, domain or benchmark stands there twice.
    #[error("{place}: {kind} `{name}` appears twice; keep one of the two or give them different names")]
    Duplicate { place: Place, kind: &'static str, name: String },
    /// A value outside its range.
    #[error("{place}: {what} is {found}; expected {expected}")]
    OutOfRange { place: Place, what: String, found: f64, expected: String },
    /// A column that could be read in two ways.
    #[error("{place}: {found}; {remedy}")]
    Ambiguous { place: Place, found: String, remedy: String },
    /// A name that the study does not have.
    #[error("unknown {kind} `{name}`{}; known: {}", did_you_mean(.nearest), list(.known))]
    Unknown { kind: &'static str, name: String, nearest: Option<String>, known: Vec<String> },
    /// A target's definition names a benchmark that the scores do not have.
    #[error(
        "target `{target}` needs the benchmark `{benchmark}`, which the scores do not have{}; known: {}",
        did_you_mean(.nearest), list(.known)
    )]
    NoBenchmark { target: String, benchmark: String, nearest: Option<String>, known: Vec<String> },
    /// Missing cells under the rule that there must be none.
    #[error("{}", missing(.cells))]
    Missing { cells: Vec<(String, String)> },
    /// Not enough left to fit.
    #[error("too few {kind} left: {found} where at least {least} must be{}; {remedy}", reasons(.dropped))]
    TooFew { kind: &'static str, found: usize, least: usize, dropped: Vec<(String, String)>, remedy: String },
    /// The target is the same for every model.
    #[error(
        "target `{target}` is {value} for all {models} models, so nothing can be related to it; choose another target or more models"
    )]
    ConstantTarget { target: String, value: f64, models: usize },
    /// Two result files, or two places of one, give different numbers for one score and nothing tells which is newer.
    #[error(
        "`{benchmark}`{} of `{model}` is {} in {} but {} in {}; remove one of them",
        metric_name(.metric), .values[0], .files[0].display(), .values[1], .files[1].display()
    )]
    Contradiction {
        model: String,
        benchmark: String,
        metric: Option<String>,
        values: [f64; 2],
        files: Box<[PathBuf; 2]>,
    },
    /// One benchmark was run with different numbers of examples in the prompt.
    #[error(
        "`{benchmark}` was run with {} examples in the prompt for `{}` ({}) but with {} for `{}` ({}); keep the results of one setting",
        .shots[0], .models[0], .files[0].display(), .shots[1], .models[1], .files[1].display()
    )]
    MixedShots { benchmark: String, shots: [u64; 2], models: Box<[String; 2]>, files: Box<[PathBuf; 2]> },
    /// A table by document whose sums are not the compression table's: they are of different runs.
    #[error(
        "{}: `{model}` has {found:.8} {unit} on `{domain}` over its documents but {expected:.8} in {}; expected the table by \
         document of the same run, or the table by document as `{}` too",
        .files[0].display(), .files[1].display(), Setting::Compression
    )]
    OtherRun { files: Box<[PathBuf; 2]>, model: String, domain: String, unit: String, found: f64, expected: f64 },
    /// A setting whose text cannot be understood.
    #[error("{setting} `{found}`: {problem}; expected {expected}")]
    Setting { setting: Setting, found: String, problem: String, expected: String },
}

impl StudyError {
    /// Whether the fault lies in what was asked for (arguments) rather than in a file's content.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Unknown { .. } | Self::NoBenchmark { .. } | Self::Setting { .. })
    }

    pub(crate) fn unreadable(file: &Path, source: std::io::Error) -> Self {
        Self::Unreadable { file: file.to_path_buf(), source }
    }

    pub(crate) fn malformed(place: Place, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Malformed { place, found: found.into(), expected: expected.into() }
    }
}

fn metric_name(metric: &Option<String>) -> String {
    metric.as_ref().map(|metric| format!(" ({metric})")).unwrap_or_default()
}

fn missing(cells: &[(String, String)]) -> String {
    let shown: Vec<String> = cells.iter().take(8).map(|(model, domain)| format!("{model} on {domain}")).collect();
    let more = if cells.len() > 8 { format!(" and {} more", cells.len() - 8) } else { String::new() };
    format!(
        "bits per character are missing in {}: {}{more}; fill them, or choose `{rule} drop-model` or `{rule} drop-domain`",
        if cells.len() == 1 { "1 cell".to_string() } else { format!("{} cells", cells.len()) },
        shown.join(", "),
        rule = Setting::Missing
    )
}

fn reasons(dropped: &[(String, String)]) -> String {
    if dropped.is_empty() {
        return String::new();
    }
    let shown: Vec<String> = dropped.iter().take(5).map(|(model, reason)| format!("{model}: {reason}")).collect();
    let more = if dropped.len() > 5 { format!("; and {} more", dropped.len() - 5) } else { String::new() };
    format!(" (dropped: {}{more})", shown.join("; "))
}

/// Result of reading or joining inputs.
pub type Result<T, E = StudyError> = std::result::Result<T, E>;
