//! The command line: arguments to settings, library calls, text.

mod args;
mod corpora;
mod correlate;
mod diff;
mod evaluate;
mod export;
mod fit;
mod fit_tables;
mod generate;
mod import;
mod mixtures;
mod output;
mod plan;
mod predict;
mod progress;
mod score;
mod score_progress;
mod show;
mod source;
mod targets;
mod trust_tables;

use std::process::ExitCode;

use clap::Parser;

use mixopt::export::{ExportError, ImportError};
use mixopt::manifest::ManifestError;
use mixopt::mixture::{DiffError, FitError, PredictError};
use mixopt::score::{CountError, ScoreError};
use mixopt::study::StudyError;

use args::{Cli, Command};
use output::Output;

/// Exit code after Ctrl-C, as shells have it: 128 and the number of the signal.
const INTERRUPTED: u8 = 130;

/// Runs the program on the process's arguments.
///
/// Exit codes: 0 success, 1 failure, 2 wrong usage, 130 interrupted.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::from(&cli.output);
    let result = match cli.command {
        Command::Fit(args) => fit::run(&args, output),
        Command::Plan(args) => plan::run(&args, output),
        Command::Correlate(args) => correlate::run(&args, output),
        Command::Score(args) => score::run(&args, output),
        Command::Corpora { command } => corpora::run(&command, output),
        Command::Targets(args) => targets::run(&args, output),
        Command::Studies => targets::studies(output),
        Command::Mixtures => mixtures::run(output),
        Command::Show(args) => show::run(&args, output),
        Command::Diff(args) => diff::run(&args, output),
        Command::Evaluate(args) => evaluate::run(&args, output),
        Command::Predict(args) => predict::run(&args, output),
        Command::Export(args) => export::run(&args, output),
        Command::Import(args) => import::run(&args, output),
        Command::Schema { of } => generate::schema(of, output),
        Command::Completions { shell } => generate::completions(shell, output),
        Command::Man => generate::manual(output),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write;
            let style = anstyle::Style::new().bold().fg_color(Some(anstyle::Color::Ansi(anstyle::AnsiColor::Red)));
            let _ = writeln!(anstream::stderr(), "{style}error:{style:#} {}", message(&error));
            ExitCode::from(match &error {
                error if is_interruption(error) => INTERRUPTED,
                error if is_usage(error) => 2,
                _ => 1,
            })
        }
    }
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
    error.downcast_ref::<FitError>().is_some_and(FitError::is_usage)
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
