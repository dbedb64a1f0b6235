//! Projection onto the cone of the domains: non-negative least squares by an active set with partial pricing.

use crate::data::columns::Columns;
use crate::data::problem_error::ProblemError;
use crate::data::vector::{dot, norm};
use crate::solvers::thin_qr::ThinQr;

/// The projection of a unit target onto the cone spanned by columns.
#[derive(Debug, Clone)]
pub struct Projection {
    /// Columns with a positive coefficient, ascending.
    pub support: Vec<usize>,
    /// Their coefficients on the unit columns, all above zero.
    pub coefficients: Vec<f64>,
    /// `target − projection`.
    pub residual: Vec<f64>,
    /// Whether the optimality conditions hold to working precision; `false` where the iteration limit came first.
    pub converged: bool,
    /// Times that a column entered the active set.
    pub iterations: usize,
}

/// Columns added to the candidates in one round of pricing.
const CANDIDATES_PER_ROUND: usize = 32;

/// Solves `min ‖C v − target‖² over v ≥ 0` for unit columns and a unit target.
///
/// # Method
/// The active-set method of Lawson and Hanson (1974, chapter 23) on an updated thin QR factorisation. Every column is
/// priced (`cᵀ residual`) only once a round; the most promising join a set of candidates, on which the method runs to
/// its end before all columns are priced again. The result is the optimum over all columns: a round that finds no
/// column with a positive price ends the search.
///
/// # Edge cases
/// Columns that depend on those held are never taken (duplicates, more domains than models), zero columns neither.
/// Where the target itself lies in the cone the residual is rounding and the correlation is one.
///
/// # Shapes
/// `target`: the columns' dimension, unit norm.
///
/// # Errors
/// [`ProblemError`]: a target of another dimension, or one that is not finite.
pub fn project<C: Columns>(columns: &C, target: &[f64]) -> Result<Projection, ProblemError> {
    ProblemError::of_models("targets", target, columns.dimension())?;
    Ok(project_of_checked(columns, target))
}

/// As [`project`], of shapes that are known to fit.
pub(crate) fn project_of_checked<C: Columns>(columns: &C, target: &[f64]) -> Projection {
    let dimension = columns.dimension();
    let count = columns.count();
    let mut search = Search::new(target);
    let mut is_candidate = vec![false; count];

    let limit = 20 * (dimension + count.min(dimension)) + 200;
    let mut prices = vec![0.0; count];
    let mut converged = true;
    loop {
        converged &= search.run(limit);
        let tolerance = search.tolerance();
        if search.is_exhausted() {
            break;
        }
        columns.inner_products(search.residual(), &mut prices);
        let mut promising: Vec<usize> = (0..count).filter(|&d| prices[d] > tolerance && !is_candidate[d]).collect();
        if promising.is_empty() || !converged {
            break;
        }
        promising.sort_by(|&a, &b| prices[b].total_cmp(&prices[a]).then(a.cmp(&b)));
        for &index in promising.iter().take(CANDIDATES_PER_ROUND) {
            is_candidate[index] = true;
            search.add_candidate(columns, index);
        }
    }
    search.finish(converged)
}

/// Lawson and Hanson's method on the candidates.
pub(crate) struct Search {
    /// Column index and unit column of each candidate.
    candidates: Vec<(usize, Vec<f64>)>,
    /// Positions in `candidates` of the columns held, in the order of the factorisation.
    held: Vec<usize>,
    /// Coefficients of the columns held.
    values: Vec<f64>,
    is_held: Vec<bool>,
    factorisation: ThinQr,
    iterations: usize,
}

impl Search {
    /// No candidates yet.
    pub fn new(target: &[f64]) -> Self {
        Self {
            candidates: Vec::new(),
            held: Vec::new(),
            values: Vec::new(),
            is_held: Vec::new(),
            factorisation: ThinQr::new(target),
            iterations: 0,
        }
    }

    fn add_candidate<C: Columns>(&mut self, columns: &C, index: usize) {
        let mut column = vec![0.0; columns.dimension()];
        columns.write_column(index, &mut column);
        self.add(index, column);
    }

    /// Adds a unit column as a candidate, under a number of the caller's.
    pub fn add(&mut self, index: usize, column: Vec<f64>) {
        self.candidates.push((index, column));
        self.is_held.push(false);
    }

