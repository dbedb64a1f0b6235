//! Results of OLMES (oe-eval): `metrics-all.jsonl`, `task-*-metrics.json` or `metrics.json` of a run's folder.
//!
//! # Source
//! `run_eval.py` of allenai/olmes and the per-task files that DataDecide publishes.

use std::path::Path;

use serde_json::Value;

use super::super::error::{Result, StudyError};
use super::identity::{self, Identity};
use super::json::Node;
use super::layout::{JsonReader, Layout, LinesReader, file_name};
use super::{Records, metric, stamp};
use crate::scores::records::{Sample, Scale, ScoreRecord};

/// The results of OLMES.
pub(super) const OLMES: Layout = Layout {
    name: "OLMES (metrics-all.jsonl, task-*-metrics.json, metrics.json)",
    is_named: |file| file_name(file) == ALL_TASKS || is_task_name(file),
    // Most complete is the file with a line for each task, then the tasks' own files, then the summary.
    rank: Some(|file| match file_name(file) {
        name if name.ends_with(".jsonl") => 0,
        _ if is_task_name(file) => 1,
        _ => 2,
    }),
    json: Some(JsonReader { fits: |_, value| fits(value), is_sure: |value| value.get("model_config").is_some(), read }),
    lines: Some(LinesReader { fits, read: read_lines }),
    ..Layout::NONE
};

/// The file with a line for each task.
const ALL_TASKS: &str = "metrics-all.jsonl";

/// The task's score as OLMES chose it.
const PRIMARY: &str = "primary_score";

/// Numbers beside the metrics in the flattened shape.
const NOT_METRICS: [&str; 5] = ["num_instances", "task_idx", "processing_time", "num_shots", "task_hash"];

/// Whether it is a name of one task's file.
fn is_task_name(file: &Path) -> bool {
    let name = file_name(file);
    name.starts_with("task-") && name.ends_with("-metrics.json")
}

/// Whether this is a summary of a run in either shape, or one task.
fn fits(value: &Value) -> bool {
    let is = |key: &str, test: fn(&Value) -> bool| value.get(key).is_some_and(test);
    value.get("all_primary_scores").is_some()
        || is("tasks", Value::is_array)
        || is("metrics", Value::is_array)
        || (is("metrics", Value::is_object) && (value.get("task_name").is_some() || value.get("task_config").is_some()))
}

/// Reads one JSON file: the summary of a run in either shape, or one task.
fn read(file: &Path, value: &Value) -> Result<Records> {
    let root = Node::root(file, value);
    let model = root.get("model_config")?;
    let mut records = Vec::new();
    // A task's own file has an object of metrics where the summary has a list of tasks.
    let list = ["tasks", "metrics"].into_iter().find(|key| value.get(key).is_some_and(Value::is_array));
    match list {
        Some(key) => {
            for task in root.need(key, "a list of tasks")?.items()? {
                read_task(file, &task, model.as_ref(), &mut records)?;
            }
        }
        None => read_task(file, &root, None, &mut records)?,
    }
    finish(file, root, records)
}

/// Reads `metrics-all.jsonl`, one task a line.
fn read_lines(file: &Path, lines: &[(usize, Value)]) -> Result<Records> {
    let mut records = Vec::new();
    for (number, value) in lines {
        read_task(file, &Node::at_row(file, format!("line {number}"), value), None, &mut records)?;
    }
    finish(file, Node::root(file, &Value::Null), records)
}

fn finish(file: &Path, root: Node, records: Vec<ScoreRecord>) -> Result<Records> {
    if records.is_empty() {
        return Err(StudyError::malformed(root.place(), "no score", "at least one task with a metric"));
    }
    Ok(Records { records, files: vec![file.to_path_buf()], ..Records::default() })
}

