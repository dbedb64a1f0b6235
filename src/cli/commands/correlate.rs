//! `mixopt correlate`: the domain × benchmark matrix.

use clap::{Args, ValueEnum};

use mixopt::mixture::{Correlation, correlate, measurement_messages};
use mixopt::study::{MissingRule, Selection, StudyError};

use crate::cli::groups::{SelectionArgs, StudyArgs, read_study};
use crate::cli::text::left_out::dropped;
use crate::cli::text::output::{Format, Output, heading, number, table};

#[derive(Debug, Args)]
pub struct CorrelateArgs {
    /// Targets to show, comma-separated [default: all].
    #[arg(short, long, value_name = "TARGETS", value_delimiter = ',')]
    pub target: Vec<String>,
    /// What the table shows (JSON and CSV hold all).
    #[arg(long, value_enum, default_value_t = Statistic::Pearson)]
    pub statistic: Statistic,
    #[command(flatten)]
    pub study: StudyArgs,
    #[command(flatten)]
    pub selection: SelectionArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Statistic {
    /// Pearson's correlation of bits per character with the score.
    Pearson,
    /// Spearman's rank correlation.
    Spearman,
    /// Root mean square residual of the linear law.
    Rmse,
    /// Number of models.
    Models,
}

/// Prints the matrix.
pub fn run(args: &CorrelateArgs, output: Output) -> anyhow::Result<()> {
    let study = read_study(&args.study)?;
    let selection = selection(&args.selection)?;
    let cells = correlate(&study, &args.target, &selection)?;
    match output.format {
        Format::Json => output.json(&cells),
        Format::Csv => output.csv(
            &["domain", "target", "models", "pearson", "spearman", "rmse", "slope", "intercept"],
            cells.iter().map(|cell| {
                let text = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
                vec![
                    cell.domain.clone(),
                    cell.target.clone(),
                    cell.models.to_string(),
                    text(cell.pearson),
                    text(cell.spearman),
                    text(cell.rmse),
                    text(cell.slope),
                    text(cell.intercept),
                ]
            }),
        ),
        Format::Table => {
            let left_out = study.models_left_out(&selection)?;
            output.print(&(matrix(&cells, args.statistic) + &dropped("Models", &left_out, output.verbose)))?;
            let of_tables = study.compression.messages.iter().chain(&study.scores.messages);
            of_tables.chain(&measurement_messages(&study)).for_each(|message| output.note(message));
            Ok(())
        }
    }
}

/// The models and domains to correlate; there is no rule for missing cells.
fn selection(args: &SelectionArgs) -> Result<Selection, StudyError> {
    let missing = MissingRule::default();
    Selection::parse(&args.include_models, &args.exclude_models, &args.drop_family, &args.exclude, missing)
}

fn matrix(cells: &[Correlation], statistic: Statistic) -> String {
    let mut domains: Vec<&str> = Vec::new();
    for cell in cells {
        if domains.last() != Some(&cell.domain.as_str()) {
            domains.push(&cell.domain);
        }
    }
    let targets = cells.len() / domains.len().max(1);
    let text = |cell: &Correlation| match statistic {
        Statistic::Pearson => number(cell.pearson, 3),
        Statistic::Spearman => number(cell.spearman, 3),
        Statistic::Rmse => number(cell.rmse, 4),
        Statistic::Models => cell.models.to_string(),
    };
    let mut header = vec!["target"];
    header.extend(&domains);
    if statistic != Statistic::Models {
        header.push("models");
    }
    let rows: Vec<Vec<String>> = (0..targets)
        .map(|t| {
            let of_target: Vec<&Correlation> = (0..domains.len()).map(|d| &cells[d * targets + t]).collect();
            let mut row = vec![of_target[0].target.clone()];
            row.extend(of_target.iter().map(|cell| text(cell)));
            if statistic != Statistic::Models {
                let least = of_target.iter().map(|cell| cell.models).min().unwrap_or(0);
                let greatest = of_target.iter().map(|cell| cell.models).max().unwrap_or(0);
                row.push(if least == greatest { least.to_string() } else { format!("{least}–{greatest}") });
            }
            row
        })
        .collect();
    let title = match statistic {
        Statistic::Pearson => "Pearson's correlation of bits per character with the score (−1 is best)",
        Statistic::Spearman => "Spearman's correlation of bits per character with the score (−1 is best)",
        Statistic::Rmse => "Root mean square residual of the linear law, scores as fractions",
        Statistic::Models => "Models with both numbers",
    };
    heading(title) + &table(&header, &rows)
}
