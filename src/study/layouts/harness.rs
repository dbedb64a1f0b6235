//! Results of the lm-evaluation-harness: `results_<time>.json`, with metrics as `acc,none` or, up to version 0.3, `acc`.
//!
//! # Source
//! `lm_eval/result_schema.py` and `lm_eval/loggers/evaluation_tracker.py` of EleutherAI/lm-evaluation-harness, 4e7e0d47;
//! compared with files that version 0.4.13 wrote.

use std::path::Path;

use serde_json::Value;

use super::super::error::{Result, StudyError};
use super::json::Node;
use super::layout::{JsonReader, Layout, is_results_name};
use super::{Records, metric, model_name, stamp};
use crate::scores::records::{Scale, ScoreRecord};

/// The results of lm-evaluation-harness.
pub(super) const HARNESS: Layout = Layout {
    name: "lm-evaluation-harness (results_*.json)",
    is_named: is_results_name,
    json: Some(JsonReader {
        // lighteval has `results` as well.
        fits: |_, value| value.get("results").is_some() && value.get("config_general").is_none(),
        is_sure,
        read,
    }),
    ..Layout::NONE
};

/// Keys of a task that are no metrics. A blank key fills the row of a group without an average.
const NOT_METRICS: [&str; 6] = ["alias", "name", "sample_len", "sample_count", "samples", ""];

/// Arguments that name the model, in the order in which the harness asks for them.
const MODEL_ARGUMENTS: [&str; 6] = ["peft", "delta", "pretrained", "model", "path", "engine"];

/// Whether there is a key beside `results` that the harness writes.
fn is_sure(value: &Value) -> bool {
    let has = |key: &str| value.get(key).is_some();
    value.get("results").is_some_and(Value::is_object)
        && ["versions", "config", "configs", "n-shot", "higher_is_better", "model_name"].into_iter().any(has)
}

/// Reads one results file.
///
/// The model is `model_name`, else the model in `config.model_args`, else `config.model_name`, else the folder's name; a
/// revision other than `main` is appended as `@revision`. The filter `none` is not written to the metric's name. Missing
/// values (`null`, `N/A`) give no record.
fn read(file: &Path, value: &Value) -> Result<Records> {
    let root = Node::root(file, value);
    let results = root.need("results", "scores by task")?;
    let config = root.get("config")?;
    let mut messages = Vec::new();
    let model = find_model(file, &root, config.as_ref(), &mut messages)?;
    if let Some(limit) = config.as_ref().map(|config| config.get("limit")).transpose()?.flatten() {
        messages.push(format!(
            "{}: the run was limited (`config.limit` is {}), so its scores are only rough",
            file.display(),
            limit.value
        ));
    }
    let time = match root.get("date")? {
        Some(date) if date.value.is_string() => stamp::from_text(date.text()?),
        Some(date) => stamp::from_unix(date.number()?),
        None => None,
    };
    let time = time.or_else(|| stamp::from_file_name(file));

    let mut rows = results.entries()?;
    if let Some(groups) = root.get("groups")? {
        // Groups with an average stand in both tables.
        let others = groups.entries()?.into_iter().filter(|(name, _)| results.value.get(name).is_none());
        rows.extend(others.collect::<Vec<_>>());
    }
    let mut records = Vec::new();
    for (task, row) in rows {
        let shots = find_shots(&root, config.as_ref(), task)?;
        let directions = match root.get("higher_is_better")? {
            Some(tasks) => tasks.get(task)?,
            None => None,
        };
        for (key, cell) in row.entries()? {
            let (name, filter) = key.split_once(',').unwrap_or((key, "none"));
            let is_missing = cell.value.is_null() || cell.value.as_str() == Some("N/A");
            if NOT_METRICS.contains(&name.trim()) || name.ends_with("_stderr") || is_missing {
                continue;
            }
            let value = cell.number()?;
            let stated = match directions.as_ref().map(|directions| directions.get(name)).transpose()?.flatten() {
                Some(flag) => Some(flag.value.as_bool().ok_or_else(|| flag.wrong("true, false or null"))?),
                None => None,
            };
            records.push(ScoreRecord {
                model: model.clone(),
                family: None,
                benchmark: task.to_string(),
                metric: Some(if filter == "none" { name.to_string() } else { key.to_string() }),
                value,
                higher_is_better: metric::direction_of(name).or(stated),
                scale: metric::scale_of(name, value, Scale::Fraction),
                shots,
                time: time.clone(),
                file: file.to_path_buf(),
            });
        }
    }
    if records.is_empty() {
        return Err(StudyError::malformed(results.place(), "no score", "at least one task with a metric"));
    }
    Ok(Records { records, messages, files: vec![file.to_path_buf()] })
}

