//! Tables of perplexity-correlations: a column for each model, headed by the text of a Python tuple
//! `('family', 'organisation/name')`; rows are benchmarks (errors) or documents and domains (bits per byte).
//!
//! # Source
//! `error_csvs` and `bpb_csvs` of TristanThrush/perplexity-correlations, 165d8c6.

use super::super::error::{Result, StudyError};
use super::layout::{Layout, TableReader};
use super::{BITS_PER_BYTE, Records};
use crate::scores::records::{Scale, ScoreRecord};
use crate::tables::table::{Cell, Table};
use mixopt_base::Place;

/// A table of errors.
pub(super) const ERRORS: Layout = Layout {
    name: "perplexity-correlations errors (CSV)",
    has_bits: false,
    table: Some(TableReader { fits: |columns| holds_bits(columns) == Some(false), read }),
    ..Layout::NONE
};

/// A table of bits per byte.
pub(super) const BITS: Layout = Layout {
    name: "perplexity-correlations bits per byte (CSV)",
    has_scores: false,
    table: Some(TableReader { fits: |columns| holds_bits(columns) == Some(true), read }),
    ..Layout::NONE
};

/// First column of a table of errors.
const BENCHMARK: &str = "benchmark";

/// First columns of a table of bits per byte.
const DOMAINS: [&[&str]; 3] = [&["domain"], &["chunk", "id"], &["id"]];

/// Whether these are the columns of such a table, and if so whether it holds bits per byte rather than errors.
fn holds_bits(columns: &[String]) -> Option<bool> {
    let keys = key_columns(columns)?;
    parse_header(columns.get(keys.len())?)?;
    Some(columns[0].trim() != BENCHMARK)
}

fn key_columns(columns: &[String]) -> Option<&[String]> {
    let starts = |names: &[&str]| {
        columns.len() >= names.len() && columns.iter().zip(names).all(|(column, name)| column.trim() == *name)
    };
    let keys = std::iter::once(&[BENCHMARK][..]).chain(DOMAINS).find(|names| starts(names))?;
    Some(&columns[..keys.len()])
}

/// Reads such a table.
///
/// A row of errors with every value in 0 to 1 gets the metric `error`, one with every value 1 or more the metric
/// `perplexity` (published tables mix the two), any other none. A domain of `chunk` and `id` is named `chunk/id`.
fn read(table: &Table) -> Result<Records> {
    let columns = table.columns();
    let file = table.file();
    let keys = key_columns(&columns).ok_or_else(|| {
        StudyError::malformed(Place::file(file), "no key column", "the column `benchmark` or `domain`")
    })?;
    let is_bits = keys[0].trim() != BENCHMARK;
    let kind = if is_bits { "domain" } else { BENCHMARK };
    let mut rows = table.names(&keys[0], kind)?;
    for key in &keys[1..] {
        for (row, part) in rows.iter_mut().zip(table.names(key, kind)?) {
            row.push_str(&format!("/{part}"));
        }
    }
    let mut models = Vec::new();
    for column in &columns[keys.len()..] {
        let (family, model) = parse_header(column).ok_or_else(|| {
            let place = Place::file(file).row("line 1").column(column);
            StudyError::malformed(place, "an unexpected header", "`('family', 'organisation/name')`")
        })?;
        models.push((family, model, table.cells(column).iter().map(Cell::measurement).collect::<Vec<_>>()));
    }
    let mut messages = Vec::new();
    let mut records = Vec::new();
    for (row, benchmark) in rows.iter().enumerate() {
        let values = || {
            models
                .iter()
                .filter_map(|(_, _, cells)| cells[row].as_ref())
                .map(|(value, _)| *value)
                .filter(|value| !value.is_nan())
        };
        let (metric, scale, higher_is_better) = if is_bits {
            (Some(BITS_PER_BYTE), None, Some(false))
        } else if values().all(|value| (0.0..=1.0).contains(&value)) {
            (Some("error"), Some(Scale::Fraction), Some(false))
        } else if values().all(|value| value >= 1.0) {
            (Some("perplexity"), None, Some(false))
        } else {
            let found = "has values both below and above 1, so it is neither an error nor a perplexity";
            messages.push(format!("{}: `{benchmark}` {found}", file.display()));
            (None, None, None)
        };
        for (family, model, cells) in &models {
            let Some((value, no_number)) = cells[row].clone() else { continue };
            records.push(ScoreRecord {
                model: model.clone(),
                family: Some(family.clone()),
                benchmark: benchmark.clone(),
                metric: metric.map(str::to_string),
                value,
                no_number,
                higher_is_better,
                scale,
                file: file.to_path_buf(),
                ..ScoreRecord::default()
            });
        }
    }
    Records::of_table(table, records, messages)
}

/// Reads `('family', 'organisation/name')`, with either kind of quotes.
fn parse_header(header: &str) -> Option<(String, String)> {
    let inside = header.trim().strip_prefix('(')?.strip_suffix(')')?;
    let (family, rest) = parse_text(inside)?;
    let (model, rest) = parse_text(rest.trim_start().strip_prefix(',')?)?;
    let is_whole = matches!(rest.trim(), "" | ",") && !family.is_empty() && !model.is_empty();
    is_whole.then_some((family, model))
}

