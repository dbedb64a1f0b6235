//! The best mixture under linear rows.

use clarabel::algebra::CscMatrix;
use clarabel::solver::SupportedConeT;
use nalgebra::{DMatrix, DVector};

use crate::constraints::face::Face;
use crate::constraints::limits::{Active, Limits, Side};
use crate::constraints::linear::Constraints;
use crate::data::design::Design;
use crate::data::vector::{norm, scale};
use crate::optimum::refine::{Objective, refine};
use crate::solvers::cone_program::{Program, ROUGH_FIRST, Rows};
use crate::solvers::thin_qr::ThinQr;

/// The mixture within the constraints that correlates best: the homogenised cone program of the mathematics of a fit,
///
/// `min ½‖x‖² − ŷᵀx`, `x = Cv`, `t = Σv`, `l t ≤ v ≤ u t`, `Gv ≤ h t`, `w = v / t`,
///
/// by an interior-point method, then made exact on the conditions that bind, where the projection onto the face's span is
/// least squares.
///
/// `None` where no mixture within the constraints correlates positively (the projection is the origin) or the solver
/// fails.
pub(crate) fn constrained_optimum(design: &Design, constraints: &Constraints) -> Option<Vec<f64>> {
    best_within(&Correlation::new(design), constraints, |weights| design.correlation(weights))
}

/// The same for any columns and target; `value` compares answers.
pub(crate) fn best_within(
    objective: &Correlation,
    constraints: &Constraints,
    value: impl Fn(&[f64]) -> Option<f64>,
) -> Option<Vec<f64>> {
    let limits = Limits::new(constraints);
    let mut best: Option<(f64, Vec<f64>)> = None;
    let program = Homogeneous::new(objective, &limits);
    for tolerance in ROUGH_FIRST {
        let Some((rough, active)) = program.solve(&limits, tolerance) else { continue };
        let refined =
            refine(&limits, objective, &rough, active).filter(|refined| constraints.contain(&refined.weights, 1e-12));
        let is_optimal = refined.as_ref().is_some_and(|refined| refined.is_optimal);
        let Some(found) = refined.map(|refined| refined.weights).or_else(|| constraints.nearest(&rough)) else {
            continue;
        };
        if let Some(correlation) = value(&found)
            && best.as_ref().is_none_or(|(so_far, _)| correlation > *so_far)
        {
            best = Some((correlation, found));
        }
        if is_optimal {
            break;
        }
    }
    best.map(|(_, weights)| weights)
}

/// The correlation with the target.
pub(crate) struct Correlation {
    /// Columns over their largest norm, in few rows.
    pub matrix: DMatrix<f64>,
    pub target: DVector<f64>,
}

impl Correlation {
    pub fn new(design: &Design) -> Self {
        let (matrix, target) = design.by_size_in_few_rows();
        Self { matrix, target }
    }

    /// `C w`; shares of zero cost nothing.
    pub fn compression(&self, weights: &[f64]) -> DVector<f64> {
        let mut sum = DVector::zeros(self.matrix.nrows());
        for (index, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            sum.axpy(weight, &self.matrix.column(index), 1.0);
        }
        sum
    }

    /// `C N` for a face's directions `N`: rows are models (or as few as do), columns the face's coordinates.
    pub fn on(&self, face: &Face) -> DMatrix<f64> {
        let mut turned = DMatrix::zeros(self.matrix.nrows(), face.dimension());
        for (index, row) in self.matrix.row_iter().enumerate() {
            let values: Vec<f64> = face.free.iter().map(|&d| row[d]).collect();
            turned.row_mut(index).iter_mut().zip(face.coordinates(&values)).for_each(|(t, c)| *t = c);
        }
        turned
    }
}

impl Objective for Correlation {
    /// On the face the mixtures are `w₀ + N y`, and `t (C w₀ + C N y)` fills a linear space: the multiple of a mixture whose
    /// compression is nearest to the target is least squares on its columns.
    fn best_on(&self, face: &Face) -> Option<(Vec<f64>, Vec<f64>)> {
        let mut span = ThinQr::new(self.target.as_slice());
        let base = self.compression(&face.point);
        let mut taken: Vec<(usize, f64)> = Vec::new();
        let mut push = |position: usize, column: &[f64]| {
            let length = norm(column);
            let mut unit = column.to_vec();
            scale(&mut unit, 1.0 / length);
            if length > 1e-13 && span.push_beyond(&unit, 1e-11) {
                taken.push((position, length));
            }
        };
        push(0, base.as_slice());
        for (position, column) in self.on(face).column_iter().enumerate() {
            push(position + 1, column.as_slice());
        }
        span.refresh();
        let mut coordinates = vec![0.0; face.dimension()];
        let mut total = 0.0;
        for (&(position, length), value) in taken.iter().zip(span.solve()) {
            match position {
                0 => total = value / length,
                _ => coordinates[position - 1] = value / length,
            }
        }
        if total <= 0.0 || !total.is_finite() {
            return None;
        }
        scale(&mut coordinates, 1.0 / total);
        let weights = face.at(&coordinates);
        let gradient = self.gradient(&weights);
        Some((weights, gradient))
    }
}

