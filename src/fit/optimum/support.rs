//! How far the mixtures within constraints reach in a direction, and the ones nearest to a point.

use clarabel::algebra::CscMatrix;
use clarabel::solver::SupportedConeT;

use crate::constraints::limits::Limits;
use crate::constraints::linear::Constraints;
use crate::constraints::multipliers::multipliers;
use crate::constraints::polytope::{Polytope, Source};
use crate::data::problem_error::ProblemError;
use crate::optimum::refine::{Nearest, refine};
use crate::solvers::cone_program::{Answer, Program, ROUGH_FIRST, Rows, solve};

/// The largest `Σ w_d values_d` over the mixtures within constraints, with the prices that prove it.
#[derive(Debug, Clone, PartialEq)]
pub struct Support {
    /// No mixture within the constraints has a larger sum: an upper bound by relaxation, equal to the largest sum up to
    /// rounding where the linear program was solved.
    pub value: f64,
    /// Of each row, in the unit of values for each unit of its right side: at least zero for `<=` and `>=` (what loosening
    /// gains), of any sign for `=` (what raising the right side gains).
    pub row_multipliers: Vec<f64>,
    /// Of each domain's least weight, at least zero: what raising it costs.
    pub least_prices: Vec<f64>,
    /// Of each domain's greatest weight, at least zero: what raising it gains.
    pub greatest_prices: Vec<f64>,
}

/// A mixture is counted as one if it breaks no condition by more than this.
pub(crate) const ANY_TOLERANCE: f64 = 1e-9;

impl Constraints {
    /// The largest `Σ w_d values_d` over the mixtures within the constraints.
    ///
    /// # Method
    /// A linear program gives multipliers `λ` of the rows `Gw ≤ h`. For any multipliers that are not negative where the row
    /// is an inequality, `max Σ w_d values_d ≤ max over the bounds of w·(values − Gᵀλ) + λ·h` (Lagrangian relaxation), and the
    /// maximum over the bounds alone is exact ([`Bounds::support_function`](crate::Bounds::support_function)): the value
    /// bounds from above whatever the solver answered. The least of several relaxations is taken.
    ///
    /// # Shapes
    /// `values`: domains, finite.
    ///
    /// # Edge cases
    /// Where the constraints leave no mixture, the value means nothing.
    ///
    /// # Errors
    /// [`ProblemError`]: values of other domains, or one that is not finite.
    pub fn support(&self, values: &[f64]) -> Result<Support, ProblemError> {
        ProblemError::of_domains("values", values, self.domains())?;
        Ok(self.support_of_checked(values))
    }

    /// As [`support`](Self::support), of values that are known to fit.
    pub(crate) fn support_of_checked(&self, values: &[f64]) -> Support {
        let limits = Limits::new(self);
        self.best_support(&limits, values, &[vec![0.0; limits.rows.len()]])
    }

    /// As [`support`](Self::support), from a mixture at which the sum is as large as can be, or nearly.
    pub(crate) fn support_at(&self, values: &[f64], weights: &[f64]) -> Support {
        let limits = Limits::new(self);
        let found = multipliers(&limits, &limits.tight(weights, 1e-11), values).rows;
        let here: f64 = values.iter().zip(weights).map(|(v, w)| v * w).sum();
        let near = self.relaxed(&limits, values, &found);
        if near.value - here <= 1e-13 * size_of(values) {
            return near;
        }
        self.best_support(&limits, values, &[vec![0.0; limits.rows.len()], found])
    }

    fn best_support(&self, limits: &Limits, values: &[f64], known: &[Vec<f64>]) -> Support {
        let mut tried: Vec<Support> = known.iter().map(|m| self.relaxed(limits, values, m)).collect();
        if !self.is_box() {
            for answer in greatest_sum(limits, values) {
                let (weights, rows) = answer;
                let exact = multipliers(limits, &limits.tight(&weights, 1e-8), values).rows;
                tried.push(self.relaxed(limits, values, &rows));
                tried.push(self.relaxed(limits, values, &exact));
            }
        }
        let first = tried.remove(0);
        tried.into_iter().fold(first, |best, other| if other.value < best.value { other } else { best })
    }

