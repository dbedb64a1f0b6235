//! `mixopt evaluate`: a given mixture, told as a fit tells of its own.

use crate::folder::{FILES, Folder, assert_near, with};
use mixopt::mixture::{EvaluationReport, FitReport};
use serde_json::{Value, json};

const QUICK: &str = "--refits 100";

/// Four domains, so that equal shares are exact in binary: the fourth is a mixture of the others with noise.
const BPC: &str = "\
model,web,code,books,law
a-1b,0.80,0.60,0.70,0.91
a-7b,0.70,0.50,0.62,0.80
b-1b,0.82,0.55,0.72,0.93
b-7b,0.69,0.46,0.60,0.82
c-3b,0.75,0.58,0.64,0.84
c-9b,0.66,0.47,0.57,0.77
d-2b,0.79,0.52,0.69,0.88
";

fn given(weights: &str) -> String {
    format!("mixopt_mixture: 1\nunit: characters\nweights: {{{weights}}}\nkind: given\n")
}

fn with_four_domains() -> Folder {
    let folder = Folder::with_study();
    folder.write("bpc.csv", BPC);
    folder.write("equal.yaml", given("web: 0.25, code: 0.25, books: 0.25, law: 0.25"));
    folder
}

fn obeys_the_schema(value: &Value) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/evaluate.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn equal_shares_do_as_the_fit_says_that_they_do() {
    let folder = with_four_domains();
    let fit = folder.json(&format!("fit --target reading {FILES} {QUICK}"));
    let found = folder.json(&format!("evaluate --mixture equal.yaml --target reading {FILES} {QUICK}"));
    obeys_the_schema(&found);
    // The fit assesses equal shares by itself, with another part of the program than mixtures that are given.
    assert_near(&found["mixture"]["figures"], &fit["baselines"]["uniform"], 1e-12, "in sample");
    assert_near(&found["held_out"]["mixture"], &fit["held_out"]["baselines"]["uniform"], 1e-12, "held out");
    assert_near(&found["baselines"], &fit["baselines"], 1e-12, "baselines");
    assert_near(&found["recommended"]["weights"], &fit["recommended"]["weights"], 1e-12, "recommended");
    assert_near(&found["optimum"]["weights"], &fit["optimum"]["weights"], 1e-12, "optimum");
    assert_near(&found["criterion"]["best"], &fit["recommended"]["best"], 1e-12, "best");
    assert_near(&found["criterion"]["threshold"], &fit["recommended"]["threshold"], 1e-12, "threshold");
    // As a third way, the comparison knows them under two names.
    let methods = &found["trust"]["comparison"][0]["methods"];
    for figure in ["pearson", "spearman", "rmse", "order"] {
        assert_near(&methods["given"][figure], &methods["uniform"][figure], 1e-12, figure);
    }
    assert_eq!(methods.as_object().unwrap().keys().next().unwrap(), "given");
    for (name, tracked) in fit["tracked"].as_object().unwrap() {
        assert_near(&found["tracked"][name]["mixture"], &tracked["prior"], 1e-12, name);
    }
    // Half the sum of absolute differences, by hand.
    let recommended = found["recommended"]["weights"].as_object().unwrap();
    let moved: f64 = recommended.values().map(|share| (share.as_f64().unwrap() - 0.25).abs()).sum::<f64>() / 2.0;
    assert_near(&found["recommended"]["total_variation"], &json!(moved), 1e-12, "moved");
    assert!(found["mixture"]["chosen_on"].is_null());
}

#[test]
fn the_recommended_mixture_has_the_figures_of_its_fit_and_is_told_as_optimistic() {
    let folder = with_four_domains();
    let fit = folder.json(&format!("fit --target reading {FILES} {QUICK} --out fitted.yaml"));
    let command = format!("evaluate --mixture fitted.yaml {FILES} {QUICK}");
    let found = folder.json(&command);
    obeys_the_schema(&found);
    let figures = found["mixture"]["figures"].as_object().unwrap();
    assert_eq!(figures.len(), 5);
    for (name, value) in figures {
        // The file's shares are rounded to six decimals.
        assert_near(value, &fit["recommended"][name], 2e-5, name);
    }
    assert_near(&found["criterion"]["value"], &fit["recommended"]["correlation"], 2e-5, "criterion");
    assert_eq!(found["target"], "reading");
    assert_eq!(found["mixture"]["chosen_on"], json!({ "target": "reading", "models": 7, "same_scores": true }));
    assert!(found["recommended"]["total_variation"].as_f64().unwrap() < 1e-5);
    let files: Vec<&Value> = found["inputs"].as_array().unwrap().iter().map(|input| &input["role"]).collect();
    assert!(files.contains(&&json!("mixture")), "{files:?}");
    let text = folder.prints(&command).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("own fit (target reading) chose these shares on these models and their scores"), "{text}");
    assert!(text.contains("only the line from bits to scores is fitted"), "{text}");
    let influence = folder.prints(&format!("{command} -v influence"));
    assert!(influence.contains("The mixture's correlation without each family and model"), "{influence}");
    // For another target the same file is less suspect.
    let other = folder.json(&format!("{command} --target coding"));
    assert_eq!(other["mixture"]["chosen_on"]["same_scores"], false);
}

