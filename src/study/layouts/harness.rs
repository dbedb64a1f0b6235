//! Results of the lm-evaluation-harness: `results_<time>.json`, with metrics as `acc,none` or, up to version 0.3, `acc`.
//!
//! # Source
//! `lm_eval/result_schema.py` and `lm_eval/loggers/evaluation_tracker.py` of EleutherAI/lm-evaluation-harness, 4e7e0d47;
//! compared with files that version 0.4.13 wrote.

use std::path::Path;

use serde_json::Value;

use super::super::error::{Result, StudyError};
use super::identity::{self, Identity};
use super::json::Node;
use super::layout::{JsonReader, Layout, is_results_name};
use super::{Records, metric, model_name, stamp};
use crate::scores::records::{Sample, Scale, ScoreRecord};

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

/// The metric of a run that only wrote down the answers.
const BYPASS: &str = "bypass";

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

/// Arguments that name weights besides the name and revision, and what they are called here.
const WEIGHTS: [(&str, &str); 16] = [
    ("subfolder", "subfolder"),
    ("gguf_file", "gguf_file"),
    ("peft", "peft"),
    ("delta", "delta"),
    ("base", "pretrained"),
    ("quantisation", "quantization"),
    ("quantisation", "quantization_config"),
    ("autogptq", "autogptq"),
    ("gptqmodel", "gptqmodel"),
    ("4 bit", "load_in_4bit"),
    ("8 bit", "load_in_8bit"),
    ("4 bit type", "bnb_4bit_quant_type"),
    ("steering", "steer_path"),
    ("adapter", "lora_local_path"),
    ("adapter", "lora"),
    ("iteration", "iteration"),
];

