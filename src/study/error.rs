//! What can be wrong with a study's inputs.

use std::path::{Path, PathBuf};

use mixopt_base::{Place, Setting, did_you_mean, list};

/// An input that cannot be used as it is.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The file cannot be read at all.
    #[error("cannot read {}: {source}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the cause says.
        source: std::io::Error,
    },
    /// The file is not what its format promises.
    #[error("{place}: {found}; expected {expected}")]
    Malformed {
        /// Where it is.
        place: Place,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A model, domain or benchmark stands there twice.
    #[error("{place}: {kind} `{name}` appears twice; keep one of the two or give them different names")]
    Duplicate {
        /// Where it is.
        place: Place,
        /// What the name is a name of.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A value outside its range.
    #[error("{place}: {what} is {found}; expected {expected}")]
    OutOfRange {
        /// Where it is.
        place: Place,
        /// What it is about.
        what: String,
        /// What was found.
        found: f64,
        /// What was expected.
        expected: String,
    },
    /// A column that could be read in two ways.
    #[error("{place}: {found}; {remedy}")]
    Ambiguous {
        /// Where it is.
        place: Place,
        /// What was found.
        found: String,
        /// How to fix it.
        remedy: String,
    },
    /// A name that the study does not have.
    #[error("unknown {kind} `{name}`{}; known: {}", did_you_mean(.nearest), list(.known))]
    Unknown {
        /// What the name is a name of.
        kind: &'static str,
        /// The name.
        name: String,
        /// The known name that comes nearest.
        nearest: Option<String>,
        /// Names that are known.
        known: Vec<String>,
    },
    /// A target's definition names a benchmark that the scores do not have.
    #[error(
        "target `{target}` needs the benchmark `{benchmark}`, which is not in the scores{}; known: {}",
        did_you_mean(.nearest), list(.known)
    )]
    NoBenchmark {
        /// The target.
        target: String,
        /// Name of the benchmark.
        benchmark: String,
        /// The known name that comes nearest.
        nearest: Option<String>,
        /// Names that are known.
        known: Vec<String>,
    },
    /// A folder in which nothing can be used.
    #[error("{}", nothing_usable(.folder, .what, *.files, *.results, .tables, .broken, .layouts))]
    NothingUsable {
        /// The folder.
        folder: PathBuf,
        /// What was looked for.
        what: &'static str,
        /// How many JSON files and tables lie in it.
        files: usize,
        /// How many of them are results that hold nothing of it.
        results: usize,
        /// Tables of no known layout.
        tables: Vec<PathBuf>,
        /// What is wrong with the others.
        broken: Vec<String>,
        /// Layouts that hold it.
        layouts: Vec<&'static str>,
    },
    /// What is wrong with a benchmark or score that was asked for.
    #[error(transparent)]
    Unusable(std::sync::Arc<StudyError>),
    /// Another error, with what was noted while the files were read: a line each, which begins with spaces.
    #[error("{error}{}", .notes.iter().map(|note| format!("\n  note: {note}")).collect::<String>())]
    Noted {
        /// The error.
        error: Box<StudyError>,
        /// What may explain it.
        notes: Vec<String>,
    },
    /// Missing cells under the rule that there must be none.
    #[error("{}", missing(.cells))]
    Missing {
        /// Model and domain of each empty cell.
        cells: Vec<(String, String)>,
    },
    /// Not enough left to fit.
    #[error("too few {kind} left: {found}; at least {least} are needed{}; {remedy}", reasons(.dropped))]
    TooFew {
        /// What the name is a name of.
        kind: &'static str,
        /// What was found.
        found: usize,
        /// The fewest that have to be left.
        least: usize,
        /// What was dropped, with reasons.
        dropped: Vec<(String, String)>,
        /// How to fix it.
        remedy: String,
    },
    /// The target is the same for every model.
    #[error(
        "target `{target}` is {value} for all {models} models, so nothing can correlate with it; choose another target or more models"
    )]
    ConstantTarget {
        /// The target.
        target: String,
        /// The value.
        value: f64,
        /// Number of models.
        models: usize,
    },
    /// Two result files, or two places of one, give different numbers for one score and nothing tells which is newer.
    #[error(
        "`{benchmark}`{} of `{model}` is {} in {} but {} in {}; remove one of them",
        metric_name(.metric), .values[0], .files[0].display(), .values[1], .files[1].display()
    )]
    Contradiction {
        /// Name of the model.
        model: String,

        /// Name of the benchmark.
        benchmark: String,

        /// Name of the metric.
        metric: Option<String>,

        /// The two values.
        values: [f64; 2],

        /// The two files.
        files: Box<[PathBuf; 2]>,
    },
    /// One benchmark was run with different numbers of examples in the prompt.
    #[error(
        "`{benchmark}` was run with {} examples in the prompt for `{}` ({}) but with {} for `{}` ({}); choose one: {}, or \
         `{} {}`",
        .shots[0], .models[0], .files[0].display(), .shots[1], .models[1], .files[1].display(), .names.join(" or "),
        Setting::Shots, .shots[1]
    )]
    MixedShots {
        /// Name of the benchmark.
        benchmark: String,
        /// The two numbers of examples in the prompt.
        shots: [u64; 2],
        /// The models.
        models: Box<[String; 2]>,
        /// The two files.
        files: Box<[PathBuf; 2]>,
        /// Names of the benchmark with each number.
        names: Vec<String>,
    },
    /// A benchmark was not run with the number of examples that was asked for.
    #[error(
        "`{benchmark}` was not run with {asked} examples in the prompt but with {}; set it for this benchmark with `{} {benchmark}={}`",
        .known.iter().map(u64::to_string).collect::<Vec<_>>().join(" or "), Setting::Shots, .known[0]
    )]
    OtherShots {
        /// Name of the benchmark.
        benchmark: String,
        /// The number that was asked for.
        asked: u64,
        /// The numbers that there are, at least one.
        known: Vec<u64>,
    },
    /// A table by document whose sums are not the compression table's: they are of different runs.
    #[error(
        "{}: `{model}` has {found:.8} {unit} on `{domain}` summed over its documents but {expected:.8} in {}; expected the table by \
         document of the same run, or that table as `{}` too",
        .files[0].display(), .files[1].display(), Setting::Compression
    )]
    OtherRun {
        /// The two files.
        files: Box<[PathBuf; 2]>,
        /// Name of the model.
        model: String,
        /// Name of the domain.
        domain: String,
        /// What the bits are counted per.
        unit: String,
        /// What was found.
        found: f64,
        /// What was expected.
        expected: f64,
    },
    /// A setting whose text cannot be understood.
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
}

