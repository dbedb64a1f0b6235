//! Results of evaluation tools.

use mixopt::study::layouts;

use crate::mutation::survive_as_file;

#[test]
fn results() {
    let harness = r#"{"results": {"arc": {"alias": "arc", "acc,none": 0.5, "acc_stderr,none": NaN}, "wiki": {"bits_per_byte,none": 0.9}},
        "n-shot": {"arc": 5}, "n-samples": {"arc": {"original": 10, "effective": 8}}, "higher_is_better": {"arc": {"acc": true}},
        "config": {"model_args": "pretrained=a/b,revision=r", "limit": 8, "model_sha": "0123abcd"}, "date": 1718274030.5, "model_name": "a/b"}"#;
    let neox = r#"{"results": {"arc": {"acc": 0.5}}, "versions": {}, "config": {"model_args": {"load": "/c/t", "iteration": 10}}}"#;
    let lighteval = r#"{"config_general": {"model_name": "a/b", "model_sha": "0123abcd", "max_samples": 4},
        "results": {"suite|arc:challenge|25": {"acc": 0.5}, "all": {"acc": 0.5}},
        "config_tasks": {"suite|arc:challenge": {"metric": [{"metric_name": "acc", "higher_is_better": true}]}}}"#;
    let olmes = r#"{"tasks": [{"alias": "b", "metrics": {"f1": 0.5, "x": [1]}, "task_config": {"num_shots": 5, "limit": 4},
        "num_instances": 4, "current_date": "2024-08-02 23:37:47 UTC"}], "model_config": {"model": "m", "revision": "r"}}"#;
    let folder = tempfile::tempdir().unwrap();
    for (file, seeds) in [
        ("results_2024-06-14T00-00-00.000000.json", vec![harness, neox, lighteval, olmes]),
        ("metrics-all.jsonl", vec![r#"{"task_name": "b", "metrics": {"f1": 0.5}, "model_config": {"model": "m"}}"#]),
        ("stats.json", vec![r#"[{"name": {"name": "em", "split": "test"}, "count": 1, "mean": 0.5}]"#]),
        (
            "run_spec.json",
            vec![r#"{"name": "mmlu:subject=a,model=m", "adapter_spec": {"model": "m", "max_train_instances": 5}}"#],
        ),
    ] {
        let run = folder.path().join(file.split('.').next().unwrap());
        std::fs::create_dir(&run).unwrap();
        std::fs::write(run.join("run_spec.json"), r#"{"name": "r", "adapter_spec": {"model": "m"}}"#).unwrap();
        std::fs::write(run.join("stats.json"), r#"[{"name": {"name": "em", "split": "test"}, "mean": 1}]"#).unwrap();
        let seeds: Vec<Vec<u8>> = seeds.into_iter().map(|text| text.as_bytes().to_vec()).collect();
        let path = run.join(file);
        survive_as_file(file, &path, &seeds, || {
            let _ = (layouts::read_scores(&path), layouts::read_bits(&path));
            let _ = layouts::read_scores(&run);
        });
    }
}