fn find_model(file: &Path, root: &Node, config: Option<&Node>, messages: &mut Vec<String>) -> Result<String> {
    let (mut name, mut revision) = (root.text_of("model_name")?.map(str::to_string), None);
    if let Some(config) = config {
        let arguments = match config.get("model_args")? {
            Some(arguments) => model_arguments(&arguments)?,
            None => Vec::new(),
        };
        let argument = |key: &str| arguments.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
        revision = config.text_of("model_revision")?.map(str::to_string).or_else(|| argument("revision"));
        name = name.or_else(|| MODEL_ARGUMENTS.iter().find_map(|key| argument(key)));
        name = match name {
            Some(name) => Some(name),
            None => config.text_of("model_name")?.map(str::to_string),
        };
    }
    if let Some(name) = name {
        return Ok(model_name::with_revision(&name, revision.as_deref()));
    }
    let Some(folder) = file.parent().and_then(Path::file_name).and_then(|name| name.to_str()) else {
        return Err(root.need("model_name", "the model's name").err().unwrap_or_else(|| root.wrong("a named model")));
    };
    let name = model_name::from_folder(folder);
    messages.push(format!("{}: no model is named in it; taken from its folder: `{name}`", file.display()));
    Ok(model_name::with_revision(&name, revision.as_deref()))
}

/// `pretrained=organisation/name,revision=step10` as text, or the same as an object.
fn model_arguments(arguments: &Node) -> Result<Vec<(String, String)>> {
    if arguments.value.is_object() {
        let entries = arguments.entries()?.into_iter();
        return Ok(entries
            .filter_map(|(key, node)| Some((key.to_string(), node.value.as_str()?.to_string())))
            .collect());
    }
    let pairs = arguments.text()?.split(',').filter_map(|pair| pair.split_once('='));
    let named = pairs.filter(|(_, value)| !value.trim().is_empty());
    Ok(named.map(|(key, value)| (key.trim().to_string(), value.trim().to_string())).collect())
}

