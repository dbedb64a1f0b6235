//! Results of lighteval: `results_<time>.json`, or the same as a Parquet file of one row whose cells are JSON.
//!
//! # Source
//! `src/lighteval/logging/evaluation_tracker.py` and `docs/source/saving-and-reading-results.mdx` of
//! huggingface/lighteval, 3fd15266.

use std::path::Path;

use serde_json::Value;

use super::super::error::{Result, StudyError};
use super::identity::{self, Identity};
use super::json::{self, Node};
use super::layout::{JsonReader, Layout, TableReader, is_results_name};
use super::{Records, metric, stamp};
use crate::scores::records::{Sample, Scale, ScoreRecord};
use crate::tables::table::Table;
use mixopt_base::Place;

/// The results of lighteval.
pub(super) const LIGHTEVAL: Layout = Layout {
    name: "lighteval (results_*.json)",
    is_named: is_results_name,
    json: Some(JsonReader { fits: |_, value| value.get("config_general").is_some(), is_sure: |_| true, read }),
    table: Some(TableReader {
        fits: |columns| COLUMNS[..2].iter().all(|name| columns.iter().any(|column| column == name)),
        read: |table| read(table.file(), &from_table(table)?),
    }),
    ..Layout::NONE
};

/// The average over everything in the file, which is no benchmark.
const ALL: &str = "all";

/// The last part of a suite's average over its tasks.
const AVERAGE: &str = "_average";

/// Columns of the Parquet form that are read.
const COLUMNS: [&str; 3] = ["config_general", "results", "config_tasks"];

/// Reads one results file.
///
/// A task key `suite|task|shots`, with `|` or `:`, gives the benchmark `suite:task` and the shots; the average `all` is
/// left out.
fn read(file: &Path, value: &Value) -> Result<Records> {
    let root = Node::root(file, value);
    let general = root.need("config_general", "the run's settings")?;
    let results = root.need("results", "scores by task")?;
    let identity = find_model(&general)?;
    let is_limited = general.find(&["max_samples"]).is_some();
    let time = stamp::from_file_name(file);
    let tasks = root.get("config_tasks")?;
    let mut records = Vec::new();
    for (key, row) in results.entries()? {
        if key == ALL {
            continue;
        }
        let (benchmark, shots) = split_key(key);
        let shared = ScoreRecord {
            model: identity.model.clone(),
            weights: identity.weights.clone(),
            is_average: benchmark.rsplit(':').next() == Some(AVERAGE),
            benchmark: benchmark.clone(),
            shots,
            sample: Sample { is_limited, questions: find_questions(tasks.as_ref(), key, &benchmark) },
            time: time.clone(),
            file: file.to_path_buf(),
            ..ScoreRecord::default()
        };
        let Ok(cells) = row.entries() else {
            records.push(ScoreRecord { no_number: Some(row.described()), value: f64::NAN, ..shared });
            continue;
        };
        for (name, cell) in cells {
            if name.ends_with("_stderr") || cell.value.is_null() {
                continue;
            }
            let (value, no_number) = cell.measurement();
            let stated = tasks.as_ref().and_then(|tasks| stated_direction(tasks.value, key, &benchmark, name));
            records.push(ScoreRecord {
                metric: Some(name.to_string()),
                value,
                no_number,
                higher_is_better: metric::direction_of(name).or(stated),
                scale: metric::scale_of(name, value, Scale::Fraction),
                ..shared.clone()
            });
        }
    }
    if records.is_empty() {
        return Err(StudyError::malformed(results.place(), "no score", "at least one task with a metric"));
    }
    Ok(Records { records, files: vec![file.to_path_buf()], ..Records::default() })
}

/// Puts the one row of a Parquet results file back together.
fn from_table(table: &Table) -> Result<Value> {
    if table.rows() != 1 {
        let found = format!("{} rows", table.rows());
        return Err(StudyError::malformed(Place::file(table.file()), found, "one row, as lighteval writes it"));
    }
    let mut whole = serde_json::Map::new();
    for column in COLUMNS.into_iter().filter(|name| table.columns().iter().any(|column| column == name)) {
        if let Some(Some(text)) = table.text(column).into_iter().next() {
            whole.insert(column.to_string(), json::parse_all(table.place(0, column), &text)?);
        }
    }
    Ok(Value::Object(whole))
}

