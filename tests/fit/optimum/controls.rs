//! Controls: the partial correlation is that of residuals of least squares.

use mixopt_fit::{CompressionColumns, Constraints, Design, OptimumStatus, best_mixture};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;

use super::oracle::{Centred, cone_mixture};
use super::problems::{KINDS, Problem, cases, gaussian, generator};

/// What least squares on a constant and the controls leaves of every column of `values` (nalgebra's Householder QR).
fn residuals(values: &DMatrix<f64>, controls: &[Vec<f64>]) -> DMatrix<f64> {
    let models = values.nrows();
    let mut regressors = DMatrix::from_element(models, controls.len() + 1, 1.0);
    for (index, control) in controls.iter().enumerate() {
        regressors.set_column(index + 1, &DVector::from_column_slice(control));
    }
    let q = regressors.qr().q();
    let once = values - &q * (q.transpose() * values);
    &once - &q * (q.transpose() * &once)
}

fn as_column(values: &[f64]) -> DMatrix<f64> {
    DMatrix::from_column_slice(values.len(), 1, values)
}

/// Controls that go with the target and the first domain, as size does.
fn random_controls(problem: &Problem, count: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut random = generator(seed ^ 0xc0);
    (0..count)
        .map(|_| {
            let along = gaussian(&mut random);
            (0..problem.models())
                .map(|i| 10.0 + along * problem.target[i] - problem.bits[(i, 0)] + 0.5 * gaussian(&mut random))
                .collect()
        })
        .collect()
}

proptest! {
    #![proptest_config(cases(120))]

    #[test]
    fn the_correlation_is_that_of_least_squares_residuals(
        kind in 0..KINDS.len(), models in 8_usize..=50, domains in 1_usize..=60, count in 1_usize..=3, seed in any::<u64>()
    ) {
        let problem = Problem::random(KINDS[kind], models, domains, seed);
        let controls = random_controls(&problem, count, seed);
        let columns = CompressionColumns::new(&problem.bits).unwrap();
        let Ok(design) = Design::new(&columns, &problem.target, None, &controls) else { return Ok(()) };
        prop_assert_eq!(design.degrees_of_freedom(), models - 1 - count);
        let optimum = best_mixture(&design, &Constraints::simplex(domains)).unwrap();

        let left = Centred::from_parts(
            &residuals(&problem.bits, &controls),
            residuals(&as_column(&problem.target), &controls).as_slice(),
        );
        let Some(weights) = &optimum.weights else {
            prop_assert_eq!(optimum.status, OptimumStatus::NoPositiveCorrelation);
            // Residuals of a constant domain are rounding, which has no direction.
            let best = left.columns.column_iter().filter(|column| column.norm() > 1e-9)
                .map(|column| column.dot(&left.target) / column.norm()).fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(best <= 1e-10, "a domain correlates at {}", best);
            return Ok(());
        };
        let mixed: Vec<f64> = (-&problem.bits * DVector::from_column_slice(weights)).iter().copied().collect();
        let (x, y) = (residuals(&as_column(&mixed), &controls), residuals(&as_column(&problem.target), &controls));
        let partial = x.dot(&y) / (x.norm() * y.norm());
        prop_assert!((partial - optimum.correlation).abs() <= 1e-9, "{} here, {} by residuals", optimum.correlation, partial);
        prop_assert_eq!(optimum.status, OptimumStatus::Certified);

        let informative = left.columns.column_iter().all(|column| column.norm() > 1e-9);
        if let Some(best) = cone_mixture(&left).filter(|_| informative) {
            let expected = left.correlation(&best).unwrap();
            let tolerance = 1e-9_f64.max(1e-12 / expected.abs());
            prop_assert!((partial - expected).abs() <= tolerance, "{} here, {} by the oracle", partial, expected);
        }
    }
}

fn solve(problem: &Problem, controls: &[Vec<f64>]) -> Option<(f64, Vec<f64>)> {
    let columns = CompressionColumns::new(&problem.bits).unwrap();
    let design = Design::new(&columns, &problem.target, None, controls).ok()?;
    let optimum = best_mixture(&design, &Constraints::simplex(problem.domains())).unwrap();
    Some((optimum.correlation, optimum.weights.unwrap_or_default()))
}