    /// The bound that multipliers of the scaled rows give.
    pub(crate) fn relaxed(&self, limits: &Limits, values: &[f64], multipliers: &[f64]) -> Support {
        let bounds = self.bounds();
        let allowed: Vec<f64> =
            limits.rows.iter().zip(multipliers).map(|(row, &m)| if row.is_equality { m } else { m.max(0.0) }).collect();
        let reduced = limits.reduced(values, &allowed);
        let right: f64 = limits.rows.iter().zip(&allowed).map(|(row, m)| row.right * m).sum();
        let mut value = bounds.support_function(&reduced) + right;
        // What rounding can have taken off; without rows the sum is the one that it is.
        let moved: f64 = limits.rows.iter().zip(&allowed).map(|(row, m)| m.abs() * (1.0 + row.right.abs())).sum();
        if moved > 0.0 {
            value += 4.0 * f64::EPSILON * (moved + size_of(values));
        }
        let threshold = threshold(bounds, &reduced);
        Support {
            value,
            row_multipliers: limits.rows.iter().zip(&allowed).map(|(row, m)| m / row.scale).collect(),
            least_prices: reduced.iter().map(|v| (threshold - v).max(0.0)).collect(),
            greatest_prices: reduced.iter().map(|v| (v - threshold).max(0.0)).collect(),
        }
    }

    /// The mixture within the constraints that is nearest to `weights` (Euclidean), which may be any point; `None` where
    /// the constraints leave no mixture, and for a point of other domains.
    ///
    /// # Method
    /// Without rows by Newton's method . With rows a quadratic program finds the
    /// conditions that bind, and on these the projection is linear algebra: the answer obeys all conditions to 1e-12.
    pub fn nearest(&self, weights: &[f64]) -> Option<Vec<f64>> {
        if weights.len() != self.domains() {
            return None;
        }
        let within_bounds = self.bounds().nearest(weights);
        if self.rows().iter().all(|row| row.excess(&within_bounds) <= 0.0) {
            return Some(within_bounds);
        }
        let limits = Limits::new(self);
        let objective = Nearest(weights);
        let distance = |other: &[f64]| -> f64 { other.iter().zip(weights).map(|(a, b)| (a - b).powi(2)).sum() };
        let (polytope, program) = nearest_point(&limits, weights);
        let mut nearest: Option<Vec<f64>> = None;
        for tolerance in ROUGH_FIRST {
            let Some(answer) = program.solve(tolerance).and_then(|(answer, _)| answer) else { continue };
            let active = polytope.binding(&limits, &answer.values, &answer.multipliers);
            let Some(found) =
                refine(&limits, &objective, &answer.values, active).filter(|found| self.contain(&found.weights, 1e-12))
            else {
                continue;
            };
            if found.is_optimal {
                return Some(found.weights);
            }
            if nearest.as_ref().is_none_or(|nearest| distance(&found.weights) < distance(nearest)) {
                nearest = Some(found.weights);
            }
        }
        nearest.or_else(|| {
            let start = self.least_violating()?;
            refine(&limits, &objective, &start, limits.tight(&start, ANY_TOLERANCE))
                .map(|found| found.weights)
                .filter(|found| self.contain(found, ANY_TOLERANCE))
        })
    }

    /// A mixture within the constraints, not one on their edge where there is another; `None` where they leave none.
    pub fn any(&self) -> Option<Vec<f64>> {
        if self.is_box() {
            let even = vec![1.0 / self.bounds().least().len() as f64; self.bounds().least().len()];
            return Some(self.bounds().nearest(&even)).filter(|found| self.bounds().contain(found, ANY_TOLERANCE));
        }
        let start = self.least_violating()?;
        self.nearest(&start)
    }

    /// The mixture within the bounds that breaks the rows least, or obeys them with most to spare; `None` where it breaks
    /// one by more than a rounding.
    pub(crate) fn least_violating(&self) -> Option<Vec<f64>> {
        let limits = Limits::new(self);
        let violation = |weights: &[f64]| limits.violation(weights);
        least_violation(&limits)
            .into_iter()
            .map(|found| self.bounds().nearest(&found))
            .min_by(|a, b| violation(a).total_cmp(&violation(b)))
            .filter(|found| violation(found) <= ANY_TOLERANCE)
    }
}

fn size_of(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()))
}

