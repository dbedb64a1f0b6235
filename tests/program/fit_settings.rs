//! `mixopt fit --settings`: one file that describes a fit, and arguments before it.

use serde_json::{Value, json};

use crate::folder::{FILES, Folder, QUICK};

const MANIFEST: &str = "mixopt_corpora: 1\ndomains:\n  web: {tokens: 1000000, characters: 4000000}\n  code: {tokens: 1000000, characters: 3000000}\n  books: {tokens: 500000, characters: 2000000}\n";

/// Arguments that give every setting another value than its default, as far as they go together.
const MANY: [&str; 4] = [
    "--target coding,reading --bpc bpc.csv --scores scores.csv --models models.csv --family-column family --aliases \
     aliases.csv --domain-aliases domains.csv --targets targets.yaml --bpc-unit bits_per_byte --keep-averages --metric \
     coding=accuracy --scale coding=percent --shots coding=5 --control year --include-models *-* --exclude-models d-2b \
     --drop-family b --exclude books --missing drop-domain --min-weight 0.1 --max-weight 0.8 --bound web=0.2..0.7 --group \
     all:web+code<=1 --freeze two:web=3+code=1 --keep web --drop cod --at-most 2 --prior llama_1 --within 0.99 --distance kl \
     --recommend least-change --corpora corpora.yaml --budget 1M --max-epochs 3 --unit tokens --replicates 50 --refits \
     200 --confidence 0.8 --strata family --tried coding,reading --robust rank --seed 7",
    "--target mmlu --study huang2024 --objective worst --estimator sign --projection l2",
    "--target mmlu --prior mine.yaml --documents d.csv --bpc b.csv --scores s.csv",
    "--target mmlu",
];

#[test]
fn what_is_shown_is_a_settings_file() {
    let folder = Folder::with_study();
    for (index, arguments) in MANY.iter().enumerate() {
        let shown = folder.json(&format!("fit {arguments} --show-settings"));
        folder.write("shown.json", shown.to_string());
        folder.write("shown.yaml", serde_saphyr::to_string(&shown).unwrap());
        for file in ["shown.json", "shown.yaml"] {
            assert_eq!(folder.json(&format!("fit --settings {file} --show-settings")), shown, "{index} {file}");
        }
        let schema = folder.json("schema fit-settings");
        assert!(jsonschema::is_valid(&schema, &shown), "{shown}");
    }
}

#[test]
fn every_argument_comes_before_the_file_and_none_at_its_default_does() {
    let folder = Folder::with_study();
    let all = folder.json(&format!("fit {} --show-settings", MANY[0]));
    folder.write("all.json", all.to_string());
    folder.write("none.json", "{\"fit\": {\"target\": \"mmlu\"}}");
    // Over a file of defaults the arguments are all that there is.
    assert_eq!(folder.json(&format!("fit {} --settings none.json --show-settings", MANY[0])), all);
    // Each argument alone changes what it is for, and nothing else.
    for (argument, place, value) in [
        ("--target mmlu", "/fit/target", json!("mmlu")),
        ("--min-weight 0", "/fit/min_weight", json!(0.0)),
        ("--max-weight 1", "/fit/max_weight", json!(1.0)),
        ("--objective pearson", "/fit/objective", json!("pearson")),
        ("--prior uniform", "/fit/prior", json!("uniform")),
        ("--within 1se", "/fit/within", json!("1se")),
        ("--seed 0", "/fit/seed", json!(0)),
        ("--replicates 1000", "/fit/replicates", json!(1000)),
        ("--confidence 0.9", "/fit/confidence", json!(0.9)),
        ("--drop books", "/fit/drop", json!(["books"])),
        ("--bpc other.csv", "/study/compression", json!("other.csv")),
        ("--models other.csv", "/study/models", json!("other.csv")),
        ("--max-epochs 9", "/fit/max_epochs", json!(9.0)),
        ("--recommend least-change", "/fit/recommender", json!("least_change")),
        ("--prior none", "/fit/prior", json!("none")),
    ] {
        let mut expected = all.clone();
        *expected.pointer_mut(place).unwrap() = value;
        assert_eq!(folder.json(&format!("fit --settings all.json {argument} --show-settings")), expected, "{argument}");
    }
    // A study of the program takes the place of files, and the other way round.
    let shown = folder.json("fit --settings all.json --study huang2024 --show-settings");
    assert_eq!(shown["study"]["name"], "huang2024");
    assert_eq!((&shown["study"]["compression"], &shown["study"]["metrics"]), (&Value::Null, &Value::Null));
    folder.write("named.yaml", "study: {name: huang2024}\nfit: {target: reading}\n");
    let shown = folder.json("fit --settings named.yaml --bpc b.csv --scores s.csv --show-settings");
    assert_eq!(shown["study"], json!({ "compression": "b.csv", "scores": "s.csv" }));
}

