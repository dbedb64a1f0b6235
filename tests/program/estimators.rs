//! `mixopt fit --estimator`: recommendations by the published estimators.

use crate::folder::{Folder, QUICK};
use serde_json::{Value, json};

fn recommended(found: &Value) -> Vec<f64> {
    found["recommended"]["weights"].as_object().unwrap().values().map(|weight| weight.as_f64().unwrap()).collect()
}

fn verdict(found: &Value) -> String {
    found["verdict"].as_array().unwrap().iter().map(|sentence| sentence.as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn without_caps_everything_goes_to_one_domain_and_the_verdict_says_what_to_do() {
    let folder = Folder::empty();
    for estimator in ["product", "sign", "sign_cdf", "sign_sign", "spearmanr"] {
        let found = folder.json(&format!("fit --target mmlu {QUICK} --estimator {estimator}"));
        assert_eq!(found["recommended"]["status"], "estimator");
        assert_eq!(found["settings"]["recommender"], json!({ "estimator": [estimator, "linear"] }));
        let mut weights = recommended(&found);
        weights.sort_by(f64::total_cmp);
        assert_eq!(weights, [0.0, 0.0, 1.0], "{estimator}");
        let verdict = verdict(&found);
        assert!(verdict.contains(&format!("published estimator {estimator}")), "{verdict}");
        assert!(verdict.contains("`--max-weight`"), "{verdict}");
        assert!(found["held_out"]["recommended"]["pearson"].as_f64().unwrap() > 0.5);
        assert_eq!(found["held_out"]["recommended"]["folds_without_answer"], 0);
    }
}

#[test]
fn caps_are_filled_in_the_order_of_estimates() {
    let folder = Folder::empty();
    let alone = recommended(&folder.json(&format!("fit --target mmlu {QUICK} --estimator sign_cdf")));
    let capped = folder.json(&format!("fit --target mmlu {QUICK} --estimator sign_cdf --max-weight 0.5"));
    let weights = recommended(&capped);
    let first = alone.iter().position(|&share| share == 1.0).unwrap();
    assert_eq!(weights[first], 0.5);
    assert_eq!(weights.iter().filter(|share| **share == 0.5).count(), 2);
    assert!(!verdict(&capped).contains("--max-weight"));
    // Rows, too, are obeyed: a group limit takes the place of the cap.
    let grouped = folder.json(&format!(
        "fit --target mmlu {QUICK} --estimator sign_cdf --min-weight 0.1 --group text:common_crawl+arxiv_math=0.2..0.6"
    ));
    let weights = recommended(&grouped);
    assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12 && weights.iter().all(|share| *share >= 0.1 - 1e-12));
    let python = grouped["recommended"]["weights"]["python"].as_f64().unwrap();
    assert!(python >= 0.4 - 1e-12, "{weights:?}");
}

#[test]
fn the_nearest_mixture_to_estimates_is_a_projection_of_its_own() {
    let folder = Folder::empty();
    let found = folder.json(&format!("fit --target mmlu {QUICK} --estimator spearmanr --projection l2"));
    assert_eq!(found["settings"]["recommender"], json!({ "estimator": ["spearmanr", "l2"] }));
    let weights = recommended(&found);
    assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(weights.iter().all(|share| *share > 0.0 && *share < 1.0), "{weights:?}");
}

#[test]
fn settings_that_exclude_an_estimator_are_refused() {
    let folder = Folder::empty();
    for (rest, named) in [
        ("--target mmlu --recommend ridge", "--recommend ridge"),
        ("--target mmlu --ridge 0.1", "--ridge"),
        ("--target mmlu --at-most 2", "--at-most"),
        ("--target mmlu,gsm8k --objective worst", "--objective"),
    ] {
        let run = folder.run(&format!("fit {rest} --estimator sign"));
        assert_ne!(run.code, 0, "{rest}");
        assert!(run.stderr.contains("--estimator sign") && run.stderr.contains(named), "{}", run.stderr);
    }
    assert_ne!(folder.run("fit --target mmlu --projection l2").code, 0);
}