/// Reads one Python string literal and returns what follows it.
fn parse_text(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let mut content = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => content.push(characters.next()?.1),
            _ if character == quote => return Some((content, &text[at + 1..])),
            _ => content.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::test_files::{Folder, fault, fault_in_bits};
    use super::super::{read_bits, read_scores};
    use super::*;

    fn record(
        file: &Path,
        model: &str,
        benchmark: &str,
        metric: &str,
        value: f64,
        scale: Option<Scale>,
    ) -> ScoreRecord {
        ScoreRecord {
            model: format!("org/{model}"),
            family: Some(format!("family-{model}")),
            benchmark: benchmark.to_string(),
            metric: Some(metric.to_string()),
            value,
            higher_is_better: Some(false),
            scale,
            file: file.to_path_buf(),
            ..ScoreRecord::default()
        }
    }

    const MODELS: &str = "\"('family-a', 'org/a')\",\"(\"\"family-b\"\", 'org/b')\"";

    #[test]
    fn errors_and_perplexities() {
        let folder = Folder::new();
        let file = folder.write("error.csv", &format!("benchmark,{MODELS}\npiqa,0.25,\nlambada,12.5,1\nodd,0.5,2\n"));
        let found = read_scores(&file).unwrap().unwrap();
        let odd = |model, value| ScoreRecord {
            metric: None,
            higher_is_better: None,
            ..record(&file, model, "odd", "", value, None)
        };
        assert_eq!(
            found.records,
            [
                record(&file, "a", "piqa", "error", 0.25, Some(Scale::Fraction)),
                record(&file, "a", "lambada", "perplexity", 12.5, None),
                record(&file, "b", "lambada", "perplexity", 1.0, None),
                odd("a", 0.5),
                odd("b", 2.0),
            ]
        );
        let file = file.display();
        assert_eq!(
            found.messages,
            [format!("{file}: `odd` has values both below and above 1, so it is neither an error nor a perplexity")]
        );
    }

    #[test]
    fn bits_per_byte_by_any_key() {
        for (keys, row, domain) in [
            ("domain", "web", "web"),
            ("\u{feff}domain", "web", "web"),
            ("id", "7", "7"),
            ("chunk,id", "2,web", "2/web"),
        ] {
            let folder = Folder::new();
            let file = folder.write("bpb.csv", &format!("{keys},{MODELS}\n{row},0.75,0.5\n"));
            let found = read_bits(&file).unwrap().unwrap();
            let bits = |model, value| record(&file, model, domain, "bits_per_byte", value, None);
            assert_eq!(found.records, [bits("a", 0.75), bits("b", 0.5)]);
        }
    }

    #[test]
    fn headers_are_python_tuples() {
        let pair = |family: &str, model: &str| Some((family.to_string(), model.to_string()));
        assert_eq!(parse_header("('a', 'b/c')"), pair("a", "b/c"));
        assert_eq!(parse_header(r#"("it's", 'b\'c',)"#), pair("it's", "b'c"));
        for header in ["('a')", "('a', b)", "('a', 'b', 'c')", "('a', 'b'", "('', 'b')", "a", "('a', 'b\\", "('é"] {
            assert_eq!(parse_header(header), None, "{header}");
        }
    }

    #[test]
    fn faults_name_file_and_cell() {
        fault(
            "e.csv",
            &format!("benchmark,{MODELS},other\npiqa,1,1,1\n"),
            "line 1, `other`: an unexpected header; expected `('family', 'organisation/name')`",
        );
        fault_in_bits(
            "b.csv",
            &format!("domain,{MODELS}\n,1,1\n"),
            "line 2, `domain`: an empty cell; expected the name of a domain",
        );
    }

    #[test]
    fn the_published_tables() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/documents-90");
        if !folder.is_dir() {
            println!("skipped: {} is not here", folder.display());
            return;
        }
        let errors = read_scores(&folder.join("error.csv")).unwrap().unwrap();
        // One of the 90 models stands there under two families with the same values.
        assert_eq!(errors.records.len(), 9 * 89);
        let perplexities = errors.records.iter().filter(|record| record.metric.as_deref() == Some("perplexity"));
        assert_eq!(perplexities.count(), 6 * 89);
        assert_eq!(errors.messages.len(), 1, "{:?}", errors.messages);
        let bits = read_bits(&folder.join("bits_per_byte.csv")).unwrap().unwrap();
        assert_eq!(bits.records.len(), 263 * 89);
        assert!(bits.records.iter().all(|record| (0.5..2.0).contains(&record.value)));
        // In a folder, each of the two readers takes its own table.
        assert_eq!(read_scores(&folder).unwrap().unwrap().records, errors.records);
        assert_eq!(read_bits(&folder).unwrap().unwrap().records, bits.records);
    }
}
