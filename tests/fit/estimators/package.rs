//! The package's answers, stored with the script that made them (`tests/data/make_estimators.py`).

use std::collections::BTreeMap;

use mixopt_fit::estimator::{Estimator, Projection, estimate, project};
use nalgebra::DMatrix;
use serde::Deserialize;

use super::problems::difference;

#[derive(Deserialize)]
struct Stored {
    estimates: Vec<StoredEstimates>,
    projections: Vec<StoredProjections>,
}

#[derive(Deserialize)]
struct StoredEstimates {
    kind: String,
    bits: Vec<Vec<f64>>,
    error: Vec<f64>,
    estimates: BTreeMap<Estimator, Vec<f64>>,
}

#[derive(Deserialize)]
struct StoredProjections {
    estimates: Vec<f64>,
    caps: Vec<f64>,
    linear: Vec<f64>,
    l2: Vec<f64>,
}

fn stored() -> Stored {
    serde_json::from_str(include_str!("../../data/estimators.json")).unwrap()
}

#[test]
fn estimates_are_those_of_the_package() {
    let stored = stored();
    assert_eq!(stored.estimates.len(), 36);
    let mut compared = 0;
    for problem in &stored.estimates {
        let rows = &problem.bits;
        let bits = DMatrix::from_fn(rows.len(), rows[0].len(), |i, d| rows[i][d]);
        for (&estimator, theirs) in &problem.estimates {
            let here = estimate(estimator, &bits, &problem.error).unwrap();
            assert_eq!(here.len(), theirs.len());
            for (domain, (a, b)) in here.iter().zip(theirs).enumerate() {
                // Relative to the estimate; the floor is for sums that cancel, of terms near one.
                let within = 1e-12 * b.abs() + 1e-15;
                assert!(
                    (a - b).abs() <= within,
                    "{} models, {}, {}, domain {domain}: {a} here, {b} by the package",
                    rows.len(),
                    problem.kind,
                    estimator.name()
                );
                compared += 1;
            }
        }
    }
    // 55 domains of each kind, under 5, 5, 4 and 3 estimators.
    assert_eq!(compared, 55 * 17);
}

#[test]
fn projections_are_those_of_the_package() {
    let stored = stored();
    assert_eq!(stored.projections.len(), 15);
    for (index, problem) in stored.projections.iter().enumerate() {
        let here = |projection| project(projection, &problem.estimates, &problem.caps).unwrap();
        // The package's linear projection is in single precision; its other one bisects to 1e-12 of the shift.
        assert!(difference(&here(Projection::Linear), &problem.linear) < 3e-7, "linear {index}");
        assert!(difference(&here(Projection::L2), &problem.l2) < 3e-12, "l2 {index}");
    }
}

#[test]
fn names_are_those_of_the_package_in_files_too() {
    for estimator in Estimator::ALL {
        assert_eq!(serde_json::to_value(estimator).unwrap(), estimator.name());
    }
    for projection in Projection::ALL {
        assert_eq!(serde_json::to_value(projection).unwrap(), projection.name());
    }
    assert_eq!(Estimator::ALL.map(Estimator::name), ["product", "sign", "sign_cdf", "sign_sign", "spearmanr"]);
}
