//! Permutation tests: exact p-values against SciPy, and that chance gets what it is promised.
//!
//! The long studies print their tables:
//! `cargo test --release --test trust permutation -- --ignored --nocapture`

use mixopt_fit::{AnalysisSettings, Problem, Refitter, Silent};
use mixopt_trust::{
    Exchange, PermutationSettings, PermutationTest, Strata, permutation_test, permutation_test_of, tried,
};
use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde_json::Value;

fn oracle() -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/permutations.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn positions(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|number| number as usize).collect()
}

fn problem_of(oracle: &Value, families: &str) -> Problem {
    let rows: Vec<Vec<f64>> = oracle["bits"].as_array().unwrap().iter().map(numbers).collect();
    let bits = DMatrix::from_fn(rows.len(), rows[0].len(), |i, d| rows[i][d]);
    Problem::plain(bits, numbers(&oracle["target"]), positions(&oracle[families]))
}

fn near(found: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() < 1e-12, "{found} {expected}");
}

fn settings(exchange: Exchange, permutations: usize) -> PermutationSettings {
    PermutationSettings { exchange, controls: &[], permutations, seed: 1 }
}

#[test]
fn exact_p_values_are_those_of_scipy() {
    let oracle = oracle();
    let strata = Strata::new(&positions(&oracle["strata"])).unwrap();
    let control = [numbers(&oracle["control"])];
    let analysis = AnalysisSettings::default();
    for (name, families, exchange, controls) in [
        ("models", "families", Exchange::Models, &[][..]),
        ("strata", "families", Exchange::WithinStrata(&strata), &[]),
        ("family_blocks", "families", Exchange::FamilyBlocks, &[]),
        ("family_means", "unequal_families", Exchange::FamilyMeans, &[]),
        ("control", "families", Exchange::Models, &control),
    ] {
        let problem = problem_of(&oracle, families);
        let refitter = Refitter::new(&problem, &analysis).unwrap();
        let settings = PermutationSettings { controls, ..settings(exchange, 1000) };
        let found = permutation_test(&refitter, settings, &Silent).unwrap();
        let expected = &oracle["cases"][name];
        assert!(found.exact, "{name}");
        near(found.p_value, &expected["p_value"]);
        near(found.permutations as f64, &expected["permutations"]);
        near(found.observed, &expected["observed"]);
        near(found.null_mean.unwrap(), &expected["null_mean"]);
        near(found.null_median.unwrap(), &expected["null_quantiles"][0]);
        near(found.null_90.unwrap(), &expected["null_quantiles"][1]);
        near(found.null_95.unwrap(), &expected["null_quantiles"][2]);
        assert_eq!(found.undefined, 0);
    }
    let problem = problem_of(&oracle, "families");
    let refitter = Refitter::new(&problem, &analysis).unwrap();
    let shares = numbers(&oracle["shares"]);
    let held = permutation_test_of(&refitter, &shares, settings(Exchange::Models, 1000), &Silent).unwrap();
    near(held.p_value, &oracle["cases"]["held"]["p_value"]);
    near(held.observed, &oracle["cases"]["held"]["observed"]);
}