/// Settings that name weights besides the name and revision, and what they are called here.
const WEIGHTS: [(&str, &str); 8] = [
    (identity::SHA, "model_sha"),
    ("subfolder", "subfolder"),
    ("adapter", "adapter_weights"),
    ("delta", "delta_weights"),
    ("base", "base_model"),
    ("quantisation", "quantization_config"),
    ("quantisation", "quantization"),
    ("gguf_file", "gguf_file"),
];

/// The model, which newer versions keep one level lower, with what says which weights it had.
fn find_model(general: &Node) -> Result<Identity> {
    let settings = general.get("model_config")?.filter(|settings| settings.value.is_object());
    let (mut name, mut revision) = (general.text_of("model_name")?, None);
    if let Some(settings) = &settings {
        revision = settings.text_of("revision")?;
        name = match name {
            Some(name) => Some(name),
            None => settings.text_of("model_name")?,
        };
    }
    let name = name.ok_or_else(|| {
        let place = general.place().column("config_general.model_name");
        StudyError::malformed(place, "the key is missing", "the model's name")
    })?;
    let mut identity = Identity::new(name, revision);
    identity.add_keys(general, &WEIGHTS)?;
    if let Some(settings) = &settings {
        identity.add_keys(settings, &WEIGHTS)?;
    }
    Ok(identity)
}

/// How many questions were asked, where the settings of the tasks say it.
fn find_questions(tasks: Option<&Node>, key: &str, benchmark: &str) -> Option<u64> {
    // −1 stands for a task that was not counted.
    find_task(tasks?.value, key, benchmark)?.get("effective_num_docs")?.as_u64()
}

/// The settings of a task, under any of the forms that its key has had.
fn find_task<'t>(tasks: &'t Value, key: &str, benchmark: &str) -> Option<&'t Value> {
    let fits = |task: &str| task == key || task.replace('|', ":") == benchmark || split_key(task).0 == benchmark;
    tasks.as_object()?.iter().find(|(task, _)| fits(task)).map(|(_, task)| task)
}

/// Splits `suite|task|shots`, `suite:task:shots` and the older `suite|task|shots|truncation`.
fn split_key(key: &str) -> (String, Option<u64>) {
    let parts: Vec<&str> = key.split(if key.contains('|') { '|' } else { ':' }).collect();
    let numbers = parts.iter().rev().take_while(|part| part.parse::<u64>().is_ok()).count().min(2);
    if numbers == 0 || numbers == parts.len() {
        return (key.replace('|', ":"), None);
    }
    let names = parts.len() - numbers;
    (parts[..names].join(":"), parts[names].parse().ok())
}

