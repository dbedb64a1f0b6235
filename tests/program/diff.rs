//! `mixopt diff`: two mixtures side by side.

use crate::folder::{FILES, Folder, assert_near, with};
use mixopt::mixture::MixtureDiff;
use serde_json::{Value, json};

const A: &str = "\
mixopt_mixture: 1
unit: characters
weights:
  web: 0.5
  code: 0.3
  books: 0.2
kind: given
name: Yesterday
";
const B: &str = "\
mixopt_mixture: 1
unit: characters
weights:
  math: 0.45
  code: 0.3
  web: 0.25
kind: given
";

fn with_two() -> Folder {
    let folder = Folder::empty();
    folder.write("a.yaml", A);
    folder.write("b.yaml", B);
    folder
}

/// A domain's entry with no more than shares.
fn shares(a: f64, b: f64) -> Value {
    json!({ "a": a, "b": b, "difference": b - a, "tokens": null, "epochs": null })
}

#[test]
fn shares_stand_side_by_side() {
    let folder = with_two();
    let found = folder.json("diff a.yaml b.yaml");
    let expected = json!({
        "a": { "given": "a.yaml", "name": "Yesterday", "kind": "given", "unit": "characters", "stages": 0, "budget": null, "fit": null },
        "b": { "given": "b.yaml", "name": null, "kind": "given", "unit": "characters", "stages": 0, "budget": null, "fit": null },
        "unit": "characters",
        "total_variation": 0.45,
        "domains": {
            "web": shares(0.5, 0.25), "code": shares(0.3, 0.3), "books": shares(0.2, 0.0), "math": shares(0.0, 0.45),
        },
        "only_in_a": ["books"],
        "only_in_b": ["math"],
        "limits": [],
        "prices": [],
        "evidence": null,
        "changes": [
            { "domain": "math", "difference": 0.45, "reasons": [{ "only_in": "b" }] },
            { "domain": "web", "difference": -0.25, "reasons": [] },
            { "domain": "books", "difference": -0.2, "reasons": [{ "only_in": "a" }] },
        ],
    });
    assert_near(&found, &expected, 1e-12, "diff");
    let text = folder.prints("diff a.yaml b.yaml");
    let expected = "\
Mixtures side by side
A: a.yaml (Yesterday)
B: b.yaml

  domain      A      B  points
  web     50.0%  25.0%   -25.0
  math     0.0%  45.0%   +45.0
  code    30.0%  30.0%     0.0
  books   20.0%   0.0%   -20.0

45.0% of the mixture moves (total variation distance).
Only in A (20.0%): books.
Only in B (45.0%): math.

Changed most:
  math +45.0 points: only in B
  web -25.0 points
  books -20.0 points: only in A
";
    assert_eq!(text, expected);
    let csv = folder.prints("diff a.yaml b.yaml --format csv");
    let lines: Vec<&str> = csv.lines().collect();
    let header = "domain,a,b,difference,tokens_a,tokens_b,epochs_a,epochs_b,alone,gain_in_a,gain_in_b";
    assert_eq!(lines[0], header);
    assert_eq!(
        lines[1..],
        ["web,0.5,0.25,-0.25,,,,,,,", "code,0.3,0.3,0,,,,,,,", "books,0.2,0,-0.2,,,,,,,", "math,0,0.45,0.45,,,,,,,"]
    );
}

#[test]
fn a_mixture_is_no_different_from_itself_and_the_other_way_round_is_the_mirror_image() {
    let folder = with_two();
    let same = folder.json("diff a.yaml a.yaml");
    assert_eq!((&same["total_variation"], &same["changes"]), (&json!(0.0), &json!([])));
    let (there, back) = (folder.json("diff a.yaml b.yaml"), folder.json("diff b.yaml a.yaml"));
    assert_near(&there["total_variation"], &back["total_variation"], 1e-15, "distance");
    assert_eq!((&there["only_in_a"], &there["a"]), (&back["only_in_b"], &back["b"]));
    for (name, domain) in there["domains"].as_object().unwrap() {
        let other = &back["domains"][name];
        assert_eq!((&domain["a"], &domain["b"]), (&other["b"], &other["a"]), "{name}");
        assert_eq!(domain["difference"].as_f64().unwrap(), -other["difference"].as_f64().unwrap(), "{name}");
    }
}

