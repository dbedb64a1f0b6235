//! The Open LLM Leaderboard's table of contents, version 2 and version 1, as CSV or Parquet.
//!
//! # Source
//! Columns of the data set `open-llm-leaderboard/contents` (version 2) and of the table of version 1.

use std::collections::HashMap;

use super::super::error::{Result, StudyError};
use super::layout::{Layout, TableReader};
use super::{Records, stamp};
use crate::scores::records::{Scale, ScoreRecord};
use crate::sizes;
use crate::tables::table::{Cell, Table};

/// The Open LLM Leaderboard's table.
pub(super) const LEADERBOARD: Layout = Layout {
    name: "Open LLM Leaderboard (CSV or Parquet)",
    has_bits: false,
    table: Some(TableReader { fits, read }),
    ..Layout::NONE
};

/// What a benchmark's column of accuracies ends with in version 2.
const RAW: &str = " Raw";

/// Benchmarks of version 1.
const FIRST: [&str; 6] = ["ARC", "HellaSwag", "MMLU", "TruthfulQA", "Winogrande", "GSM8K"];

/// Columns of which one must be there for a table to be the board of version 1 rather than anyone's scores.
const BOARD: [&str; 5] = ["fullname", "model_name_for_query", "Model sha", "Precision", "Average ⬆️"];

/// Columns that name the model, by preference. `Model` holds a link.
const NAMES: [&str; 3] = ["fullname", "model_name_for_query", "Model"];

/// Columns that tell apart several rows of one model.
const VARIANT: [&str; 3] = ["Precision", "Model sha", "Chat Template"];

/// When the model was handed in.
const DATE: &str = "Submission Date";

/// Whether these are the columns of the board.
fn fits(columns: &[String]) -> bool {
    let has = |name: &str| columns.iter().any(|column| column.trim() == name);
    let second = has("fullname") && columns.iter().any(|column| column.trim().ends_with(RAW));
    let first =
        FIRST.iter().all(|name| has(name)) && BOARD.iter().any(|name| has(name)) && NAMES.iter().any(|name| has(name));
    second || first
}

/// Reads the board.
///
/// Version 2 gives two metrics for each benchmark: `raw` (0 to 1) and `normalised` (0 to 100, against chance). Version 1 gives
/// percentages without a metric's name. Of several rows of one model the newest is taken; where the date does not tell,
/// each keeps its own name with precision, revision and chat template.
fn read(table: &Table) -> Result<Records> {
    let mut messages = Vec::new();
    let rows = choose_rows(table, &mut messages)?;
    let size = table.columns().into_iter().find_map(|column| Some((sizes::factor(&column)?, column)));
    let parameters: Vec<Option<f64>> = match size {
        Some((factor, column)) => {
            let count = |cell: &Cell| cell.measurement().map(|(value, _)| value * factor).filter(|&count| count > 0.0);
            table.cells(&column).iter().map(count).collect()
        }
        None => vec![None; table.rows()],
    };
    let mut records = Vec::new();
    for (column, benchmark, metric, scale) in score_columns(&table.columns()) {
        let cells = table.cells(&column);
        for row in &rows {
            let Some((value, no_number)) = cells[row.index].measurement() else { continue };
            records.push(ScoreRecord {
                model: row.model.clone(),
                parameters: parameters[row.index],
                benchmark: benchmark.clone(),
                metric: metric.map(str::to_string),
                value,
                no_number,
                higher_is_better: Some(true),
                scale: Some(scale),
                time: row.time.clone(),
                file: table.file().to_path_buf(),
                ..ScoreRecord::default()
            });
        }
    }
    Records::of_table(table, records, messages)
}

/// Columns with scores: column, benchmark, metric, scale.
fn score_columns(columns: &[String]) -> Vec<(String, String, Option<&'static str>, Scale)> {
    let find = |name: &str| columns.iter().find(|column| column.trim() == name).cloned();
    let mut found = Vec::new();
    for column in columns {
        let Some(benchmark) = column.trim().strip_suffix(RAW) else { continue };
        found.push((column.clone(), benchmark.to_string(), Some("raw"), Scale::Fraction));
        if let Some(normalised) = find(benchmark) {
            found.push((normalised, benchmark.to_string(), Some("normalised"), Scale::Percent));
        }
    }
    if found.is_empty() {
        let first = FIRST.iter().filter_map(|name| find(name).map(|column| (column, name)));
        found.extend(first.map(|(column, name)| (column, name.to_string(), None, Scale::Percent)));
    }
    found
}

