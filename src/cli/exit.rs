//! How the program ends: what it says of an error, and its exit code.

use std::borrow::Cow;
use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;

use mixopt::base::OverInput;
use mixopt::export::{ExportError, ImportError};
use mixopt::manifest::ManifestError;
use mixopt::mixture::{DiffError, FitError, PredictError, RefitError};
use mixopt::score::{CountError, ScoreError};
use mixopt::study::StudyError;

use super::text::output::CANNOT_PRINT;
use super::text::standard_output::check_open;
use super::text::terminal::{Mark, shown, styled, tell};

/// An argument that only the program knows, with a value that it cannot have.
#[derive(Debug, thiserror::Error)]
#[error("{argument} `{found}`: {problem}; expected {expected}")]
pub struct BadArgument {
    /// The option, or what else was given.
    pub argument: &'static str,
    /// Its value.
    pub found: String,
    /// What is wrong with it.
    pub problem: String,
    /// What would do.
    pub expected: String,
}

impl BadArgument {
    /// Such an error of these parts.
    pub fn error(argument: &'static str, found: &str, problem: &str, expected: &str) -> anyhow::Error {
        let (found, problem, expected) = (found.to_string(), problem.to_string(), expected.to_string());
        Self { argument, found, problem, expected }.into()
    }
}

/// Exit code after Ctrl-C, as shells have it: 128 and the number of the signal.
pub const INTERRUPTED: u8 = 130;

/// Prints help and version, or what is wrong with the arguments.
pub fn told_by_parser(told: &clap::Error) -> ExitCode {
    if !told.use_stderr() {
        let printed = check_open().and_then(|()| told.print()).and_then(|()| std::io::stdout().flush());
        return printed.context(CANNOT_PRINT).map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS);
    }
    // The names of files, to which a shell expands patterns, are texts like any other.
    if std::env::args_os().any(|argument| matches!(shown(&argument.to_string_lossy()), Cow::Owned(_))) {
        tell(told.render().to_string().trim_end());
    } else {
        // An error that cannot be shown still has its exit code.
        let _ = told.print();
    }
    ExitCode::from(u8::try_from(told.exit_code()).unwrap_or(2))
}

/// Tells of an error, unless it is none to tell of, and gives the exit code.
pub fn failed(error: &anyhow::Error) -> ExitCode {
    if is_broken_pipe(error) {
        return ExitCode::SUCCESS;
    }
    tell(&format!("{} {}", styled(Mark::Error, "error:"), in_lines(&message(error))));
    ExitCode::from(match error {
        error if is_interruption(error) => INTERRUPTED,
        error if is_usage(error) => 2,
        _ => 1,
    })
}

/// A message whose lines are the program's own, which begin with spaces; other line breaks are those of a text from a file.
fn in_lines(message: &str) -> String {
    message.split("\n  ").map(shown).collect::<Vec<_>>().join("\n  ")
}

/// The error with its causes, except those that it tells itself.
fn message(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(&format!(": {cause}"));
        }
    }
    text
}

/// A reader that has seen enough (`mixopt … | head`) is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}

fn is_usage(error: &anyhow::Error) -> bool {
    error.is::<BadArgument>()
        || error.is::<OverInput>()
        || error.downcast_ref::<FitError>().is_some_and(FitError::is_usage)
        || error.downcast_ref::<RefitError>().is_some_and(RefitError::is_usage)
        || error.downcast_ref::<DiffError>().is_some_and(DiffError::is_usage)
        || error.downcast_ref::<PredictError>().is_some_and(PredictError::is_usage)
        || error.downcast_ref::<StudyError>().is_some_and(StudyError::is_usage)
        || error.downcast_ref::<ScoreError>().is_some_and(ScoreError::is_usage)
        || error.downcast_ref::<CountError>().is_some_and(CountError::is_usage)
        || error.downcast_ref::<ExportError>().is_some_and(ExportError::is_usage)
        || error.downcast_ref::<ImportError>().is_some_and(ImportError::is_usage)
        || error.downcast_ref::<ManifestError>().is_some_and(ManifestError::is_usage)
}

fn is_interruption(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref::<ScoreError>(), Some(ScoreError::Interrupted))
        || matches!(error.downcast_ref::<CountError>(), Some(CountError::Interrupted))
}