#[test]
fn exact_corrections_for_targets_tried_are_those_of_scipy() {
    let oracle = oracle();
    let (problem, analysis) = (problem_of(&oracle, "families"), AnalysisSettings::default());
    let targets: Vec<Vec<Option<f64>>> = oracle["tried"]["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|scores| scores.as_array().unwrap().iter().map(Value::as_f64).collect())
        .collect();
    let refitter = Refitter::new(&problem, &analysis).unwrap();
    let found = tried(&refitter, &targets, settings(Exchange::Models, 1000), &Silent).unwrap();
    assert!(found.exact && found.permutations == 719);
    for (index, target) in found.targets.iter().enumerate() {
        near(target.observed.unwrap(), &oracle["tried"]["observed"][index]);
        near(target.p_value.unwrap(), &oracle["tried"]["p_values"][index]);
        near(target.adjusted.unwrap(), &oracle["tried"]["adjusted"][index]);
        assert_eq!(target.models, if index == 1 { 5 } else { 6 });
    }
}

fn normal(generator: &mut ChaCha8Rng) -> f64 {
    // Irwin and Hall: twelve uniform numbers.
    (0..12).map(|_| generator.random::<f64>()).sum::<f64>() - 6.0
}

/// Families of these sizes; a share `within_class` of the variance of every bit and score lies between families.
fn null(sizes: &[usize], domains: usize, within_class: f64, seed: u64) -> Problem {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let families: Vec<usize> =
        sizes.iter().enumerate().flat_map(|(family, &size)| std::iter::repeat_n(family, size)).collect();
    let mut column = || -> Vec<f64> {
        let effects: Vec<f64> = sizes.iter().map(|_| within_class.sqrt() * normal(&mut generator)).collect();
        families.iter().map(|&f| effects[f] + (1.0 - within_class).sqrt() * normal(&mut generator)).collect()
    };
    let target = column();
    let columns: Vec<Vec<f64>> = (0..domains).map(|_| column()).collect();
    let bits = DMatrix::from_fn(families.len(), domains, |i, d| columns[d][i]);
    Problem::plain(bits, target, families)
}

fn tested(problem: &Problem, exchange: Exchange, permutations: usize, seed: u64) -> PermutationTest {
    let analysis = AnalysisSettings::default();
    let settings = PermutationSettings { exchange, controls: &[], permutations, seed };
    permutation_test(&Refitter::new(problem, &analysis).unwrap(), settings, &Silent).unwrap()
}

/// How far the share of p-values up to `k / (B + 1)` is from `k / (B + 1)`, for k up to half of `B + 1`, where it is furthest:
/// too many small ones (unfair), and either way. Large p-values are not uniform: where no mixture correlates positively, p
/// is one.
fn kolmogorov(p_values: &[f64], permutations: usize) -> (f64, f64) {
    let excess = |k: usize| {
        let at = k as f64 / (permutations + 1) as f64;
        let below = p_values.iter().filter(|&&p| p <= at + 1e-12).count();
        below as f64 / p_values.len() as f64 - at
    };
    (1..=permutations.div_ceil(2)).fold((0.0, 0.0), |(above, any), k| (excess(k).max(above), excess(k).abs().max(any)))
}

/// p-values of data sets without anything to find.
fn null_p_values(models: usize, domains: usize, data_sets: u64, permutations: usize) -> Vec<f64> {
    (0..data_sets)
        .into_par_iter()
        .map(|seed| tested(&null(&vec![1; models], domains, 0.0, seed), Exchange::Models, permutations, seed).p_value)
        .collect()
}

/// The critical value of Kolmogorov's distance at level 0.001 is 1.95 / √n. Forty domains fit any scores of twenty models
/// about every other time; then all permutations tie and p is one, so that p-values may be too large but never too small.
#[test]
fn p_values_of_chance_are_uniform() {
    for (domains, ties) in [(3, false), (20, false), (40, true)] {
        let p_values = null_p_values(20, domains, 200, 99);
        let (above, any) = kolmogorov(&p_values, 99);
        let distance = if ties { above } else { any };
        assert!(distance < 1.95 / 200.0_f64.sqrt(), "{domains} domains: {distance}");
    }
}

#[test]
fn a_mixture_that_scores_follow_is_not_chance() {
    let mut problem = null(&[1; 20], 3, 0.0, 5);
    for (model, score) in problem.target.iter_mut().enumerate() {
        *score = 0.5 * *score - problem.bits[(model, 0)] - problem.bits[(model, 2)];
    }
    let found = tested(&problem, Exchange::Models, 999, 3);
    assert_eq!((found.p_value, found.at_least_as_large, found.exact), (0.001, 0, false));
    assert!(found.observed > found.null_95.unwrap() && found.null_95 > found.null_90);
    assert_eq!(found, tested(&problem, Exchange::Models, 999, 3));
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(found, one_thread.install(|| tested(&problem, Exchange::Models, 999, 3)));
}

#[test]
fn what_controls_explain_is_not_found() {
    // Scores and compression both follow size and nothing else.
    let mut large = 0;
    for seed in 0..60 {
        let mut problem = null(&[1; 20], 3, 0.0, seed);
        let mut generator = ChaCha8Rng::seed_from_u64(1000 + seed);
        let size: Vec<f64> = (0..20).map(|_| 3.0 * normal(&mut generator)).collect();
        for (model, size) in size.iter().enumerate() {
            problem.target[model] += size;
            problem.bits.row_mut(model).add_scalar_mut(-size);
        }
        assert!(tested(&problem, Exchange::Models, 99, seed).p_value <= 0.05);
        let analysis = AnalysisSettings::default();
        let controls = [size];
        let settings = PermutationSettings { controls: &controls, ..settings(Exchange::Models, 99) };
        let found = permutation_test(&Refitter::new(&problem, &analysis).unwrap(), settings, &Silent).unwrap();
        large += usize::from(found.p_value <= 0.05);
    }
    // Binomial(60, 0.05) exceeds 10 with probability 0.0004.
    assert!(large <= 10, "{large} of 60");
}

/// What the documentation of `Exchange` says: plain permutation is too often significant with families, the other two not.
#[test]
fn families_are_not_exchanged_model_by_model() {
    let at_level = |exchange: Exchange| -> usize {
        (0..200_u64)
            .into_par_iter()
            .filter(|&seed| tested(&null(&[3; 10], 3, 0.5, seed), exchange, 99, seed).p_value <= 0.05)
            .count()
    };
    let (models, blocks, means) =
        (at_level(Exchange::Models), at_level(Exchange::FamilyBlocks), at_level(Exchange::FamilyMeans));
    // Binomial(200, 0.05) exceeds 22 with probability 0.0003.
    assert!(models > 22 && blocks <= 22 && means <= 22, "{models} {blocks} {means}");
}

#[test]
fn errors_say_what_is_missing() {
    let problem = null(&[2, 1, 1], 2, 0.0, 1);
    let analysis = AnalysisSettings::default();
    let strata = Strata::new(&[0, 0, 1]).unwrap();
    {
        let refitter = Refitter::new(&problem, &analysis).unwrap();
        let fault = |exchange, permutations| {
            permutation_test(&refitter, settings(exchange, permutations), &Silent).unwrap_err().to_string()
        };
        assert!(fault(Exchange::Models, 0).contains("at least one permutation"));
        assert!(fault(Exchange::WithinStrata(&strata), 9).contains("the strata are of 3 models, the scores of 4"));
        let scores = vec![vec![Some(1.0); 3]];
        let fault = tried(&refitter, &scores, settings(Exchange::Models, 9), &Silent).unwrap_err().to_string();
        assert!(fault.contains("3 scores for 4 models"), "{fault}");
        let constant = vec![vec![Some(1.0); 4], problem.target.iter().copied().map(Some).collect()];
        let found = tried(&refitter, &constant, settings(Exchange::Models, 99), &Silent).unwrap();
        assert_eq!((found.targets[0].observed, found.targets[0].adjusted), (None, None));
        assert_eq!(found.targets[1].p_value, found.targets[1].adjusted);
    }
    // A control that explains the scores leaves nothing to permute.
    let controls = [problem.target.clone()];
    let refitter = Refitter::new(&problem, &analysis).unwrap();
    let settings = PermutationSettings { controls: &controls, ..settings(Exchange::Models, 9) };
    let fault = permutation_test(&refitter, settings, &Silent).unwrap_err().to_string();
    assert!(fault.contains("scores are constant"), "{fault}");
}

/// Of four targets that have nothing to do with compression, two alike and one with gaps, the data set has an error where
/// any adjusted p-value is at most 0.05.
fn family_wise(data_sets: u64, permutations: usize) -> (usize, usize) {
    let errors: Vec<(bool, bool)> = (0..data_sets)
        .into_par_iter()
        .map(|seed| {
            let problem = null(&[1; 20], 4, 0.0, seed);
            let mut generator = ChaCha8Rng::seed_from_u64(5000 + seed);
            let mut noise = || -> Vec<f64> { (0..20).map(|_| normal(&mut generator)).collect() };
            let alike: Vec<f64> = noise().iter().zip(&problem.target).map(|(a, b)| 0.3 * a + b).collect();
            let mut targets: Vec<Vec<Option<f64>>> = [problem.target.clone(), alike, noise(), noise()]
                .into_iter()
                .map(|scores| scores.into_iter().map(Some).collect())
                .collect();
            targets[3].iter_mut().step_by(4).for_each(|score| *score = None);
            let analysis = AnalysisSettings::default();
            let settings = PermutationSettings { seed, ..settings(Exchange::Models, permutations) };
            let found =
                tried(&Refitter::new(&problem, &analysis).unwrap(), &targets, settings, &Silent).unwrap().targets;
            for (a, b) in found.iter().flat_map(|a| found.iter().map(move |b| (a, b))) {
                assert!(a.adjusted >= a.p_value && (a.p_value < b.p_value) <= (a.adjusted <= b.adjusted));
            }
            let any = |p: fn(&mixopt_trust::TriedTarget) -> Option<f64>| found.iter().any(|t| p(t).unwrap() <= 0.05);
            (any(|target| target.p_value), any(|target| target.adjusted))
        })
        .collect();
    (errors.iter().filter(|error| error.0).count(), errors.iter().filter(|error| error.1).count())
}

#[test]
fn trying_targets_is_paid_for() {
    let (raw, adjusted) = family_wise(150, 99);
    // Binomial(150, 0.05) exceeds 18 with probability 0.0002.
    assert!(raw > 18 && adjusted <= 18, "{raw} {adjusted}");
}

#[test]
#[ignore = "long study; prints a table"]
fn study_of_uniform_p_values() {
    println!("| models | domains | data sets | P(p ≤ 0.01) | P(p ≤ 0.05) | P(p ≤ 0.10) | Kolmogorov | 5% critical |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (models, domains) in [(10, 3), (20, 3), (20, 20), (20, 40), (40, 20)] {
        let data_sets = 2000;
        let p_values = null_p_values(models, domains, data_sets, 199);
        let share = |at: f64| p_values.iter().filter(|&&p| p <= at + 1e-12).count() as f64 / data_sets as f64;
        println!(
            "| {models} | {domains} | {data_sets} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} |",
            share(0.01),
            share(0.05),
            share(0.1),
            kolmogorov(&p_values, 199).1,
            1.36 / (data_sets as f64).sqrt()
        );
    }
    let (raw, adjusted) = family_wise(2000, 199);
    println!("four null targets tried, 2000 data sets: any raw p ≤ 0.05 in {raw}, any adjusted in {adjusted}");
}

#[test]
#[ignore = "long study; prints a table"]
fn study_of_families() {
    println!("Share of p ≤ 0.05 where there is nothing to find, 2000 data sets, 99 permutations.");
    println!("| families | domains | between families | models | family blocks | family means |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let equal = vec![3; 10];
    let unequal = vec![1, 1, 1, 1, 2, 2, 3, 4, 6, 9];
    for (name, sizes) in [("10 of 3", &equal), ("1,1,1,1,2,2,3,4,6,9", &unequal)] {
        for (domains, share) in [(3, 0.0), (3, 0.5), (3, 0.8), (40, 0.5)] {
            let data_sets = 2000_u64;
            let level = |exchange: Exchange| -> f64 {
                let found = (0..data_sets)
                    .into_par_iter()
                    .filter(|&seed| tested(&null(sizes, domains, share, seed), exchange, 99, seed).p_value <= 0.05);
                found.count() as f64 / data_sets as f64
            };
            let levels = [Exchange::Models, Exchange::FamilyBlocks, Exchange::FamilyMeans].map(level);
            println!("| {name} | {domains} | {share} | {:.3} | {:.3} | {:.3} |", levels[0], levels[1], levels[2]);
        }
    }
}