    /// What the columns held leave of the target.
    pub fn residual(&self) -> &[f64] {
        self.factorisation.residual()
    }

    /// Number and coefficient of each column held.
    pub fn held(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.held.iter().zip(&self.values).map(|(&position, &value)| (self.candidates[position].0, value))
    }

    /// Prices at or below this are rounding.
    pub fn tolerance(&self) -> f64 {
        1e-12 * norm(self.factorisation.residual()) + 1e-16
    }

    /// The target lies in the span: nothing is left to explain.
    fn is_exhausted(&self) -> bool {
        norm(self.factorisation.residual()) <= 1e-14
    }

    /// Runs until no candidate has a positive price, rounding cleared away. `false`: the limit of iterations came first.
    pub fn run(&mut self, limit: usize) -> bool {
        loop {
            let (before, done) = (self.iterations, self.pivot(limit));
            self.factorisation.refresh();
            let solution = self.factorisation.solve();
            if solution.iter().all(|&value| value > 0.0) {
                self.values = solution;
            }
            if !done || self.iterations == before {
                return done;
            }
        }
    }

    /// Takes columns in and out until no candidate has a positive price.
    fn pivot(&mut self, limit: usize) -> bool {
        // Columns that could not enter at the present residual.
        let mut refused = vec![false; self.candidates.len()];
        loop {
            if self.is_exhausted() {
                return true;
            }
            let tolerance = self.tolerance();
            let best = self
                .candidates
                .iter()
                .enumerate()
                .filter(|&(position, _)| !self.is_held[position] && !refused[position])
                .map(|(position, (_, column))| (position, dot(column, self.factorisation.residual())))
                .filter(|&(_, price)| price > tolerance)
                .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            let Some((entering, _)) = best else { return true };
            if self.iterations >= limit {
                return false;
            }
            self.iterations += 1;
            if !self.factorisation.push(&self.candidates[entering].1) {
                refused[entering] = true;
                continue;
            }
            self.held.push(entering);
            self.values.push(0.0);
            self.is_held[entering] = true;
            if self.restore(entering) {
                refused.fill(false);
            } else {
                refused[entering] = true;
            }
        }
    }

    /// Moves to the least-squares coefficients, dropping columns whose coefficient would turn negative on the way.
    /// `false` where the entering column itself goes at once (its price was rounding).
    fn restore(&mut self, entering: usize) -> bool {
        let mut moved = false;
        loop {
            let solution = self.factorisation.solve();
            let smallest = solution.iter().copied().fold(f64::INFINITY, f64::min);
            if smallest > 0.0 {
                self.values = solution;
                return true;
            }
            // The longest step toward the solution that keeps every coefficient non-negative.
            let mut step = 1.0_f64;
            let mut blocking = 0;
            for (position, (&value, &goal)) in self.values.iter().zip(&solution).enumerate() {
                if goal <= 0.0 {
                    let reach = if value > 0.0 { value / (value - goal) } else { 0.0 };
                    if reach < step {
                        step = reach;
                        blocking = position;
                    }
                }
            }
            for (value, &goal) in self.values.iter_mut().zip(&solution) {
                *value = (*value + step * (goal - *value)).max(0.0);
            }
            self.values[blocking] = 0.0;
            moved |= step > 0.0;
            for position in (0..self.values.len()).rev() {
                if self.values[position] == 0.0 && (moved || self.held[position] == entering) {
                    self.drop_held(position);
                }
            }
            if !moved && !self.is_held[entering] {
                return false;
            }
        }
    }

    fn drop_held(&mut self, position: usize) {
        let gone = self.held.remove(position);
        self.is_held[gone] = false;
        self.values.remove(position);
        self.factorisation.remove(position);
    }

    fn finish(self, converged: bool) -> Projection {
        let mut pairs: Vec<(usize, f64)> = self.held().collect();
        pairs.sort_by_key(|&(index, _)| index);
        let (support, coefficients) = pairs.into_iter().unzip();
        Projection {
            support,
            coefficients,
            residual: self.factorisation.residual().to_vec(),
            converged,
            iterations: self.iterations,
        }
    }
}
