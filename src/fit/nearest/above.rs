//! The mixture nearest to a center among those that correlate well enough.

use crate::nearest::distance::{Distance, move_inside};
use nalgebra::{DMatrix, DVector};

use crate::constraints::bounds::Bounds;
use crate::constraints::linear::Constraints;
use crate::data::columns::Columns;
use crate::data::design::Design;
use crate::data::problem_error::ProblemError;
use crate::nearest::rows::nearest_within_rows;
use crate::optimum::conic::nearest_by_cone_program;

/// Newton steps for one threshold.
const MOST_STEPS: usize = 40;
/// The way to the threshold is cut in half at most this often before the cone program takes over.
const MOST_HALVINGS: u32 = 12;
/// Residuals below this count as solved.
const TOLERANCE: f64 = 1e-12;

/// The mixture nearest to `center` among those within the constraints that correlate with the target at
/// `threshold` or better.
///
/// `inside` is a mixture that correlates better than the threshold (the optimum): the answer is moved toward it by what a
/// solver's tolerance leaves short, so that the threshold holds exactly.
///
/// # Method
/// With `x = Cw` and a multiplier `μ ≥ 0` the conditions of optimality are
///
/// `w = Π(m + μ Cᵀ(ŷ − c x/‖x‖))`, `c‖x‖ = ⟨x, ŷ⟩`,
///
/// Π being the projection onto the mixtures within the bounds. They are `models + 1` equations in `x` and `μ`, piecewise
/// smooth, and the program is convex, so any solution is the optimum. Newton's method solves them, the threshold being
/// raised from the center's own correlation in as few steps as it can take. Where that fails, a second-order cone program
/// answers. Under linear rows, and by [`Distance::KullbackLeibler`], the cone program comes first and Newton's method makes
/// its answer exact on the conditions that bind; by divergence domains that the center has not keep a weight of zero.
///
/// `None` where neither finds a mixture.
///
/// # Errors
/// [`ProblemError`]: constraints, a center or a mixture of other domains, or a number that is not finite.
pub fn nearest_above(
    design: &Design,
    constraints: &Constraints,
    center: &[f64],
    threshold: f64,
    distance: Distance,
    inside: &[f64],
) -> Result<Option<Vec<f64>>, ProblemError> {
    constraints.fit(design.count())?;
    ProblemError::of_domains("shares of the center", center, design.count())?;
    ProblemError::of_domains("shares of the mixture inside", inside, design.count())?;
    ProblemError::finite("threshold", &[threshold])?;
    Ok(nearest_above_of_checked(design, constraints, center, threshold, distance, inside))
}

/// As [`nearest_above`], of shapes that are known to fit.
pub(crate) fn nearest_above_of_checked(
    design: &Design,
    constraints: &Constraints,
    center: &[f64],
    threshold: f64,
    distance: Distance,
    inside: &[f64],
) -> Option<Vec<f64>> {
    if !constraints.is_box() || distance != Distance::Quadratic {
        return nearest_within_rows(design, constraints, center, threshold, distance, inside);
    }
    let bounds = constraints.bounds();
    let reaches = |weights: &[f64]| design.correlation(weights).is_some_and(|rho| rho >= threshold);
    let start = bounds.nearest(center);
    if reaches(&start) {
        return Some(start);
    }
    let found = match follow(design, bounds, center, threshold, &start) {
        Some(found) => vec![found],
        None => nearest_by_cone_program(design, bounds, center, threshold),
    };
    let distance = |weights: &[f64]| -> f64 { weights.iter().zip(center).map(|(w, m)| (w - m).powi(2)).sum() };
    found.iter().map(|weights| move_inside(weights, inside, reaches)).min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// Raises the threshold from the center's correlation to the one wanted.
fn follow(design: &Design, bounds: &Bounds, center: &[f64], threshold: f64, start: &[f64]) -> Option<Vec<f64>> {
    let from = design.correlation(start)?.max(0.0);
    if threshold <= 0.0 || from >= threshold {
        return None;
    }
    let mut newton = Newton::new(design, bounds, center);
    let mut state = State { x: newton.compression(start), multiplier: 0.0 };
    let (mut reached, mut step) = (0.0_f64, 1.0_f64);
    let mut halvings = 0;
    while reached < 1.0 {
        let next = (reached + step).min(1.0);
        let cosine = from + next * (threshold - from);
        match newton.solve(&state, cosine) {
            Some(solved) => {
                state = solved;
                reached = next;
                step *= 2.0;
            }
            None => {
                halvings += 1;
                if halvings > MOST_HALVINGS {
                    return None;
                }
                step *= 0.5;
            }
        }
    }
    let weights = newton.weights(&state, threshold)?;
    design.correlation(&weights).filter(|rho| (rho - threshold).abs() < 1e-7).map(|_| weights)
}

/// A point of the method: the mixture's compression and the multiplier of the threshold.
#[derive(Debug, Clone)]
struct State {
    x: DVector<f64>,
    multiplier: f64,
}

struct Newton<'a> {
    bounds: &'a Bounds,
    center: &'a [f64],
    /// Columns over their largest norm, in few rows.
    matrix: DMatrix<f64>,
    target: DVector<f64>,
    /// Domains whose share is strictly within its bounds, and `Σ c cᵀ` over them.
    is_free: Vec<bool>,
    gram: DMatrix<f64>,
}