impl StudyError {
    /// Whether the fault lies in what was asked for (arguments) rather than in a file's content.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Unknown { .. } | Self::NoBenchmark { .. } | Self::Setting { .. } => true,
            Self::Unusable(error) => error.is_usage(),
            Self::Noted { error, .. } => error.is_usage(),
            _ => false,
        }
    }

    /// The error with notes that may explain it.
    pub(crate) fn with_notes(self, notes: Vec<String>) -> Self {
        if notes.is_empty() { self } else { Self::Noted { error: Box::new(self), notes } }
    }

    pub(crate) fn unreadable(file: &Path, source: std::io::Error) -> Self {
        Self::Unreadable { file: file.to_path_buf(), source }
    }

    pub(crate) fn malformed(place: Place, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Malformed { place, found: found.into(), expected: expected.into() }
    }
}

fn nothing_usable(
    folder: &Path,
    what: &str,
    files: usize,
    results: usize,
    tables: &[PathBuf],
    broken: &[String],
    layouts: &[&str],
) -> String {
    let counted = |count: usize, one: &str, several: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {several}")),
    };
    let such_as = |example: Option<String>| example.map(|example| format!(" (such as {example})")).unwrap_or_default();
    let other = files.saturating_sub(results + tables.len() + broken.len());
    let table = tables.first().map(|table| table.display().to_string());
    let reasons: Vec<String> = [
        counted(results, "contains results of another kind", "contain results of another kind"),
        counted(
            tables.len(),
            "is a table of unknown layout, which must be given on its own",
            "are tables of unknown layout, which must be given on their own",
        )
        .map(|reason| reason + &such_as(table)),
        counted(broken.len(), "cannot be read", "cannot be read")
            .map(|reason| reason + &such_as(broken.first().cloned())),
        counted(other, "is not from a known tool", "are not from a known tool"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let held = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) };
    let looked_at = if files == 1 {
        "its one JSON file or table".to_string()
    } else {
        format!("its {files} JSON files and tables")
    };
    format!(
        "{}: no result file with {what} among {looked_at}{held}; expected files of {}",
        folder.display(),
        layouts.join(", ")
    )
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
