//! Projection onto the cone of the mixtures within bounds, by an active set on the bounds.

use nalgebra::DMatrix;

use crate::constraints::bounds::Bounds;
use crate::data::vector::{add_scaled, dot, norm, scale};
use crate::solvers::thin_qr::ThinQr;

/// A column whose part outside the span of those held is shorter than this depends on them.
const DEPENDENT: f64 = 1e-11;
/// A start's share this far from its bounds is free.
const FREE: f64 = 1e-13;

/// Where a variable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Least,
    Free,
    Greatest,
}

/// The mixture within `bounds` whose compression `Cw` makes the smallest angle with the target: `w = v / Σv` of
///
/// `min ‖Cv − ŷ‖²` over `l Σv ≤ v ≤ u Σv`.
///
/// # Method
/// A primal active-set method (Nocedal and Wright 2006, section 16.5) in the homogenised variables `v` and `t = Σv`. Shares on
/// a bound stay there, `v_j = l_j t` or `u_j t`, and add up to a column `b` of their own; the others and `t` solve least
/// squares under the one condition `Σ_F v = τ t`, `τ` being what the bounds leave, on a QR factorisation whose columns come
/// and go. The way there ends where the first share meets a bound, which it keeps. Where none does, the prices
/// `g = Cᵀ(ŷ − Cv)` are compared with the common price `ν` of the free shares: the share at its least weight with the
/// greatest price above `ν`, or the one at its greatest with the lowest below, is freed. At a corner, where nothing is free,
/// one of each is. At the end the face's projection is made anew on the columns `c_j + b / τ`, to working precision.
///
/// `start`: a mixture whose face to begin with, such as the answer to nearly the same problem; otherwise the corner that
/// goes farthest along the target. The answer does not depend on it where there is one optimum.
///
/// Nothing is certified here: rounding may end it early, which the caller's certificate tells.
///
/// # Shapes
/// `matrix`: any rows × domains, columns of norms about one or less. `target`: its rows, unit norm.
pub(crate) fn project_within_bounds(
    matrix: &DMatrix<f64>,
    target: &[f64],
    bounds: &Bounds,
    start: Option<&[f64]>,
) -> Outcome {
    let mut prices = vec![0.0; matrix.ncols()];
    inner_products(matrix, target, &mut prices);
    let corner = bounds.best_corner(&prices);
    let gain: f64 = corner.iter().zip(&prices).map(|(w, price)| w * price).sum();
    let size: f64 = corner.iter().zip(&prices).map(|(w, price)| w * price.abs()).sum();
    // The corner is the farthest of all mixtures along the target.
    if gain <= 4.0 * f64::EPSILON * size {
        return Outcome::NonePositive;
    }
    let begin = |mixture: &[f64]| ActiveSet::new(matrix, target, bounds, mixture);
    let warm = start.and_then(begin).and_then(ActiveSet::run);
    match warm.or_else(|| begin(&corner).and_then(ActiveSet::run)) {
        Some(weights) => Outcome::Mixture(weights),
        None => Outcome::NotFound,
    }
}

/// How a projection ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// The mixture that the projection is a multiple of, within the bounds.
    Mixture(Vec<f64>),
    /// `⟨Cw, ŷ⟩` is not above zero for any mixture, up to rounding: the projection is the origin.
    NonePositive,
    /// Columns depend on each other, or the limit of steps came first.
    NotFound,
}

fn inner_products(matrix: &DMatrix<f64>, direction: &[f64], out: &mut [f64]) {
    let rows = matrix.nrows();
    for (value, column) in out.iter_mut().zip(matrix.as_slice().chunks_exact(rows.max(1))) {
        *value = dot(column, direction);
    }
}

struct ActiveSet<'a> {
    matrix: &'a DMatrix<f64>,
    target: &'a [f64],
    least: &'a [f64],
    greatest: &'a [f64],
    sides: Vec<Side>,
    /// Domains whose share is free, in the order of the factorisation, with the lengths of their columns and their values.
    held: Vec<(usize, f64, f64)>,
    factorisation: ThinQr,
    total: f64,
    /// `b` and `τ`.
    base: Vec<f64>,
    rest: f64,
}

