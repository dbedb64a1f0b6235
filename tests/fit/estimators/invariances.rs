//! What must not change an estimate, and what must turn it around.

use mixopt_fit::estimator::{Estimator, estimate};
use nalgebra::DMatrix;
use rand::RngExt;

use super::problems::{Problem, SHAPES, difference, generator, permutation, problem};

const RANKS_OF_BITS: [Estimator; 3] = [Estimator::SignCdf, Estimator::SignSign, Estimator::Spearman];
const ORDER_OF_ERRORS: [Estimator; 4] = [Estimator::Sign, Estimator::SignCdf, Estimator::SignSign, Estimator::Spearman];

fn of(estimator: Estimator, problem: &Problem) -> Vec<f64> {
    estimate(estimator, &problem.bits, &problem.error).unwrap()
}

/// Problems of all shapes, without ties and with; eighths add up without rounding, so that equal sums tie.
fn problems() -> impl Iterator<Item = Problem> {
    [None, Some(8)]
        .into_iter()
        .flat_map(|levels| (100..).zip(SHAPES).map(move |(seed, (n, d))| problem(seed, n, d, levels)))
}

#[test]
fn rising_functions_of_bits_leave_estimates_by_rank_alone() {
    for problem in problems() {
        let moved = Problem { bits: problem.bits.map(|x| (3.0 * x).exp() - 7.0), ..problem.clone() };
        for estimator in RANKS_OF_BITS {
            assert_eq!(of(estimator, &problem), of(estimator, &moved), "{}", estimator.name());
        }
    }
}

#[test]
fn rising_functions_of_errors_leave_all_but_the_product_alone() {
    for problem in problems() {
        let moved = Problem { error: problem.error.iter().map(|e| (5.0 * e).exp()).collect(), ..problem.clone() };
        for estimator in ORDER_OF_ERRORS {
            assert_eq!(of(estimator, &problem), of(estimator, &moved), "{}", estimator.name());
        }
    }
}

/// Scores instead of errors: `−y` against bits is `y` against negative bits.
#[test]
fn negative_bits_and_negative_errors_together_change_nothing() {
    for problem in problems() {
        let both = Problem { bits: -&problem.bits, error: problem.error.iter().map(|e| -e).collect() };
        let one = Problem { bits: -&problem.bits, error: problem.error.clone() };
        for estimator in Estimator::ALL {
            assert_eq!(of(estimator, &problem), of(estimator, &both), "{}", estimator.name());
            let negative: Vec<f64> = of(estimator, &problem).iter().map(|value| -value).collect();
            assert_eq!(of(estimator, &one), negative, "{}", estimator.name());
        }
    }
}

#[test]
fn the_order_of_models_does_not_matter() {
    let mut random = generator(5);
    for problem in problems() {
        let order = permutation(&mut random, problem.error.len());
        let moved = Problem {
            bits: problem.bits.select_rows(&order),
            error: order.iter().map(|&model| problem.error[model]).collect(),
        };
        for estimator in Estimator::ALL {
            let (here, there) = (of(estimator, &problem), of(estimator, &moved));
            if RANKS_OF_BITS.contains(&estimator) {
                assert_eq!(here, there, "{}", estimator.name());
            } else {
                assert!(difference(&here, &there) < 1e-14, "{}", estimator.name());
            }
        }
    }
}

#[test]
fn the_order_of_domains_does_not_matter() {
    let mut random = generator(6);
    for problem in problems() {
        let order = permutation(&mut random, problem.bits.ncols());
        let moved = Problem { bits: problem.bits.select_columns(&order), ..problem.clone() };
        for estimator in Estimator::ALL {
            let here = of(estimator, &problem);
            let expected: Vec<f64> = order.iter().map(|&domain| here[domain]).collect();
            assert_eq!(of(estimator, &moved), expected, "{}", estimator.name());
        }
    }
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let problem = problem(8, 50, 3000, Some(40));
    for estimator in Estimator::ALL {
        let under = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| of(estimator, &problem))
        };
        assert_eq!(under(1), under(7), "{}", estimator.name());
    }
}

#[test]
fn a_domain_that_all_models_compress_alike_says_nothing() {
    let mut problem = problem(9, 30, 4, None);
    problem.bits.column_mut(2).fill(0.7);
    for estimator in ORDER_OF_ERRORS {
        assert_eq!(of(estimator, &problem)[2], 0.0, "{}", estimator.name());
        let constant = Problem { error: vec![0.3; 30], ..problem.clone() };
        assert_eq!(of(estimator, &constant), [0.0; 4], "{}", estimator.name());
    }
    let mean = problem.error.iter().sum::<f64>() / 30.0;
    assert!((of(Estimator::Product, &problem)[2] - 0.7 * mean).abs() < 1e-15);
}

/// The common level of bits moves the product, as published, and nothing else.
#[test]
fn a_shift_of_bits_moves_the_product_alone() {
    let problem = problem(10, 60, 5, None);
    let moved = Problem { bits: problem.bits.add_scalar(5.0), ..problem.clone() };
    for estimator in ORDER_OF_ERRORS {
        assert!(difference(&of(estimator, &problem), &of(estimator, &moved)) < 1e-14, "{}", estimator.name());
    }
    let mean = problem.error.iter().sum::<f64>() / 60.0;
    let expected: Vec<f64> = of(Estimator::Product, &problem).iter().map(|value| value + 5.0 * mean).collect();
    assert!(difference(&of(Estimator::Product, &moved), &expected) < 1e-14);
}

#[test]
fn without_ties_sign_cdf_is_spearman_in_another_unit() {
    for (seed, (models, domains)) in (200..).zip(SHAPES) {
        let problem = problem(seed, models, domains, None);
        let unit = (models as f64 + 1.0) / (3.0 * models as f64);
        let expected: Vec<f64> = of(Estimator::Spearman, &problem).iter().map(|value| unit * value).collect();
        assert!(difference(&of(Estimator::SignCdf, &problem), &expected) < 1e-15);
    }
}

#[test]
fn bits_that_rise_with_the_errors_reach_the_ends_of_the_range() {
    let mut random = generator(11);
    for models in [2, 5, 64, 200] {
        let error: Vec<f64> = (0..models).map(|_| random.random()).collect();
        let bits = DMatrix::from_fn(models, 2, |i, d| if d == 0 { error[i].powi(3) } else { -error[i] });
        let ends = (models as f64 + 1.0) / (3.0 * models as f64);
        let problem = Problem { bits, error };
        assert_eq!(of(Estimator::SignSign, &problem), [1.0, -1.0]);
        assert_eq!(of(Estimator::Spearman, &problem), [1.0, -1.0]);
        assert!(difference(&of(Estimator::SignCdf, &problem), &[ends, -ends]) < 1e-15);
    }
}
