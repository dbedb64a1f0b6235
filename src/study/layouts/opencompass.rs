//! Tables of OpenCompass: `summary_<time>.csv` with a column for each model, and `summary_pivot_<time>.csv` with bits per
//! character.
//!
//! # Source
//! `opencompass/summarizers/default.py`, `llm_compression.py` and `icl_bpc_evaluator.py` of open-compass/opencompass,
//! a5acc4bb.

use super::super::error::{Result, StudyError};
use super::layout::{Layout, TableReader, starts_with};
use super::{BITS_PER_CHARACTER, Records, metric, stamp};
use crate::scores::records::{Scale, ScoreRecord};
use crate::tables::table::Table;

/// The summary of OpenCompass.
pub(super) const SUMMARY: Layout = Layout {
    name: "OpenCompass (summary_*.csv)",
    has_bits: false,
    table: Some(TableReader { fits: |columns| starts_with(columns, &SUMMARY_COLUMNS), read: read_summary }),
    ..Layout::NONE
};

/// The compression table of OpenCompass.
pub(super) const PIVOT: Layout = Layout {
    name: "OpenCompass bits per character (summary_pivot_*.csv)",
    has_scores: false,
    table: Some(TableReader { fits: |columns| starts_with(columns, &PIVOT_COLUMNS), read: read_pivot }),
    ..Layout::NONE
};

/// First columns of the summary; the others are models.
const SUMMARY_COLUMNS: [&str; 4] = ["dataset", "version", "metric", "mode"];

/// First columns of the compression table; the others are corpora and their average.
const PIVOT_COLUMNS: [&str; 3] = ["metric", "version", "model"];

/// The only metric of the compression table.
const BITS: &str = "bpc";

/// Reads the summary: percentages, with `-` where a model was not run.
///
/// Rows of groups carry the way they were put together (`naive_average`) as their metric.
fn read_summary(table: &Table) -> Result<Records> {
    let columns = table.columns();
    let datasets = table.names(&columns[0], "dataset")?;
    // The tool writes `-` where it has none.
    let is_metric = |metric: &String| metric != "-";
    let metrics: Vec<_> = table.text(&columns[2]).into_iter().map(|metric| metric.filter(is_metric)).collect();
    let time = stamp::from_file_name(table.file());
    let mut records = Vec::new();
    for model in &columns[SUMMARY_COLUMNS.len()..] {
        for (row, cell) in table.cells(model).into_iter().enumerate() {
            let Some((value, no_number)) = cell.measurement() else { continue };
            let name = metrics[row].clone();
            let (scale, higher_is_better) = match &name {
                Some(name) => (metric::scale_of(name, value, Scale::Percent), metric::direction_of(name)),
                None => (None, None),
            };
            records.push(ScoreRecord {
                model: model.trim().to_string(),
                benchmark: datasets[row].clone(),
                is_average: name.as_deref().is_some_and(|name| name.ends_with("_average")),
                metric: name,
                value,
                no_number,
                higher_is_better,
                scale,
                time: time.clone(),
                file: table.file().to_path_buf(),
                ..ScoreRecord::default()
            });
        }
    }
    Records::of_table(table, records, Vec::new())
}

/// Reads the compression table: bits per character of each model on each corpus and the average, which whoever reads it leaves out.
fn read_pivot(table: &Table) -> Result<Records> {
    let columns = table.columns();
    for (row, name) in table.text(&columns[0]).into_iter().enumerate() {
        if name.as_deref() != Some(BITS) {
            let found = name.map_or("an empty cell".to_string(), |name| format!("`{name}`"));
            return Err(StudyError::malformed(table.place(row, &columns[0]), found, format!("`{BITS}`")));
        }
    }
    let models = table.names(&columns[2], "model")?;
    let time = stamp::from_file_name(table.file());
    let mut records = Vec::new();
    for corpus in &columns[PIVOT_COLUMNS.len()..] {
        for (row, cell) in table.cells(corpus).into_iter().enumerate() {
            let Some((value, no_number)) = cell.measurement() else { continue };
            records.push(ScoreRecord {
                model: models[row].clone(),
                benchmark: corpus.trim().to_string(),
                metric: Some(BITS_PER_CHARACTER.to_string()),
                value,
                no_number,
                higher_is_better: Some(false),
                time: time.clone(),
                file: table.file().to_path_buf(),
                ..ScoreRecord::default()
            });
        }
    }
    Records::of_table(table, records, Vec::new())
}