/// Reads one task; `shared` is the model of the whole run.
///
/// The benchmark is the task's alias (`arc_easy:rc::olmes`), which tells variants apart, else its name. Metrics that are
/// lists or objects (further counts, subgroups) give no record.
fn read_task(file: &Path, task: &Node, shared: Option<&Node>, records: &mut Vec<ScoreRecord>) -> Result<()> {
    let settings = task.get("task_config")?;
    let benchmark = find_benchmark(task, settings.as_ref())?;
    let own = task.get("model_config")?;
    let identity = find_model(task, own.as_ref().or(shared))?;
    let primary = task.find(&["task_config", "primary_metric"]).and_then(|metric| metric.value.as_str());
    let measured = ScoreRecord {
        model: identity.model,
        weights: identity.weights,
        benchmark,
        shots: task.find(&["task_config", "num_shots"]).and_then(|shots| shots.value.as_u64()),
        sample: Sample {
            is_limited: task.find(&["task_config", "limit"]).is_some_and(|limit| is_trial(limit.value)),
            questions: task.find(&["num_instances"]).and_then(|count| count.value.as_u64()),
        },
        time: task.find(&["current_date"]).and_then(|date| stamp::from_text(date.value.as_str()?)),
        file: file.to_path_buf(),
        ..ScoreRecord::default()
    };
    let metrics = task.get("metrics")?;
    let is_flat = metrics.is_none();
    for (name, cell) in metrics.as_ref().unwrap_or(task).entries()? {
        let is_number = cell.value.is_number();
        // Beside the metrics of the flattened shape stand texts and settings, which only a number in quotes is not.
        let is_other = match cell.value {
            Value::Null | Value::Array(_) | Value::Object(_) => true,
            Value::String(text) => is_flat && text.parse::<f64>().is_err() && cell.text().is_ok(),
            _ => is_flat && !is_number,
        };
        if is_other || (is_flat && (NOT_METRICS.contains(&name) || !is_score_name(name))) {
            continue;
        }
        let (value, no_number) = cell.measurement();
        let meant = if name == PRIMARY { primary.unwrap_or(name) } else { name };
        records.push(ScoreRecord {
            metric: Some(name.to_string()),
            value,
            no_number,
            higher_is_better: metric::direction_of(meant),
            scale: metric::scale_of(meant, value, Scale::Fraction),
            ..measured.clone()
        });
    }
    Ok(())
}

/// Whether a key of the flattened shape can be a metric rather than a name or a hash, which may look like a number.
fn is_score_name(name: &str) -> bool {
    !(name.ends_with("_hash") || name.ends_with("_name") || matches!(name, "task" | "alias" | "model" | "current_date"))
}

fn find_benchmark(task: &Node, settings: Option<&Node>) -> Result<String> {
    if let Some(settings) = settings
        && let Some(metadata) = settings.get("metadata")?
        && let Some(alias) = metadata.text_of("alias")?
    {
        return Ok(alias.to_string());
    }
    for key in ["alias", "task", "task_name"] {
        if let Some(name) = task.text_of(key)? {
            return Ok(name.to_string());
        }
    }
    Ok(task.need("task_name", "the task's name")?.text()?.to_string())
}

/// Whether a limit makes a run a trial: OLMES itself asks at most 1000 questions of a task.
fn is_trial(limit: &Value) -> bool {
    const OWN_LIMIT: f64 = 1000.0;
    limit.as_f64().is_some_and(|limit| limit < OWN_LIMIT)
}

/// Settings that name weights besides the name and revision, and what they are called here.
const WEIGHTS: [(&str, &str); 7] = [
    (identity::SHA, "model_sha"),
    ("subfolder", "subfolder"),
    ("gguf_file", "gguf_file"),
    ("adapter", "peft"),
    ("adapter", "adapter_path"),
    ("quantisation", "quantization"),
    ("quantisation", "load_in_8bit"),
];

fn find_model(task: &Node, config: Option<&Node>) -> Result<Identity> {
    let Some(config) = config else {
        return Ok(Identity::new(task.need("model_config", "the model's settings")?.text()?, None));
    };
    let name = match config.text_of("model")? {
        Some(name) => name,
        None => match config.text_of("model_path")? {
            Some(path) => path,
            None => config.need("model", "the model's name")?.text()?,
        },
    };
    let mut identity = Identity::new(name, config.text_of("revision")?);
    identity.add_keys(config, &WEIGHTS)?;
    Ok(identity)
}

#[cfg(test)]
mod tests {
    use super::super::test_files::{Folder, fault, no_number};
    use super::super::{read_bits, read_scores};
    use super::*;

