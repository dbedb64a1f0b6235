//! What the answers are checked against: plain formulas on the raw matrix, and an interior-point solver.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SupportedConeT};
use nalgebra::{DMatrix, DVector};

use super::problems::Problem;

/// `C = −(B − column means)` and the centred target at unit norm, by their definitions.
pub struct Centred {
    pub columns: DMatrix<f64>,
    pub target: DVector<f64>,
}

impl Centred {
    pub fn new(problem: &Problem) -> Self {
        Self::from_parts(&problem.bits, &problem.target)
    }

    pub fn from_parts(bits: &DMatrix<f64>, target: &[f64]) -> Self {
        let mut columns = -bits;
        for mut column in columns.column_iter_mut() {
            let size = column.norm();
            for _ in 0..2 {
                let mean = column.mean();
                column.add_scalar_mut(-mean);
            }
            // What is left of a constant column is the rounding of its mean.
            if column.norm() <= 1e-13 * size {
                column.fill(0.0);
            }
        }
        let mut target = DVector::from_column_slice(target);
        let mean = target.mean();
        target.add_scalar_mut(-mean);
        target.normalize_mut();
        Self { columns, target }
    }

    /// `corr(−Bw, y)`; `None` where the mixture compresses all models alike.
    pub fn correlation(&self, weights: &[f64]) -> Option<f64> {
        let compression = self.compression(weights);
        let length = compression.norm();
        let size: f64 = weights.iter().zip(self.lengths()).map(|(w, l)| w.abs() * l).sum();
        (length > 1e-13 * size).then(|| compression.dot(&self.target) / length)
    }

    pub fn compression(&self, weights: &[f64]) -> DVector<f64> {
        &self.columns * DVector::from_column_slice(weights)
    }

    /// How much a mixture's compression varies over the models, as a share of its domains' own variation.
    pub fn relative_variation(&self, weights: &[f64]) -> f64 {
        let own: f64 = weights.iter().zip(self.lengths()).map(|(w, length)| w * length).sum();
        self.compression(weights).norm() / own
    }

    pub fn lengths(&self) -> Vec<f64> {
        self.columns.column_iter().map(|column| column.norm()).collect()
    }

    /// Inner product of each unit column with `direction`; zero for a constant domain.
    pub fn prices(&self, direction: &DVector<f64>) -> Vec<f64> {
        self.columns
            .column_iter()
            .map(|column| if column.norm() == 0.0 { 0.0 } else { column.dot(direction) / column.norm() })
            .collect()
    }

    /// The target less its projection onto the ray of a mixture.
    pub fn residual(&self, weights: &[f64]) -> DVector<f64> {
        let direction = self.compression(weights).normalize();
        &self.target - &direction * direction.dot(&self.target)
    }

    /// The columns with unit norm (zero where constant): the same cone, better conditioned.
    pub fn unit_columns(&self) -> DMatrix<f64> {
        let mut columns = self.columns.clone();
        for mut column in columns.column_iter_mut() {
            let length = column.norm();
            if length > 0.0 {
                column.unscale_mut(length);
            }
        }
        columns
    }
}

