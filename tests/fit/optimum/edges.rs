//! The smallest and strangest inputs.

use mixopt_fit::statistics::pearson;
use mixopt_fit::{Bounds, CompressionColumns, Constraints, Design, OptimumStatus, best_mixture};
use nalgebra::DMatrix;

use super::problems::{Kind, Problem};

fn problem(models: usize, domains: usize, rows: &[f64], target: &[f64]) -> Problem {
    Problem { bits: DMatrix::from_row_slice(models, domains, rows), target: target.to_vec() }
}

#[test]
fn one_domain_has_its_own_correlation() {
    for models in 2..=5 {
        let bits: Vec<f64> = (0..models).map(|i| 1.0 - 0.1 * (i as f64).sqrt()).collect();
        let target: Vec<f64> = (0..models).map(|i| (i * i) as f64).collect();
        let optimum = problem(models, 1, &bits, &target).solve(None).unwrap();
        let opposite: Vec<f64> = bits.iter().map(|b| -b).collect();
        assert_eq!(optimum.weights, Some(vec![1.0]));
        assert_eq!(optimum.status, OptimumStatus::Certified);
        assert!((optimum.correlation - pearson(&opposite, &target).unwrap()).abs() < 1e-14);
        assert!(optimum.gap() < 1e-9);
    }
}

#[test]
fn two_models_correlate_fully_or_not_at_all() {
    let agrees = problem(2, 2, &[0.9, 0.7, 0.8, 0.75], &[0.3, 0.4]).solve(None).unwrap();
    assert!((agrees.correlation - 1.0).abs() < 1e-12);
    assert_eq!(agrees.weights, Some(vec![1.0, 0.0]));
    let none = problem(2, 2, &[0.8, 0.7, 0.9, 0.75], &[0.3, 0.4]).solve(None).unwrap();
    assert_eq!(none.status, OptimumStatus::NoPositiveCorrelation);
    assert!(none.weights.is_none() && none.bound <= 1e-9);
}

#[test]
fn few_models_and_many_domains_correlate_fully() {
    for models in 2..=5 {
        for seed in 0..10 {
            let optimum = Problem::random(Kind::Gaussian, models, 200, seed).solve(None).unwrap();
            assert!((optimum.correlation - 1.0).abs() < 1e-12, "{models} models: {}", optimum.correlation);
            assert!(optimum.bound <= 1.0 && optimum.status == OptimumStatus::Certified);
            let used = optimum.weights.unwrap().iter().filter(|w| **w > 0.0).count();
            assert!(used < models, "{used} domains for {models} models");
        }
    }
}

/// A benchmark that every domain speaks against gets words, not a number.
#[test]
fn a_target_against_every_domain_has_no_mixture() {
    for (models, domains) in [(2, 1), (3, 2), (5, 5), (20, 40), (12, 300)] {
        let noise = Problem::random(Kind::CommonFactor, models, domains, 5);
        let average: Vec<f64> = noise.bits.row_iter().map(|row| row.mean()).collect();
        // Better models (fewer bits) score worse.
        let against = Problem { bits: noise.bits, target: average };
        let optimum = against.solve(None).unwrap();
        assert_eq!(optimum.status, OptimumStatus::NoPositiveCorrelation, "{models} × {domains}");
        assert!(optimum.weights.is_none() && optimum.correlation == 0.0);
        assert!(optimum.bound <= 1e-9, "{}", optimum.bound);
        let names: Vec<String> = (0..domains).map(|d| d.to_string()).collect();
        let caps = Bounds::new(&names, vec![0.0; domains], vec![(2.0 / domains as f64).min(1.0); domains]).unwrap();
        let capped = against.solve(Some(&caps)).unwrap();
        assert_eq!(capped.status, OptimumStatus::NoPositiveCorrelation);
        assert!(capped.weights.is_none() && capped.bound <= 1e-9);
        let some = Bounds::new(&names, vec![0.5 / domains as f64; domains], vec![1.0; domains]).unwrap();
        let least = against.solve(Some(&some)).unwrap();
        assert!(least.weights.is_none() && least.bound <= 1e-9);
    }
}

#[test]
fn a_constant_matrix_has_no_mixture() {
    for value in [0.0, 0.1 + 0.2, 1e6] {
        let optimum = problem(5, 3, &[value; 15], &[0.1, 0.5, 0.2, 0.9, 0.4]).solve(None).unwrap();
        assert_eq!(optimum.status, OptimumStatus::NoPositiveCorrelation);
        assert!(optimum.weights.is_none() && optimum.bound <= 1e-9);
    }
}

