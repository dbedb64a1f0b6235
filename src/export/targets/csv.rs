//! A plain table, for everything else.

use super::super::document::Document;
use super::super::error::{ExportError, ImportError};
use super::super::prepared::Prepared;
use super::super::read_back::{ReadBack, ReadStage, ReadWeight, Start, Weighing};
use super::super::target::{FileFormat, Naming, Reader, Stages, SumRule, Target, Validation, Zeros};
use super::super::written::decimal;
use mixopt_base::ShareUnit;

/// A plain table.
pub const CSV: Target = Target {
    name: "csv",
    consumer: "spreadsheets and scripts",
    format: FileFormat::Csv,
    unit: None,
    draw: "as in the mixture file",
    sum: SumRule::Free,
    zeros: Zeros::Kept,
    repetition: "up to its reader",
    naming: Naming::Own,
    trainers: &[],
    place: "name",
    stages: Stages::Schedule,
    validation: Validation::Unused,
    traps: &["the unit is in the header: shares of characters are not shares of tokens"],
    source: "RFC 4180",
    write,
    read: Some(Reader { recognises, read }),
};

/// What the header's column of shares starts with.
const SHARE_OF: &str = "share_of_";

fn write(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let share = format!("{SHARE_OF}{}", prepared.unit);
    let staged = prepared.stages.iter().any(|stage| stage.name.is_some());
    let mut text = if staged { format!("stage,start,budget,domain,{share}\n") } else { format!("domain,{share}\n") };
    for stage in &prepared.stages {
        for entry in &stage.datasets {
            if let (Some(name), Some(budget)) = (&stage.name, stage.budget) {
                text += &format!("{},{},{budget},", field(name), stage.start);
            }
            text += &format!("{},{}\n", field(&entry.name), decimal(entry.share));
        }
    }
    Ok(text)
}

/// A field, in quotes where the format asks for it.
fn field(text: &str) -> String {
    let special = text.is_empty() || text.contains(['"', ',', '\n', '\r']) || text != text.trim();
    if special { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_string() }
}

fn recognises(document: &Document) -> bool {
    let header = document.text.lines().next().unwrap_or_default();
    let mut columns = header.split(',').map(str::trim);
    header.contains(',') && columns.clone().any(|column| column == "domain") && columns.any(is_share)
}

fn is_share(column: &str) -> bool {
    column.starts_with(SHARE_OF) || ["share", "weight"].contains(&column)
}

fn read(document: &Document) -> Result<ReadBack, ImportError> {
    let mut reader = csv::Reader::from_reader(document.text.as_bytes());
    let header = reader.headers().map_err(|fault| document.at_line(1, fault.to_string(), "a table"))?.clone();
    let column = |wanted: &str| header.iter().position(|name| name.trim() == wanted);
    let domain = column("domain").ok_or_else(|| {
        document.at_line(1, "no column `domain`", "columns `domain` and `share_of_tokens` (or another unit)")
    })?;
    let share = header.iter().position(|name| is_share(name.trim()));
    let share =
        share.ok_or_else(|| document.at_line(1, "no column of shares", "a column such as `share_of_tokens`"))?;
    let unit = header.get(share).and_then(|name| name.trim().strip_prefix(SHARE_OF));
    let unit = unit.map(|name| {
        unit_of(name).ok_or_else(|| {
            document.at_line(1, format!("shares of `{name}`"), "shares of characters, bytes, tokens or documents")
        })
    });
    let unit = unit.transpose()?;
    let (stage, start, budget) = (column("stage"), column("start"), column("budget"));
    let mut stages: Vec<ReadStage> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|fault| {
            let line = fault.position().map_or(1, |position| position.line() as usize);
            document.at_line(line, "a row of another length than the header", "as many fields as in the header")
        })?;
        let line = record.position().map_or(1, |position| position.line() as usize);
        let text = |index: usize| record.get(index).unwrap_or_default();
        let number = text(share).trim().parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
        let weight = number
            .ok_or_else(|| document.at_line(line, format!("`{}`", text(share)), "a share: a number of at least 0"))?;
        let weight = ReadWeight { name: text(domain).to_string(), weight, key: format!("line {line}") };
        let (name, start) = match (stage, start, budget) {
            (Some(stage), Some(start), Some(budget)) => {
                let count = |index: usize| {
                    text(index)
                        .trim()
                        .parse::<u64>()
                        .map_err(|_| document.at_line(line, format!("`{}`", text(index)), "a whole number of tokens"))
                };
                (Some(text(stage).to_string()), Start::Tokens { start: count(start)?, budget: count(budget)? })
            }
            (None, _, _) => (None, Start::Whole),
            _ => {
                return Err(document.at_line(
                    1,
                    "a column `stage` without the others",
                    "columns `stage`, `start` and `budget`",
                ));
            }
        };
        match stages.iter_mut().find(|stage| stage.name == name) {
            Some(stage) => stage.weights.push(weight),
            None => stages.push(ReadStage { name, start, weights: vec![weight], weighing: Weighing::Shares }),
        }
    }
    if stages.is_empty() {
        return Err(document.at_line(1, "a header without rows", "a row for each domain"));
    }
    Ok(ReadBack { unit, stages, notes: Vec::new() })
}

fn unit_of(name: &str) -> Option<ShareUnit> {
    [ShareUnit::Characters, ShareUnit::Bytes, ShareUnit::Tokens, ShareUnit::Documents]
        .into_iter()
        .find(|unit| unit.name() == name)
}