impl<'a> ActiveSet<'a> {
    /// At a multiple of a mixture; `None` where it does not point along the target, or free columns are dependent.
    fn new(matrix: &'a DMatrix<f64>, target: &'a [f64], bounds: &'a Bounds, mixture: &[f64]) -> Option<Self> {
        let (least, greatest) = (bounds.least(), bounds.greatest());
        let side = |d: usize| {
            if mixture[d] - least[d] <= FREE {
                Side::Least
            } else if greatest[d] - mixture[d] <= FREE {
                Side::Greatest
            } else {
                Side::Free
            }
        };
        let sides: Vec<Side> = (0..least.len()).map(side).collect();
        let mut set = Self {
            matrix,
            target,
            least,
            greatest,
            sides,
            held: Vec::new(),
            factorisation: ThinQr::new(target),
            total: 0.0,
            base: vec![0.0; target.len()],
            rest: 1.0,
        };
        for (d, &share) in mixture.iter().enumerate() {
            if set.sides[d] == Side::Free && !set.hold(d, share) {
                return None;
            }
        }
        set.gather();
        let mut compression = set.base.clone();
        for &(d, _, value) in &set.held {
            add_scaled(&mut compression, value, set.column(d));
        }
        let square = dot(&compression, &compression);
        let along = dot(&compression, target);
        if along <= 0.0 || square <= 1e-26 {
            return None;
        }
        set.total = along / square;
        let total = set.total;
        set.held.iter_mut().for_each(|(_, _, value)| *value *= total);
        Some(set)
    }

