//! Results of HELM: folders with `stats.json` and `run_spec.json`.
//!
//! # Source
//! `metrics/statistic.py`, `metrics/metric_name.py` and `benchmark/runner.py` of stanford-crfm/helm, 63754d05.

use std::path::Path;

use serde_json::Value;

use super::super::error::{Result, StudyError};
use super::identity::Identity;
use super::json::{self, Node};
use super::layout::{JsonReader, Layout, file_name};
use super::{Records, metric};
use crate::scores::records::{Sample, Scale, ScoreRecord};
use crate::tables::table::Measurement;

/// The results of HELM.
pub(super) const HELM: Layout = Layout {
    name: "HELM (stats.json beside run_spec.json)",
    is_named: |file| file_name(file) == STATS && file.with_file_name(RUN_SPEC).is_file(),
    beside: &["per_instance_stats.json", "scenario_state.json", "instances.json", "scenario.json", RUN_SPEC],
    json: Some(JsonReader { fits, is_sure: |_| true, read }),
    ..Layout::NONE
};

/// The file of results.
const STATS: &str = "stats.json";

/// The file beside `stats.json` that says what was run.
const RUN_SPEC: &str = "run_spec.json";

/// Starts of the names of statistics that describe the run rather than the model's answers.
const BOOKKEEPING: [&str; 12] = [
    "num_",
    "inference_",
    "training_",
    "finish_reason_",
    "estimated_",
    "prompt_truncated",
    "batch_size",
    "max_prob",
    "logprob",
    "denoised_",
    "idealized_",
    "predicted_index",
];

/// Whether this is a `stats.json` of HELM: described beside it, or a list of statistics with structured names.
fn fits(file: &Path, value: &Value) -> bool {
    file_name(file) == STATS
        && (file.with_file_name(RUN_SPEC).is_file() || value.get(0).is_some_and(|item| item["name"].is_object()))
}

/// Reads one `stats.json`.
///
/// Taken are the means over the split `test` (`valid` where there is no `test`) of unperturbed instances that are not a
/// further part of it. The benchmark is the run's name without the model.
fn read(file: &Path, value: &Value) -> Result<Records> {
    let spec_file = file.with_file_name(RUN_SPEC);
    let spec_value = json::read(&spec_file)?;
    let spec = Node::root(&spec_file, &spec_value);
    let benchmark = without_model(spec.need("name", "the run's name")?.text()?);
    let adapter = spec.need("adapter_spec", "the run's settings")?;
    let model = match adapter.text_of("model")? {
        Some(model) => model,
        None => match adapter.text_of("model_deployment")? {
            Some(model) => model,
            None => adapter.need("model", "the model's name")?.text()?,
        },
    };
    let shots = adapter.find(&["max_train_instances"]).and_then(|shots| shots.value.as_u64());
    // HELM always has a bound on the instances: a smaller one is a smaller sample, but no trial by itself.
    let questions = adapter.find(&["max_eval_instances"]).and_then(|count| count.value.as_u64());
    let identity = Identity::new(model, None);

    let list = value.as_array().ok_or_else(|| Node::root(file, value).wrong("a list of statistics"))?;
    let mut found: Vec<(&str, &str, Measurement)> = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let item = Node::at_row(file, format!("item {}", index + 1), value);
        let name = item.need("name", "the statistic's name")?;
        let metric = name.need("name", "the statistic's name")?.text()?;
        let whole = name.get("perturbation")?.is_none() && name.get("sub_split")?.is_none();
        let Some(split @ ("test" | "valid")) = name.text_of("split")? else { continue };
        let is_empty = item.find(&["count"]).and_then(|count| count.value.as_f64()) == Some(0.0);
        if !whole || is_empty || BOOKKEEPING.iter().any(|start| metric.starts_with(start)) {
            continue;
        }
        let Some(mean) = item.get("mean")? else { continue };
        found.push((split, metric, mean.measurement()));
    }
    let split = if found.iter().any(|(split, ..)| *split == "test") { "test" } else { "valid" };
    let records: Vec<ScoreRecord> = found
        .into_iter()
        .filter(|(part, ..)| *part == split)
        .map(|(_, name, (value, no_number))| ScoreRecord {
            model: identity.model.clone(),
            weights: identity.weights.clone(),
            no_number,
            sample: Sample { is_limited: false, questions },
            benchmark: benchmark.clone(),
            metric: Some(name.to_string()),
            value,
            higher_is_better: metric::direction_of(name),
            scale: metric::scale_of(name, value, Scale::Fraction),
            shots,
            file: file.to_path_buf(),
            ..ScoreRecord::default()
        })
        .collect();
    if records.is_empty() {
        let place = Node::root(file, value).place();
        return Err(StudyError::malformed(place, "no score", "a mean over the split `test` or `valid`"));
    }
    Ok(Records { records, files: vec![file.to_path_buf(), spec_file], ..Records::default() })
}

