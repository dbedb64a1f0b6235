//! SciPy's answers, stored with the script that made them (`tests/data/make_scipy_optima.py`).

use mixopt_fit::OptimumStatus;
use mixopt_fit::statistics::{average_ranks, pearson, spearman};
use nalgebra::DMatrix;
use serde::Deserialize;

use super::problems::Problem;

#[derive(Deserialize)]
struct Stored {
    optima: Vec<StoredOptimum>,
    correlations: Vec<StoredCorrelation>,
}

#[derive(Deserialize)]
struct StoredOptimum {
    kind: String,
    bits_per_character: Vec<Vec<f64>>,
    scores: Vec<f64>,
    correlation: f64,
    weights: Option<Vec<f64>>,
}

#[derive(Deserialize)]
struct StoredCorrelation {
    x: Vec<f64>,
    y: Vec<f64>,
    pearson: f64,
    spearman: f64,
    ranks_of_x: Vec<f64>,
}

fn stored() -> Stored {
    serde_json::from_str(include_str!("../../data/scipy_optima.json")).unwrap()
}

#[test]
fn the_optimum_is_that_of_scipy_nnls() {
    let stored = stored();
    assert_eq!(stored.optima.len(), 40);
    for (index, expected) in stored.optima.iter().enumerate() {
        let rows = &expected.bits_per_character;
        let bits = DMatrix::from_fn(rows.len(), rows[0].len(), |i, d| rows[i][d]);
        let unique = expected.kind != "duplicated" && rows.len() > rows[0].len();
        let optimum = Problem { bits, target: expected.scores.clone() }.solve(None).unwrap();
        assert!(
            (optimum.correlation - expected.correlation).abs() < 1e-9,
            "problem {index}: {} here, {} by SciPy",
            optimum.correlation,
            expected.correlation
        );
        assert!(optimum.bound >= expected.correlation - 1e-12, "problem {index}");
        assert_eq!(optimum.weights.is_none(), expected.weights.is_none(), "problem {index}");
        assert_eq!(optimum.status == OptimumStatus::NoPositiveCorrelation, expected.weights.is_none());
        if let (Some(here), Some(theirs), true) = (&optimum.weights, &expected.weights, unique) {
            assert!(here.iter().zip(theirs).all(|(a, b)| (a - b).abs() < 1e-9), "problem {index}: {here:?} {theirs:?}");
        }
    }
}

#[test]
fn correlations_and_ranks_are_those_of_scipy_stats() {
    let stored = stored();
    assert!(stored.correlations.len() >= 15);
    for (index, expected) in stored.correlations.iter().enumerate() {
        assert_eq!(average_ranks(&expected.x), expected.ranks_of_x, "pair {index}");
        let (p, s) = (pearson(&expected.x, &expected.y).unwrap(), spearman(&expected.x, &expected.y).unwrap());
        assert!((p - expected.pearson).abs() < 1e-14, "pair {index}: {p} here, {} by SciPy", expected.pearson);
        assert!((s - expected.spearman).abs() < 1e-14, "pair {index}: {s} here, {} by SciPy", expected.spearman);
    }
}