    fn column(&self, domain: usize) -> &'a [f64] {
        let rows = self.matrix.nrows();
        &self.matrix.as_slice()[domain * rows..(domain + 1) * rows]
    }

    /// Takes a domain's column into the factorisation; `false` where it depends on those held.
    fn hold(&mut self, domain: usize, value: f64) -> bool {
        let mut column = self.column(domain).to_vec();
        let length = norm(&column);
        if length <= 1e-13 {
            return false;
        }
        scale(&mut column, 1.0 / length);
        if !self.factorisation.push_beyond(&column, DEPENDENT) {
            return false;
        }
        self.sides[domain] = Side::Free;
        self.held.push((domain, length, value));
        true
    }

    fn drop_held(&mut self, position: usize, side: Side) {
        let (domain, ..) = self.held.remove(position);
        self.factorisation.remove(position);
        self.sides[domain] = side;
    }

    /// The share of a domain that is on a bound.
    fn bound(&self, domain: usize) -> f64 {
        if self.sides[domain] == Side::Greatest { self.greatest[domain] } else { self.least[domain] }
    }

    /// The shares on bounds as one column, and what they leave.
    fn gather(&mut self) {
        self.base.fill(0.0);
        let mut fixed = 0.0;
        for domain in 0..self.sides.len() {
            let share = if self.sides[domain] == Side::Free { 0.0 } else { self.bound(domain) };
            if share != 0.0 {
                fixed += share;
                let column = self.column(domain);
                add_scaled(&mut self.base, share, column);
            }
        }
        self.rest = 1.0 - fixed;
    }

    /// The values of the free domains, and `t`, that solve least squares on the face.
    fn best_on_face(&mut self) -> Option<(Vec<f64>, f64)> {
        self.gather();
        let length = norm(&self.base);
        if self.held.is_empty() {
            return (length > 1e-13).then(|| (Vec::new(), dot(&self.base, self.target) / (length * length)));
        }
        if length == 0.0 {
            let values: Vec<f64> =
                self.factorisation.solve().iter().zip(&self.held).map(|(z, (_, size, _))| z / size).collect();
            let sum: f64 = values.iter().sum();
            return (self.rest > 0.0).then(|| (values, sum / self.rest));
        }
        let mut unit = self.base.clone();
        scale(&mut unit, 1.0 / length);
        if !self.factorisation.push_beyond(&unit, DEPENDENT) {
            return None;
        }
        let condition: Vec<f64> =
            self.held.iter().map(|(_, size, _)| 1.0 / size).chain([-self.rest / length]).collect();
        let mut values = self.factorisation.solve();
        let turned = self.factorisation.solve_transposed(&condition);
        let square = dot(&turned, &turned);
        let excess = dot(&condition, &values);
        let correction = self.factorisation.solve_for(&turned);
        add_scaled(&mut values, -excess / square, &correction);
        self.factorisation.remove(self.held.len());
        let total = values.pop()? / length;
        values.iter_mut().zip(&self.held).for_each(|(value, (_, size, _))| *value /= size);
        (total.is_finite() && values.iter().all(|value| value.is_finite())).then_some((values, total))
    }

    /// Moves toward the best of the face; `false` where a share met a bound on the way, which it keeps.
    fn advance(&mut self) -> Option<bool> {
        let (goal, total) = self.best_on_face()?;
        let mut step = 1.0_f64;
        let mut blocking = None;
        for (position, (&(domain, _, value), &goal)) in self.held.iter().zip(&goal).enumerate() {
            let limits = [
                (value - self.least[domain] * self.total, goal - self.least[domain] * total, Side::Least),
                (self.greatest[domain] * self.total - value, self.greatest[domain] * total - goal, Side::Greatest),
            ];
            for (before, after, side) in limits {
                if after < 0.0 {
                    let before = before.max(0.0);
                    let reach = before / (before - after);
                    if reach < step {
                        step = reach;
                        blocking = Some((position, side));
                    }
                }
            }
        }
        self.held.iter_mut().zip(&goal).for_each(|((_, _, value), goal)| *value += step * (goal - *value));
        self.total += step * (total - self.total);
        match blocking {
            Some((position, side)) => {
                self.drop_held(position, side);
                Some(false)
            }
            None => (self.total > 0.0).then_some(true),
        }
    }

    fn run(mut self) -> Option<Vec<f64>> {
        let count = self.sides.len();
        let mut prices = vec![0.0; count];
        let mut is_refused = vec![false; count];
        let mut value = f64::INFINITY;
        for _ in 0..4 * (count.min(500) + self.target.len()) + 200 {
            if !self.advance()? {
                continue;
            }
            let mut residual = self.target.to_vec();
            add_scaled(&mut residual, -self.total, &self.base);
            for &(domain, _, value) in &self.held {
                add_scaled(&mut residual, -value, self.column(domain));
            }
            let left = norm(&residual);
            // A step that lessened the sum lets every column try again.
            if left < value {
                value = left;
                is_refused.fill(false);
            }
            let tolerance = 1e-12 * left + 1e-16;
            inner_products(self.matrix, &residual, &mut prices);
            if !self.release(&prices, tolerance, &mut is_refused) {
                return self.mixture();
            }
        }
        None
    }

    /// Frees the share whose price differs most from what its bound calls for; `false` where there is none.
    fn release(&mut self, prices: &[f64], tolerance: f64, is_refused: &mut [bool]) -> bool {
        loop {
            let is_usable =
                |d: usize, side: Side| self.sides[d] == side && !is_refused[d] && self.greatest[d] > self.least[d];
            let domains = 0..prices.len();
            let up = domains
                .clone()
                .filter(|&d| is_usable(d, Side::Least))
                .max_by(|&a, &b| prices[a].total_cmp(&prices[b]).then(b.cmp(&a)));
            let down = domains
                .filter(|&d| is_usable(d, Side::Greatest))
                .min_by(|&a, &b| prices[a].total_cmp(&prices[b]).then(a.cmp(&b)));
            if self.held.is_empty() {
                let (Some(up), Some(down)) = (up, down) else { return false };
                if prices[up] - prices[down] <= tolerance {
                    return false;
                }
                let (from, to) = (self.least[up] * self.total, self.greatest[down] * self.total);
                if self.hold(up, from) {
                    if !self.hold(down, to) {
                        is_refused[down] = true;
                    }
                    is_refused[up] = true;
                    return true;
                }
                is_refused[up] = true;
                continue;
            }
            let common = self.held.iter().map(|&(d, ..)| prices[d]).sum::<f64>() / self.held.len() as f64;
            let gain_up = up.map_or(0.0, |d| prices[d] - common);
            let gain_down = down.map_or(0.0, |d| common - prices[d]);
            if gain_up.max(gain_down) <= tolerance {
                return false;
            }
            let (entering, share) = match (up, down) {
                (Some(up), _) if gain_up >= gain_down => (up, self.least[up]),
                (_, Some(down)) => (down, self.greatest[down]),
                _ => return false,
            };
            // It may come again once another step has lessened the sum.
            is_refused[entering] = true;
            if self.hold(entering, share * self.total) {
                return true;
            }
        }
    }

    /// The mixture at the end, its free shares solved anew on the columns `c_j + b / τ`.
    fn mixture(mut self) -> Option<Vec<f64>> {
        self.gather();
        let mut weights: Vec<f64> = (0..self.sides.len()).map(|d| self.bound(d)).collect();
        if self.held.is_empty() {
            return Some(weights);
        }
        if self.rest <= 0.0 {
            return None;
        }
        let mut span = ThinQr::new(self.target);
        let mut lengths = Vec::with_capacity(self.held.len());
        for &(domain, ..) in &self.held {
            let mut column = self.column(domain).to_vec();
            add_scaled(&mut column, 1.0 / self.rest, &self.base);
            let length = norm(&column);
            scale(&mut column, 1.0 / length);
            if length <= 1e-13 || !span.push(&column) {
                return None;
            }
            lengths.push(length);
        }
        span.refresh();
        let values: Vec<f64> = span.solve().iter().zip(&lengths).map(|(value, length)| value / length).collect();
        let sum: f64 = values.iter().sum();
        if sum <= 0.0 || !sum.is_finite() {
            return None;
        }
        for (&(domain, ..), value) in self.held.iter().zip(&values) {
            weights[domain] = (self.rest * value / sum).clamp(self.least[domain], self.greatest[domain]);
        }
        Some(weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CompressionColumns;
    use crate::data::design::Design;
    use crate::optimum::conic::bounded_optimum;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// A problem with a common factor, and bounds that bind.
    fn problem(models: usize, domains: usize, seed: u64) -> (CompressionColumns, Vec<f64>, Bounds) {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        let mut normal = || (0..12).map(|_| generator.random::<f64>()).sum::<f64>() - 6.0;
        let noise = [0.05, 0.3, 3.0][seed as usize % 3];
        let factor: Vec<f64> = (0..models).map(|_| normal()).collect();
        let bits = DMatrix::from_fn(models, domains, |i, _| 1.0 + 0.1 * (factor[i] + noise * normal()));
        let target = factor.iter().map(|f| normal() - [1.0, 0.3][seed as usize % 2] * f).collect();
        let names: Vec<String> = (0..domains).map(|d| d.to_string()).collect();
        let share = 1.0 / domains as f64;
        let least = (0..domains).map(|d| if d % 3 == 1 && seed % 4 > 1 { 0.2 * share } else { 0.0 }).collect();
        let greatest = (0..domains).map(|d| (share * [1.5, 3.0, 6.0][(d + seed as usize) % 3]).min(1.0)).collect();
        (CompressionColumns::new(&bits).unwrap(), target, Bounds::new(&names, least, greatest).unwrap())
    }

    #[test]
    fn it_finds_what_the_cone_program_finds_from_any_start() {
        let (mut compared, mut found, mut warm) = (0, 0, 0);
        for seed in 0..120 {
            let (models, domains) = [(19, 4), (30, 12), (25, 60), (60, 100), (12, 50)][seed as usize % 5];
            let (columns, target, bounds) = problem(models, domains, seed);
            let design = Design::new(&columns, &target, None, &[]).unwrap();
            let (matrix, along) = design.by_size_in_few_rows();
            let Some(theirs) = bounded_optimum(&design, &bounds) else { continue };
            let expected = design.correlation(&theirs).unwrap();
            if expected <= 1e-3 {
                continue;
            }
            compared += 1;
            let rows = along.as_slice();
            let size = along.norm();
            assert!((size - 1.0).abs() < 1e-9);
            let Outcome::Mixture(ours) = project_within_bounds(&matrix, rows, &bounds, None) else { continue };
            found += 1;
            assert!(bounds.contain(&ours, 1e-12));
            let reached = design.correlation(&ours).unwrap();
            assert!(reached >= expected - 1e-11, "{seed}: {reached} here, {expected} by the cone program");
            let even = bounds.nearest(&vec![0.0; domains]);
            for start in [&even, &theirs, &ours] {
                if let Outcome::Mixture(again) = project_within_bounds(&matrix, rows, &bounds, Some(start)) {
                    warm += 1;
                    assert!((design.correlation(&again).unwrap() - reached).abs() < 1e-12, "{seed}");
                }
            }
        }
        assert!(compared > 80 && found * 20 >= compared * 19 && warm >= 3 * found - 10, "{compared} {found} {warm}");
    }

    #[test]
    fn a_target_that_no_mixture_points_to_has_none() {
        let (columns, target, bounds) = problem(30, 12, 0);
        let opposite: Vec<f64> = target.iter().map(|y| -y).collect();
        let design = Design::new(&columns, &opposite, None, &[]).unwrap();
        let (matrix, along) = design.by_size_in_few_rows();
        assert_eq!(project_within_bounds(&matrix, along.as_slice(), &bounds, None), Outcome::NonePositive);
    }
}
