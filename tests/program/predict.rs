//! `mixopt predict`: scores from bits per character, with intervals.

use crate::folder::{FILES, Folder};
use serde_json::Value;

fn predicted(folder: &Folder, arguments: &str) -> Value {
    let run = folder.run(&format!("{arguments} --format json"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let value: Value = serde_json::from_str(&run.stdout).unwrap();
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/predict.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert!(jsonschema::is_valid(&schema, &value));
    value
}

fn fitted() -> Folder {
    let folder = Folder::with_study();
    let run = folder.run(&format!("fit --target reading {FILES} --out reading.yaml"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    folder
}

#[test]
fn the_schema_is_that_of_the_type() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/predict.schema.json");
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let made = serde_json::to_value(schemars::schema_for!(mixopt::mixture::Predictions)).unwrap();
    assert_eq!(made, committed, "docs/schema/predict.schema.json is stale: `mixopt schema predict` writes it");
}

#[test]
fn a_file_predicts_by_its_own_calibration_and_says_where_it_extrapolates() {
    let folder = fitted();
    folder.write("new.csv", "model,web,code,books\nnew,0.72,0.5,0.63\nfar,0.62,0.45,0.55\nhole,0.7,0.5,\n");
    let found = predicted(&folder, "predict reading.yaml --bpc new.csv --confidence 0.8");
    let mixture = &found["mixtures"][0];
    assert_eq!((mixture["source"].as_str(), mixture["target"].as_str()), (Some("file"), Some("reading")));
    assert_eq!(mixture["basis"], "conformal");
    let [new, far] = mixture["models"].as_array().unwrap().as_slice() else { panic!("two models") };
    let number = |value: &Value| value.as_f64().unwrap();
    // The seven models fitted score 0.39 to 0.62 with 0.66 to 0.82 bits on web.
    assert!((0.45..0.6).contains(&number(&new["predicted"])), "{new}");
    assert!(number(&new["lower"]) < number(&new["predicted"]) && number(&new["predicted"]) < number(&new["upper"]));
    assert!(new["extrapolation"].is_null() && number(&far["extrapolation"]) < 0.0);
    let width = |model: &Value| number(&model["upper"]) - number(&model["lower"]);
    assert!(width(far) > width(new));
    assert_eq!(mixture["not_predicted"][0]["name"], "hole");
    assert_eq!(mixture["not_predicted"][0]["reason"], "not measured on books");
    // By hand: bits are the weighted sum, the score lies on the law.
    let calibration = &mixture["calibration"];
    let law = number(&calibration["intercept"]) + number(&calibration["slope"]) * number(&new["bits"]);
    assert!((law - number(&new["predicted"])).abs() < 1e-12);
    // Seven residuals are too few for 95%.
    let wide = predicted(&folder, "predict reading.yaml --bpc new.csv --confidence 0.95");
    assert_eq!(wide["mixtures"][0]["basis"], "student_t");
    assert!(width(&wide["mixtures"][0]["models"][0]) > width(new));
}

#[test]
fn without_a_calibration_the_law_is_fitted_on_the_study() {
    let folder = fitted();
    let text = "mixopt_mixture: 1\nunit: characters\nweights: {web: 0.5, books: 0.5}\nkind: given\n";
    folder.write("given.yaml", text);
    let study = "--study-bpc bpc.csv --study-scores scores.csv --study-models models.csv --target reading";
    let found = predicted(&folder, &format!("predict given.yaml --bpc bpc.csv {study}"));
    assert_eq!(found["mixtures"][0]["source"], "study");
    assert_eq!(found["mixtures"][0]["models"].as_array().unwrap().len(), 7);
    let run = folder.run("predict given.yaml --bpc bpc.csv");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("it has no fit") && run.stderr.contains("--target TARGET"), "{}", run.stderr);
}

#[test]
fn several_files_stand_below_each_other_in_every_format() {
    let folder = fitted();
    folder.run(&format!("fit --target coding {FILES} --out coding.yaml"));
    let run = folder.run("predict reading.yaml coding.yaml --bpc bpc.csv --include-models a-*,d-2b --out all.csv");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("reading predicted by reading.yaml"), "{}", run.stdout);
    assert!(run.stdout.contains("coding predicted by coding.yaml") && run.stdout.contains("fractions, not percent"));
    let written = folder.read("all.csv");
    assert_eq!(written.lines().count(), 7);
    assert_eq!(
        written,
        folder.run("predict reading.yaml coding.yaml --bpc bpc.csv --include-models a-*,d-2b --format csv").stdout
    );
}

#[test]
fn what_cannot_be_predicted_is_told_with_its_remedy() {
    let folder = fitted();
    let fails = |arguments: &str, code: i32, parts: &[&str]| {
        let run = folder.run(arguments);
        assert_eq!(run.code, code, "{}", run.stderr);
        parts.iter().for_each(|part| assert!(run.stderr.contains(part), "{part}: {}", run.stderr));
    };
    fails("predict reading.yaml --bpc bpc.csv --confidence 1", 2, &["--confidence 1", "below 1"]);
    let bytes = "predict reading.yaml --bpc bpc.csv --bpc-unit bits_per_byte";
    fails(bytes, 2, &["shares of characters", "bits per byte", "--corpora FILE"]);
    fails("predict reading.yaml --bpc bpc.csv --out a.txt", 2, &[".csv or .json"]);
    fails("predict reading.yaml --bpc bpc.csv --include-models x", 2, &["x"]);
    fails("predict none.yaml --bpc bpc.csv", 1, &["none.yaml"]);
    folder.write("other.csv", "model,law\nm,0.7\n");
    fails("predict reading.yaml --bpc other.csv", 1, &["no model can be predicted", "m: not measured on"]);
    let broken = folder.read("reading.yaml").replacen("sum_of_squares: ", "sum_of_squares: -", 1);
    folder.write("broken.yaml", broken);
    fails("predict broken.yaml --bpc bpc.csv", 1, &["fit.prediction", "mixopt fit --out"]);
}
