//! Input that has no estimate is refused, with its place.

use mixopt_fit::estimator::{Estimator, EstimatorError, estimate};
use nalgebra::DMatrix;

use super::problems::problem;

#[test]
fn a_cell_that_is_not_a_number_is_named() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut problem = problem(1, 20, 9, None);
        problem.bits[(13, 4)] = bad;
        problem.bits[(2, 7)] = bad;
        for estimator in Estimator::ALL {
            let error = estimate(estimator, &problem.bits, &problem.error).unwrap_err();
            assert!(
                matches!(error, EstimatorError::NotFinite { model: 13, domain: 4, value } if value.to_bits() == bad.to_bits()),
                "{}: {error:?}",
                estimator.name()
            );
            assert!(error.to_string().starts_with(&format!("bits in row 14, column 5 (model, domain) are {bad}")));
        }
    }
}

/// Also where the sums that the estimate is made of give the cell no weight.
#[test]
fn a_bad_cell_of_the_middle_model_is_named() {
    for place in 0..3 {
        let mut bits = DMatrix::from_element(3, 1, 1.0);
        bits[(place, 0)] = f64::INFINITY;
        for estimator in Estimator::ALL {
            let error = estimate(estimator, &bits, &[0.1, 0.2, 0.0]).unwrap_err();
            assert!(matches!(error, EstimatorError::NotFinite { model, domain: 0, .. } if model == place));
        }
    }
}

#[test]
fn errors_must_be_numbers_and_one_for_each_model() {
    let problem = problem(2, 5, 3, None);
    for estimator in Estimator::ALL {
        let of = |error: &[f64]| estimate(estimator, &problem.bits, error).unwrap_err();
        let refused = of(&[0.1, 0.2, f64::NAN, 0.4, 0.5]);
        assert!(matches!(refused, EstimatorError::ErrorNotFinite { model: 2, value } if value.is_nan()));
        assert!(refused.to_string().contains("row 3"));
        assert_eq!(of(&[0.5; 4]), EstimatorError::ErrorCount { errors: 4, models: 5 });
    }
}

#[test]
fn one_model_is_no_comparison() {
    for (bits, error) in [(DMatrix::from_element(1, 4, 0.5), vec![0.5]), (DMatrix::zeros(0, 4), vec![])] {
        for estimator in Estimator::ALL {
            let models = error.len();
            assert_eq!(estimate(estimator, &bits, &error), Err(EstimatorError::TooFewModels { models }));
        }
    }
}

#[test]
fn sums_beyond_the_largest_number_are_refused() {
    let bits = DMatrix::from_column_slice(2, 2, &[1.0, 2.0, -1e308, 1e308]);
    assert_eq!(estimate(Estimator::Sign, &bits, &[0.0, 1.0]), Err(EstimatorError::Overflow { domain: 1 }));
    assert_eq!(estimate(Estimator::Product, &bits, &[-10.0, 10.0]), Err(EstimatorError::Overflow { domain: 1 }));
    assert_eq!(estimate(Estimator::Spearman, &bits, &[0.0, 1.0]).unwrap(), [1.0, 1.0]);
}

#[test]
fn no_domains_have_no_estimates() {
    for estimator in Estimator::ALL {
        assert_eq!(estimate(estimator, &DMatrix::zeros(3, 0), &[0.1, 0.2, 0.3]).unwrap(), [0.0; 0]);
    }
}
