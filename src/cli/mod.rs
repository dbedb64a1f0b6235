//! The command line: arguments to settings, library calls, text.

mod args;
mod corpora;
mod correlate;
mod diff;
mod evaluate;
mod exit;
mod export;
mod fit;
mod fit_tables;
mod generate;
mod groups;
mod import;
mod left_out;
mod mixtures;
mod numbers;
mod options;
mod output;
mod plan;
mod predict;
mod progress;
mod score;
mod show;
mod targets;
mod threads;
mod trust_tables;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Command};
use output::Output;

/// Runs the program on the process's arguments.
///
/// Exit codes: 0 success, 1 failure, 2 wrong usage, 130 interrupted.
pub fn run() -> ExitCode {
    mixopt::base::setting::speak(options::called);
    mixopt::base::task::speak(options::command);
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
        Command::Completions { shell } => generate::completions(Cli::command(), shell, output),
        Command::Man => generate::manual(Cli::command(), output),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::failed(&error),
    }
}