impl<'a> Newton<'a> {
    fn new(design: &Design, bounds: &'a Bounds, center: &'a [f64]) -> Self {
        let (matrix, target) = design.by_size_in_few_rows();
        let (rows, count) = matrix.shape();
        Self { bounds, center, matrix, target, is_free: vec![false; count], gram: DMatrix::zeros(rows, rows) }
    }

    /// `C w`; far from the center most shares are zero, and cost nothing.
    fn compression(&self, weights: &[f64]) -> DVector<f64> {
        let mut sum = DVector::zeros(self.matrix.nrows());
        for (index, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            sum.axpy(weight, &self.matrix.column(index), 1.0);
        }
        sum
    }

    /// The mixture that a state stands for.
    fn weights(&self, state: &State, cosine: f64) -> Option<Vec<f64>> {
        let length = state.x.norm();
        if length.is_nan() || length <= 0.0 {
            return None;
        }
        let direction = (&self.target - &state.x * (cosine / length)) * state.multiplier;
        let moved = self.matrix.tr_mul(&direction);
        let point: Vec<f64> = self.center.iter().zip(moved.iter()).map(|(m, z)| m + z).collect();
        Some(self.bounds.nearest(&point))
    }

    /// Both residuals and their joint size.
    fn residual(&self, state: &State, cosine: f64, weights: &[f64]) -> (DVector<f64>, f64, f64) {
        let first = &state.x - self.compression(weights);
        let second = cosine * state.x.norm() - state.x.dot(&self.target);
        let size = first.norm().hypot(second);
        (first, second, size)
    }

    fn solve(&mut self, from: &State, cosine: f64) -> Option<State> {
        let mut state = from.clone();
        let mut weights = self.weights(&state, cosine)?;
        let (mut first, mut second, mut size) = self.residual(&state, cosine, &weights);
        for _ in 0..MOST_STEPS {
            if size <= TOLERANCE * state.x.norm() {
                return (state.multiplier >= 0.0).then_some(state);
            }
            let (change, multiplier_change) = self.step(&state, cosine, &weights, &first, second)?;
            // The step is shortened while it does not lessen the residual; a full step ends the method in the piece of
            // the solution.
            let mut length = 1.0;
            loop {
                let trial =
                    State { x: &state.x + &change * length, multiplier: state.multiplier + multiplier_change * length };
                if let Some(trial_weights) = self.weights(&trial, cosine) {
                    let (trial_first, trial_second, trial_size) = self.residual(&trial, cosine, &trial_weights);
                    if trial_size < (1.0 - 1e-4 * length) * size {
                        (state, weights) = (trial, trial_weights);
                        (first, second, size) = (trial_first, trial_second, trial_size);
                        break;
                    }
                }
                length *= 0.5;
                if length < 1e-3 {
                    // At the limit of precision no step lessens the residual any more.
                    return (size <= 1e3 * TOLERANCE * state.x.norm() && state.multiplier >= 0.0).then_some(state);
                }
            }
        }
        None
    }

    /// Newton's step: the derivative of the projection is that of the free domains, less their mean.
    fn step(
        &mut self,
        state: &State,
        cosine: f64,
        weights: &[f64],
        first: &DVector<f64>,
        second: f64,
    ) -> Option<(DVector<f64>, f64)> {
        self.update_free(weights);
        let rows = self.matrix.nrows();
        let free = self.is_free.iter().filter(|free| **free).count().max(1) as f64;
        let indicator: Vec<f64> = self.is_free.iter().map(|&is_free| f64::from(u8::from(is_free))).collect();
        let sum = self.compression(&indicator);
        let inner = &self.gram - &sum * (sum.transpose() / free);
        let length = state.x.norm();
        let unit = &state.x / length;
        let gradient = &self.target - &unit * cosine;

        // I + μ c M (I − x̂x̂ᵀ) / ‖x‖ without forming the projector.
        let scaled = &inner * (state.multiplier * cosine / length);
        let along = &scaled * &unit;
        let mut system = DMatrix::identity(rows + 1, rows + 1);
        let mut block = system.view_mut((0, 0), (rows, rows));
        block += scaled;
        block -= along * unit.transpose();
        system.view_mut((0, rows), (rows, 1)).copy_from(&(-(&inner * &gradient)));
        system.view_mut((rows, 0), (1, rows)).copy_from(&(-gradient.transpose()));
        system[(rows, rows)] = 0.0;
        let mut right = DVector::zeros(rows + 1);
        right.rows_mut(0, rows).copy_from(&(-first));
        right[rows] = -second;
        let change = system.lu().solve(&right)?;
        change.iter().all(|value| value.is_finite()).then(|| (change.rows(0, rows).into_owned(), change[rows]))
    }