/// Two to five characters a token, so that shares of tokens differ from shares of characters.
const CORPORA: &str = "\
mixopt_corpora: 1
domains:
  web: { characters: 4000, tokens: 1000 }
  code: { characters: 2000, tokens: 1000 }
  math: { characters: 1500, tokens: 500 }
";

#[test]
fn shares_of_different_things_are_converted_with_a_manifest() {
    let folder = with_two();
    folder.write("tokens.yaml", with(B, "unit: characters", "unit: tokens"));
    folder.write("corpora.yaml", CORPORA);
    let message = folder.refuses(2, "diff a.yaml tokens.yaml");
    let expected =
        "shares of tokens cannot be converted to shares of characters without counts; give them with `--corpora FILE`";
    assert_eq!(message, expected);

    let found = folder.json("diff a.yaml tokens.yaml --corpora corpora.yaml");
    // 0.45 · 3 characters of math, 0.3 · 2 of code and 0.25 · 4 of web: 1.35, 0.6 and 1 of 2.95.
    let sum = 1.35 + 0.6 + 1.0;
    for (domain, share) in [("math", 1.35 / sum), ("code", 0.6 / sum), ("web", 1.0 / sum), ("books", 0.0)] {
        assert_near(&found["domains"][domain]["b"], &json!(share), 1e-12, domain);
    }
    assert_eq!((&found["unit"], &found["b"]["unit"]), (&json!("characters"), &json!("tokens")));
    let text = folder.prints("diff a.yaml tokens.yaml --corpora corpora.yaml");
    assert!(text.contains("B: tokens.yaml, converted from shares of tokens to shares of characters\n"), "{text}");

    let message = folder.refuses(1, "diff tokens.yaml a.yaml --corpora corpora.yaml");
    assert!(message.starts_with("corpora.yaml: no domain `books`"), "{message}");
    folder.write("corpora.yaml", with(CORPORA, "code: { characters: 2000, ", "code: { "));
    let message = folder.refuses(1, "diff a.yaml tokens.yaml --corpora corpora.yaml");
    assert!(message.starts_with("domain `code` has no characters in corpora.yaml"), "{message}");
}

#[test]
fn tokens_and_epochs_stand_beside_shares_where_both_have_them() {
    let folder = with_two();
    let supply = |budget: u64, web: f64| {
        let (tokens, rest) = ((web * budget as f64) as u64, ((1.0 - web) * budget as f64) as u64);
        format!(
            "supply:\n  budget: {budget}\n  max_epochs: 4\n  domains:\n    web: {{ available: 1000000000, tokens: {tokens}, epochs: {} }}\n    code: {{ available: 500000000, tokens: {rest}, epochs: {}, max_epochs: 2 }}\n",
            tokens as f64 / 1e9,
            rest as f64 / 5e8
        )
    };
    let file = |web: f64, budget: u64| {
        format!(
            "mixopt_mixture: 1\nunit: tokens\nweights:\n  web: {web}\n  code: {}\nkind: plan\n{}",
            1.0 - web,
            supply(budget, web)
        )
    };
    folder.write("small.yaml", file(0.5, 2_000_000_000));
    folder.write("large.yaml", file(0.75, 4_000_000_000));
    let found = folder.json("diff small.yaml large.yaml");
    assert_eq!(found["domains"]["web"]["tokens"], json!({ "a": 1_000_000_000_u64, "b": 3_000_000_000_u64 }));
    assert_near(&found["domains"]["code"]["epochs"], &json!({ "a": 2.0, "b": 2.0 }), 1e-12, "epochs");
    assert_eq!((&found["a"]["budget"], &found["b"]["budget"]), (&json!(2_000_000_000_u64), &json!(4_000_000_000_u64)));
    // Code has reached its own limit in both, web the one for all in neither.
    let limit = |side: &str| json!({ "side": side, "domain": "code", "kind": "max_epochs", "value": 2.0 });
    assert_eq!(found["limits"], json!([limit("a"), limit("b")]));
    let text = folder.prints("diff small.yaml large.yaml");
    assert!(text.contains("  web     50.0%  75.0%   +25.0        1B        3B      1.00      3.00\n"), "{text}");
    assert!(text.contains("Limits reached in B: code at its 2 epochs.\n"), "{text}");
    // Where only one has them, none are shown.
    folder.write("tokens.yaml", with(B, "unit: characters", "unit: tokens"));
    let found = folder.json("diff tokens.yaml large.yaml");
    assert_eq!((&found["domains"]["web"]["tokens"], &found["domains"]["web"]["epochs"]), (&Value::Null, &Value::Null));
}

