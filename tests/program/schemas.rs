//! The committed schemas are those of the types, and what the program writes obeys them.

use std::path::Path;

use mixopt::fit::Silent;
use mixopt::manifest::Manifest;
use mixopt::mixture::{
    Correlation, EvaluationReport, FitFile, FitReport, FitSettings, Kind, MixtureDiff, MixtureFile, PlanFindings,
    PlanSettings, RefitReport, correlate, find, plan,
};
use mixopt::score::{CellRow, Count, Plan, ScoreSettings};
use mixopt::study::{EmbeddedStudy, Selection, TargetDefinitions, embedded_targets};

fn committed(name: &str) -> serde_json::Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(format!("{name}.schema.json"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn assert_obeys(schema: &str, value: &serde_json::Value) {
    let validator = jsonschema::validator_for(&committed(schema)).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{schema}: {errors:?}");
}

#[test]
fn schemas_are_those_of_the_types() {
    let schemas = [
        ("fit", schemars::schema_for!(FitReport)),
        ("fit-settings", schemars::schema_for!(FitFile)),
        ("refit", schemars::schema_for!(RefitReport)),
        ("mixture", schemars::schema_for!(MixtureFile)),
        ("correlate", schemars::schema_for!(Vec<Correlation>)),
        ("targets", schemars::schema_for!(TargetDefinitions)),
        ("score", schemars::schema_for!(ScoreSettings)),
        ("score-plan", schemars::schema_for!(Plan)),
        ("plan", schemars::schema_for!(PlanSettings)),
        ("plan-result", schemars::schema_for!(PlanFindings)),
        ("diff", schemars::schema_for!(MixtureDiff)),
        ("evaluate", schemars::schema_for!(EvaluationReport)),
        ("bpc", schemars::schema_for!(Vec<CellRow>)),
        ("corpora", schemars::schema_for!(Manifest)),
    ];
    for (name, schema) in schemas {
        let made = serde_json::to_value(schema).unwrap();
        assert_eq!(made, committed(name), "docs/schema/{name}.schema.json is stale: `just schemas` writes it anew");
    }
}

#[test]
fn outputs_obey_their_schemas() {
    let study = EmbeddedStudy::find("huang2024").unwrap().read(None).unwrap();
    let findings = find(&study, &FitSettings::new("coding"), &Silent).unwrap();
    assert_obeys("fit", &serde_json::to_value(&findings).unwrap());
    let mixture = MixtureFile::new(&findings, Kind::Optimum).unwrap();
    assert_obeys("mixture", &serde_json::to_value(&mixture).unwrap());
    let stages = PlanSettings::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/plan.yaml")).unwrap();
    assert_obeys("plan", &serde_json::to_value(&stages).unwrap());
    let planned = plan(&study, &PlanSettings { replicates: 20, ..stages }, &Silent).unwrap();
    assert_obeys("plan-result", &serde_json::to_value(&planned).unwrap());
    assert_obeys("mixture", &serde_json::to_value(planned.file()).unwrap());
    let cells = correlate(&study, &[], &Selection::default()).unwrap();
    assert_obeys("correlate", &serde_json::to_value(&cells).unwrap());
    let score = ScoreSettings { max_characters: Some(Count(3_000_000)), ..ScoreSettings::default() };
    assert_obeys("score", &serde_json::to_value(score).unwrap());
    assert_obeys("score", &serde_json::json!({ "domains": [{ "name": "web", "patterns": ["a"] }], "context": "1.5k" }));
    assert_obeys("targets", &serde_json::to_value(embedded_targets().unwrap()).unwrap());
}

#[test]
fn a_schema_refuses_what_it_should() {
    let study = EmbeddedStudy::find("huang2024").unwrap().read(None).unwrap();
    let findings = find(&study, &FitSettings::new("mmlu"), &Silent).unwrap();
    let mut value = serde_json::to_value(MixtureFile::new(&findings, Kind::Recommended).unwrap()).unwrap();
    value["unit"] = "letters".into();
    assert!(!jsonschema::is_valid(&committed("mixture"), &value));
}