/// `mmlu:subject=anatomy,model=org_name` without what names the model.
fn without_model(run: &str) -> String {
    let Some((scenario, arguments)) = run.split_once(':') else { return run.to_string() };
    let kept: Vec<&str> = arguments
        .split(',')
        .filter(|argument| !argument.starts_with("model=") && !argument.starts_with("model_deployment="))
        .collect();
    if kept.is_empty() { scenario.to_string() } else { format!("{scenario}:{}", kept.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::super::test_files::Folder;
    use super::super::{read_bits, read_scores};
    use super::*;

    const SPEC: &str =
        r#"{"name": "mmlu:subject=anatomy,model=org_m", "adapter_spec": {"model": "org/m", "max_train_instances": 5}}"#;

    fn statistic(name: &str, mean: &str) -> String {
        format!(r#"{{"name": {name}, "count": 1, "mean": {mean}}}"#)
    }

    #[test]
    fn means_of_the_test_split() {
        let folder = Folder::new();
        folder.write("run/run_spec.json", SPEC);
        let stats = [
            statistic(r#"{"name": "exact_match", "split": "test"}"#, "0.5"),
            statistic(r#"{"name": "exact_match", "split": "test", "perturbation": {"name": "typos"}}"#, "0.25"),
            statistic(r#"{"name": "exact_match", "split": "test", "sub_split": "part"}"#, "0.75"),
            statistic(r#"{"name": "exact_match", "split": "valid"}"#, "0.125"),
            statistic(r#"{"name": "num_prompt_tokens", "split": "test"}"#, "300"),
            statistic(r#"{"name": "bits_per_byte", "split": "test"}"#, "0.875"),
            r#"{"name": {"name": "f1", "split": "test"}, "count": 0}"#.to_string(),
        ];
        let file = folder.write("run/stats.json", &format!("[{}]", stats.join(",")));
        let record = |metric: &str, value, higher_is_better, scale| ScoreRecord {
            model: "org/m".to_string(),
            benchmark: "mmlu:subject=anatomy".to_string(),
            metric: Some(metric.to_string()),
            value,
            higher_is_better,
            scale,
            shots: Some(5),
            file: file.clone(),
            ..ScoreRecord::default()
        };
        let bits = record("bits_per_byte", 0.875, Some(false), None);
        let found = read_scores(&file).unwrap().unwrap();
        assert_eq!(found.records, [record("exact_match", 0.5, None, Some(Scale::Fraction)), bits.clone()]);
        assert_eq!(found.files, [file.clone(), file.with_file_name("run_spec.json")]);
        assert_eq!(read_bits(folder.path()).unwrap().unwrap().records, [bits]);
    }

    #[test]
    fn valid_stands_in_for_test() {
        let folder = Folder::new();
        folder.write("run_spec.json", SPEC);
        let text = format!("[{}]", statistic(r#"{"name": "exact_match", "split": "valid"}"#, "0.125"));
        assert_eq!(read_scores(&folder.write("stats.json", &text)).unwrap().unwrap().records[0].value, 0.125);
    }

    #[test]
    fn runs_are_named_without_the_model() {
        for (run, expected) in [("a", "a"), ("a:model=b", "a"), ("a:x=1,model=b,y=2,model_deployment=c", "a:x=1,y=2")] {
            assert_eq!(without_model(run), expected);
        }
    }

    #[test]
    fn faults_name_file_and_key() {
        let good = format!("[{}]", statistic(r#"{"name": "em", "split": "test"}"#, "1"));
        for (spec, stats, expected) in [
            (SPEC, "[]", "stats.json: no score; expected a mean over the split `test` or `valid`"),
            (SPEC, "{}", "stats.json: an object; expected a list of statistics"),
            (SPEC, "[{}]", "stats.json, item 1, `name`: the key is missing; expected the statistic's name"),
            ("{}", &good, "run_spec.json, `name`: the key is missing; expected the run's name"),
            (
                r#"{"name": "a", "adapter_spec": {}}"#,
                &good,
                "run_spec.json, `adapter_spec.model`: the key is missing; expected the model's name",
            ),
        ] {
            let folder = Folder::new();
            folder.write("run_spec.json", spec);
            let error = read_scores(&folder.write("stats.json", stats)).unwrap_err().to_string();
            assert!(error.ends_with(expected), "{error}");
        }
        let folder = Folder::new();
        let error = read_scores(&folder.write("stats.json", &good)).unwrap_err().to_string();
        assert!(error.starts_with("cannot read ") && error.contains("run_spec.json"), "{error}");
    }

    #[test]
    fn what_is_no_number_is_no_value() {
        for (mean, what) in [("NaN", "`NaN`"), (r#""1""#, "the text \"1\"")] {
            let folder = Folder::new();
            folder.write("run_spec.json", SPEC);
            let stats = format!("[{}]", statistic(r#"{"name": "em", "split": "test"}"#, mean));
            let found = read_scores(&folder.write("stats.json", &stats)).unwrap().unwrap();
            let expected = format!("`mean` is {what}");
            assert_eq!(found.records[0].no_number, Some(expected));
        }
    }
}
