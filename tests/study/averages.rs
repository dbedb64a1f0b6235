//! Averages by pattern.

use super::folder::{ARC, Folder, assert_whole};

#[test]
fn a_pattern_is_the_average_of_what_it_matches() {
    let parts = |i: usize| {
        let (a, b) = (ARC[i - 1] + 0.1, ARC[i - 1] - 0.1);
        format!(r#""part-a": {{"acc": 0.5, "acc_norm": {a}}}, "part-b": {{"acc_norm": {b}}}"#)
    };
    let folder = Folder::with_results(parts);
    let joined = folder.join("part-*").unwrap();
    assert!(joined.target.iter().zip(ARC).all(|(found, expected)| (found - expected).abs() < 1e-15), "{joined:?}");

    let file =
        folder.write("targets.yaml", "version: 1\ntargets:\n  mine:\n    description: mean\n    mean_of: ['part-?']\n");
    let mut study = folder.study();
    study.define(&file).unwrap();
    assert_eq!(super::folder::join(&study, "mine").unwrap().target, joined.target);
    let target = mixopt_study::Target::resolve("mine", &study.definitions, &study.scores).unwrap();
    assert_eq!(target.messages(), ["`part-?` is the mean of 2 benchmarks: part-a, part-b"]);

    let error = folder.join("part_*").unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("`part_*`"), "{error}");
    assert_whole(&folder.join("arc*").unwrap(), &ARC);
}

#[test]
fn what_is_said_of_a_benchmark_is_of_these_results() {
    let study = Folder::with_results(|_| r#""mmlu": {"acc,none": 0.5}"#.to_string()).study();
    assert!(study.definitions.targets.values().all(|definition| definition.mean_of.is_some()));
    assert_eq!(study.scores.benchmarks[1].description().as_deref(), Some("acc"));
}

#[test]
fn names_may_have_the_signs_of_expressions() {
    let folder = Folder::with_results(|i| format!(r#""mmlu:subject=a,way=b": {{"acc": {}}}"#, ARC[i - 1]));
    assert_whole(&folder.join("mmlu:subject=a,way=b").unwrap(), &ARC);
    let study = folder.study();
    let known = mixopt_study::known_targets(&study.definitions, &study.scores);
    assert!(known.contains(&"mmlu:subject=a,way=b".to_string()), "{known:?}");
    let joined = folder.join("arc=0.5,mmlu:*=1.5").unwrap();
    assert!(joined.target.iter().zip(ARC).all(|(found, expected)| (found - expected).abs() < 1e-15));
}

#[test]
fn averages_are_not_averaged_with_their_parts() {
    let folder = Folder::new(|i| format!("acme/m{i}"));
    for (i, accuracy) in ARC.iter().enumerate() {
        let group = r#""mmlu_stem": {"acc,none": 0.9}"#;
        let parts = format!(r#""mmlu_a": {{"acc,none": {accuracy}}}, "mmlu_b": {{"acc,none": {accuracy}}}"#);
        let keys = format!(r#""groups": {{{group}}}, "model_name": "acme/m{}""#, i + 1);
        folder.result(&format!("m{i}.json"), &format!("{group}, {parts}"), &keys);
    }
    assert_whole(&folder.join("mmlu_*").unwrap(), &ARC);
    let study = folder.study();
    let target = mixopt_study::Target::resolve("mmlu_*", &study.definitions, &study.scores).unwrap();
    assert_eq!(target.messages(), ["`mmlu_*` is the mean of 2 benchmarks: mmlu_a, mmlu_b"]);
}