    const TASK: &str = r#"{"task_name": "arc_easy", "task_hash": "1e5", "model_config": {"model": "org/m", "revision": "step5"},
        "task_config": {"task_name": "arc_easy", "num_shots": 5, "primary_metric": "acc_per_char", "metadata": {"alias": "arc_easy:rc"}},
        "metrics": {"acc_raw": 0.5, "logits_per_char_corr": -0.75, "primary_score": 0.625, "extra": {"tokens": 3}},
        "num_instances": 100, "current_date": "2024-08-02 23:37:47 UTC"}"#;

    fn record(file: &Path, benchmark: &str, metric: &str, value: f64, scale: Option<Scale>) -> ScoreRecord {
        ScoreRecord {
            model: "org/m@step5".to_string(),
            benchmark: benchmark.to_string(),
            metric: Some(metric.to_string()),
            value,
            scale,
            shots: Some(5),
            sample: Sample { is_limited: false, questions: Some(100) },
            time: Some("2024-08-02T23:37:47.000000".to_string()),
            file: file.to_path_buf(),
            ..ScoreRecord::default()
        }
    }

    fn expected(file: &Path) -> [ScoreRecord; 3] {
        let fraction = Some(Scale::Fraction);
        [
            record(file, "arc_easy:rc", "acc_raw", 0.5, fraction),
            record(file, "arc_easy:rc", "logits_per_char_corr", -0.75, None),
            record(file, "arc_easy:rc", "primary_score", 0.625, fraction),
        ]
    }

    #[test]
    fn one_task_a_file_or_a_line() {
        let folder = Folder::new();
        let file = folder.write("task-000-arc_easy-metrics.json", TASK);
        assert_eq!(read_scores(&file).unwrap().unwrap().records, expected(&file));
        let file = folder.write("metrics-all.jsonl", &format!("{}\n\n", TASK.replace('\n', "")));
        assert_eq!(read_scores(&file).unwrap().unwrap().records, expected(&file));
    }

    #[test]
    fn both_shapes_of_the_summary() {
        let settings = r#""task_config": {"num_shots": 5, "primary_metric": "bits_per_byte"}"#;
        for tasks in [
            format!(
                r#""metrics": [{{"task": "c4", "task_hash": "12", "bits_per_byte": 0.75, "primary_score": 0.75, "num_instances": 3, {settings}}}]"#
            ),
            format!(
                r#""tasks": [{{"alias": "c4", "metrics": {{"bits_per_byte": 0.75, "primary_score": 0.75}}, "num_instances": 3, {settings}}}]"#
            ),
        ] {
            let folder = Folder::new();
            let text = format!(
                r#"{{"all_primary_scores": ["c4: 0.75"], {tasks}, "model_config": {{"model": "org/m", "revision": "step5"}}}}"#
            );
            let file = folder.write("metrics.json", &text);
            let record = |metric| ScoreRecord {
                higher_is_better: Some(false),
                sample: Sample { is_limited: false, questions: Some(3) },
                time: None,
                ..record(&file, "c4", metric, 0.75, None)
            };
            assert_eq!(
                read_scores(&file).unwrap().unwrap().records,
                [record("bits_per_byte"), record("primary_score")]
            );
            assert_eq!(read_bits(&file).unwrap().unwrap().records, [record("bits_per_byte")]);
        }
    }

    #[test]
    fn faults_name_file_and_key() {
        let model = r#""model_config": {"model": "m"}"#;
        for (name, text, expected) in [
            (
                "metrics.json",
                format!(r#"{{"tasks": [], {model}}}"#),
                ": no score; expected at least one task with a metric",
            ),
            (
                "metrics.json",
                r#"{"tasks": [{"alias": "a", "metrics": {"f1": 1}}]}"#.to_string(),
                "`tasks.0.model_config`: the key is missing; expected the model's settings",
            ),
            (
                "metrics.json",
                format!(r#"{{"tasks": [{{"metrics": {{"f1": 1}}}}], {model}}}"#),
                "`tasks.0.task_name`: the key is missing; expected the task's name",
            ),
            (
                "metrics-all.jsonl",
                "\n{\"task_name\": \"a\", \"metrics\": {\"f1\": 1}, \"model_config\": {}}".to_string(),
                "line 2, `model_config.model`: the key is missing; expected the model's name",
            ),
            (
                "metrics-all.jsonl",
                "{\"task_name\"".to_string(),
                "line 1: not JSON (EOF while parsing an object at line 1 column 12); expected the JSON file of a result",
            ),
        ] {
            fault(name, &text, expected);
        }
    }

    #[test]
    fn what_is_no_number_is_no_value() {
        let model = r#""model_config": {"model": "m"}"#;
        for (name, text, expected) in [
            ("metrics.json", r#""metrics": [{"task": "a", "f1": "1"}]"#, "`metrics.0.f1` is the text \"1\""),
            ("metrics.json", r#""metrics": [{"task": "a", "f1": NaN}]"#, "`metrics.0.f1` is `NaN`"),
            ("task-001-a-metrics.json", r#""task_name": "a", "metrics": {"f1": true}"#, "`metrics.f1` is `true`"),
        ] {
            no_number(name, &format!("{{{text}, {model}}}"), expected);
        }
    }

    #[test]
    fn a_trial_is_told_from_the_tool_s_own_sample() {
        for (limit, is_limited) in [("null", false), ("1000", false), ("8", true), ("0.1", true)] {
            let folder = Folder::new();
            let task = format!(r#""task_name": "a", "metrics": {{"f1": 0.5}}, "task_config": {{"limit": {limit}}}"#);
            let text = format!(r#"{{{task}, "model_config": {{"model": "m"}}}}"#);
            let found = read_scores(&folder.write("task-000-a-metrics.json", &text)).unwrap().unwrap();
            assert_eq!(found.records[0].sample.is_limited, is_limited, "{limit}");
        }
    }
}
