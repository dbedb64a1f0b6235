//! Metrics that are no fraction.

use mixopt_study::{Metric, ScoreOptions};

use super::folder::{Folder, assert_whole, join};

const MCC: [f64; 8] = [-0.02, 0.01, 0.05, 0.04, 0.11, 0.2, 0.18, 0.33];

fn with_mcc() -> Folder {
    Folder::with_results(|i| format!(r#""cola": {{"mcc,none": {}}}"#, MCC[i - 1]))
}

#[test]
fn a_correlation_is_a_target_as_it_is() {
    let folder = with_mcc();
    assert_whole(&folder.join("cola").unwrap(), &MCC);
    assert_eq!(folder.study().scores.benchmarks[1].metric, Metric::Score);
    let error = folder.join("cola,arc").unwrap_err();
    assert!(error.is_usage());
    let expected = "so their average has no common scale; expected benchmarks of one kind";
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn what_is_declared_holds_in_tables_too() {
    let mut folder = Folder::new(|i| format!("acme/m{i}"));
    let elo = [980.0, 1000.5, 1010.0, 1100.0, 1150.0, 1200.0, 1250.0, 1300.0];
    let rows = (1..=8).map(|i| format!("acme/m{i},{},{}\n", elo[i - 1], -MCC[i - 1]));
    folder.write("scores.csv", &format!("model,arena,entropy\n{}", rows.collect::<String>()));
    let study = folder.read("scores.csv").unwrap();
    let error = join(&study, "arena").unwrap_err().to_string();
    assert!(error.contains("arena=score"), "the way on: {error}");

    let declared = ["arena=score".to_string(), "entropy=loss".to_string()];
    folder.options = ScoreOptions::parse(&declared, &[], &[]).unwrap();
    let study = folder.read("scores.csv").unwrap();
    assert_whole(&join(&study, "arena").unwrap(), &elo);
    assert_whole(&join(&study, "entropy").unwrap(), &MCC);
    let error = ScoreOptions::parse(&["arena=elo".to_string()], &[], &[]).unwrap_err().to_string();
    assert!(error.ends_with("expected PATTERN=accuracy|error|perplexity|score|loss"), "{error}");
}

#[test]
fn a_long_table_names_its_metrics() {
    let folder = Folder::new(|i| format!("acme/m{i}"));
    let rows = (1..=8).map(|i| format!("acme/m{i},cola,score,{0}\nacme/m{i},lm,loss,{1}\n", MCC[i - 1], -MCC[i - 1]));
    folder.write("scores.csv", &format!("model,benchmark,metric,value\n{}", rows.collect::<String>()));
    let study = folder.read("scores.csv").unwrap();
    assert_whole(&join(&study, "cola").unwrap(), &MCC);
    assert_whole(&join(&study, "lm").unwrap(), &MCC);
}

#[test]
fn bits_per_byte_are_a_loss() {
    let folder = Folder::with_results(|i| format!(r#""wikitext": {{"bits_per_byte,none": 0.{i}}}"#));
    let expected: Vec<f64> = (1..=8).map(|i| -(i as f64) / 10.0).collect();
    assert_whole(&folder.join("wikitext").unwrap(), &expected);
}

#[test]
fn a_length_that_was_not_measured_is_no_value() {
    let folder = Folder::with_results(|i| {
        format!(r#""niah": {{"4096,none": 0.9, "8192,none": {}}}"#, if i < 3 { "-1".into() } else { format!("0.{i}") })
    });
    let joined = folder.join("niah/8192").unwrap();
    assert_eq!(joined.models.len(), 6);
    let reason = "no score on niah/8192: `8192` is -1, which means not measured in ";
    assert!(joined.dropped_models.iter().all(|dropped| dropped.reason.starts_with(reason)), "{joined:?}");
}

#[test]
fn definitions_of_targets_say_what_is_measured() {
    let folder = Folder::new(|i| format!("acme/m{i}"));
    let rows = (1..=8).map(|i| format!("acme/m{i},{}\n", MCC[i - 1]));
    let scores = folder.write("scores.csv", &format!("model,cola\n{}", rows.collect::<String>()));
    let text = "version: 1\ntargets:\n  cola: {description: grammar, metric: score}\n  other: {description: no such, metric: loss}\n";
    let targets = folder.write("targets.yaml", text);
    let bits = scores.with_file_name("bpc.csv");
    let files = mixopt_study::StudyFiles { targets: Some(targets), ..mixopt_study::StudyFiles::new(bits, scores) };
    assert_whole(&join(&mixopt_study::Study::read(&files).unwrap(), "cola").unwrap(), &MCC);
}