/// Two fits of the small study: one free, one under a greatest weight.
fn with_fits() -> Folder {
    let folder = Folder::with_study();
    folder.prints(&format!("fit --target coding {FILES} --out free.yaml --out-mixture optimum"));
    folder.prints(&format!("fit --target coding {FILES} --max-weight 0.6 --out capped.yaml --out-mixture optimum"));
    folder
}

#[test]
fn a_study_gives_correlations_and_reasons() {
    let folder = with_fits();
    let found = folder.json("diff free.yaml capped.yaml --bpc bpc.csv --scores scores.csv");
    let evidence = &found["evidence"];
    assert_eq!((&evidence["study"], &evidence["target"]), (&json!("files"), &json!("coding")));
    for side in ["a", "b"] {
        let told = &found[side]["fit"]["pearson"];
        assert_near(&evidence["correlations"][0][side], told, 2e-6, side);
        assert_eq!(found[side]["fit"]["target"], "coding");
    }
    let targets: Vec<&Value> =
        evidence["correlations"].as_array().unwrap().iter().map(|cell| &cell["target"]).collect();
    assert_eq!(targets, [&json!("coding"), &json!("reading")]);
    // By hand: −bits of code and the scores of `coding`.
    let code = [-0.60, -0.50, -0.55, -0.46, -0.58, -0.47, -0.52_f64];
    let scores = [12.5, 24.0, 19.5, 33.1, 14.2, 30.6, 22.3_f64];
    let mean = |values: &[f64]| values.iter().sum::<f64>() / 7.0;
    let product = |x: &[f64], y: &[f64]| -> f64 { x.iter().zip(y).map(|(a, b)| (a - mean(x)) * (b - mean(y))).sum() };
    let alone = product(&code, &scores) / (product(&code, &code) * product(&scores, &scores)).sqrt();
    assert_near(&evidence["domains"]["code"]["alone"], &json!(alone), 1e-12, "code alone");

    let capped = json!({ "side": "b", "domain": "code", "kind": "greatest_weight", "value": 0.6 });
    assert_eq!(found["limits"], json!([capped]));
    let change = found["changes"].as_array().unwrap().iter().find(|change| change["domain"] == "code").unwrap();
    assert!(change["difference"].as_f64().unwrap() < -0.1, "{change}");
    assert_eq!(change["reasons"][0], json!({ "limit": capped }));
    let text = folder.prints("diff free.yaml capped.yaml --bpc bpc.csv --scores scores.csv");
    let flowing = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let reasons =
        "code at its maximum weight 0.6 in B; relaxing `--max-weight 0.6` by 1 point changes the optimum of B by +";
    assert!(flowing.contains(reasons), "{text}");
    assert!(text.contains("r by itself with coding") && text.contains("pearson on the study given"), "{text}");

    // Without the study, the files' own figures are all there is.
    let found = folder.json("diff free.yaml capped.yaml");
    assert_eq!((&found["evidence"], &found["limits"]), (&Value::Null, &json!([capped])));
    // Another target can be the judge.
    let found = folder.json("diff free.yaml capped.yaml --bpc bpc.csv --scores scores.csv --target reading");
    assert_eq!(found["evidence"]["correlations"][0]["target"], "reading");
}

