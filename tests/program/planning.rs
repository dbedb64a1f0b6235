//! Fits and plans that a team can train on, as the program makes them: constraints, supply, priors, several targets,
//! stages, and every way in which they can be asked for wrongly.

use crate::folder::{Folder, QUICK, with};
use serde_json::Value;

const CORPORA: &str = include_str!("../../docs/examples/corpora.yaml");
const TODAY: &str = include_str!("../../docs/examples/today.yaml");
const PLAN: &str = include_str!("../../docs/examples/plan.yaml");

fn folder() -> Folder {
    let folder = Folder::empty();
    folder.write("corpora.yaml", CORPORA);
    folder.write("today.yaml", TODAY);
    folder.write("plan.yaml", PLAN);
    folder
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn weight(found: &Value, domain: &str) -> f64 {
    number(&found["weights"][domain])
}

#[test]
fn all_constraints_hold_together_with_a_proof() {
    let folder = folder();
    let found = folder.json(&format!(
        "fit --target mmlu,gsm8k --objective worst --corpora corpora.yaml --budget 1T --max-epochs 8 --prior today.yaml \
         --within 0.9 --bound common_crawl=0.3..0.7 --group technical<=0.45 --keep python=0.05 {QUICK}"
    ));
    assert_eq!(found["unit"], "tokens");
    for mixture in [&found["recommended"], &found["optimum"]] {
        let (web, code, math) =
            (weight(mixture, "common_crawl"), weight(mixture, "python"), weight(mixture, "arxiv_math"));
        assert!((web + code + math - 1.0).abs() < 1e-9);
        assert!((0.3 - 1e-9..=0.7 + 1e-9).contains(&web), "{web}");
        assert!(code + math <= 0.45 + 1e-9 && code >= 0.05 - 1e-9, "{code} {math}");
        // 28 billion tokens six times (the manifest's own limit) are 16.8% of the budget; 60 billion eight times 48%.
        assert!(math <= 0.168 + 1e-9 && code <= 0.48 + 1e-9, "{math}");
    }
    assert_eq!(found["optimum"]["status"], "certified");
    assert!(number(&found["optimum"]["bound"]) >= number(&found["optimum"]["correlation"]) - 1e-12);
    assert!(number(&found["recommended"]["correlation"]) >= 0.9 * number(&found["recommended"]["best"]) - 1e-12);
    assert_eq!(found["by_target"].as_object().unwrap().len(), 2);
    let supply = &found["supply"]["domains"]["python"];
    assert!((number(&supply["epochs"]) - number(&supply["tokens"]) / 60e9).abs() < 1e-12);
    let tokens: f64 =
        found["supply"]["domains"].as_object().unwrap().values().map(|domain| number(&domain["tokens"])).sum();
    assert_eq!(tokens, 1e12);
}

#[test]
fn prices_tell_what_loosening_gains() {
    let folder = folder();
    let at = |limit: f64| {
        let found = folder.json(&format!("fit --target mmlu --group hard:arxiv_math+python<={limit} {QUICK}"));
        let binding = found["optimum"]["binding"][0].clone();
        (number(&found["optimum"]["correlation"]), binding)
    };
    let (before, _) = at(0.499);
    let (_, binding) = at(0.5);
    let (after, _) = at(0.501);
    assert_eq!(binding["constraint"], "--group hard:arxiv_math+python<=0.5");
    assert_eq!(binding["side"], "<=");
    let difference = (after - before) / 0.002 * 0.01;
    let price = number(&binding["price_per_point"]);
    assert!((price / difference - 1.0).abs() < 1e-3, "{price} {difference}");
}

#[test]
fn the_unit_changes_shares_and_not_what_is_found() {
    let folder = folder();
    let characters = folder.json(&format!("fit --target mmlu {QUICK}"));
    let tokens = folder.json(&format!("fit --target mmlu --corpora corpora.yaml --unit tokens {QUICK}"));
    let correlation = |found: &Value| number(&found["optimum"]["correlation"]);
    assert!((correlation(&characters) - correlation(&tokens)).abs() < 1e-12);
    // 4.5 characters a token of Common Crawl, 2.8 of arXiv.
    let (web, math) =
        (weight(&characters["optimum"], "common_crawl") / 4.5, weight(&characters["optimum"], "arxiv_math") / 2.8);
    assert!((weight(&tokens["optimum"], "common_crawl") - web / (web + math)).abs() < 1e-9);
}

#[test]
fn the_curve_goes_from_the_prior_to_the_best_without_a_way_back() {
    let folder = folder();
    for options in ["", "--distance kl", "--max-weight 0.6", "--group hard:arxiv_math+python<=0.6 --distance kl"] {
        let found = folder.json(&format!(
            "fit --target mmlu --corpora corpora.yaml --unit tokens --prior today.yaml {options} {QUICK}"
        ));
        let curve = found["trade_off"].as_array().unwrap();
        assert!(curve.len() >= 20, "{options}: {}", curve.len());
        let column = |name: &str| curve.iter().map(|point| number(&point[name])).collect::<Vec<f64>>();
        for name in ["correlation", "distance"] {
            let values = column(name);
            assert!(values.windows(2).all(|pair| pair[1] >= pair[0] - 1e-9), "{options} {name}: {values:?}");
        }
        let last = column("correlation").pop().unwrap();
        assert!((last - number(&found["recommended"]["best"])).abs() < 1e-6, "{options}");
    }
}

#[test]
fn a_prior_that_is_good_enough_stays() {
    let folder = folder();
    let found = folder.json(&format!("fit --target mmlu --within 0.5 --prior uniform {QUICK}"));
    assert_eq!(found["recommended"]["status"], "center_is_within");
    assert_eq!(found["recommended"]["weights"], found["recommended"]["prior_weights"]);
}

#[test]
fn frozen_groups_keep_their_ratios_and_few_domains_are_few() {
    let folder = folder();
    let found = folder.json(&format!("fit --target mmlu --freeze technical:python=1+arxiv_math=3 {QUICK}"));
    for mixture in [&found["recommended"], &found["optimum"]] {
        let (code, math) = (weight(mixture, "python"), weight(mixture, "arxiv_math"));
        assert!((math - 3.0 * code).abs() < 1e-9, "{code} {math}");
    }
    let found = folder.json(&format!("fit --target mmlu --at-most 1 {QUICK}"));
    assert_eq!(found["optimum"]["status"], "certified");
    assert_eq!(weight(&found["optimum"], "arxiv_math"), 1.0);
}

#[test]
fn a_ridge_lies_between_the_prior_and_the_best() {
    let folder = folder();
    let found = |lambda: &str| {
        folder.json(&format!("fit --target mmlu --control none --prior uniform --ridge {lambda} {QUICK}"))["recommended"].clone()
    };
    let free = found("0");
    assert!((number(&free["correlation"]) - number(&free["best"])).abs() < 1e-9);
    let held = found("1e9");
    assert!((weight(&held, "python") - 1.0 / 3.0).abs() < 1e-3);
    let chosen = folder.json(&format!("fit --target mmlu --recommend ridge {QUICK}"));
    assert_eq!(chosen["recommended"]["status"], "ridge");
    assert!(chosen["recommended"]["ridge"]["path"].as_array().unwrap().len() > 10);
}

#[test]
fn a_plan_shares_the_supply_and_keeps_its_stages() {
    let folder = folder();
    let found = folder.json("plan plan.yaml --out mix.yaml");
    assert_eq!(found["status"], "certified");
    let stages = found["stages"].as_array().unwrap();
    let mut python = 0.0;
    for stage in stages {
        python += weight(stage, "python") * number(&stage["budget"]);
        assert!(number(&stage["correlation"]) >= number(&stage["threshold"]) - 1e-12);
        assert!(number(&stage["optimum_correlation"]) <= number(&stage["alone"]) + 1e-9);
    }
    assert!(python <= 4.0 * 60e9 * (1.0 + 1e-6), "{python}");
    assert!(weight(&stages[1], "common_crawl") >= 0.2 - 1e-9);
    let shown = folder.prints("show mix.yaml");
    assert!(shown.starts_with("Plan"), "{shown}");
    let again = folder.prints("plan plan.yaml --threads 1 --format json -q");
    assert_eq!(again, folder.prints("plan plan.yaml --threads 2 --format json -q"));
}

#[test]
fn wrong_constraints_are_told() {
    let folder = folder();
    let fit = |options: &str| format!("fit --target mmlu {options} {QUICK}");
    for (options, expected) in [
        (
            "--bound python=0.6.. --group hard:arxiv_math+common_crawl>=0.5",
            "no mixture satisfies `--bound python=0.6..` and `--group hard:arxiv_math+common_crawl>=0.5` together; relax one of them",
        ),
        (
            "--corpora corpora.yaml --budget 1T --max-epochs 1 --bound common_crawl=..0.5",
            "no mixture satisfies `--bound common_crawl=..0.5`, `supply of python: 60B tokens once` and `supply of arxiv_math: 28B tokens × 6 epochs` together; relax one of them",
        ),
        ("--group hard:arxiv_maths<=0.5", "unknown domain `arxiv_maths`, did you mean `arxiv_math`?"),
        ("--bound pyton=0.5", "unknown domain `pyton`, did you mean `python`?"),
        ("--keep pyton", "unknown domain `pyton`, did you mean `python`?"),
        ("--drop pyton", "unknown domain `pyton`, did you mean `python`?"),
        (
            "--group technical<=0.5",
            "--group `tag:technical`: tags are in a corpora manifest, and none is given; expected `--corpora FILE`, or the members by name (NAME:A+B)",
        ),
        (
            "--corpora corpora.yaml --group tecnical<=0.5",
            "corpora.yaml: no domain has the tag `tecnical` (did you mean `technical`?); known tags: web, code, technical, math",
        ),
        (
            "--group hard<0.5",
            "--group `hard<0.5`: `<=`, `>=` or `=` is missing; expected NAME:A+B<=SHARE, NAME:A+B>=SHARE, NAME:A+B=SHARE or NAME:A+B=MIN..MAX (without members NAME is a tag)",
        ),
        (
            "--freeze a:python=1+arxiv_math=1 --freeze b:python=1+common_crawl=1",
            "domain `python` is in two frozen groups, `--freeze a:python=1+arxiv_math=1` and `--freeze b:python=1+common_crawl=1`; leave it out of one of them",
        ),
        (
            "--prior today.yaml",
            "shares of tokens cannot be converted to shares of characters without counts; give them with `--corpora FILE`",
        ),
        ("--prior pyle", "unknown mixture `pyle`, did you mean `pile`?; give a file, or one of these: "),
        ("--prior natural", "--prior natural: expected `--corpora FILE` as well, which gives the text available"),
        (
            "--unit tokens",
            "shares of characters cannot be converted to shares of tokens without counts; give them with `--corpora FILE`",
        ),
        (
            "--corpora corpora.yaml --budget 1T --unit bytes",
            "--unit bytes: expected `tokens` with a budget, which counts tokens",
        ),
        ("--at-most 0", "--at-most 0: expected 1 or more domains"),
        ("--ridge -1", "--ridge -1: expected a number from 0"),
        ("--objective worst", "--objective worst: expected two or more targets (`--target a,b`)"),
    ] {
        let message = folder.refuses(2, &fit(options));
        assert!(message.starts_with(expected), "{options}\n  {message}\n  {expected}");
    }
    assert_eq!(
        folder.refuses(1, &fit("--corpora corpora.yaml --budget 10T --max-epochs 1")),
        "corpora.yaml: a budget of 10T tokens is 7.372T more than the 2.628T available within the domains' limits \
         (common_crawl: 2.4T × 1 epoch, python: 60B × 1 epoch, arxiv_math: 28B × 6 epochs); use `--max-epochs 4` or a \
         budget of at most 2.628T tokens"
    );
    let message = folder.refuses(2, &fit("--within 3"));
    assert!(message.contains("expected standard errors (`1se`), a share of the best correlation"), "{message}");
}

#[test]
fn a_prior_names_the_domains_that_differ() {
    let folder = folder();
    folder.write("other.yaml", with(TODAY, "python: 0.1", "rust: 0.1"));
    assert_eq!(
        folder.refuses(2, &format!("fit --target mmlu --corpora corpora.yaml --prior other.yaml {QUICK}")),
        "prior `other.yaml` has other domains than the study: missing from the study: rust; missing from the prior: python; use the study's names, \
         with a share of 0 for unused domains, or map names with `--domain-aliases`"
    );
    folder.write("sum.yaml", with(TODAY, "python: 0.1", "python: 0.11"));
    assert_eq!(
        folder.refuses(1, &format!("fit --target mmlu --corpora corpora.yaml --prior sum.yaml {QUICK}")),
        "sum.yaml: weights that sum to 1.01, 0.01 too much; expected weights that sum to exactly 1: take 0.01 from `common_crawl`, or let `mixopt import` normalise them"
    );
}

#[test]
fn wrong_plans_are_told() {
    let folder = folder();
    for (from, to, expected) in [
        ("budget: 800B", "budget: 80T", "corpora.yaml: a budget of 80.1T tokens is "),
        (
            "max_epochs: 4",
            "max_epochs: 4\nbudget: 1T",
            "no plan: the stages' budgets add up to 900000000000 tokens, but the budget is 1000000000000: 100000000000 too few; change one of them",
        ),
        (
            "max_epochs: 4",
            "max_epochs: 4\nbudget: 850B",
            "no plan: the stages' budgets add up to 900000000000 tokens, but the budget is 850000000000: 50000000000 too many; change one of them",
        ),
        ("name: mathematics", "name: knowledge", "no plan for stage `knowledge`: another stage has this name"),
        ("budget: 100B", "budget: 0", "no plan for stage `mathematics`: a budget of 0 tokens"),
        (
            "common_crawl=0.2..",
            "common_crowl=0.2..",
            "stage `mathematics`: unknown domain `common_crowl`, did you mean `common_crawl`?",
        ),
        ("target: gsm8k", "target: gms8k", "unknown target `gms8k`, did you mean `gsm8k`?"),
    ] {
        folder.write("bad.yaml", with(PLAN, from, to));
        let run = folder.run("plan bad.yaml");
        assert!(run.code == 1 || run.code == 2, "{to}: {}", run.code);
        let message = run.stderr.strip_prefix("error: ").unwrap_or_else(|| panic!("{to}: {}", run.stderr));
        assert!(!run.stdout.contains("Plan"), "{to}");
        assert!(message.starts_with(expected), "{to}\n  {message}\n  {expected}");
    }
    folder.write("bad.yaml", with(PLAN, "within: 0.99", "within: much"));
    assert!(
        folder.refuses(1, "plan bad.yaml").starts_with("bad.yaml: line 6"),
        "{}",
        folder.refuses(1, "plan bad.yaml")
    );
}
