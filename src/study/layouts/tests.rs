//! Folders of results, and files of no layout.

use super::test_files::{Folder, fault, fault_in_bits};
use super::*;

fn harness(model: &str, task: &str, value: f64, shots: u64, date: u64) -> String {
    format!(
        r#"{{"results": {{"{task}": {{"acc,none": {value}}}}}, "n-shot": {{"{task}": {shots}}}, "date": {date}, "model_name": "{model}"}}"#
    )
}

fn seen(found: &Records) -> Vec<(&str, &str, f64)> {
    found.records.iter().map(|record| (record.model.as_str(), record.benchmark.as_str(), record.value)).collect()
}

#[test]
fn a_folder_is_searched_in_sorted_order() {
    let folder = Folder::new();
    folder.write("b/results_2.json", &harness("m", "arc", 0.5, 0, 20));
    folder.write("a/deep/results_1.json", &harness("m", "arc", 0.25, 0, 10));
    folder.write("a/other.json", &harness("n", "piqa", 0.75, 0, 10));
    folder.write("a/settings.json", r#"{"results": 3}"#);
    folder.write("a/broken.json", "{");
    folder.write("a/rows.json", "[1]");
    folder.write("a/plain.csv", "model,arc\nm,1\n");
    folder.write("a/notes.txt", "results");
    folder.write(".cache/results_3.json", "{");
    folder.write("c/summary_1.csv", "dataset,version,metric,mode,o\narc,1,accuracy,ppl,40\n");
    folder.write("c/summary_pivot_1.csv", "metric,version,model,python\nbpc,1,o,0.5\n");
    let found = read_scores(folder.path()).unwrap().unwrap();
    assert_eq!(seen(&found), [("m", "arc", 0.5), ("n", "piqa", 0.75), ("o", "arc", 40.0)]);
    let path = |name: &str| folder.path().join(name);
    assert_eq!(
        found.files,
        [path("a/deep/results_1.json"), path("a/other.json"), path("b/results_2.json"), path("c/summary_1.csv")]
    );
    let plain = path("a/plain.csv").display().to_string();
    let (older, newer) = (path("a/deep/results_1.json"), path("b/results_2.json"));
    assert_eq!(
        found.messages,
        [
            format!("tables of no known layout are left out; give them by themselves: {plain}"),
            format!(
                "a file is left out: {}: not JSON (EOF while parsing an object at line 1 column 1); \
                 expected the JSON file of a result",
                path("a/broken.json").display()
            ),
            format!("`m`: 1 score of {} left out in favour of the newer {}", older.display(), newer.display()),
        ]
    );
    let bits = read_bits(folder.path()).unwrap().unwrap();
    assert_eq!(seen(&bits), [("o", "python", 0.5)]);
    assert_eq!(bits.files, [path("c/summary_pivot_1.csv")]);
}

#[test]
fn olmes_writes_the_same_thrice() {
    let folder = Folder::new();
    let model = r#""model_config": {"model": "m"}"#;
    let task = format!(r#"{{"task_name": "a", "metrics": {{"f1": 0.5}}, {model}}}"#);
    folder.write("run/metrics.json", &format!(r#"{{"tasks": [{{"alias": "b", "metrics": {{"f1": 0.5}}}}], {model}}}"#));
    let benchmark = || read_scores(folder.path()).unwrap().unwrap().records[0].benchmark.clone();
    assert_eq!(benchmark(), "b");
    folder.write("run/task-000-a-metrics.json", &task);
    assert_eq!(benchmark(), "a");
    folder.write("run/metrics-all.jsonl", &task);
    let found = read_scores(folder.path()).unwrap().unwrap();
    assert_eq!(found.files, [folder.path().join("run/metrics-all.jsonl")]);
}

#[test]
fn nothing_found_says_what_is_looked_for() {
    let folder = Folder::new();
    folder.write("plain.csv", "model,arc\nm,1\n");
    let error = read_scores(folder.path()).unwrap_err().to_string();
    assert!(error.starts_with(&folder.path().display().to_string()), "{error}");
    assert!(
        error.contains(
            ": no result file with benchmark scores among its one JSON file or table: 1 is a table of unknown layout"
        ),
        "{error}"
    );
    assert!(error.contains("; expected files of lm-evaluation-harness"), "{error}");
    assert!(error.contains("perplexity-correlations errors (CSV)") && !error.contains("pivot"), "{error}");
    let error = read_bits(folder.path()).unwrap_err().to_string();
    assert!(error.contains("no result file with bits per character or byte"), "{error}");
}

#[test]
fn plain_tables_are_for_others() {
    let folder = Folder::new();
    for (name, text) in [
        ("wide.csv", "model,arc\nm,1\n"),
        ("long.tsv", "model\ttask\tvalue\nm\tarc\t1\n"),
        ("rows.json", r#"[{"model": "m", "arc": 1}]"#),
        ("rows.jsonl", r#"{"model": "m", "arc": 1}"#),
        ("broken.jsonl", "{"),
        ("id.csv", "id,m\nweb,1\n"),
        ("notes.txt", "text"),
    ] {
        let file = folder.write(name, text);
        assert_eq!(read_scores(&file).unwrap(), None, "{name}");
        assert_eq!(read_bits(&file).unwrap(), None, "{name}");
    }
}

#[test]
fn faults_name_the_file() {
    fault(
        "x.json",
        "{\"results\": ",
        ": not JSON (EOF while parsing a value at line 1 column 12); expected the JSON file of a result",
    );
    fault(
        "x.json",
        "{}",
        "`results`: the key is missing; expected `results` as lm-evaluation-harness and lighteval write it, `metrics` as OLMES does, or an array of flat objects (one a row)",
    );
    fault("x.json", "3", ": the number 3; expected an object with `results`, or a list of rows");
    let held = ": no benchmark scores in this file of OpenCompass bits per character (summary_pivot_*.csv); expected benchmark scores";
    fault("x.csv", "metric,version,model,python\nbpc,1,o,0.5\n", held);
    let held = ": no bits per character or byte in this file of lm-evaluation-harness (results_*.json); expected bits per character or byte";
    fault_in_bits("x.json", &harness("m", "arc", 0.5, 0, 20), held);
    let missing = Folder::new().path().join("gone.json");
    assert!(read_scores(&missing).unwrap_err().to_string().starts_with("cannot read "));
}

#[test]
fn no_cut_or_change_panics() {
    let harness = harness("m", "arc", 0.5, 0, 20);
    let spec = r#"{"name": "run", "adapter_spec": {"model": "m", "max_train_instances": 5}}"#;
    for (name, text) in [
        ("results_1.json", harness.as_str()),
        ("results_1.json", r#"{"config_general": {"model_name": "m"}, "results": {"a|5": {"em": NaN}}}"#),
        ("metrics.json", r#"{"tasks": [{"alias": "b", "metrics": {"f1": 0.5}}], "model_config": {"model": "m"}}"#),
        ("metrics-all.jsonl", r#"{"task_name": "b", "metrics": {"f1": 0.5}, "model_config": {"model": "m"}}"#),
        ("stats.json", r#"[{"name": {"name": "em", "split": "test"}, "count": 1, "mean": 0.5}]"#),
        ("run_spec.json", spec),
        ("summary_1.csv", "dataset,version,metric,mode,o\narc,1,accuracy,ppl,40\n"),
        ("summary_pivot_1.csv", "metric,version,model,python\nbpc,1,o,0.5\n"),
        ("board.csv", "fullname,Submission Date,IFEval Raw,IFEval\norg/é,2024-06-13,0.5,50\n"),
        ("error.csv", "benchmark,\"('f', 'org/m')\"\npiqa,0.5\n"),
    ] {
        let folder = Folder::new();
        folder.write("run_spec.json", spec);
        let file = folder.write(name, text);
        for at in 0..text.len() {
            for change in [&b""[..], b"\"", b"9", b"\xff", b",", b"\n"] {
                let mut bytes = text.as_bytes()[..at].to_vec();
                bytes.extend(change);
                if !change.is_empty() {
                    bytes.extend(&text.as_bytes()[at + 1..]);
                }
                std::fs::write(&file, bytes).unwrap();
                let _ = (read_scores(&file), read_bits(&file));
                let _ = read_scores(folder.path());
            }
        }
    }
}

#[test]
fn broken_results_are_left_out_with_the_reason() {
    for (name, text) in
        [("results_1.json", "{"), ("results_1.json", "{}"), ("metrics-all.jsonl", "{"), ("stats.json", "[")]
    {
        let folder = Folder::new();
        let file = folder.write(name, text).display().to_string();
        folder.write("run_spec.json", "{}");
        let error = read_scores(folder.path()).unwrap_err().to_string();
        assert!(error.contains("; expected files of ") && error.contains(&file), "{error}");
        folder.write("other/results_2.json", &harness("m", "arc", 0.5, 0, 20));
        let found = read_scores(folder.path()).unwrap().unwrap();
        assert_eq!(seen(&found), [("m", "arc", 0.5)]);
        assert!(found.messages[0].starts_with(&format!("a file is left out: {file}")), "{:?}", found.messages);
    }
}
