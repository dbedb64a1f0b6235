//! The mixture that an estimator and a projection make under all constraints of a fit.

use nalgebra::DMatrix;

use super::{Estimator, EstimatorError, Projection, ProjectionError, estimate, project};
use crate::constraints::linear::Constraints;
use crate::data::problem_error::ProblemError;
use crate::estimator::vertex::vertex_from;
use crate::optimum::support::any_of_greatest_sum;

/// How far, in shares of the estimates' range, the linear projection may stay below its bound.
const SOLVED: f64 = 1e-7;

/// Why an estimator gives no mixture.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EstimatorMixtureError {
    /// There are no estimates.
    #[error(transparent)]
    Estimate(#[from] EstimatorError),
    /// Constraints of other domains.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The caps leave no mixture.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    /// The constraints leave no mixture.
    #[error("no mixture obeys the constraints")]
    NoMixture,
    /// The linear program stopped short of its bound.
    #[error("the best mixture found is {gap} short of the bound of the linear program")]
    NotSolved {
        /// By how much the largest sum of estimates may be missed.
        gap: f64,
    },
}

impl Estimator {
    /// The errors that a score (higher is better, published use: a fraction) stands for: `1 − y` for
    /// [`Product`](Self::Product), whose estimate depends on their level, and `−y` for the others, to which all errors that
    /// fall as the score rises are the same.
    pub fn errors(self, target: &[f64]) -> Vec<f64> {
        let level = if self == Self::Product { 1.0 } else { 0.0 };
        target.iter().map(|score| level - score).collect()
    }
}

/// The mixture that an estimator and a projection make under constraints.
///
/// # Method
/// Under greatest weights alone, [`project`]. Least weights and linear rows are not part of the publication; with them
/// `Linear` is what it is by definition, a mixture with the largest `Σ w_d estimate_d`: the least weights and then the
/// best domains up to their caps; with rows a vertex of the mixtures allowed (a linear program, checked against its bound;
/// where several are best, one of them, always the same). `L2` is the nearest mixture that obeys the constraints.
///
/// # Shapes
/// `bits`: models × domains; `target`: models, higher is better ([`Estimator::errors`] makes errors of it). Shares by
/// domain come back.
///
/// # Errors
/// [`EstimatorMixtureError`]: no estimates, constraints that leave no mixture, a linear program that stopped short.
///
/// # Source
/// arXiv 2409.05816, section 3. From an optimal point to a vertex: Charnes, Kortanek and Raike 1965.
pub fn mixture_by_estimator(
    estimator: Estimator,
    projection: Projection,
    bits: &DMatrix<f64>,
    target: &[f64],
    constraints: &Constraints,
) -> Result<Vec<f64>, EstimatorMixtureError> {
    let estimates = estimate(estimator, bits, &estimator.errors(target))?;
    constraints.fit(estimates.len())?;
    let bounds = constraints.bounds();
    if constraints.is_box() && !bounds.has_least() {
        return Ok(project(projection, &estimates, bounds.greatest())?);
    }
    match projection {
        Projection::L2 => constraints.nearest(&estimates).ok_or(EstimatorMixtureError::NoMixture),
        Projection::Linear if constraints.is_box() => Ok(bounds.best_corner(&estimates)),
        Projection::Linear => greatest_sum(&estimates, constraints),
    }
}