#[test]
fn every_prediction_without_the_family_is_from_the_line_of_the_others() {
    let folder = with_four_domains();
    let text = folder.prints(&format!("evaluate --mixture equal.yaml --target reading {FILES} {QUICK} --format json"));
    let found: EvaluationReport = serde_json::from_str(&text).unwrap();
    let law = found.trust.law.as_ref().unwrap();
    for (name, model) in &law.models {
        let others: Vec<_> = law.models.values().filter(|other| other.family != model.family).collect();
        let mean = |of: &dyn Fn(&&mixopt::mixture::ModelFindings) -> f64| {
            others.iter().map(of).sum::<f64>() / others.len() as f64
        };
        let (bits, score) = (mean(&|other| other.bits), mean(&|other| other.score));
        let slope = others.iter().map(|o| (o.bits - bits) * (o.score - score)).sum::<f64>()
            / others.iter().map(|o| (o.bits - bits).powi(2)).sum::<f64>();
        let predicted = score + slope * (model.bits - bits);
        let found = model.held_out.unwrap();
        assert!((found - predicted).abs() < 1e-10, "{name}: {found} is not {predicted}");
    }
    let calibration = found.answer.prediction.unwrap();
    assert!((calibration.slope - law.slope).abs() < 1e-10 && calibration.models == 7);
}

#[test]
fn domains_that_the_mixture_does_not_name_have_no_share_and_units_are_converted() {
    let folder = with_four_domains();
    folder.write("one.yaml", given("books: 1.0, nowhere: 0.0"));
    let found = folder.json(&format!("evaluate --mixture one.yaml --target reading {FILES} {QUICK}"));
    assert_eq!(found["mixture"]["weights"], json!({ "web": 0.0, "code": 0.0, "books": 1.0, "law": 0.0 }));
    assert_near(&found["mixture"]["figures"], &found["baselines"]["single"]["books"], 1e-12, "books alone");
    assert_near(&found["held_out"]["mixture"], &found["held_out"]["baselines"]["single"]["books"], 1e-12, "held out");
    // 0.8/4 characters against 0.2/2 would be tokens; from tokens to characters it is 0.5 × 4 against 0.5 × 2.
    folder.write("tokens.yaml", with(&given("web: 0.5, code: 0.5"), "characters", "tokens"));
    folder.write(
        "corpora.yaml",
        "mixopt_corpora: 1\ndomains:\n  web: {tokens: 1000, characters: 4000}\n  code: {tokens: 300, characters: 600}\n",
    );
    let arguments = format!("evaluate --mixture tokens.yaml --target reading {FILES} {QUICK}");
    let message = folder.refuses(2, &arguments);
    assert!(message.contains("shares of tokens cannot be converted to shares of characters"), "{message}");
    let found = folder.json(&format!("{arguments} --corpora corpora.yaml"));
    let shares = json!({ "web": 2.0 / 3.0, "code": 1.0 / 3.0, "books": 0.0, "law": 0.0 });
    assert_near(&found["mixture"]["weights"], &shares, 1e-12, "in characters");
}

