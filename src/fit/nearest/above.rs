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
    let found = match follow(std::slice::from_ref(design), bounds, Distance::Quadratic, center, threshold, &start) {
        Some(found) => vec![found],
        None => nearest_by_cone_program(design, bounds, center, threshold),
    };
    let distance = |weights: &[f64]| -> f64 { weights.iter().zip(center).map(|(w, m)| (w - m).powi(2)).sum() };
    found.iter().map(|weights| move_inside(weights, inside, reaches)).min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// Raises the threshold from the center's correlation to the one wanted. `start`: the mixture within the bounds that is
/// nearest to the center.
///
/// Several targets, whose designs differ in nothing else, have a multiplier each; those whose correlation is above the
/// threshold by themselves have none.
pub(crate) fn follow(
    designs: &[Design],
    bounds: &Bounds,
    measure: Distance,
    center: &[f64],
    threshold: f64,
    start: &[f64],
) -> Option<Vec<f64>> {
    let least = |weights: &[f64]| {
        designs.iter().try_fold(f64::INFINITY, |least, design| Some(design.correlation(weights)?.min(least)))
    };
    let from = least(start)?.max(0.0);
    if threshold <= 0.0 || from >= threshold {
        return None;
    }
    let mut newton = Newton::new(designs, bounds, measure, center)?;
    let mut state = State { x: newton.compression(start), multipliers: vec![0.0; designs.len()] };
    if designs.len() > 1 {
        // The target that is farthest below is the first that binds.
        let lowest = (0..designs.len()).min_by(|&a, &b| {
            let value = |k: usize| state.x.dot(&newton.targets[k]);
            value(a).total_cmp(&value(b))
        })?;
        newton.binding = vec![lowest];
    }
    let (mut reached, mut step) = (0.0_f64, 1.0_f64);
    let mut halvings = 0;
    while reached < 1.0 {
        let next = (reached + step).min(1.0);
        let cosine = from + next * (threshold - from);
        match newton.solve_binding(&state, cosine) {
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
    least(&weights).filter(|rho| (rho - threshold).abs() < 1e-7).map(|_| weights)
}

/// A point of the method: the mixture's compression and the multiplier of each target's threshold.
#[derive(Debug, Clone)]
struct State {
    x: DVector<f64>,
    multipliers: Vec<f64>,
}

struct Newton<'a> {
    bounds: &'a Bounds,
    measure: Distance,
    center: &'a [f64],
    /// Columns over their largest norm, in few rows.
    matrix: DMatrix<f64>,
    targets: Vec<DVector<f64>>,
    /// Targets whose correlation is the threshold, ascending.
    binding: Vec<usize>,
    /// Domains whose share is strictly within its bounds, and `Σ c cᵀ` over them.
    is_free: Vec<bool>,
    gram: DMatrix<f64>,
}

impl<'a> Newton<'a> {
    /// `None` without designs.
    fn new(designs: &[Design], bounds: &'a Bounds, measure: Distance, center: &'a [f64]) -> Option<Self> {
        let first = designs.first()?;
        let (matrix, targets) = if designs.len() == 1 {
            let (matrix, target) = first.by_size_in_few_rows();
            (matrix, vec![target])
        } else {
            let (matrix, _) = first.by_size();
            (matrix, designs.iter().map(|design| DVector::from_column_slice(design.target())).collect())
        };
        let (rows, count) = matrix.shape();
        let gram = DMatrix::zeros(rows, rows);
        Some(Self { bounds, measure, center, matrix, targets, binding: vec![0], is_free: vec![false; count], gram })
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
        let sum: f64 = state.multipliers.iter().sum();
        let mut direction = &state.x * (-sum * cosine / length);
        for (target, &multiplier) in self.targets.iter().zip(&state.multipliers).filter(|(_, m)| **m != 0.0) {
            direction.axpy(multiplier, target, 1.0);
        }
        let moved = self.matrix.tr_mul(&direction);
        let moved = self.center.iter().zip(moved.iter());
        match self.measure {
            Distance::Quadratic => Some(self.bounds.nearest(&moved.map(|(m, z)| m + z).collect::<Vec<_>>())),
            Distance::KullbackLeibler => tilted(self.bounds, &moved.map(|(m, z)| m.ln() + z).collect::<Vec<_>>()),
        }
    }

    /// Both residuals, the second of each target that binds, and their joint size.
    fn residual(&self, state: &State, cosine: f64, weights: &[f64]) -> (DVector<f64>, DVector<f64>, f64) {
        let first = &state.x - self.compression(weights);
        let length = cosine * state.x.norm();
        let second = self.binding.iter().map(|&k| length - state.x.dot(&self.targets[k]));
        let second = DVector::from_iterator(self.binding.len(), second);
        let size = first.norm().hypot(second.norm());
        (first, second, size)
    }

    /// The solution for the targets that bind: one whose multiplier falls below zero no longer does, one whose correlation
    /// falls below the threshold does from then on.
    fn solve_binding(&mut self, from: &State, cosine: f64) -> Option<State> {
        let mut state = from.clone();
        for _ in 0..3 * self.targets.len() + 1 {
            let solved = self.solve(&state, cosine)?;
            if self.targets.len() == 1 {
                return (solved.multipliers[0] >= 0.0).then_some(solved);
            }
            let multiplier = |k: usize| solved.multipliers[k];
            if let Some(&lowest) = self
                .binding
                .iter()
                .filter(|&&k| multiplier(k) < 0.0)
                .min_by(|&&a, &&b| multiplier(a).total_cmp(&multiplier(b)))
            {
                self.binding.retain(|&k| k != lowest);
                if self.binding.is_empty() {
                    return None;
                }
                state.multipliers[lowest] = 0.0;
                continue;
            }
            let short = |k: usize| cosine * solved.x.norm() - solved.x.dot(&self.targets[k]);
            let joining = (0..self.targets.len())
                .filter(|k| !self.binding.contains(k) && short(*k) > 1e-11 * solved.x.norm())
                .max_by(|&a, &b| short(a).total_cmp(&short(b)));
            let Some(joining) = joining else { return Some(solved) };
            self.binding.push(joining);
            self.binding.sort_unstable();
            state = solved;
        }
        None
    }

    fn solve(&mut self, from: &State, cosine: f64) -> Option<State> {
        let mut state = from.clone();
        let mut weights = self.weights(&state, cosine)?;
        let (mut first, mut second, mut size) = self.residual(&state, cosine, &weights);
        for _ in 0..MOST_STEPS {
            if size <= TOLERANCE * state.x.norm() {
                return Some(state);
            }
            let (change, multiplier_changes) = self.step(&state, cosine, &weights, &first, &second)?;
            // The step is shortened while it does not lessen the residual; a full step ends the method in the piece of
            // the solution.
            let mut length = 1.0;
            loop {
                let mut multipliers = state.multipliers.clone();
                self.binding.iter().zip(multiplier_changes.iter()).for_each(|(&k, c)| multipliers[k] += c * length);
                let trial = State { x: &state.x + &change * length, multipliers };
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
                    return (size <= 1e3 * TOLERANCE * state.x.norm()).then_some(state);
                }
            }
        }
        None
    }

    /// Newton's step: the derivative of the projection is that of the free domains, less their mean; by divergence each
    /// counts as much as its share.
    fn step(
        &mut self,
        state: &State,
        cosine: f64,
        weights: &[f64],
        first: &DVector<f64>,
        second: &DVector<f64>,
    ) -> Option<(DVector<f64>, DVector<f64>)> {
        let rows = self.matrix.nrows();
        let indicator = match self.measure {
            Distance::Quadratic => {
                self.update_free(weights);
                self.is_free.iter().map(|&is_free| f64::from(u8::from(is_free))).collect()
            }
            Distance::KullbackLeibler => self.update_shares(weights),
        };
        let free = match self.measure {
            Distance::Quadratic => indicator.iter().sum::<f64>().max(1.0),
            Distance::KullbackLeibler => indicator.iter().sum::<f64>().max(f64::MIN_POSITIVE),
        };
        let sum = self.compression(&indicator);
        // M = Σ c cᵀ less what is along the mean, without writing it down.
        let inner = |vector: &DVector<f64>| &self.gram * vector - &sum * (sum.dot(vector) / free);
        let length = state.x.norm();
        let unit = &state.x / length;
        let sum_of_multipliers: f64 = state.multipliers.iter().sum();
        let binding = self.binding.len();

        // I + μ c M (I − x̂x̂ᵀ) / ‖x‖ without forming the projector.
        let factor = sum_of_multipliers * cosine / length;
        let along = inner(&unit) * factor;
        let mut system = DMatrix::zeros(rows + binding, rows + binding);
        for (index, mut column) in system.column_iter_mut().take(rows).enumerate() {
            let (less_sum, less_along) = (factor * sum[index] / free, unit[index]);
            let parts = self.gram.column(index);
            let parts = parts.iter().zip(sum.iter()).zip(along.iter());
            for (value, ((product, sum), along)) in column.iter_mut().zip(parts) {
                *value = factor * product - less_sum * sum - less_along * along;
            }
            column[index] += 1.0;
        }
        for (position, &k) in self.binding.iter().enumerate() {
            let gradient = &self.targets[k] - &unit * cosine;
            system.view_mut((0, rows + position), (rows, 1)).copy_from(&-inner(&gradient));
            system.view_mut((rows + position, 0), (1, rows)).copy_from(&(-gradient.transpose()));
        }
        let mut right = DVector::zeros(rows + binding);
        right.rows_mut(0, rows).copy_from(&(-first));
        right.rows_mut(rows, binding).copy_from(&(-second));
        let change = system.lu().solve(&right)?;
        change
            .iter()
            .all(|value| value.is_finite())
            .then(|| (change.rows(0, rows).into_owned(), change.rows(rows, binding).into_owned()))
    }

    /// Brings `gram` to `Σ w c cᵀ` over the free domains, and gives their shares.
    fn update_shares(&mut self, weights: &[f64]) -> Vec<f64> {
        let within = self.bounds.least().iter().zip(self.bounds.greatest());
        let shares: Vec<f64> =
            weights.iter().zip(within).map(|(&w, (&l, &u))| if w > l && w < u { w } else { 0.0 }).collect();
        // Shares this small add nothing to the sum.
        let counted: Vec<usize> = (0..shares.len()).filter(|&d| shares[d] > 1e-20).collect();
        let mut scaled = DMatrix::zeros(self.matrix.nrows(), counted.len());
        for (mut column, &domain) in scaled.column_iter_mut().zip(&counted) {
            column.axpy(shares[domain].sqrt(), &self.matrix.column(domain), 0.0);
        }
        self.gram = &scaled * scaled.transpose();
        shares
    }

    /// Adds `sign Σ c cᵀ` over domains to `gram`.
    fn add_products(&mut self, domains: &[usize], sign: f64) {
        if domains.len() < 4 {
            for &domain in domains {
                let column = self.matrix.column(domain);
                self.gram.ger(sign, &column, &column, 1.0);
            }
        } else {
            let columns = self.matrix.select_columns(domains);
            self.gram.gemm(sign, &columns, &columns.transpose(), 1.0);
        }
    }

    /// Brings `gram` to the domains that are free now: by those that changed, or anew where most did.
    fn update_free(&mut self, weights: &[f64]) {
        let within = self.bounds.least().iter().zip(self.bounds.greatest());
        let is_free: Vec<bool> = weights.iter().zip(within).map(|(w, (l, u))| w > l && w < u).collect();
        let changed: Vec<usize> = (0..is_free.len()).filter(|&d| is_free[d] != self.is_free[d]).collect();
        if 2 * changed.len() > is_free.len() {
            self.gram.fill(0.0);
            let free: Vec<usize> = (0..is_free.len()).filter(|&d| is_free[d]).collect();
            self.add_products(&free, 1.0);
        } else {
            let (joined, left): (Vec<usize>, Vec<usize>) = changed.into_iter().partition(|&d| is_free[d]);
            self.add_products(&joined, 1.0);
            self.add_products(&left, -1.0);
        }
        self.is_free = is_free;
    }
}