/// A control that explains the target exactly leaves nothing to fit.
#[test]
fn a_control_that_is_the_target_leaves_no_fit() {
    for seed in 0..20 {
        let problem = Problem::random(KINDS[0], 15, 4, seed);
        let control: Vec<f64> = problem.target.iter().map(|score| 3.0 - 0.25 * score).collect();
        assert!(solve(&problem, std::slice::from_ref(&control)).is_none());
        // Two controls that explain it together do so too.
        let other: Vec<f64> = (0..15).map(|i| (i as f64).sin()).collect();
        let together: Vec<f64> = control.iter().zip(&other).map(|(a, b)| a + 2.0 * b).collect();
        assert!(solve(&problem, &[other, together]).is_none());
    }
}

/// A domain that a control explains gets no weight.
#[test]
fn a_domain_that_a_control_explains_tells_nothing() {
    for seed in 0..20 {
        let mut problem = Problem::random(KINDS[0], 20, 5, seed);
        let control: Vec<f64> = (0..20).map(|i| (i as f64 * 0.7).cos()).collect();
        for (i, value) in control.iter().enumerate() {
            problem.bits[(i, 2)] = 0.8 - 0.1 * value;
            problem.target[i] += 4.0 * value;
        }
        let (plain, weights) = solve(&problem, &[]).unwrap();
        assert!(plain > 0.9 && weights[2] > 0.1, "without the control the domain looks best");
        let without = Problem { bits: problem.bits.clone().remove_column(2), target: problem.target.clone() };
        let (controlled, weights) = solve(&problem, std::slice::from_ref(&control)).unwrap();
        let (expected, _) = solve(&without, &[control]).unwrap();
        assert!((controlled - expected).abs() < 1e-10, "{controlled} with the domain, {expected} without");
        assert!(weights.is_empty() || weights[2] == 0.0);
    }
}

/// Constant and repeated controls control for nothing more.
#[test]
fn redundant_controls_change_nothing() {
    for seed in 0..20 {
        let problem = Problem::random(KINDS[0], 25, 6, seed);
        let control = random_controls(&problem, 1, seed).remove(0);
        let constant = vec![7.0; 25];
        let rescaled: Vec<f64> = control.iter().map(|value| 100.0 - 3.0 * value).collect();
        let (rho, weights) = solve(&problem, std::slice::from_ref(&control)).unwrap();
        let (again, same) = solve(&problem, &[constant, control, rescaled]).unwrap();
        assert!((rho - again).abs() < 1e-12);
        assert!(weights.iter().zip(&same).all(|(a, b)| (a - b).abs() < 1e-10));
    }
}

/// Controls and model weights together are weighted least squares: the same as writing models out.
#[test]
fn controls_agree_with_model_weights_and_with_models_written_out() {
    for seed in 0..20 {
        let problem = Problem::random(KINDS[0], 24, 5, seed);
        let control = random_controls(&problem, 1, seed).remove(0);
        let counts: Vec<usize> = (0..24).map(|i| (i * 7 + seed as usize) % 4).collect();
        let weights: Vec<f64> = counts.iter().map(|&count| count as f64).collect();
        let columns = CompressionColumns::new(&problem.bits).unwrap();
        let controls = [control.clone()];
        let design = Design::new(&columns, &problem.target, Some(&weights), &controls).unwrap();
        let weighted = best_mixture(&design, &Constraints::simplex(5)).unwrap();

        let rows: Vec<usize> = (0..24).flat_map(|i| vec![i; counts[i]]).collect();
        let written = Problem {
            bits: problem.bits.select_rows(&rows),
            target: rows.iter().map(|&i| problem.target[i]).collect(),
        };
        let (rho, shares) = solve(&written, &[rows.iter().map(|&i| control[i]).collect()]).unwrap();
        assert!((weighted.correlation - rho).abs() < 1e-10);
        assert!(weighted.weights.unwrap_or_default().iter().zip(&shares).all(|(a, b)| (a - b).abs() < 1e-9));
    }
}
