//! `mixopt corpora`: the manifest of the text that there is.

mod args;
mod check;
mod count;
mod new;
mod progress;

pub use args::CorporaCommand;

use super::output::Output;

/// Runs one of the commands.
pub fn run(command: &CorporaCommand, output: Output) -> anyhow::Result<()> {
    match command {
        CorporaCommand::Check(args) => check::run(args, output),
        CorporaCommand::Count(args) => count::run(args, output),
        CorporaCommand::New(args) => new::run(args, output),
    }
}

/// A count with its thousands apart, or a dash.
fn shown(count: Option<u64>) -> String {
    count.map_or("–".to_string(), super::score::grouped)
}

/// A standard error, which is an estimate itself: three digits say all that it does.
fn shown_error(error: Option<f64>) -> String {
    match error {
        None => String::new(),
        Some(error) if error < 100.0 => format!("±{error:.1}"),
        Some(error) => {
            let unit = 10_f64.powi(error.log10().floor() as i32 - 2);
            format!("±{}", super::score::grouped(((error / unit).round() * unit) as u64))
        }
    }
}

/// A value in a table for programs, or nothing.
fn plain(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