/// The mixture within bounds that is nearest by divergence to shares given by their logarithms up to a constant:
/// `clip(k exp(logarithm))`, with `k` found by Newton's method on the sum, which is piecewise linear in `k`, kept within a
/// bracket. `None` where no `k` makes it a mixture: what has no share fills nothing.
pub(crate) fn tilted(bounds: &Bounds, logarithms: &[f64]) -> Option<Vec<f64>> {
    let top = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !top.is_finite() {
        return None;
    }
    let shares: Vec<f64> = logarithms.iter().map(|value| (value - top).exp()).collect();
    let limits = || bounds.least().iter().zip(bounds.greatest());
    let mut factor = 1.0 / shares.iter().sum::<f64>();
    let (mut low, mut high) = (0.0, f64::INFINITY);
    for _ in 0..400 {
        let (mut fixed, mut free) = (0.0, 0.0);
        for (share, (least, greatest)) in shares.iter().zip(limits()) {
            let moved = factor * share;
            if moved <= *least {
                fixed += least;
            } else if moved >= *greatest {
                fixed += greatest;
            } else {
                free += share;
            }
        }
        if fixed + factor * free < 1.0 {
            low = factor;
        } else {
            high = factor;
        }
        let mut next = if free > 0.0 { (1.0 - fixed) / free } else { f64::NAN };
        if (next - factor).abs() <= f64::EPSILON * factor {
            break;
        }
        if !(next > low && next < high) {
            next = match (low > 0.0, high.is_finite()) {
                (true, true) => low.sqrt() * high.sqrt(),
                (false, _) => factor / 64.0,
                (true, false) => factor * 64.0,
            };
        }
        if next == factor || !next.is_finite() || next <= 0.0 {
            break;
        }
        factor = next;
    }
    let weights: Vec<f64> = shares
        .iter()
        .zip(limits())
        .map(|(share, (least, greatest))| (factor * share).clamp(*least, *greatest))
        .collect();
    ((weights.iter().sum::<f64>() - 1.0).abs() <= 1e-12).then_some(weights)
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
                    let ours = follow(
                        std::slice::from_ref(&design),
                        &bounds,
                        Distance::Quadratic,
                        &center,
                        threshold,
                        &bounds.nearest(&center),
                    );
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