#[test]
fn what_cannot_be_evaluated_is_told_exactly() {
    let folder = with_four_domains();
    let refuses = |code: i32, arguments: &str, expected: &str| {
        assert_eq!(folder.refuses(code, &format!("evaluate {arguments}")), expected);
    };
    folder.write("other.yaml", given("web: 0.5, bocks: 0.25, xyz: 0.25"));
    refuses(
        2,
        &format!("--mixture other.yaml --target reading {FILES}"),
        "other.yaml: unknown domain `bocks`, did you mean `books`?; unknown domain `xyz`; the study's domains are web, code, \
         books, law",
    );
    refuses(
        2,
        &format!("--mixture equal.yaml --target reading {FILES} --exclude law"),
        "equal.yaml: `law` has a share but is left out (excluded); the study's domains are web, code, books",
    );
    refuses(
        2,
        &format!("--mixture equal.yaml {FILES}"),
        "--target: expected a target, since the mixture has no fit that would say what it is for (`mixopt targets` lists \
         them)",
    );
    refuses(
        2,
        &format!("--mixture equal.yaml --target readin {FILES}"),
        "unknown target `readin`, did you mean `reading`?; known: coding, reading",
    );
    refuses(1, "--mixture none.yaml --target mmlu", "cannot read none.yaml: No such file or directory (os error 2)");
    folder.prints(&format!("fit --target reading {FILES} --refits 0 --out fitted.yaml"));
    refuses(
        2,
        "--mixture fitted.yaml",
        "--mixture `fitted.yaml`: it was fitted on files, which are not part of the program; expected them again (`--bpc FILE \
         --scores FILE`), or `--study NAME`",
    );
}

#[test]
fn little_data_gives_fewer_answers_but_no_wrong_ones() {
    let folder = with_four_domains();
    // Scores that fall where compression gets better: no mixture correlates positively.
    let scores = "model,reading,coding\na-1b,0.6,0.1\na-7b,0.4,0.2\nb-1b,0.62,0.1\nb-7b,0.38,0.3\nc-3b,0.5,0.2\nc-9b,0.3,0.3\nd-2b,0.58,0.2\n";
    folder.write("worse.csv", scores);
    let against = "--bpc bpc.csv --scores worse.csv --models models.csv --replicates 20 --control none";
    let found = folder.json(&format!("evaluate --mixture equal.yaml --target reading {against} {QUICK}"));
    obeys_the_schema(&found);
    assert!(found["optimum"].is_null() && found["criterion"]["is_within"].is_null());
    assert!(found["mixture"]["figures"]["pearson"].as_f64().unwrap() < 0.0);
    let verdict = found["verdict"].to_string();
    assert!(verdict.contains("do not score higher") && verdict.contains("No mixture of these domains"), "{verdict}");
    // Three families, then one domain.
    for arguments in ["equal.yaml --drop-family d", "web.yaml --exclude code,books,law"] {
        folder.write("web.yaml", given("web: 1.0"));
        let text = folder.prints(&format!("evaluate --mixture {arguments} --target reading {FILES} {QUICK}"));
        assert!(!text.contains("NaN") && !text.contains("inf "), "{text}");
        let found = folder.json(&format!("evaluate --mixture {arguments} --target reading {FILES} {QUICK}"));
        obeys_the_schema(&found);
    }
}

#[test]
fn the_answer_does_not_depend_on_threads_and_every_format_has_it() {
    let folder = with_four_domains();
    let arguments = format!("evaluate --mixture equal.yaml --target reading {FILES} --refits 150 --tried coding");
    let one = folder.prints(&format!("{arguments} --format json --threads 1"));
    assert_eq!(one, folder.prints(&format!("{arguments} --format json --threads 2")));
    let csv = folder.prints(&format!("{arguments} --format csv"));
    assert!(csv.starts_with("domain,given,recommended,optimum,as_good_least,as_good_greatest,"), "{csv}");
    assert_eq!(csv.lines().count(), 5);
    let text = folder.prints(&arguments);
    assert!(text.starts_with("equal.yaml for reading\n7 models of 4 families, 4 domains"), "{text}");
}

#[test]
fn the_study_of_the_program_and_the_selection_are_those_of_the_file() {
    let folder = Folder::empty();
    folder.prints("fit --target math --drop-family Qwen --replicates 20 --refits 0 --out math.yaml");
    let arguments = "evaluate --mixture math.yaml --replicates 20 --refits 0";
    let found = folder.json(arguments);
    assert_eq!((&found["study"], &found["target"]), (&json!("huang2024"), &json!("math")));
    assert_eq!((&found["models"], &found["settings"]["drop_families"]), (&json!(16), &json!(["Qwen"])));
    assert!(folder.run(arguments).stderr.contains("--drop-family Qwen"));
    let wider = folder.json(&format!("{arguments} --exclude-models Yi-34b"));
    assert_eq!(wider["models"], 18);
    // The same fit, told by both commands.
    let fit = folder.json("fit --target math --drop-family Qwen --replicates 20 --refits 0");
    let fit: FitReport = serde_json::from_value(fit).unwrap();
    assert_near(&found["criterion"]["best"], &json!(fit.answer.recommended.best), 1e-12, "best");
}