#[cfg(test)]
mod tests {
    use super::super::test_files::{Folder, fault, fault_in_bits, no_number};
    use super::super::{read_bits, read_scores};
    use super::*;

    #[test]
    fn models_are_columns_of_the_summary() {
        let folder = Folder::new();
        let text = "dataset,version,metric,mode,small-hf,large-hf\n\
                    piqa,1a2b3c,accuracy,ppl,75.50,-\n\
                    absent,-,-,-,-,-\n\
                    suite,-,naive_average,ppl,60.25,70.00\n\
                    spread,-,standard_deviation,ppl,2.50,-\n";
        let file = folder.write("summary/summary_20240613_102030.csv", text);
        let record = |model: &str, benchmark: &str, metric: &str, value, scale| ScoreRecord {
            model: model.to_string(),
            is_average: metric == "naive_average",
            benchmark: benchmark.to_string(),
            metric: Some(metric.to_string()),
            value,
            scale,
            time: Some("2024-06-13T10:20:30.000000".to_string()),
            file: file.clone(),
            ..ScoreRecord::default()
        };
        let percent = Some(Scale::Percent);
        let found = read_scores(&file).unwrap().unwrap();
        assert_eq!(
            found.records,
            [
                record("small-hf", "piqa", "accuracy", 75.5, percent),
                record("small-hf", "suite", "naive_average", 60.25, percent),
                record("small-hf", "spread", "standard_deviation", 2.5, None),
                record("large-hf", "suite", "naive_average", 70.0, percent),
            ]
        );
        assert_eq!(found.messages.len(), 0);
    }

    #[test]
    fn the_compression_table_gives_bits_per_character() {
        let folder = Folder::new();
        let text = "metric,version,model,commoncraw,python,average\nbpc,1a2b3c,small-hf,0.75,0.5,0.625\nbpc,1a2b3c,large-hf,0.5,-,0.5\n";
        let file = folder.write("summary_pivot_20240613_102030.csv", text);
        let record = |model: &str, corpus: &str, value| ScoreRecord {
            model: model.to_string(),
            benchmark: corpus.to_string(),
            metric: Some("bits_per_character".to_string()),
            value,
            higher_is_better: Some(false),
            time: Some("2024-06-13T10:20:30.000000".to_string()),
            file: file.clone(),
            ..ScoreRecord::default()
        };
        let found = read_bits(&file).unwrap().unwrap();
        assert_eq!(
            found.records,
            [
                record("small-hf", "commoncraw", 0.75),
                record("large-hf", "commoncraw", 0.5),
                record("small-hf", "python", 0.5),
                record("small-hf", "average", 0.625),
                record("large-hf", "average", 0.5),
            ]
        );
        assert!(found.messages.is_empty());
    }

    #[test]
    fn faults_name_file_and_cell() {
        let header = "dataset,version,metric,mode,small";
        no_number("summary_1.csv", &format!("{header}\npiqa,1,acc,ppl,high\n"), "`high`");
        fault(
            "summary_1.csv",
            &format!("{header}\n,1,acc,ppl,1\n"),
            "line 2, `dataset`: an empty cell; expected the name of a dataset",
        );
        fault("summary_1.csv", &format!("{header}\npiqa,-,-,-,-\n"), ": no value; expected at least one score");
        let header = "metric,version,model,python";
        fault_in_bits("p.csv", &format!("{header}\nacc,1,small,1\n"), "line 2, `metric`: `acc`; expected `bpc`");
        fault_in_bits(
            "p.csv",
            &format!("{header}\nbpc,1,,1\n"),
            "line 2, `model`: an empty cell; expected the name of a model",
        );
    }
}
