//! The largest sum and the nearest mixture within constraints.

use mixopt_fit::{Bounds, Constraints, Relation};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::problems::{gaussian, problem, row};

#[test]
fn no_mixture_reaches_beyond_the_support_and_one_reaches_it() {
    for seed in 0..60 {
        let problem = problem(seed);
        let constraints = problem.constraints();
        let mut random = ChaCha8Rng::seed_from_u64(1000 + seed);
        let values: Vec<f64> = (0..problem.domains()).map(|_| gaussian(&mut random)).collect();
        let sum = |weights: &[f64]| weights.iter().zip(&values).map(|(w, v)| w * v).sum::<f64>();
        let support = constraints.support(&values).unwrap();
        for weights in problem.feasible(200, seed) {
            assert!(sum(&weights) <= support.value + 1e-10, "{seed}");
        }
        // The nearest mixture to a point far out in a direction is the one that reaches farthest in it.
        let far: Vec<f64> = values.iter().map(|v| 1e4 * v).collect();
        let there = constraints.nearest(&far).unwrap();
        assert!(constraints.contain(&there, 1e-12));
        assert!((support.value - sum(&there)).abs() < 1e-8, "{seed}: {} {}", support.value, sum(&there));
        // Strong duality: the prices of what binds add up to the value.
        let rows: f64 = constraints
            .rows()
            .iter()
            .zip(&support.row_multipliers)
            .map(|(row, m)| m * if row.relation == Relation::AtLeast { -row.right } else { row.right })
            .sum();
        let least: f64 = problem.least.iter().zip(&support.least_prices).map(|(l, p)| l * p).sum();
        let greatest: f64 = problem.greatest.iter().zip(&support.greatest_prices).map(|(u, p)| u * p).sum();
        let rest = support.value - (rows + greatest - least);
        // What is left is the price of the whole, the same for every domain.
        for (domain, value) in values.iter().enumerate() {
            let mut explained = support.greatest_prices[domain] - support.least_prices[domain] + rest;
            for (row, m) in constraints.rows().iter().zip(&support.row_multipliers) {
                let sign = if row.relation == Relation::AtLeast { -1.0 } else { 1.0 };
                explained += row.coefficients.iter().filter(|c| c.0 == domain).map(|c| sign * m * c.1).sum::<f64>();
            }
            assert!((explained - value).abs() < 1e-8, "{seed}: {explained} {value}");
        }
    }
}

#[test]
fn without_rows_the_support_is_that_of_the_bounds() {
    let problem = problem(8);
    let bounds = problem.bounds();
    let values: Vec<f64> = (0..problem.domains()).map(|d| (d as f64).sin()).collect();
    let support = Constraints::from(bounds.clone()).support(&values).unwrap();
    assert_eq!(support.value, bounds.support_function(&values));
}

#[test]
fn the_nearest_mixture_is_nearer_than_any_other() {
    for seed in 0..60 {
        let problem = problem(seed);
        let constraints = problem.constraints();
        let mut random = ChaCha8Rng::seed_from_u64(2000 + seed);
        let point: Vec<f64> = (0..problem.domains()).map(|_| 0.3 * gaussian(&mut random)).collect();
        let nearest = constraints.nearest(&point).unwrap();
        assert!(constraints.contain(&nearest, 1e-12), "{seed}");
        // The angle at the nearest mixture between the point and any other is not acute.
        for other in problem.feasible(200, seed) {
            let product: f64 = (0..point.len()).map(|d| (point[d] - nearest[d]) * (other[d] - nearest[d])).sum();
            assert!(product <= 1e-11, "{seed}: {product}");
        }
        let again = constraints.nearest(&nearest).unwrap();
        assert!(again.iter().zip(&nearest).all(|(a, b)| (a - b).abs() < 1e-12), "{seed}");
    }
}

#[test]
fn there_is_a_mixture_or_there_is_none() {
    for seed in 0..40 {
        let problem = problem(seed);
        let found = problem.constraints().any().unwrap();
        assert!(problem.constraints().contain(&found, 1e-9), "{seed}");
        // A row that asks of all shares together what they cannot give.
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let least = 0.2 + random.random::<f64>();
        let all: Vec<(usize, f64)> = (0..problem.domains()).map(|d| (d, 1.0 + 0.1 * d as f64)).collect();
        let mut rows = problem.rows.clone();
        rows.push(row(&all, Relation::AtMost, 1.0 - 0.5 * least));
        assert!(Constraints::new(problem.bounds(), rows).unwrap().any().is_none(), "{seed}");
    }
}

#[test]
fn rows_that_leave_one_mixture_or_repeat_each_other_are_no_trouble() {
    let simplex = Bounds::simplex(3);
    let rows = vec![
        row(&[(0, 1.0)], Relation::Equal, 0.2),
        row(&[(0, 2.0)], Relation::Equal, 0.4),
        row(&[(1, 1.0), (2, 1.0)], Relation::Equal, 0.8),
        row(&[(1, 1.0)], Relation::AtMost, 0.5),
        row(&[(2, 3.0)], Relation::AtMost, 0.9),
    ];
    let constraints = Constraints::new(simplex, rows).unwrap();
    let only = constraints.any().unwrap();
    assert!(only.iter().zip([0.2, 0.5, 0.3]).all(|(a, b)| (a - b).abs() < 1e-12), "{only:?}");
    let value = constraints.support(&[1.0, 2.0, 3.0]).unwrap().value;
    assert!((value - 2.1).abs() < 1e-9, "{value}");
}