/// Minimises `½ xᵀ diag(quadratic) x + linearᵀ x` subject to `equalities x = right` and `inequalities x ≤ 0`.
fn interior_point(
    quadratic: &[f64],
    linear: &[f64],
    equalities: &DMatrix<f64>,
    right: &[f64],
    inequalities: &DMatrix<f64>,
    tolerance: f64,
) -> Vec<f64> {
    let count = linear.len();
    let (mut rows, mut columns, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (first, matrix) in [(0, equalities), (equalities.nrows(), inequalities)] {
        for (column, entries) in matrix.column_iter().enumerate() {
            for (row, &value) in entries.iter().enumerate().filter(|&(_, &value)| value != 0.0) {
                rows.push(first + row);
                columns.push(column);
                values.push(value);
            }
        }
    }
    let height = equalities.nrows() + inequalities.nrows();
    let constraints = CscMatrix::new_from_triplets(height, count, rows, columns, values);
    let diagonal: Vec<usize> = (0..count).collect();
    let hessian = CscMatrix::new_from_triplets(count, count, diagonal.clone(), diagonal, quadratic.to_vec());
    let mut right_side = right.to_vec();
    right_side.resize(height, 0.0);
    let cones = [SupportedConeT::ZeroConeT(equalities.nrows()), SupportedConeT::NonnegativeConeT(inequalities.nrows())];
    let settings = DefaultSettings {
        verbose: false,
        max_iter: 500,
        tol_gap_abs: tolerance,
        tol_gap_rel: tolerance,
        tol_feas: tolerance,
        max_threads: 1,
        ..DefaultSettings::default()
    };
    let mut solver = DefaultSolver::new(&hessian, linear, &constraints, &right_side, &cones, settings).unwrap();
    solver.solve();
    solver.solution.x.clone()
}

/// The mixture of `min ½‖Cv − ŷ‖²` over `v ≥ 0`, unit columns, by an interior-point method. `None`: the projection is
/// the origin.
///
/// Variables are `(v, r)` with `r = Cv − ŷ`, so nothing is squared.
pub fn cone_mixture(centred: &Centred) -> Option<Vec<f64>> {
    let free = vec![0.0; centred.columns.ncols()];
    let units = centred.unit_columns();
    best_of_tolerances(centred, |tolerance| {
        let v = cone_program(&units, &centred.target, &free, &vec![f64::INFINITY; free.len()], tolerance);
        let lengths = centred.lengths();
        v.iter().zip(lengths).map(|(v, length)| if length == 0.0 { 0.0 } else { v.max(0.0) / length }).collect()
    })
}

/// The mixture of the homogenised program with bounds: `min ½‖Cv − ŷ‖²`, `l Σv ≤ v ≤ u Σv`, `v ≥ 0`. Shares a little
/// outside their bounds, as an interior-point method leaves them, stay there.
pub fn bounded_mixture(centred: &Centred, least: &[f64], greatest: &[f64]) -> Option<Vec<f64>> {
    let largest = centred.lengths().into_iter().fold(0.0, f64::max);
    let columns = &centred.columns / largest;
    best_of_tolerances(centred, |tolerance| {
        let v = cone_program(&columns, &centred.target, least, greatest, tolerance);
        v.iter().map(|v| v.max(0.0)).collect()
    })
}

/// An interior-point method asked for too much breaks off with a poor answer now and then, most often on duplicate
/// columns: of the answers at several tolerances the one that correlates best is the oracle's.
fn best_of_tolerances(centred: &Centred, solve: impl Fn(f64) -> Vec<f64>) -> Option<Vec<f64>> {
    [1e-14, 1e-12, 1e-10]
        .into_iter()
        .filter_map(|tolerance| {
            let raw = solve(tolerance);
            let sum: f64 = raw.iter().sum();
            let weights: Vec<f64> = raw.iter().map(|value| value / sum).collect();
            // Where mirror images cancel, what is left of a mixture is rounding, and so is its correlation.
            let sound = sum > 1e-8 && centred.relative_variation(&weights) > 1e-9;
            let rho = centred.correlation(&weights).filter(|_| sound)?;
            Some((rho, weights))
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, weights)| weights)
}

fn cone_program(
    columns: &DMatrix<f64>,
    target: &DVector<f64>,
    least: &[f64],
    greatest: &[f64],
    tolerance: f64,
) -> Vec<f64> {
    let (models, domains) = columns.shape();
    let mut equalities = DMatrix::zeros(models, domains + models);
    equalities.view_mut((0, 0), (models, domains)).copy_from(columns);
    for model in 0..models {
        equalities[(model, domains + model)] = -1.0;
    }
    let capped: Vec<usize> = (0..domains).filter(|&d| greatest[d] < 1.0).collect();
    let mut inequalities = DMatrix::zeros(domains + capped.len(), domains + models);
    for d in 0..domains {
        inequalities.view_mut((d, 0), (1, domains)).fill(least[d]);
        inequalities[(d, d)] -= 1.0;
    }
    for (position, &d) in capped.iter().enumerate() {
        inequalities.view_mut((domains + position, 0), (1, domains)).fill(-greatest[d]);
        inequalities[(domains + position, d)] += 1.0;
    }
    let mut quadratic = vec![0.0; domains];
    quadratic.resize(domains + models, 1.0);
    let linear = vec![0.0; domains + models];
    let mut x = interior_point(&quadratic, &linear, &equalities, target.as_slice(), &inequalities, tolerance);
    x.truncate(domains);
    x
}

/// The greatest `Σ w_d values_d` over the mixtures within bounds: the free share goes to the best domains first.
pub fn greatest_average(values: &[f64], least: &[f64], greatest: &[f64]) -> f64 {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    let mut weights = least.to_vec();
    let mut free = 1.0 - least.iter().sum::<f64>();
    for d in order {
        let more = (greatest[d] - least[d]).min(free).max(0.0);
        weights[d] += more;
        free -= more;
    }
    weights.iter().zip(values).map(|(w, v)| w * v).sum()
}