/// The direction that `config_tasks` gives for a metric. Its shape differs between versions, so what is not understood
/// counts as not stated.
fn stated_direction(tasks: &Value, key: &str, benchmark: &str, name: &str) -> Option<bool> {
    let task = find_task(tasks, key, benchmark)?;
    let metrics = task.get("metric").or_else(|| task.get("metrics"))?.as_array()?;
    metrics.iter().find_map(|metric| {
        let direction = metric.get("higher_is_better")?;
        match metric.get("metric_name")? {
            Value::String(text) if text == name => direction.as_bool().or_else(|| direction.get(name)?.as_bool()),
            Value::Array(names) if names.iter().any(|text| text == name) => direction.get(name)?.as_bool(),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::read_scores;
    use super::super::test_files::{Folder, fault, no_number, parquet_row};
    use super::*;

    #[test]
    fn tasks_carry_their_shots() {
        let folder = Folder::new();
        let text = r#"{"config_general": {"model_name": "org/m"},
            "results": {"leaderboard|arc:challenge|25": {"acc": 0.5, "acc_stderr": 0.01}, "gsm8k:5": {"em": 0.25},
                        "all": {"acc": 0.5}},
            "config_tasks": {"leaderboard|arc:challenge": {"metric": [{"metric_name": "acc", "higher_is_better": true}]}}}"#;
        let file = folder.write("results/org/m/results_2024-06-13T10-20-30.5.json", text);
        let record = |benchmark: &str, metric: &str, value, higher_is_better, shots| ScoreRecord {
            model: "org/m".to_string(),
            benchmark: benchmark.to_string(),
            metric: Some(metric.to_string()),
            value,
            higher_is_better,
            scale: Some(Scale::Fraction),
            shots: Some(shots),
            time: Some("2024-06-13T10:20:30.500000".to_string()),
            file: file.clone(),
            ..ScoreRecord::default()
        };
        assert_eq!(
            read_scores(&file).unwrap().unwrap().records,
            [record("leaderboard:arc:challenge", "acc", 0.5, Some(true), 25), record("gsm8k", "em", 0.25, None, 5)]
        );
    }

    #[test]
    fn keys_split_from_the_right() {
        for (key, benchmark, shots) in [
            ("lighteval|gsm8k|5|0", "lighteval:gsm8k", Some(5)),
            ("lighteval:gsm8k:5", "lighteval:gsm8k", Some(5)),
            ("gsm8k", "gsm8k", None),
            ("leaderboard|mmlu:_average|5", "leaderboard:mmlu:_average", Some(5)),
            ("7", "7", None),
        ] {
            assert_eq!(split_key(key), (benchmark.to_string(), shots), "{key}");
        }
    }

    #[test]
    fn one_row_of_parquet_is_the_same() {
        let folder = Folder::new();
        let file = folder.path().join("results_2024-06-13T10-20-30.5.parquet");
        let general = r#"{"model_name": "org/m"}"#;
        parquet_row(&file, &[("config_general", general), ("results", r#"{"gsm8k|5": {"em": 0.25}}"#), ("x", "y")]);
        let found = read_scores(&file).unwrap().unwrap();
        let seen: Vec<_> =
            found.records.iter().map(|r| (r.model.as_str(), r.benchmark.as_str(), r.value, r.shots)).collect();
        assert_eq!(seen, [("org/m", "gsm8k", 0.25, Some(5))]);
        parquet_row(&file, &[("config_general", general), ("results", "{")]);
        let error = read_scores(&file).unwrap_err().to_string();
        let expected = ", row 1, `results`: not JSON (EOF while parsing an object at line 1 column 1); expected JSON";
        assert!(error.ends_with(expected), "{error}");
    }

    #[test]
    fn newer_files_name_the_model_one_level_lower() {
        let folder = Folder::new();
        let text = r#"{"config_general": {"model_config": {"model_name": "org/m", "revision": "r1"}}, "results": {"a:0": {"em": 1}}}"#;
        let file = folder.write("results_1.json", text);
        assert_eq!(read_scores(&file).unwrap().unwrap().records[0].model, "org/m@r1");
    }

    #[test]
    fn faults_name_file_and_key() {
        for (text, expected) in [
            (
                r#"{"config_general": {}, "results": {"a:0": {"em": 1}}}"#,
                "`config_general.model_name`: the key is missing; expected the model's name",
            ),
            (r#"{"config_general": {"model_name": "m"}}"#, "`results`: the key is missing; expected scores by task"),
            (
                r#"{"config_general": {"model_name": "m"}, "results": {"all": {"em": 1}}}"#,
                "`results`: no score; expected at least one task with a metric",
            ),
        ] {
            fault("results_1.json", text, expected);
        }
    }

    #[test]
    fn what_is_no_number_is_no_value() {
        for (entry, expected) in [
            (r#"{"em": "1"}"#, "`results.a:0.em` is the text \"1\""),
            (r#"{"em": NaN}"#, "`results.a:0.em` is `NaN`"),
            ("3", "`results.a:0` is the number 3"),
        ] {
            let text = format!(r#"{{"config_general": {{"model_name": "m"}}, "results": {{"a:0": {entry}}}}}"#);
            no_number("results_1.json", &text, expected);
        }
    }

    #[test]
    fn checkpoints_of_one_name_are_told_apart() {
        let folder = Folder::new();
        for sha in ["0123456789", "0123456abc"] {
            let general = format!(r#"{{"model_name": "org/m", "model_sha": "{sha}", "max_samples": 10}}"#);
            let text = format!(r#"{{"config_general": {general}, "results": {{"a:0": {{"em": 0.5}}}}}}"#);
            folder.write(&format!("{sha}/results_2024-06-14T00-00-00.000000.json"), &text);
        }
        let found = read_scores(folder.path()).unwrap().unwrap();
        let seen: Vec<_> = found.records.iter().map(|r| (r.model.as_str(), r.sample.is_limited)).collect();
        assert_eq!(seen, [("org/m@01234567", true), ("org/m@0123456a", true)]);
    }
}