#[derive(Debug)]
struct Row {
    index: usize,
    model: String,
    time: Option<String>,
}

fn choose_rows(table: &Table, messages: &mut Vec<String>) -> Result<Vec<Row>> {
    let columns = table.columns();
    let find = |name: &str| columns.iter().find(|column| column.trim() == name);
    let names = NAMES.iter().find_map(|name| find(name)).ok_or_else(|| {
        let place = mixopt_base::Place::file(table.file());
        StudyError::malformed(place, "no column with the model", "the column `fullname`")
    })?;
    let times = match find(DATE) {
        Some(column) => table.text(column).into_iter().map(|date| date.as_deref().and_then(stamp::from_text)).collect(),
        None => vec![None; table.rows()],
    };
    let variants: Vec<Vec<Option<String>>> =
        VARIANT.iter().filter_map(|name| find(name)).map(|column| table.text(column)).collect();

    let mut order: Vec<String> = Vec::new();
    let mut rows_of: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, name) in table.names(names, "model")?.into_iter().enumerate() {
        let name = without_link(&name).ok_or_else(|| {
            StudyError::malformed(table.place(index, names), "a link without a model", "a link to huggingface.co")
        })?;
        let rows = rows_of.entry(name.clone()).or_default();
        if rows.is_empty() {
            order.push(name);
        }
        rows.push(index);
    }
    let mut chosen = Vec::new();
    let (mut older, mut renamed) = (Vec::new(), Vec::new());
    for name in order {
        let rows = &rows_of[&name];
        // A row without a date is never newer.
        let newest = rows.iter().map(|&row| &times[row]).max().cloned().flatten();
        let kept: Vec<usize> = rows.iter().copied().filter(|&row| times[row] == newest).collect();
        if kept.len() < rows.len() {
            older.push(name.clone());
        }
        if kept.len() > 1 {
            renamed.push(name.clone());
        }
        for &index in &kept {
            let mut model = name.clone();
            if kept.len() > 1 {
                let parts: Vec<&str> = variants.iter().filter_map(|column| column[index].as_deref()).collect();
                model.push_str(&format!(" [{}]", parts.join(", ")));
            }
            chosen.push(Row { index, model, time: times[index].clone() });
        }
    }
    let file = table.file().display();
    if !older.is_empty() {
        let names = mixopt_base::list(&older);
        messages.push(format!("{file}: several rows for {} models; the newest is used: {names}", older.len()));
    }
    if !renamed.is_empty() {
        let (names, count) = (mixopt_base::list(&renamed), renamed.len());
        messages.push(format!(
            "{file}: several rows of one date for {count} models, each named with its precision, revision and chat template: {names}"
        ));
    }
    Ok(chosen)
}