/// Numbers that differ in their last digit, as sums in different orders do, are one number.
#[test]
fn a_domain_that_varies_by_rounding_gets_no_weight() {
    let (a, b) = (0.1 + 0.2, 0.3);
    let rows = [a, 0.9, b, 0.85, a, 0.8, b, 0.6, b, 0.7];
    let optimum = problem(5, 2, &rows, &[0.1, 0.9, 0.1, 0.9, 0.9]).solve(None).unwrap();
    assert_eq!(optimum.weights, Some(vec![0.0, 1.0]));
    assert!(optimum.correlation < 0.9, "the digits follow the scores exactly");
}

#[test]
fn a_constant_target_has_no_design() {
    for value in [0.0, 0.1 + 0.2, 1e6] {
        assert!(problem(4, 2, &[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.2, 0.3], &[value; 4]).solve(None).is_none());
    }
    let columns = CompressionColumns::new(&DMatrix::from_row_slice(3, 1, &[0.9, 0.8, 0.7])).unwrap();
    assert!(
        Design::new(&columns, &[1.0, 1.0, 2.0], Some(&[1.0, 3.0, 0.0]), &[]).is_err(),
        "the models that count have one score"
    );
    assert!(Design::new(&columns, &[1.0, 1.0, 2.0], Some(&[1.0, 0.0, 3.0]), &[]).is_ok());
}

/// A bits column that does not vary among the models that count has no direction, whatever the others do.
#[test]
fn a_domain_constant_over_the_models_that_count_gets_no_weight() {
    let columns =
        CompressionColumns::new(&DMatrix::from_row_slice(4, 2, &[0.9, 0.5, 0.8, 0.5, 0.85, 0.5, 0.2, 0.9])).unwrap();
    let design = Design::new(&columns, &[1.0, 2.0, 1.7, 9.0], Some(&[1.0, 1.0, 1.0, 0.0]), &[]).unwrap();
    let optimum = best_mixture(&design, &Constraints::simplex(2)).unwrap();
    assert_eq!(optimum.weights, Some(vec![1.0, 0.0]));
}

#[test]
fn equal_domains_share_one_optimum() {
    let column = [0.9, 0.7, 0.8, 0.4, 0.5];
    let target = [0.2, 0.5, 0.3, 0.9, 0.6];
    let rows: Vec<f64> = column.iter().flat_map(|b| [*b; 4]).collect();
    let single = problem(5, 1, &column, &target).solve(None).unwrap();
    let four = problem(5, 4, &rows, &target).solve(None).unwrap();
    assert!((single.correlation - four.correlation).abs() < 1e-14);
    assert_eq!(four.status, OptimumStatus::Certified);
}

#[test]
fn ties_on_both_sides_are_nothing_special() {
    let rows = [0.9, 0.5, 0.9, 0.6, 0.7, 0.6, 0.7, 0.5];
    let optimum = problem(4, 2, &rows, &[0.0, 0.0, 1.0, 1.0]).solve(None).unwrap();
    assert!((optimum.correlation - 1.0).abs() < 1e-12);
    assert_eq!(optimum.weights, Some(vec![1.0, 0.0]));
    // The second domain alone is orthogonal to these scores: no positive correlation, and none invented by rounding.
    let alone = problem(4, 1, &[0.5, 0.6, 0.6, 0.5], &[0.0, 0.0, 1.0, 1.0]).solve(None).unwrap();
    assert!(alone.correlation.abs() < 1e-12 && alone.bound < 1e-9, "{alone:?}");
}

/// Two mirror images cancel: their even mixture compresses all models alike and is no answer.
#[test]
fn mirror_images_are_told_apart() {
    let x = [0.1, -0.2, 0.3, 0.05, -0.25];
    let rows: Vec<f64> = x.iter().flat_map(|x| [1.0 + x, 1.0 - x]).collect();
    let target: Vec<f64> = x.iter().map(|x| -3.0 * x + 0.2).collect();
    let optimum = problem(5, 2, &rows, &target).solve(None).unwrap();
    assert_eq!(optimum.weights, Some(vec![1.0, 0.0]));
    assert!((optimum.correlation - 1.0).abs() < 1e-12);
    let columns = CompressionColumns::new(&DMatrix::from_row_slice(5, 2, &rows)).unwrap();
    let design = Design::new(&columns, &target, None, &[]).unwrap();
    assert_eq!(design.correlation(&[0.5, 0.5]), None);
}