/// Reads one results file.
///
/// The model is `model_name`, else the model in `config.model_args`, else `config.model_name`, else `load` with `iteration`
/// as GPT-NeoX writes them, else the folder's name; a revision other than `main` is appended as `@revision`. The filter
/// `none` is not written to the metric's name. `null` and `N/A` give no record; what else is no number gives one without a
/// value, as do the marks for "not measured": `bypass`, and −1 of a metric that is named by a length.
fn read(file: &Path, value: &Value) -> Result<Records> {
    let root = Node::root(file, value);
    let results = root.need("results", "scores by task")?;
    let config = root.get("config")?;
    let (identity, is_named) = find_model(file, &root, config.as_ref())?;
    let parameters = root.find(&["config", "model_num_parameters"]).and_then(|count| count.value.as_f64());
    let parameters = parameters.filter(|&count| count > 0.0);
    let limit = config.as_ref().map(|config| config.get("limit")).transpose()?.flatten();
    let time = root.get("date")?.and_then(|date| match date.value.as_f64() {
        Some(seconds) => stamp::from_unix(seconds),
        None => date.value.as_str().and_then(stamp::from_text),
    });
    let time = time.or_else(|| stamp::from_file_name(file));

    let all_whole = root.find(&["n-samples"]).and_then(|tasks| tasks.value.as_object()).is_some_and(|tasks| {
        let is_whole = |task: &Value| task.get("original").is_some() && task.get("original") == task.get("effective");
        !tasks.is_empty() && tasks.values().all(is_whole)
    });
    let mut rows = results.entries()?;
    if let Some(groups) = root.get("groups")? {
        // Groups with an average stand in both tables.
        let others = groups.entries()?.into_iter().filter(|(name, _)| results.value.get(name).is_none());
        rows.extend(others.collect::<Vec<_>>());
    }
    let mut records = Vec::new();
    for (task, row) in rows {
        let samples = root.find(&["n-samples", task]);
        let count = |key: &str| samples.as_ref().and_then(|samples| samples.value.get(key)?.as_u64());
        // Groups have no counts of their own: they are whole where all tasks are.
        let whole = match samples {
            Some(_) => count("original").is_some_and(|whole| count("effective") == Some(whole)),
            None => all_whole,
        };
        let shared = ScoreRecord {
            model: identity.model.clone(),
            weights: identity.weights.clone(),
            parameters,
            is_average: root.find(&["groups", task]).is_some(),
            benchmark: task.to_string(),
            shots: find_shots(&root, config.as_ref(), task),
            // A limit beyond the size of a task leaves it whole.
            sample: Sample { is_limited: limit.is_some() && !whole, questions: count("effective") },
            time: time.clone(),
            file: file.to_path_buf(),
            ..ScoreRecord::default()
        };
        let Ok(cells) = row.entries() else {
            records.push(ScoreRecord { no_number: Some(row.described()), value: f64::NAN, ..shared });
            continue;
        };
        for (key, cell) in cells {
            let (name, filter) = key.split_once(',').unwrap_or((key, "none"));
            let is_missing = cell.value.is_null() || cell.value.as_str() == Some("N/A");
            if NOT_METRICS.contains(&name.trim()) || name.ends_with("_stderr") || is_missing {
                continue;
            }
            let (mut value, mut no_number) = cell.measurement();
            if name == BYPASS || (value == -1.0 && name.bytes().all(|byte| byte.is_ascii_digit())) {
                no_number = Some(format!("`{name}` is {value}, which means not measured"));
                value = f64::NAN;
            }
            let stated = root.find(&["higher_is_better", task, name]).and_then(|flag| flag.value.as_bool());
            records.push(ScoreRecord {
                metric: Some(if filter == "none" { name.to_string() } else { key.to_string() }),
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
    let unnamed = if is_named { Vec::new() } else { vec![file.to_path_buf()] };
    Ok(Records { records, unnamed, files: vec![file.to_path_buf()], ..Records::default() })
}

/// The model's weights, and whether the file itself names them.
fn find_model(file: &Path, root: &Node, config: Option<&Node>) -> Result<(Identity, bool)> {
    let (mut name, mut revision) = (root.text_of("model_name")?.map(str::to_string), None);
    let mut arguments = Vec::new();
    if let Some(config) = config {
        if let Some(node) = config.get("model_args")? {
            arguments = model_arguments(&node)?;
        }
        let argument = |key: &str| arguments.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
        revision = config.text_of("model_revision")?.map(str::to_string).or_else(|| argument("revision"));
        name = name.or_else(|| MODEL_ARGUMENTS.iter().find_map(|key| argument(key)));
        name = match name {
            Some(name) => Some(name),
            None => config.text_of("model_name")?.map(str::to_string),
        };
        if let (None, Some(folder)) = (&name, argument("load")) {
            name = Some(folder);
            revision = argument("iteration").or(revision);
        }
    }
    let is_named = name.is_some();
    let name = match name {
        Some(name) => name,
        None => match file.parent().and_then(Path::file_name).and_then(|name| name.to_str()) {
            Some(folder) => model_name::from_folder(folder),
            None => root.need("model_name", "the model's name")?.text()?.to_string(),
        },
    };
    let mut identity = Identity::new(&name, revision.as_deref());
    if let Some(config) = config {
        identity.add_keys(config, &[(identity::SHA, "model_sha"), ("adapter's commit", "peft_sha")])?;
    }
    for (part, key) in WEIGHTS {
        let value = arguments.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        // What the label says already tells nothing more.
        identity.add(part, value.filter(|value| !name.ends_with(value) && Some(*value) != revision.as_deref()));
    }
    Ok((identity, is_named))
}

/// `pretrained=organisation/name,revision=step10` as text, or the same as an object.
fn model_arguments(arguments: &Node) -> Result<Vec<(String, String)>> {
    if arguments.value.is_object() {
        let entries = arguments.entries()?.into_iter();
        return Ok(entries
            .filter(|(_, node)| !node.value.is_null() && !node.value.is_array())
            .map(|(key, node)| (key.to_string(), node.as_text()))
            .collect());
    }
    let pairs = arguments.text()?.split(',').filter_map(|pair| pair.split_once('='));
    let named = pairs.filter(|(_, value)| !value.trim().is_empty());
    Ok(named.map(|(key, value)| (key.trim().to_string(), value.trim().to_string())).collect())
}

/// The number of examples in the prompt, as far as the file tells it; groups may have a mark in its place.
fn find_shots(root: &Node, config: Option<&Node>, task: &str) -> Option<u64> {
    let stated = match root.value.get("n-shot") {
        Some(_) => root.find(&["n-shot", task]),
        None => match root.value.get("configs") {
            Some(_) => root.find(&["configs", task, "num_fewshot"]),
            // Version 0.3 had one number for all tasks.
            None => config.and_then(|config| config.find(&["num_fewshot"])),
        },
    };
    stated.and_then(|shots| shots.value.as_u64())
}

#[cfg(test)]
mod tests {
    use super::super::test_files::{Folder, fault, no_number};
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
            is_average: matches!(benchmark, "piqa" | "mean"),
            benchmark: benchmark.to_string(),
            metric: Some(metric.to_string()),
            value,
            higher_is_better,
            scale,
            shots,
            sample: Sample { is_limited: true, questions: None },
            time: Some("2024-06-13T10:20:30.500000".to_string()),
            file: file.clone(),
            ..ScoreRecord::default()
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
        let limited = format!("and are only rough: `org/small@step10` ({})", file.display());
        assert!(matches!(&found.messages[..], [message] if message.ends_with(&limited)), "{:?}", found.messages);
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
            let folder = file.parent().unwrap().display();
            let told = format!("no model is named in {folder}; the folder's name is used as the model's");
            assert_eq!(found.messages.contains(&told), expected == "i/j", "{:?}", found.messages);
        }
    }

    #[test]
    fn faults_name_file_and_key() {
        for (text, expected) in [
            (r#"{"config": {}}"#, "`results`: the key is missing; expected "),
            (r#"{"results": []}"#, "`results`: a list; expected an object"),
            (r#"{"results": {}, "model_name": "m"}"#, "`results`: no score; expected at least one task with a metric"),
            (r#"{"results": {"t": {"acc,none": 1}}, "model_name": 3}"#, "`model_name`: the number 3; expected text"),
            (r#"{"results": {"t": {"acc": 1}}, "config": "x"}"#, "`config`: the text \"x\"; expected an object"),
        ] {
            fault("results_1.json", text, expected);
        }
    }

    #[test]
    fn what_is_no_number_is_no_value() {
        for (entry, expected) in [
            ("1", "`results.t` is the number 1"),
            ("[0.5]", "`results.t` is a list"),
            (r#"{"acc,none": "0.5"}"#, "`results.t.acc,none` is the text \"0.5\""),
            (r#"{"acc,none": NaN}"#, "`results.t.acc,none` is `NaN`"),
            (r#"{"acc,none": -Infinity}"#, "`results.t.acc,none` is `-Infinity`"),
            (r#"{"acc,none": {"mean": 1}}"#, "`results.t.acc,none` is an object"),
            (r#"{"acc,none": true}"#, "`results.t.acc,none` is `true`"),
            (r#"{"8192,none": -1}"#, "`8192` is -1, which means not measured"),
            (r#"{"bypass,none": 999}"#, "`bypass` is 999, which means not measured"),
        ] {
            no_number("results_1.json", &format!(r#"{{"results": {{"t": {entry}}}, "model_name": "m"}}"#), expected);
        }
    }

    #[test]
    fn what_is_odd_beside_a_score_leaves_it() {
        for keys in [
            r#""n-shot": {"t": -1}"#,
            r#""n-shot": {"t": "N/A"}"#,
            r#""n-shot": 3"#,
            r#""higher_is_better": {"t": {"acc": 1}}"#,
            r#""higher_is_better": []"#,
            r#""n-samples": {"t": {"effective": null}}"#,
        ] {
            let folder = Folder::new();
            let text = format!(r#"{{"results": {{"t": {{"acc": 0.5}}}}, "model_name": "m", {keys}}}"#);
            let found = read_scores(&folder.write("results_1.json", &text)).unwrap().unwrap();
            let record = &found.records[0];
            assert_eq!((record.value, record.shots, record.higher_is_better), (0.5, None, None), "{keys}");
        }
    }

    #[test]
    fn all_that_says_which_weights_ran() {
        for (keys, model, weights) in [
            (r#""model_name": "a/b", "config": {"model_sha": "0a1b"}"#, "a/b", vec![("sha", "0a1b")]),
            (
                r#""config": {"model_args": "pretrained=a/b,subfolder=s,load_in_4bit=True,load_in_8bit=False"}"#,
                "a/b",
                vec![("4 bit", "4 bit"), ("subfolder", "s")],
            ),
            (
                r#""config": {"model_args": "pretrained=c/d,peft=e/f,gguf_file=m.gguf"}"#,
                "e/f",
                vec![("base", "c/d"), ("gguf_file", "m.gguf")],
            ),
            (
                r#""config": {"model": "neox", "model_args": {"load": "/ckpt/run/", "iteration": 1000}}"#,
                "/ckpt/run@1000",
                vec![],
            ),
        ] {
            let folder = Folder::new();
            let text = format!(r#"{{"results": {{"t": {{"acc": 0.5}}}}, {keys}}}"#);
            let found = read_scores(&folder.write("results_1.json", &text)).unwrap().unwrap();
            let record = &found.records[0];
            let seen: Vec<(&str, &str)> = record.weights.iter().map(|(part, value)| (*part, value.as_str())).collect();
            assert_eq!((record.model.as_str(), seen), (model, weights), "{keys}");
        }
    }

    #[test]
    fn files_without_a_model_are_models_where_they_overlap() {
        let write = |folder: &Folder, name: &str, task: &str, value: f64| {
            folder.write(name, &format!(r#"{{"results": {{"{task}": {{"acc": {value}}}}}, "versions": {{}}}}"#));
        };
        let models = |folder: &Folder| {
            let found = read_scores(folder.path()).unwrap().unwrap();
            found.records.into_iter().map(|record| record.model).collect::<Vec<_>>()
        };
        let folder = Folder::new();
        write(&folder, "zero-shot/step10.json", "arc", 0.5);
        write(&folder, "zero-shot/step20.json", "arc", 0.25);
        assert_eq!(models(&folder), ["step10", "step20"]);
        let folder = Folder::new();
        write(&folder, "org__m/arc.json", "arc", 0.5);
        write(&folder, "org__m/piqa.json", "piqa", 0.25);
        assert_eq!(models(&folder), ["org/m", "org/m"]);
        let folder = Folder::new();
        write(&folder, "org__m/results_2024-06-13.json", "arc", 0.5);
        write(&folder, "org__m/results_2024-06-14.json", "arc", 0.25);
        assert_eq!(models(&folder), ["org/m"]);
    }
}
