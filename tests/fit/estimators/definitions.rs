//! The definitions over all pairs of models, with ties and without.

use mixopt_fit::estimator::{Estimator, estimate};
use mixopt_fit::statistics::spearman;
use nalgebra::DMatrix;

use super::problems::{SHAPES, difference, problem};

fn sign(difference: f64) -> f64 {
    if difference > 0.0 {
        1.0
    } else if difference < 0.0 {
        -1.0
    } else {
        0.0
    }
}

/// Rank from 1 by counting; tied values share the mean of theirs.
fn rank(values: &[f64], of: usize) -> f64 {
    let below = values.iter().filter(|&&value| value < values[of]).count();
    let equal = values.iter().filter(|&&value| value == values[of]).count();
    below as f64 + (equal as f64 + 1.0) / 2.0
}

/// `2/(N(N−1)) Σ_{k<g} sgn(e_g − e_k) of(g, k)`.
fn over_pairs(error: &[f64], of: impl Fn(usize, usize) -> f64) -> f64 {
    let models = error.len();
    let mut sum = 0.0;
    for g in 0..models {
        for k in 0..g {
            sum += sign(error[g] - error[k]) * of(g, k);
        }
    }
    2.0 * sum / (models * (models - 1)) as f64
}

fn plain(estimator: Estimator, x: &[f64], error: &[f64]) -> f64 {
    let models = x.len() as f64;
    match estimator {
        Estimator::Product => x.iter().zip(error).map(|(x, e)| x * e).sum::<f64>() / models,
        Estimator::Sign => over_pairs(error, |g, k| x[g] - x[k]),
        Estimator::SignCdf => {
            let cdf: Vec<f64> = (0..x.len()).map(|model| rank(x, model) / models).collect();
            over_pairs(error, |g, k| cdf[g] - cdf[k])
        }
        Estimator::SignSign => over_pairs(error, |g, k| sign(x[g] - x[k])),
        Estimator::Spearman => {
            let centred = |values: &[f64], model| rank(values, model) - (models + 1.0) / 2.0;
            let sum = |a: &[f64], b: &[f64]| (0..x.len()).map(|i| centred(a, i) * centred(b, i)).sum::<f64>();
            let scale = (sum(x, x) * sum(error, error)).sqrt();
            if scale == 0.0 { 0.0 } else { sum(x, error) / scale }
        }
    }
}

#[test]
fn estimates_are_the_sums_over_all_pairs() {
    for (seed, (models, domains)) in (0..).zip(SHAPES) {
        for levels in [None, Some(2), Some(7), Some(1000)] {
            let problem = problem(seed, models, domains, levels);
            for estimator in Estimator::ALL {
                let here = estimate(estimator, &problem.bits, &problem.error).unwrap();
                let plain: Vec<f64> =
                    problem.bits.column_iter().map(|x| plain(estimator, x.as_slice(), &problem.error)).collect();
                // What rounding leaves of the 600,000 terms of the largest plain sum.
                let most = difference(&here, &plain);
                assert!(most < 1e-12, "{} × {}, {levels:?}, {}: {most}", models, domains, estimator.name());
            }
        }
    }
}

#[test]
fn spearman_is_the_rank_correlation_of_the_rest_of_the_crate() {
    for levels in [None, Some(5)] {
        let problem = problem(77, 40, 30, levels);
        let here = estimate(Estimator::Spearman, &problem.bits, &problem.error).unwrap();
        for (column, value) in problem.bits.column_iter().zip(here) {
            let other = spearman(column.as_slice(), &problem.error).unwrap();
            assert!((value - other).abs() < 1e-14, "{value} {other}");
        }
    }
}

#[test]
fn tied_bits_and_errors_give_what_a_statistics_book_says() {
    // Bits 1, 1, 1, 2 against rising errors: scipy.stats.spearmanr gives 0.7745966692414834. Pairs: three of bits' six
    // tie, the other three agree.
    let bits = DMatrix::from_column_slice(4, 1, &[1.0, 1.0, 1.0, 2.0]);
    let error = [0.1, 0.2, 0.3, 0.4];
    let one = |estimator| estimate(estimator, &bits, &error).unwrap()[0];
    assert!((one(Estimator::Spearman) - 0.774_596_669_241_483_4).abs() < 1e-15);
    assert_eq!(one(Estimator::SignSign), 0.5);
    assert_eq!(one(Estimator::Sign), 0.5);
    // Mean ranks 2, 2, 2, 4: three pairs differ by 2/4.
    assert_eq!(one(Estimator::SignCdf), 0.25);
}

/// Bits that tie have no order, so that the estimate is the mean over all orders in which they might be.
#[test]
fn sign_cdf_is_the_mean_over_all_ways_to_break_ties() {
    let x = [0.5, 0.25, 0.5, 0.25, 0.5, 0.75];
    let error = [0.125, 0.25, 0.25, 0.5, 0.375, 0.75];
    let mut orders: Vec<Vec<usize>> = vec![vec![]];
    for model in 0..x.len() {
        orders = orders
            .iter()
            .flat_map(|order| (0..=order.len()).map(move |at| (order, at)))
            .map(|(order, at)| {
                let mut longer = order.clone();
                longer.insert(at, model);
                longer
            })
            .collect();
    }
    assert_eq!(orders.len(), 720);
    let mean = orders
        .iter()
        .map(|order| {
            let less = |a: usize, b: usize| x[a] < x[b] || (x[a] == x[b] && order[a] < order[b]);
            let rank = |of: usize| 1.0 + (0..x.len()).filter(|&other| less(other, of)).count() as f64;
            over_pairs(&error, |g, k| (rank(g) - rank(k)) / x.len() as f64)
        })
        .sum::<f64>()
        / orders.len() as f64;
    let here = estimate(Estimator::SignCdf, &DMatrix::from_column_slice(6, 1, &x), &error).unwrap()[0];
    assert!((here - mean).abs() < 1e-13, "{here} {mean}");
}
