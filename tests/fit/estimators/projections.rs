//! Projections by the conditions that only the answer meets.

use mixopt_fit::estimator::{Projection, ProjectionError, project};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::problems::{difference, generator, permutation};

/// Estimates, some of them equal, and caps that add up to `slack`.
fn problem(random: &mut ChaCha8Rng, domains: usize, slack: f64) -> (Vec<f64>, Vec<f64>) {
    let scale = 10.0_f64.powf(random.random_range(-3.0..1.0));
    let estimates = (0..domains).map(|_| (random.random_range(-1.0_f64..1.0) * 50.0).round() / 50.0 * scale).collect();
    let raw: Vec<f64> = (0..domains).map(|_| -(1.0 - random.random::<f64>()).ln()).collect();
    let sum: f64 = raw.iter().sum();
    (estimates, raw.iter().map(|cap| cap / sum * slack).collect())
}

fn problems() -> impl Iterator<Item = (Vec<f64>, Vec<f64>)> {
    let mut random = generator(21);
    let cases: Vec<_> = [1, 2, 3, 10, 100, 1000]
        .into_iter()
        .flat_map(|domains| [1.0, 1.001, 1.5, 5.0, 100.0].map(|slack| (domains, slack)))
        .collect();
    cases
        .into_iter()
        .flat_map(move |(domains, slack)| (0..10).map(|_| problem(&mut random, domains, slack)).collect::<Vec<_>>())
}

fn is_mixture_under(weights: &[f64], caps: &[f64]) -> bool {
    (weights.iter().sum::<f64>() - 1.0).abs() < 1e-13 && weights.iter().zip(caps).all(|(w, cap)| *w >= 0.0 && w <= cap)
}

#[test]
fn linear_leaves_no_better_domain_with_room() {
    for (estimates, caps) in problems() {
        let weights = project(Projection::Linear, &estimates, &caps).unwrap();
        assert!(is_mixture_under(&weights, &caps), "{weights:?}");
        let sum: f64 = caps.iter().map(|cap| cap.min(1.0)).sum();
        // The worst domain in use: everything before it in the order is full.
        let order = |d: usize, e: usize| estimates[e].partial_cmp(&estimates[d]).unwrap().then(d.cmp(&e));
        let last = (0..caps.len()).filter(|&d| weights[d] > 0.0).max_by(|&d, &e| order(d, e)).unwrap();
        if sum > 1.0 + 1e-12 {
            for domain in (0..caps.len()).filter(|&d| order(d, last).is_lt()) {
                assert_eq!(weights[domain], caps[domain].min(1.0));
            }
        }
    }
}

/// A weight so near to zero or to its cap is there.
const ROUNDING: f64 = 1e-15;

/// The conditions of Karush, Kuhn and Tucker: one shift for all weights inside their range, no less at zero, no more at
/// the cap. The problem is strictly convex, so that they have one answer.
#[test]
fn l2_meets_the_conditions_of_the_nearest_mixture() {
    for (estimates, caps) in problems() {
        let weights = project(Projection::L2, &estimates, &caps).unwrap();
        assert!(is_mixture_under(&weights, &caps), "{weights:?}");
        let (mut least, mut most) = (f64::NEG_INFINITY, f64::INFINITY);
        for ((weight, estimate), cap) in weights.iter().zip(&estimates).zip(&caps) {
            let shift = weight - estimate;
            if *weight > ROUNDING {
                least = least.max(shift);
            }
            if *weight < cap.min(1.0) - ROUNDING {
                most = most.min(shift);
            }
        }
        let size = estimates.iter().fold(1.0_f64, |size, estimate| size.max(estimate.abs()));
        assert!(least <= most + 1e-13 * size, "{least} {most}");
    }
}

#[test]
fn no_random_mixture_beats_either_projection() {
    let mut random = generator(22);
    for _ in 0..200 {
        let (estimates, caps) = problem(&mut random, 6, 2.0);
        let linear = project(Projection::Linear, &estimates, &caps).unwrap();
        let nearest = project(Projection::L2, &estimates, &caps).unwrap();
        let gain = |w: &[f64]| w.iter().zip(&estimates).map(|(w, e)| w * e).sum::<f64>();
        let distance = |w: &[f64]| w.iter().zip(&estimates).map(|(w, e)| (w - e).powi(2)).sum::<f64>();
        for _ in 0..50 {
            // Any point under the caps, by filling them in a random order, mixed with the answers.
            let order = permutation(&mut random, caps.len());
            let mut rest = 1.0;
            let mut other = vec![0.0; caps.len()];
            for domain in order {
                other[domain] = caps[domain].min(rest);
                rest -= other[domain];
            }
            let part: f64 = random.random();
            let toward = |from: &[f64]| -> Vec<f64> {
                from.iter().zip(&other).map(|(a, b)| part * a + (1.0 - part) * b).collect()
            };
            assert!(gain(&toward(&linear)) <= gain(&linear) + 1e-13);
            assert!(distance(&toward(&nearest)) >= distance(&nearest) - 1e-13);
        }
    }
}

#[test]
fn caps_that_add_up_to_one_are_the_answer() {
    let mut random = generator(23);
    for domains in [1, 3, 10, 100, 9841] {
        let estimates: Vec<f64> = (0..domains).map(|_| random.random()).collect();
        let uniform = vec![1.0 / domains as f64; domains];
        let (_, uneven) = problem(&mut random, domains, 1.0);
        for caps in [uniform, uneven] {
            for projection in Projection::ALL {
                let weights = project(projection, &estimates, &caps).unwrap();
                assert!(weights.iter().zip(&caps).all(|(weight, cap)| weight <= cap));
                assert!(difference(&weights, &caps) < 1e-15, "{} {domains}", projection.name());
            }
        }
    }
}

#[test]
fn what_cannot_be_filled_is_refused_with_the_sum() {
    let error = project(Projection::Linear, &[1.0, 2.0], &[0.25, 0.5]).unwrap_err();
    assert_eq!(error, ProjectionError::CapsBelowOne { sum: 0.75, domains: 2 });
    assert!(error.to_string().contains("add up to 0.75, less than 1"));
    // Caps above one count as one.
    assert!(project(Projection::L2, &[1.0], &[7.0]).is_ok_and(|weights| weights == [1.0]));
    assert_eq!(project(Projection::L2, &[], &[]), Err(ProjectionError::CapsBelowOne { sum: 0.0, domains: 0 }));
    assert_eq!(project(Projection::L2, &[1.0], &[1.0, 1.0]), Err(ProjectionError::CapCount { caps: 2, estimates: 1 }));
    let error = project(Projection::Linear, &[1.0, f64::INFINITY], &[1.0, 1.0]).unwrap_err();
    assert_eq!(error, ProjectionError::EstimateNotFinite { domain: 1, value: f64::INFINITY });
    let error = project(Projection::Linear, &[1.0, 2.0], &[1.0, -0.25]).unwrap_err();
    assert_eq!(error, ProjectionError::CapOutOfRange { domain: 1, cap: -0.25 });
    let error = project(Projection::L2, &[1.0, 2.0], &[f64::NAN, 1.0]).unwrap_err();
    assert!(matches!(error, ProjectionError::CapOutOfRange { domain: 0, cap } if cap.is_nan()));
}