/// A model's name, taken out of its link if it stands in one.
fn without_link(cell: &str) -> Option<String> {
    if !cell.contains('<') {
        return Some(cell.to_string());
    }
    let rest = cell.split_once("huggingface.co/")?.1;
    let name = rest.split(['"', '\'', ' ', '>', '?', '#']).next()?.trim_end_matches('/');
    (!name.is_empty()).then(|| name.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::read_scores;
    use super::super::test_files::{Folder, fault, no_number, parquet_row};
    use super::*;

    const SECOND: &str = "eval_name,Precision,Model,fullname,Model sha,Average ⬆️,IFEval Raw,IFEval,Submission Date\n";

    #[test]
    fn both_columns_of_version_two() {
        let folder = Folder::new();
        let file = folder.write("contents.csv", &format!("{SECOND}x,float16,link,org/m,abc,40,0.5,45.25,2024-06-13\n"));
        let record = |metric: &str, value, scale| ScoreRecord {
            model: "org/m".to_string(),
            benchmark: "IFEval".to_string(),
            metric: Some(metric.to_string()),
            value,
            higher_is_better: Some(true),
            scale: Some(scale),
            time: Some("2024-06-13T00:00:00.000000".to_string()),
            file: file.clone(),
            ..ScoreRecord::default()
        };
        let found = read_scores(&file).unwrap().unwrap();
        assert_eq!(found.records, [record("raw", 0.5, Scale::Fraction), record("normalised", 45.25, Scale::Percent)]);
        assert_eq!(found.messages.len(), 0);
    }

    #[test]
    fn several_rows_of_one_model() {
        let folder = Folder::new();
        let rows = "x,float16,l,org/m,abc,1,0.25,1,2024-06-13\nx,bfloat16,l,org/m,abc,1,0.5,1,2024-07-01\n\
                    x,float16,l,org/n,def,1,0.75,1,2024-06-13\nx,bfloat16,l,org/n,def,1,0.875,1,2024-06-13\n";
        let file = folder.write("contents.csv", &format!("{SECOND}{rows}"));
        let found = read_scores(&file).unwrap().unwrap();
        let raw = found.records.iter().filter(|record| record.metric.as_deref() == Some("raw"));
        let seen: Vec<_> = raw.map(|record| (record.model.as_str(), record.value)).collect();
        assert_eq!(seen, [("org/m", 0.5), ("org/n [float16, def]", 0.75), ("org/n [bfloat16, def]", 0.875)]);
        let file = file.display();
        assert_eq!(
            found.messages,
            [
                format!("{file}: several rows for 1 models; the newest is used: org/m"),
                format!(
                    "{file}: several rows of one date for 1 models, each named with its precision, revision and chat template: org/n"
                ),
            ]
        );
    }

    #[test]
    fn version_one_has_percentages_and_links() {
        let folder = Folder::new();
        let text = "Model,Average ⬆️,ARC,HellaSwag,MMLU,TruthfulQA,Winogrande,GSM8K\n\
                    \"<a target=\"\"_blank\"\" href=\"\"https://huggingface.co/org/m\"\">org/m</a>\",40,50.25,1,2,3,4,\n";
        let found = read_scores(&folder.write("board.csv", text)).unwrap().unwrap();
        assert_eq!(found.records.len(), 5);
        let first = &found.records[0];
        assert_eq!((first.model.as_str(), first.benchmark.as_str(), first.value), ("org/m", "ARC", 50.25));
        assert_eq!((&first.metric, first.scale), (&None, Some(Scale::Percent)));
    }

    #[test]
    fn parquet_is_read_as_csv() {
        let folder = Folder::new();
        let file = folder.path().join("contents.parquet");
        parquet_row(&file, &[("fullname", "org/m"), ("IFEval Raw", "0.5"), ("IFEval", "45")]);
        let found = read_scores(&file).unwrap().unwrap();
        let seen: Vec<_> = found.records.iter().map(|record| (record.metric.as_deref(), record.value)).collect();
        assert_eq!(seen, [(Some("raw"), 0.5), (Some("normalised"), 45.0)]);
    }

    #[test]
    fn the_same_names_alone_are_a_plain_table() {
        let folder = Folder::new();
        let text = "Model,ARC,HellaSwag,MMLU,TruthfulQA,Winogrande,GSM8K\norg/m,1,2,3,4,5,6\n";
        assert_eq!(read_scores(&folder.write("board.csv", text)).unwrap(), None);
    }

    #[test]
    fn faults_name_file_and_cell() {
        no_number("c.csv", &format!("{SECOND}x,f,l,org/m,abc,1,half,,\n"), "`half`");
        fault(
            "c.csv",
            &format!("{SECOND}x,f,l,,abc,1,0.5,1,\n"),
            "line 2, `fullname`: an empty cell; expected the name of a model",
        );
        let text = "Model,Precision,ARC,HellaSwag,MMLU,TruthfulQA,Winogrande,GSM8K\n<a>m</a>,f,1,2,3,4,5,6\n";
        fault("c.csv", text, "line 2, `Model`: a link without a model; expected a link to huggingface.co");
    }
}