/// The value at which shares are no longer given out: the price of `Σw = 1`.
fn threshold(bounds: &crate::Bounds, values: &[f64]) -> f64 {
    let corner = bounds.best_corner(values);
    let receives = |d: usize| corner[d] > bounds.least()[d];
    let lowest = (0..values.len()).filter(|&d| receives(d)).map(|d| values[d]).fold(f64::INFINITY, f64::min);
    if lowest.is_finite() { lowest } else { values.iter().copied().fold(f64::NEG_INFINITY, f64::max) }
}

/// Mixtures, up to a solver's rounding, at which `Σ w_d values_d` is as large as can be.
pub(crate) fn any_of_greatest_sum(constraints: &Constraints, values: &[f64]) -> Vec<Vec<f64>> {
    if size_of(values) == 0.0 {
        return constraints.any().into_iter().collect();
    }
    greatest_sum(&Limits::new(constraints), values).into_iter().map(|(weights, _)| weights).collect()
}

/// Mixtures and the multipliers of the scaled rows where `values` reach farthest.
fn greatest_sum(limits: &Limits, values: &[f64]) -> Vec<(Vec<f64>, Vec<f64>)> {
    let size = size_of(values);
    if size == 0.0 {
        return Vec::new();
    }
    let polytope = Polytope::new(limits, |_| true);
    let linear: Vec<f64> = values.iter().map(|value| -value / size).collect();
    let none = CscMatrix::zeros((limits.domains(), limits.domains()));
    let multipliers_of = |answer: &Answer| {
        let mut found = vec![0.0; limits.rows.len()];
        for (source, multiplier) in polytope.sources.iter().zip(&answer.multipliers) {
            if let Source::Row(index) = source {
                found[*index] = size * multiplier;
            }
        }
        found
    };
    solve(none, &linear, polytope.rows.clone(), &polytope.cones())
        .into_iter()
        .map(|answer| (answer.values.clone(), multipliers_of(&answer)))
        .filter(|(_, found)| found.iter().all(|value| value.is_finite()))
        .collect()
}

/// The program of the mixture nearest to `to`.
fn nearest_point(limits: &Limits, to: &[f64]) -> (Polytope, Program) {
    let polytope = Polytope::new(limits, |_| true);
    // A far point is nearly a direction: the objective is divided by how far it is.
    let far = size_of(to).max(1.0);
    let linear: Vec<f64> = to.iter().map(|value| -value / far).collect();
    let all: Vec<usize> = (0..limits.domains()).collect();
    let quadratic = CscMatrix::new_from_triplets(all.len(), all.len(), all.clone(), all, vec![1.0 / far; to.len()]);
    let program = Program::new(quadratic, linear, polytope.rows.clone(), polytope.cones());
    (polytope, program)
}

/// The points within the bounds at which the largest violation of a row, `s`, is least: `Gw − s ≤ h`, down to `s = −1`.
fn least_violation(limits: &Limits) -> Vec<Vec<f64>> {
    let domains = limits.domains();
    let mut rows = Rows::default();
    rows.push((0..domains).map(|d| (d, 1.0)), 1.0);
    for d in (0..domains).filter(|&d| limits.is_fixed(d)) {
        rows.push([(d, 1.0)], limits.least[d]);
    }
    let equalities = rows.len();
    for d in (0..domains).filter(|&d| !limits.is_fixed(d)) {
        rows.push([(d, -1.0)], -limits.least[d]);
        if limits.is_capped(d) {
            rows.push([(d, 1.0)], limits.greatest[d]);
        }
    }
    for row in &limits.rows {
        rows.push(row.coefficients.iter().copied().chain([(domains, -1.0)]), row.right);
        if row.is_equality {
            rows.push(row.coefficients.iter().map(|&(d, a)| (d, -a)).chain([(domains, -1.0)]), -row.right);
        }
    }
    rows.push([(domains, -1.0)], 1.0);
    let cones = [SupportedConeT::ZeroConeT(equalities), SupportedConeT::NonnegativeConeT(rows.len() - equalities)];
    let mut linear = vec![0.0; domains + 1];
    linear[domains] = 1.0;
    let none = CscMatrix::zeros((domains + 1, domains + 1));
    solve(none, &linear, rows, &cones)
        .into_iter()
        .map(|mut answer| {
            answer.values.truncate(domains);
            answer.values
        })
        .collect()
}