/// A vertex with the largest sum under rows.
fn greatest_sum(estimates: &[f64], constraints: &Constraints) -> Result<Vec<f64>, EstimatorMixtureError> {
    // A common shift changes no choice, and keeps the digits of what does.
    let least = estimates.iter().copied().fold(f64::INFINITY, f64::min);
    let range = estimates.iter().map(|value| value - least).fold(0.0, f64::max);
    let size = if range > 0.0 { range } else { 1.0 };
    let values: Vec<f64> = estimates.iter().map(|value| (value - least) / size).collect();
    let sum = |weights: &[f64]| -> f64 { weights.iter().zip(&values).map(|(w, v)| w * v).sum() };
    let bound = constraints.support_of_checked(&values).value;
    let starts = any_of_greatest_sum(constraints, &values);
    let mut best: Option<(f64, Vec<f64>)> = None;
    for start in starts.into_iter().filter_map(|start| constraints.nearest(&start)) {
        let vertex = vertex_from(constraints, &values, &start);
        let reached = sum(&vertex);
        if constraints.contain(&vertex, 1e-9) && best.as_ref().is_none_or(|(so_far, _)| reached > *so_far) {
            best = Some((reached, vertex));
        }
    }
    match best.or_else(|| constraints.any().map(|any| (sum(&any), any))) {
        None => Err(EstimatorMixtureError::NoMixture),
        Some((reached, _)) if bound - reached > SOLVED => {
            Err(EstimatorMixtureError::NotSolved { gap: (bound - reached) * size })
        }
        Some((_, weights)) => Ok(weights),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constraints::bounds::Bounds;
    use crate::constraints::linear::{Relation, Row};

    fn data() -> (DMatrix<f64>, Vec<f64>) {
        // Columns follow the target less and less; the last goes against it.
        let target = vec![0.2, 0.35, 0.3, 0.6, 0.7];
        let bits = DMatrix::from_fn(5, 4, |i, d| match d {
            0 => 1.0 - target[i],
            1 => 1.1 - 0.8 * target[i] + if i == 1 { 0.2 } else { 0.0 },
            2 => 0.9 - 0.3 * target[i] + if i == 3 { 0.4 } else { 0.0 },
            _ => 0.5 + target[i],
        });
        (bits, target)
    }

    fn bounded(least: [f64; 4], greatest: [f64; 4], rows: Vec<Row>) -> Constraints {
        let names: Vec<String> = (0..4).map(|d| d.to_string()).collect();
        Constraints::new(Bounds::new(&names, least.to_vec(), greatest.to_vec()).unwrap(), rows).unwrap()
    }

    #[test]
    fn under_caps_it_is_the_published_projection() {
        let (bits, target) = data();
        let constraints = bounded([0.0; 4], [0.4, 0.5, 0.3, 1.0], Vec::new());
        for estimator in Estimator::ALL {
            for projection in Projection::ALL {
                let estimates = estimate(estimator, &bits, &estimator.errors(&target)).unwrap();
                let expected = project(projection, &estimates, &[0.4, 0.5, 0.3, 1.0]).unwrap();
                assert_eq!(mixture_by_estimator(estimator, projection, &bits, &target, &constraints), Ok(expected));
            }
        }
    }

    /// With least weights and rows, no corner of a fine grid of allowed mixtures has a larger sum, and none is nearer.
    #[test]
    fn under_rows_no_mixture_of_a_grid_is_better() {
        let (bits, target) = data();
        let rows = vec![
            Row { coefficients: vec![(0, 1.0), (1, 1.0)], relation: Relation::AtMost, right: 0.55 },
            Row { coefficients: vec![(1, 1.0), (2, -2.0)], relation: Relation::Equal, right: 0.0 },
        ];
        let constraints = bounded([0.0, 0.1, 0.0, 0.05], [1.0, 1.0, 1.0, 0.6], rows);
        let steps = 40;
        let grid: Vec<Vec<f64>> = (0..=steps)
            .flat_map(|a| (0..=steps - a).map(move |b| (a, b)))
            .flat_map(|(a, b)| (0..=steps - a - b).map(move |c| [a, b, c, steps - a - b - c]))
            .map(|shares| shares.map(|share| share as f64 / steps as f64).to_vec())
            .filter(|weights| constraints.contain(weights, 1e-9))
            .collect();
        assert!(grid.len() > 20, "{}", grid.len());
        for estimator in Estimator::ALL {
            let estimates = estimate(estimator, &bits, &estimator.errors(&target)).unwrap();
            let linear = mixture_by_estimator(estimator, Projection::Linear, &bits, &target, &constraints).unwrap();
            let l2 = mixture_by_estimator(estimator, Projection::L2, &bits, &target, &constraints).unwrap();
            let sum = |weights: &[f64]| -> f64 { weights.iter().zip(&estimates).map(|(w, e)| w * e).sum() };
            let far = |weights: &[f64]| -> f64 { weights.iter().zip(&estimates).map(|(w, e)| (w - e).powi(2)).sum() };
            assert!(constraints.contain(&linear, 1e-12) && constraints.contain(&l2, 1e-12));
            assert!(grid.iter().all(|other| sum(other) <= sum(&linear) + 1e-12), "{estimator:?} {linear:?}");
            assert!(grid.iter().all(|other| far(other) >= far(&l2) - 1e-12), "{estimator:?} {l2:?}");
        }
    }

    #[test]
    fn equal_estimates_give_a_vertex() {
        let bits = DMatrix::from_fn(3, 4, |i, _| 1.0 - 0.1 * i as f64);
        let rows = vec![Row { coefficients: vec![(0, 1.0), (3, 1.0)], relation: Relation::AtMost, right: 0.25 }];
        let constraints = bounded([0.0; 4], [1.0, 0.5, 1.0, 1.0], rows);
        let found =
            mixture_by_estimator(Estimator::Spearman, Projection::Linear, &bits, &[0.1, 0.2, 0.3], &constraints)
                .unwrap();
        // At a vertex as many conditions bind as there are domains: the sum, and three of bounds and row.
        let bounds = constraints.bounds();
        let at_bound = (0..4).filter(|&d| found[d] <= bounds.least()[d] || found[d] >= bounds.greatest()[d]).count();
        let at_row = usize::from(found[0] + found[3] >= 0.25 - 1e-12);
        assert!(at_bound + at_row >= 3 && constraints.contain(&found, 1e-12), "{found:?}");
    }

    #[test]
    fn constraints_without_a_mixture_are_an_error() {
        let (bits, target) = data();
        let rows = vec![Row { coefficients: vec![(0, 1.0)], relation: Relation::AtLeast, right: 2.0 }];
        let constraints = bounded([0.0; 4], [1.0; 4], rows);
        for projection in Projection::ALL {
            let found = mixture_by_estimator(Estimator::Sign, projection, &bits, &target, &constraints);
            assert_eq!(found, Err(EstimatorMixtureError::NoMixture));
        }
    }
}