fn find_shots(root: &Node, config: Option<&Node>, task: &str) -> Result<Option<u64>> {
    let stated = match root.get("n-shot")? {
        Some(shots) => shots.get(task)?,
        None => match root.get("configs")? {
            Some(configs) => match configs.get(task)? {
                Some(settings) => settings.get("num_fewshot")?,
                None => None,
            },
            // Version 0.3 had one number for all tasks.
            None => config.map(|config| config.get("num_fewshot")).transpose()?.flatten(),
        },
    };
    // Groups may have a mark in place of a number.
    stated
        .filter(|shots| !matches!(shots.value.as_str().map(str::trim), Some("" | "N/A")))
        .map(|shots| shots.count())
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::super::test_files::{Folder, fault};
    use super::super::{read_bits, read_scores};
    use super::*;

    const NEW: &str = r#"{
        "results": {
            "piqa": {"alias": "piqa", "acc,none": 0.75, "acc_stderr,none": NaN, "sample_len": 10},
            "gsm8k": {"alias": " - gsm8k", "exact_match,strict-match": 0.25, "exact_match_stderr,strict-match": "N/A"},
            "wikitext": {"bits_per_byte,none": 0.875, "word_perplexity,none": 25.5},
            "suite": {" ": " ", "alias": "suite"}
        },
        "groups": {"piqa": {"acc,none": 0.75}, "mean": {"acc,none": 0.5}},
        "n-shot": {"piqa": 0, "gsm8k": 5, "mean": "N/A"},
        "higher_is_better": {"piqa": {"acc": true}, "gsm8k": {"exact_match": null}},
        "config": {"model": "hf", "model_args": "pretrained=org/small,revision=step10", "limit": 8},
        "date": 1718274030.5, "model_name": "org/small", "samples": {"big": [1]}
    }"#;

    #[test]
    fn every_metric_of_every_task() {
        let folder = Folder::new();
        let file = folder.write("org__small/results_2024-06-14T00-00-00.000000.json", NEW);
        let found = read_scores(&file).unwrap().unwrap();
        let record = |benchmark: &str, metric: &str, value, higher_is_better, scale, shots| ScoreRecord {
            model: "org/small@step10".to_string(),
            family: None,
            benchmark: benchmark.to_string(),
            metric: Some(metric.to_string()),
            value,
            higher_is_better,
            scale,
            shots,
            time: Some("2024-06-13T10:20:30.500000".to_string()),
            file: file.clone(),
        };
        let fraction = Some(Scale::Fraction);
        assert_eq!(
            found.records,
            [
                record("piqa", "acc", 0.75, Some(true), fraction, Some(0)),
                record("gsm8k", "exact_match,strict-match", 0.25, None, fraction, Some(5)),
                record("wikitext", "bits_per_byte", 0.875, Some(false), None, None),
                record("wikitext", "word_perplexity", 25.5, Some(false), None, None),
                record("mean", "acc", 0.5, None, fraction, None),
            ]
        );
        let limited = "the run was limited (`config.limit` is 8), so its scores are only rough";
        assert_eq!(found.messages, [format!("{}: {limited}", file.display())]);
        let bits = read_bits(&file).unwrap().unwrap();
        assert_eq!(bits.records, [record("wikitext", "bits_per_byte", 0.875, Some(false), None, None)]);
    }

    #[test]
    fn old_files_have_plain_names() {
        let folder = Folder::new();
        let text = r#"{"results": {"arc_easy": {"acc": 0.5, "acc_stderr": 0.01, "acc_norm": 0.25}},
            "versions": {"arc_easy": 0}, "config": {"model": "gpt2", "model_args": "pretrained=org/old", "num_fewshot": 3}}"#;
        let found = read_scores(&folder.write("old.json", text)).unwrap().unwrap();
        let seen: Vec<_> =
            found.records.iter().map(|r| (r.model.as_str(), r.metric.as_deref(), r.value, r.shots)).collect();
        assert_eq!(seen, [("org/old", Some("acc"), 0.5, Some(3)), ("org/old", Some("acc_norm"), 0.25, Some(3))]);
        assert_eq!((&found.records[0].time, found.messages.len()), (&None, 0));
    }

    #[test]
    fn the_model_is_named_somewhere() {
        for (keys, expected) in [
            (r#""model_name": "a/b", "config": {"model_args": "pretrained=c/d"}"#, "a/b"),
            (r#""model_name": "", "config": {"model_args": {"pretrained": "c/d", "revision": "r"}}"#, "c/d@r"),
            (r#""config": {"model_args": "pretrained=c/d,peft=e/f"}"#, "e/f"),
            (r#""config": {"model_name": "g/h", "model_revision": "main"}"#, "g/h"),
            (r#""config": {}"#, "i/j"),
        ] {
            let folder = Folder::new();
            let file =
                folder.write("i__j/results_1.json", &format!(r#"{{"results": {{"t": {{"acc,none": 1}}}}, {keys}}}"#));
            let found = read_scores(&file).unwrap().unwrap();
            assert_eq!(found.records[0].model, expected, "{keys}");
            let told = format!("{}: no model is named in it; taken from its folder: `i/j`", file.display());
            assert_eq!(found.messages.contains(&told), expected == "i/j");
        }
    }

    #[test]
    fn faults_name_file_and_key() {
        for (text, expected) in [
            (r#"{"config": {}}"#, "`results`: the key is missing; expected "),
            (r#"{"results": []}"#, "`results`: a list; expected an object"),
            (r#"{"results": {"t": 1}, "model_name": "m"}"#, "`results.t`: the number 1; expected an object"),
            (r#"{"results": {}, "model_name": "m"}"#, "`results`: no score; expected at least one task with a metric"),
            (
                r#"{"results": {"t": {"acc,none": "0.5"}}, "model_name": "m"}"#,
                "`results.t.acc,none`: the text \"0.5\"; expected a finite number",
            ),
            (
                r#"{"results": {"t": {"acc,none": NaN}}, "model_name": "m"}"#,
                "`results.t.acc,none`: `NaN`; expected a finite number",
            ),
            (r#"{"results": {"t": {"acc,none": 1}}, "model_name": 3}"#, "`model_name`: the number 3; expected text"),
            (
                r#"{"results": {"t": {"acc": 1}}, "model_name": "m", "n-shot": {"t": -1}}"#,
                "`n-shot.t`: the number -1; expected a whole number, 0 or more",
            ),
            (
                r#"{"results": {"t": {"acc": 1}}, "model_name": "m", "higher_is_better": {"t": {"acc": 1}}}"#,
                "`higher_is_better.t.acc`: the number 1; expected true, false or null",
            ),
            (r#"{"results": {"t": {"acc": 1}}, "config": "x"}"#, "`config`: the text \"x\"; expected an object"),
        ] {
            fault("results_1.json", text, expected);
        }
    }
}