impl Correlation {
    /// `Cᵀ(ŷ − ρ x/‖x‖)`: the gradient of the correlation times `‖x‖`.
    pub fn gradient(&self, weights: &[f64]) -> Vec<f64> {
        let x = self.compression(weights);
        let length = x.norm();
        if length == 0.0 {
            return vec![0.0; weights.len()];
        }
        let along = self.target.dot(&x) / (length * length);
        self.matrix.tr_mul(&(&self.target - &x * along)).as_slice().to_vec()
    }
}

/// The homogenised cone program.
struct Homogeneous {
    program: Program,
    count: usize,
    equalities: usize,
    /// The bound behind each inequality, then come the rows.
    sources: Vec<(usize, Side)>,
}

impl Homogeneous {
    fn new(objective: &Correlation, limits: &Limits) -> Self {
        let (height, count) = objective.matrix.shape();
        let total = count;
        let first_x = count + 1;
        let variables = first_x + height;

        let mut rows = Rows::default();
        for i in 0..height {
            let left = (0..count).map(|d| (d, objective.matrix[(i, d)]));
            rows.push(left.chain([(first_x + i, -1.0)]), 0.0);
        }
        rows.push((0..count).map(|d| (d, 1.0)).chain([(total, -1.0)]), 0.0);
        for d in (0..count).filter(|&d| limits.is_fixed(d)) {
            rows.push([(d, 1.0), (total, -limits.least[d])], 0.0);
        }
        let row = |row: &crate::constraints::limits::ScaledRow| -> Vec<(usize, f64)> {
            row.coefficients.iter().copied().chain([(total, -row.right)]).collect()
        };
        limits.rows.iter().filter(|r| r.is_equality && !r.is_redundant).for_each(|r| rows.push(row(r), 0.0));
        let equalities = rows.len();
        let mut sources: Vec<(usize, Side)> = Vec::new();
        for d in (0..count).filter(|&d| !limits.is_fixed(d)) {
            rows.push([(d, -1.0), (total, limits.least[d])], 0.0);
            sources.push((d, Side::Least));
            if limits.is_capped(d) {
                rows.push([(d, 1.0), (total, -limits.greatest[d])], 0.0);
                sources.push((d, Side::Greatest));
            }
        }
        limits.rows.iter().filter(|r| !r.is_equality).for_each(|r| rows.push(row(r), 0.0));
        let cones = [SupportedConeT::ZeroConeT(equalities), SupportedConeT::NonnegativeConeT(rows.len() - equalities)];

        let xs: Vec<usize> = (first_x..variables).collect();
        let quadratic = CscMatrix::new_from_triplets(variables, variables, xs.clone(), xs, vec![1.0; height]);
        let mut linear = vec![0.0; variables];
        linear[first_x..].iter_mut().zip(objective.target.iter()).for_each(|(l, b)| *l = -b);

        let program = Program::new(quadratic, linear, rows, cones.to_vec());
        Self { program, count, equalities, sources }
    }

    /// The answer to a tolerance, with the conditions that seem to bind; `None` where the projection is the origin.
    fn solve(&self, limits: &Limits, tolerance: f64) -> Option<(Vec<f64>, Active)> {
        let answer = self.program.solve(tolerance)?.0?;
        let sum: f64 = answer.values[..self.count].iter().sum();
        if sum <= 1e-9 {
            return None;
        }
        let weights: Vec<f64> = answer.values[..self.count].iter().map(|v| v / sum).collect();
        let mut active = limits.tight(&weights, -1.0);
        let mut multipliers = answer.multipliers.iter().skip(self.equalities);
        for (&(d, side), &multiplier) in self.sources.iter().zip(multipliers.by_ref()) {
            let slack = match side {
                Side::Least => weights[d] - limits.least[d],
                _ => limits.greatest[d] - weights[d],
            };
            if multiplier > slack {
                active.sides[d] = side;
            }
        }
        let inequalities = limits.rows.iter().enumerate().filter(|(_, r)| !r.is_equality);
        for ((index, row), &multiplier) in inequalities.zip(multipliers) {
            active.rows[index] = multiplier > row.slack(&weights);
        }
        Some((weights, active))
    }
}
