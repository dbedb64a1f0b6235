//! `mixopt corpora`: the manifest of the text that there is.

mod args;
mod cells;
mod check;
mod count;
mod new;
mod progress;

pub use args::CorporaCommand;

use crate::cli::text::output::Output;

/// Runs one of the commands.
pub fn run(command: &CorporaCommand, output: Output) -> anyhow::Result<()> {
    match command {
        CorporaCommand::Check(args) => check::run(args, output),
        CorporaCommand::Count(args) => count::run(args, output),
        CorporaCommand::New(args) => new::run(args, output),
    }
}
