//! The best mixture with a given share of one domain, and where on its face a correlation is reached.

use nalgebra::{DMatrix, DVector};

use crate::data::vector::{add_scaled, dot, norm, scale};
use crate::solvers::active_set::Search;

/// Columns added to the candidates in one round of pricing.
const CANDIDATES_PER_ROUND: usize = 8;
/// A share this far from its bounds is free.
const FREE: f64 = 1e-13;

/// Mixtures above least weights, seen as mixtures of moved columns: with `L = Σ l` and `w = l + (1 − L) w'` they are the
/// mixtures `w'` of the columns `a_j = C l + (1 − L) c_j`.
#[derive(Debug, Clone)]
pub(crate) struct ShareCone {
    least: Vec<f64>,
    rest: f64,
    /// The columns `a_j`.
    columns: DMatrix<f64>,
    /// `‖a_j‖²`.
    squares: Vec<f64>,
    target: Vec<f64>,
    has_zero: bool,
}

impl ShareCone {
    /// `matrix`: columns `c_j` over their largest norm, in as few rows as do.
    pub fn new(matrix: &DMatrix<f64>, target: &[f64], least: &[f64]) -> Self {
        let rest = (1.0 - least.iter().sum::<f64>()).max(0.0);
        let base = matrix * DVector::from_column_slice(least);
        let mut columns = matrix * rest;
        columns.column_iter_mut().for_each(|mut column| column += &base);
        let squares: Vec<f64> = columns.column_iter().map(|column| dot(column.as_slice(), column.as_slice())).collect();
        let has_zero = squares.iter().any(|&square| square <= 1e-26);
        Self { least: least.to_vec(), rest, columns, squares, target: target.to_vec(), has_zero }
    }

    /// Whether a domain (with the least weights) compresses all models alike.
    pub fn has_zero(&self) -> bool {
        self.has_zero
    }

    fn column(&self, index: usize) -> &[f64] {
        let rows = self.columns.nrows();
        &self.columns.as_slice()[index * rows..(index + 1) * rows]
    }

    /// The mixture with the greatest correlation among those with `w_domain = share`, and that correlation. `None` where it
    /// is not positive.
    ///
    /// # Equation
    /// With `t` the domain's share of `w'` these mixtures span the cone of the columns `t a_d + (1 − t) a_j`, `j ≠ d`:
    /// non-negative least squares, as for the optimum, started from the domains of `near`.
    pub fn best_at(&self, domain: usize, share: f64, near: &[f64]) -> Option<(f64, Vec<f64>)> {
        let count = self.squares.len();
        let t = if self.rest > 0.0 { ((share - self.least[domain]) / self.rest).clamp(0.0, 1.0) } else { 0.0 };
        if count == 1 || 1.0 - t <= 0.0 {
            let length = self.squares[domain].sqrt();
            let value = dot(self.column(domain), &self.target) / length;
            let mut weights = self.least.clone();
            weights[domain] += self.rest;
            return (length > 1e-13 && value > 0.0).then_some((value, weights));
        }
        let own = self.column(domain);
        let with_own = self.columns.tr_mul(&DVector::from_column_slice(own));
        let lengths: Vec<f64> = (0..count)
            .map(|j| {
                let square = t * t * self.squares[domain]
                    + 2.0 * t * (1.0 - t) * with_own[j]
                    + (1.0 - t) * (1.0 - t) * self.squares[j];
                square.max(0.0).sqrt()
            })
            .collect();
        // The length of a column that nearly cancels is rounding; it is measured anew where such a column enters.
        let least_length = |j: usize| 1e-13 * (t * self.squares[domain].sqrt() + (1.0 - t) * self.squares[j].sqrt());
        let moved = |j: usize| -> Option<(Vec<f64>, f64)> {
            let mut column = own.to_vec();
            scale(&mut column, t);
            add_scaled(&mut column, 1.0 - t, self.column(j));
            let length = norm(&column);
            if length <= least_length(j) || length == 0.0 {
                return None;
            }
            scale(&mut column, 1.0 / length);
            Some((column, length))
        };
        let mut search = Search::new(&self.target);
        let mut exact_lengths = vec![0.0; count];
        let mut is_known = vec![false; count];
        is_known[domain] = true;
        let mut add = |search: &mut Search, is_known: &mut [bool], j: usize| {
            is_known[j] = true;
            if let Some((column, length)) = moved(j) {
                exact_lengths[j] = length;
                search.add(j, column);
            }
        };
        for j in (0..count).filter(|&j| j != domain && near[j] - self.least[j] > FREE) {
            add(&mut search, &mut is_known, j);
        }
        let limit = 20 * (self.target.len() + count.min(self.target.len())) + 200;
        loop {
            let is_done = search.run(limit);
            if !is_done || norm(search.residual()) <= 1e-14 {
                break;
            }
            let prices = self.columns.tr_mul(&DVector::from_column_slice(search.residual()));
            let tolerance = search.tolerance();
            let price = |j: usize| t * prices[domain] + (1.0 - t) * prices[j];
            let mut promising: Vec<(usize, f64)> = (0..count)
                .filter(|&j| !is_known[j] && price(j) > tolerance * lengths[j].max(least_length(j)))
                .map(|j| (j, price(j) / lengths[j].max(least_length(j))))
                .collect();
            if promising.is_empty() {
                break;
            }
            promising.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            for &(j, _) in promising.iter().take(CANDIDATES_PER_ROUND) {
                add(&mut search, &mut is_known, j);
            }
        }
        let value = norm(&self.target.iter().zip(search.residual()).map(|(y, r)| y - r).collect::<Vec<_>>());
        let shares: Vec<(usize, f64)> = search.held().map(|(j, value)| (j, value / exact_lengths[j])).collect();
        let sum: f64 = shares.iter().map(|(_, share)| share).sum();
        if sum <= 0.0 || !sum.is_finite() {
            return None;
        }
        let mut weights = self.least.clone();
        weights[domain] += self.rest * t;
        for (j, share) in shares {
            weights[j] += self.rest * (1.0 - t) * share / sum;
        }
        Some((value, weights))
    }
}

