//! Printing: tables, CSV, JSON, notes, and colour where a terminal shows it.

use anyhow::Context;
use clap::{ArgAction, Args, ValueEnum};
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};

use super::terminal::{self, Mark, shown, shown_json, styled, tell, width};

/// What is told where standard output takes nothing.
pub const CANNOT_PRINT: &str = "cannot print to standard output";

/// A table with more columns, and twice as many as rows, is turned where it is too wide.
const MANY_COLUMNS: usize = 12;

/// How to print.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// Output format.
    #[arg(long, global = true, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    pub format: Format,
    /// Print no notes and no progress, only the result and errors.
    #[arg(short, long, global = true, help_heading = "Output", conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print everything, or the sections named behind it where a command has sections.
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,
}

/// Output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned tables and sentences for people.
    Table,
    /// One JSON document, described by the schemas in docs/schema.
    Json,
    /// Comma-separated values with a header.
    Csv,
}

/// Where and how a command prints.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// The format asked for.
    pub format: Format,
    /// No notes, no progress.
    pub quiet: bool,
    /// Everything in tables.
    pub verbose: bool,
}

impl From<&OutputArgs> for Output {
    fn from(args: &OutputArgs) -> Self {
        Self { format: args.format, quiet: args.quiet, verbose: args.verbose > 0 }
    }
}

impl Output {
    /// Prints text to standard output.
    pub fn print(&self, text: &str) -> anyhow::Result<()> {
        terminal::print(text).context(CANNOT_PRINT)
    }

    /// Prints what a file would hold to standard output.
    pub fn data(&self, text: &str) -> anyhow::Result<()> {
        terminal::print_data(text).context(CANNOT_PRINT)
    }

    /// Prints a value as JSON.
    pub fn json(&self, value: &impl serde::Serialize) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(value)? + "\n";
        self.data(&shown_json(&text))
    }

    /// Prints rows as CSV.
    pub fn csv(&self, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> anyhow::Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(header)?;
        for row in rows {
            writer.write_record(&row)?;
        }
        let bytes = writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?;
        self.data(&String::from_utf8(bytes)?)
    }

    /// Prints a note to standard error, unless quiet.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            let options = textwrap::Options::new(width()).initial_indent("note: ").subsequent_indent("      ");
            let wrapped = textwrap::fill(&shown(text), options);
            tell(&wrapped.replacen("note:", &styled(Mark::Note, "note:"), 1));
        }
    }
}

/// A heading line.
pub fn heading(text: &str) -> String {
    styled(Mark::Heading, &shown(text)) + "\n"
}

/// Wrapped text, each line indented.
pub fn paragraph(text: &str, first: &str, other: &str) -> String {
    textwrap::fill(&shown(text), textwrap::Options::new(width()).initial_indent(first).subsequent_indent(other)) + "\n"
}

/// An aligned table: the first column to the left, the others to the right. One that is wider than the output is turned where
/// it has more columns than rows, and else folded: the columns that do not fit follow below, beside the first one again.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header.iter().map(|name| (*name).to_string()).collect();
    if natural_width(&header, rows) <= width() || header.len() < 3 {
        return aligned(&header, rows, CellAlignment::Right);
    }
    if header.len() > MANY_COLUMNS.max(2 * rows.len()) {
        let (header, rows) = turned(&header, rows);
        return if natural_width(&header, &rows) <= width() {
            aligned(&header, &rows, CellAlignment::Right)
        } else {
            folded(&header, &rows)
        };
    }
    folded(&header, rows)
}

/// An aligned table of text, all columns to the left; the last is wrapped.
pub fn text_table(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header.iter().map(|name| (*name).to_string()).collect();
    aligned(&header, rows, CellAlignment::Left)
}

/// Columns that a table takes.
fn natural_width(header: &[String], rows: &[Vec<String>]) -> usize {
    let column = |index: usize| {
        let cells = rows.iter().filter_map(|row| row.get(index)).chain(header.get(index));
        cells.map(|text| textwrap::core::display_width(&shown(text))).max().unwrap_or(0) + 2
    };
    (0..header.len()).map(column).sum()
}

/// Rows as columns.
fn turned(header: &[String], rows: &[Vec<String>]) -> (Vec<String>, Vec<Vec<String>>) {
    let cell = |row: &Vec<String>, index: usize| row.get(index).cloned().unwrap_or_default();
    let names = std::iter::once(header[0].clone()).chain(rows.iter().map(|row| cell(row, 0))).collect();
    let turned = (1..header.len())
        .map(|index| std::iter::once(header[index].clone()).chain(rows.iter().map(|row| cell(row, index))).collect())
        .collect();
    (names, turned)
}

/// A table in parts, one below the other, each with the first column and as many others as fit.
fn folded(header: &[String], rows: &[Vec<String>]) -> String {
    let cell = |row: &Vec<String>, index: usize| row.get(index).cloned().unwrap_or_default();
    let part = |columns: &[usize]| -> (Vec<String>, Vec<Vec<String>>) {
        let names = columns.iter().map(|&index| header[index].clone()).collect();
        (names, rows.iter().map(|row| columns.iter().map(|&index| cell(row, index)).collect()).collect())
    };
    let mut parts: Vec<Vec<usize>> = Vec::new();
    let mut columns = vec![0];
    for index in 1..header.len() {
        columns.push(index);
        let (names, cells) = part(&columns);
        if columns.len() > 2 && natural_width(&names, &cells) > width() {
            columns.pop();
            parts.push(std::mem::replace(&mut columns, vec![0, index]));
        }
    }
    parts.push(columns);
    let text: Vec<String> = parts
        .iter()
        .map(|columns| {
            let (names, cells) = part(columns);
            aligned(&names, &cells, CellAlignment::Right)
        })
        .collect();
    text.join("\n")
}

fn aligned(header: &[String], rows: &[Vec<String>], alignment: CellAlignment) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let align = |index: usize| if index == 0 { CellAlignment::Left } else { alignment };
    table.set_header(header.iter().enumerate().map(|(i, name)| Cell::new(shown(name)).set_alignment(align(i))));
    for row in rows {
        table.add_row(row.iter().enumerate().map(|(i, text)| Cell::new(shown(text)).set_alignment(align(i))));
    }
    if alignment == CellAlignment::Left && header.len() > 1 {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width() as u16);
        if let Some(first) = table.column_mut(0) {
            first.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    // The preset pads cells with spaces on both sides; lines should not end in them.
    let lines: Vec<String> = table.lines().map(|line| format!(" {}\n", line.trim_end())).collect();
    lines.concat()
}

/// A number with fixed decimals, or a dash.
pub fn number(value: Option<f64>, decimals: usize) -> String {
    match value {
        Some(value) => format!("{value:.decimals$}"),
        None => "–".to_string(),
    }
}

/// A name that is not too wide for a table, unless everything is asked for.
pub fn shortened(name: &str, verbose: bool) -> String {
    const MOST: usize = 40;
    if verbose || name.chars().count() <= MOST {
        return name.to_string();
    }
    let kept: String = name.chars().take(MOST - 1).collect();
    format!("{}…", kept.trim_end())
}
