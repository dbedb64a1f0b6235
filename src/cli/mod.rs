//! The command line: arguments to settings, library calls, text.

mod args;
mod commands;
mod exit;
mod groups;
mod options;
mod text;
mod threads;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{Cli, Command};
use groups::Given;
use text::output::Output;

/// Runs the program on the process's arguments.
///
/// Exit codes: 0 success, 1 failure, 2 wrong usage, 130 interrupted.
pub fn run() -> ExitCode {
    mixopt::base::setting::speak(options::called);
    mixopt::base::task::speak(options::command);
    let parsed = Cli::command().try_get_matches();
    let parsed = parsed.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, Given::of(&matches))));
    let (cli, given) = match parsed {
        Ok(parsed) => parsed,
        Err(told) => return exit::told_by_parser(&told),
    };
    let output = Output::from(&cli.output);
    let result = match cli.command {
        Command::Fit(args) => commands::fit::run(&args, &given, output),
        Command::Plan(args) => commands::plan::run(&args, output),
        Command::Correlate(args) => commands::correlate::run(&args, output),
        Command::Score(args) => commands::score::run(&args, output),
        Command::Corpora { command } => commands::corpora::run(&command, output),
        Command::Targets(args) => commands::targets::run(&args, output),
        Command::Studies => commands::targets::studies(output),
        Command::Mixtures => commands::mixtures::run(output),
        Command::Show(args) => commands::show::run(&args, output),
        Command::Diff(args) => commands::diff::run(&args, output),
        Command::Evaluate(args) => commands::evaluate::run(&args, output),
        Command::Refit(args) => commands::refit::run(&args, output),
        Command::Predict(args) => commands::predict::run(&args, output),
        Command::Export(args) => commands::export::run(&args, output),
        Command::Import(args) => commands::import::run(&args, output),
        Command::Schema { of } => commands::generate::schema(of, output),
        Command::Completions { shell } => commands::generate::completions(Cli::command(), shell, output),
        Command::Man => commands::generate::manual(Cli::command(), output),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::failed(&error),
    }
}