#[test]
fn a_file_describes_a_fit_from_anywhere() {
    let folder = Folder::with_study();
    folder.write("corpora.yaml", MANIFEST);
    let plain =
        folder.json(&format!("fit --target reading {FILES} --max-weight 0.6 --corpora corpora.yaml --budget 1M"));
    folder.write(
        "fit.yaml",
        "study: {compression: bpc.csv, scores: scores.csv, models: models.csv}\n\
         fit: {target: reading, max_weight: 0.6, replicates: 20, corpora: corpora.yaml, budget: 1M}\n",
    );
    assert_eq!(folder.json("fit --settings fit.yaml"), plain);
    let below = folder.path().join("below");
    std::fs::create_dir(&below).unwrap();
    for name in ["bpc.csv", "scores.csv", "models.csv", "corpora.yaml", "fit.yaml"] {
        std::fs::rename(folder.path().join(name), below.join(name)).unwrap();
    }
    let moved = folder.json("fit --settings below/fit.yaml");
    assert_eq!(moved["recommended"], plain["recommended"]);
    assert_eq!(moved["settings"]["corpora"], "below/corpora.yaml");
    let without = folder.json("fit --settings below/fit.yaml --max-weight 1");
    assert_ne!(without["recommended"], plain["recommended"]);
    // The file itself is an input.
    let message = folder.refuses(2, "fit --settings below/fit.yaml --out below/fit.yaml");
    assert!(message.contains("one of the input files"), "{message}");
}

#[test]
fn files_that_cannot_be_used_are_told_with_key_and_line() {
    let folder = Folder::with_study();
    for (text, code, expected) in [
        (
            "study: {name: huang2024}\nfit:\n  target: mmlu\n  max_wieght: 0.5\n",
            2,
            "fit.yaml: line 4: unknown key `max_wieght`, did you mean `max_weight`?; expected one of target, objective, ",
        ),
        (
            "study:\n  bpc: bpc.csv\n",
            2,
            "fit.yaml: line 2: unknown key `bpc`, did you mean `compression`?; expected one of name, compression, ",
        ),
        ("fit:\n  at_most: 2\n", 2, "fit.yaml: line 2: unknown key `at_most`, did you mean `most_domains`?; expected "),
        ("target: mmlu\n", 2, "fit.yaml: line 1: unknown key `target`; expected one of study, fit"),
        ("fit: {max_weight: 0.5}\n", 2, "fit.yaml: no `target` in `fit`; expected one, or `--target TARGET` as well"),
        ("fit:\n  target: mmlu\n  seed: many\n", 2, "fit.yaml: line 3: "),
        ("fit: {target: mmlu, objective: best}\n", 2, "fit.yaml: line 1: unknown variant `best`, expected one of "),
        (
            "fit: {target: mmlu, replicates: 0}\n",
            2,
            "fit.yaml: `replicates` of `fit` is 0; expected a number from 2 to ",
        ),
        ("fit: [\n", 2, "fit.yaml: line "),
        ("study: {models: models.csv}\nfit: {target: mmlu}\n", 2, "--models `models.csv`: no scores; expected "),
        (
            "study: {name: huang2024, scores: scores.csv}\nfit: {target: mmlu}\n",
            2,
            "--study `huang2024`: scores.csv is also given; expected either an embedded study or files",
        ),
        ("study: {compression: bpc.csv, scores: gone.csv}\nfit: {target: mmlu}\n", 1, "cannot read gone.csv: "),
    ] {
        folder.write("fit.yaml", text);
        let message = folder.refuses(code, "fit --settings fit.yaml");
        assert!(message.starts_with(expected), "{text}: {message}");
    }
    assert!(folder.refuses(1, "fit --settings gone.yaml").starts_with("cannot read gone.yaml: "));
    folder.write("fit.yaml", "# all by arguments\n");
    let found = folder.json(&format!("fit --settings fit.yaml --target mmlu {QUICK}"));
    assert_eq!(found["target"], "mmlu");
}

#[test]
fn the_example_runs() {
    let folder = Folder::empty();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/fit.yaml");
    let found = folder.json(&format!("fit --settings {file} {QUICK}"));
    assert_eq!((&found["target"], &found["study"]), (&"math".into(), &"huang2024".into()));
    assert_eq!(found["settings"]["budget"], 300_000_000_000_u64);
    let schema = folder.json("schema fit-settings");
    let example: Value = serde_saphyr::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert!(jsonschema::is_valid(&schema, &example), "{example}");
}