#[test]
fn mixtures_of_the_programs_study_are_compared_on_it() {
    let folder = Folder::empty();
    for (target, file) in [("mmlu", "a.yaml"), ("math --drop-family Qwen", "b.yaml")] {
        folder.prints(&format!("fit --target {target} --replicates 20 --out {file}"));
    }
    let found = folder.json("diff a.yaml b.yaml");
    let evidence = &found["evidence"];
    assert_eq!((&evidence["study"], &evidence["target"]), (&json!("huang2024"), &json!("math")));
    // On the models of B's fit, so that its figure comes out again.
    assert_near(&evidence["correlations"][0]["b"], &found["b"]["fit"]["pearson"], 2e-6, "b");
    assert_eq!(evidence["correlations"][0]["models"], found["b"]["fit"]["models"]);
    assert!(found["b"]["fit"]["models"].as_u64() < found["a"]["fit"]["models"].as_u64());
    // Known mixtures name other domains: that is a note, not a failure.
    folder.write("given.yaml", A);
    let run = folder.run("diff a.yaml given.yaml");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stderr.starts_with("note: not compared on the study huang2024: unknown domain `web`"),
        "{}",
        run.stderr
    );
    assert_eq!(folder.run("diff a.yaml given.yaml --quiet").stderr, "");
    let message = folder.refuses(2, "diff a.yaml given.yaml --study huang2024");
    assert!(message.starts_with("unknown domain `web`"), "{message}");
}

#[test]
fn known_mixtures_have_names() {
    let folder = with_two();
    let found = folder.json("diff llama_1 slimpajama");
    assert_near(&found["domains"]["c4"], &shares(0.15, 0.267), 1e-12, "c4");
    assert_eq!(found["a"]["name"], "LLaMA 1");
    let found = folder.json("diff smollm_2 smollm_3");
    assert_eq!((&found["a"]["stages"], &found["a"]["budget"]), (&json!(4), &json!(11_000_000_000_000_u64)));
    let text = folder.prints("diff smollm_2 smollm_3");
    assert!(text.contains("A: smollm_2 (SmolLM2 1.7B), 11T tokens, over all of its 4 stages\n"), "{text}");
    // A file comes before a name.
    folder.write("pile", A);
    assert_eq!(folder.json("diff pile b.yaml")["a"]["name"], "Yesterday");
}

#[test]
fn what_cannot_be_compared_is_told() {
    let folder = with_two();
    let message = folder.refuses(2, "diff a.yaml slim_pajama");
    assert!(
        message.starts_with("unknown mixture `slim_pajama`, did you mean `slimpajama`?; give a file, or one of"),
        "{message}"
    );
    let message = folder.refuses(1, "diff a.yaml missing.yaml");
    assert!(message.starts_with("cannot read missing.yaml: "), "{message}");
    folder.write("broken.yaml", with(B, "0.45", "0.46"));
    let message = folder.refuses(1, "diff a.yaml broken.yaml");
    assert_eq!(
        message,
        "broken.yaml: weights that sum to 1.01, 0.01 too much; expected weights that sum to exactly 1: take 0.01 from `math`, or let `mixopt import` normalise them"
    );
    let message = folder.refuses(2, "diff a.yaml b.yaml --target mmlu");
    assert!(message.starts_with("--target `mmlu`: no study to compare on"), "{message}");
    let message = folder.refuses(2, "diff a.yaml b.yaml --study huang2024");
    assert!(message.contains("neither mixture was fitted, so there is no target to compare on"), "{message}");
    folder.refuses(2, "diff a.yaml");
}

#[test]
fn json_is_that_of_the_type_and_tables_are_clean() {
    let folder = with_fits();
    let schema = serde_json::to_value(schemars::schema_for!(MixtureDiff)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for command in [
        "diff doremi_pile regmix_pile",
        "diff free.yaml capped.yaml",
        "diff free.yaml capped.yaml --bpc bpc.csv --scores scores.csv",
    ] {
        let found = folder.json(command);
        let faults: Vec<String> = validator.iter_errors(&found).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{command}: {faults:?}");
        let mut cut = found.clone();
        cut.as_object_mut().unwrap().remove("domains");
        assert!(!validator.is_valid(&cut), "{command}");
        let back: MixtureDiff = serde_json::from_value(found.clone()).unwrap();
        assert_eq!(serde_json::to_value(back).unwrap(), found, "{command}");
        let table = folder.prints(command);
        assert!(table.lines().all(|line| line == line.trim_end()) && !table.contains("\n\n\n"), "{table}");
        assert!(!table.contains('\u{1b}'), "{table}");
        assert_eq!(folder.prints(command), table, "the same twice");
    }
}