/// The shares `t` of a domain at which the greatest correlation is `threshold`, among mixtures that keep the shares on
/// their bounds as a given mixture has them and move all others freely (also below zero).
///
/// # Equation
/// Let `f` be the shares on bounds with sum `φ`, and `a_j = c_j + C f / (1 − φ)` the columns of the other domains and of
/// this one. The mixtures are `Σ u_j a_j` up to a factor, with `w_d = (1 − φ) u_d / Σu`, so that `w_d = (1 − φ) t` is the
/// plane `nᵀu = 0`, `n = e_d − t 1`. With `A = QR` the best correlation on it is
/// `ρ²(t) = ‖q‖² − (nᵀx)² / ‖R⁻ᵀ n‖²`, `q = Qᵀŷ`, `x = R⁻¹ q` (a least-squares problem under one linear condition), and
/// `ρ(t) = c` is quadratic in `t`: `(x_d − t Σx)² = (‖q‖² − c²) ‖R⁻ᵀ e_d − t R⁻ᵀ 1‖²`.
///
/// `None` where the columns are dependent.
pub(crate) fn roots_on_face(
    matrix: &DMatrix<f64>,
    target: &[f64],
    (least, greatest): (&[f64], &[f64]),
    weights: &[f64],
    domain: usize,
    threshold: f64,
) -> Option<Vec<f64>> {
    let is_free = |j: usize| j == domain || (weights[j] - least[j] > FREE && greatest[j] - weights[j] > FREE);
    let free: Vec<usize> = (0..weights.len()).filter(|&j| is_free(j)).collect();
    let (rows, held) = (matrix.nrows(), free.len());
    let fixed: f64 = (0..weights.len()).filter(|&j| !is_free(j)).map(|j| weights[j]).sum();
    let rest = 1.0 - fixed;
    if held > rows || held < 2 || rest <= 0.0 {
        return None;
    }
    let mut base = DVector::zeros(rows);
    for j in (0..weights.len()).filter(|&j| !is_free(j) && weights[j] != 0.0) {
        base.axpy(weights[j] / rest, &matrix.column(j), 1.0);
    }
    let mut joined = DMatrix::zeros(rows, held + 1);
    for (position, &j) in free.iter().enumerate() {
        joined.set_column(position, &(matrix.column(j) + &base));
    }
    joined.column_mut(held).copy_from_slice(target);
    let factor = joined.qr().r();
    let r = factor.view((0, 0), (held, held)).into_owned();
    let diagonal = r.diagonal().abs();
    if diagonal.min() <= 1e-12 * diagonal.max() {
        return None;
    }
    let q = factor.view((0, held), (held, 1)).into_owned();
    let position = free.iter().position(|&j| j == domain)?;
    let mut unit = DVector::zeros(held);
    unit[position] = 1.0;
    let own = r.tr_solve_upper_triangular(&unit)?;
    let all = r.tr_solve_upper_triangular(&DVector::from_element(held, 1.0))?;
    let (own_x, all_x) = (own.dot(&q.column(0)), all.dot(&q.column(0)));
    let room = q.norm_squared() - threshold * threshold;
    let second = all_x * all_x - room * all.norm_squared();
    let first = -2.0 * (own_x * all_x - room * own.dot(&all));
    let zeroth = own_x * own_x - room * own.norm_squared();
    let discriminant = first * first - 4.0 * second * zeroth;
    if discriminant.is_nan() || discriminant < 0.0 {
        return None;
    }
    // The root without cancellation, and the other from their product.
    let sum = -0.5 * (first + discriminant.sqrt().copysign(first));
    Some([sum / second, zeroth / sum].into_iter().filter(|t| t.is_finite()).map(|t| t * rest).collect())
}