    /// Brings `gram` to the domains that are free now: by those that changed, or anew where most did.
    fn update_free(&mut self, weights: &[f64]) {
        let within = self.bounds.least().iter().zip(self.bounds.greatest());
        let is_free: Vec<bool> = weights.iter().zip(within).map(|(w, (l, u))| w > l && w < u).collect();
        let changed: Vec<usize> = (0..is_free.len()).filter(|&d| is_free[d] != self.is_free[d]).collect();
        if 2 * changed.len() > is_free.len() {
            let mut free = self.matrix.clone();
            for (index, _) in is_free.iter().enumerate().filter(|(_, free)| !**free) {
                free.column_mut(index).fill(0.0);
            }
            self.gram = &free * self.matrix.transpose();
        } else {
            for index in changed {
                let column = self.matrix.column(index);
                self.gram.ger(if is_free[index] { 1.0 } else { -1.0 }, &column, &column, 1.0);
            }
        }
        self.is_free = is_free;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CompressionColumns;
    use crate::optimum::best::best_mixture_of_checked;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Columns with a common factor, as domains have, or none; a target that goes with it.
    fn problem(models: usize, domains: usize, noise: f64, seed: u64) -> (CompressionColumns, Vec<f64>) {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        let mut normal = || (0..12).map(|_| generator.random::<f64>()).sum::<f64>() - 6.0;
        let factor: Vec<f64> = (0..models).map(|_| normal()).collect();
        let bits = DMatrix::from_fn(models, domains, |i, _| 1.0 + 0.1 * (factor[i] + noise * normal()));
        let target = factor.iter().map(|f| 0.5 * normal() - f).collect();
        (CompressionColumns::new(&bits).unwrap(), target)
    }

    #[test]
    fn newton_and_the_cone_program_agree() {
        let mut by_newton = 0;
        let mut compared = 0;
        for seed in 0..40 {
            let (models, domains) = [(19, 3), (30, 12), (25, 40), (60, 100)][seed as usize % 4];
            let (columns, target) = problem(models, domains, [0.05, 0.3, 1.0][seed as usize % 3], seed);
            let design = Design::new(&columns, &target, None, &[]).unwrap();
            let names: Vec<String> = (0..domains).map(|d| d.to_string()).collect();
            let cap = (4.0 / domains as f64).min(1.0);
            for bounds in [
                Bounds::simplex(domains),
                Bounds::new(&names, vec![0.2 / domains as f64; domains], vec![cap; domains]).unwrap(),
            ] {
                let best = best_mixture_of_checked(&design, &bounds.clone().into());
                let Some(inside) = &best.weights else { continue };
                let center = vec![1.0 / domains as f64; domains];
                let from = design.correlation(&bounds.nearest(&center)).unwrap();
                for part in [0.3, 0.9, 0.999] {
                    let threshold = from + part * (best.correlation - from);
                    if threshold <= 0.0 || threshold <= from {
                        continue;
                    }
                    let ours = follow(&design, &bounds, &center, threshold, &bounds.nearest(&center));
                    by_newton += usize::from(ours.is_some());
                    let theirs = nearest_by_cone_program(&design, &bounds, &center, threshold).remove(0);
                    let whole = nearest_above_of_checked(
                        &design,
                        &bounds.clone().into(),
                        &center,
                        threshold,
                        Distance::Quadratic,
                        inside,
                    )
                    .unwrap();
                    let distance = |w: &[f64]| w.iter().zip(&center).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    assert!(design.correlation(&whole).unwrap() >= threshold);
                    assert!(bounds.contain(&whole, 1e-9));
                    assert!(
                        (distance(&whole) - distance(&theirs)).abs() < 1e-5,
                        "{seed} {part}: {} {}",
                        distance(&whole),
                        distance(&theirs)
                    );
                    compared += 1;
                }
            }
        }
        assert!(compared > 150, "{compared}");
        // The cone program is there for what Newton's method cannot do: corners, where its equations are singular.
        assert!(by_newton * 5 >= compared * 4, "{by_newton} of {compared}");
    }
}
