//! Programs over cones as clarabel takes them: `min ½xᵀPx + qᵀx`, `Ax + s = b`, `s` in a product of cones.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SolverStatus, SupportedConeT};

/// A sparse matrix written row by row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    row: Vec<usize>,
    column: Vec<usize>,
    value: Vec<f64>,
    right_side: Vec<f64>,
}

impl Rows {
    /// Adds a row: its entries (column, value) and its right side.
    pub fn push(&mut self, entries: impl IntoIterator<Item = (usize, f64)>, right_side: f64) {
        let row = self.right_side.len();
        for (column, value) in entries {
            if value != 0.0 {
                self.row.push(row);
                self.column.push(column);
                self.value.push(value);
            }
        }
        self.right_side.push(right_side);
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.right_side.len()
    }
}

/// What the solver found.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The variables.
    pub values: Vec<f64>,
    /// The dual variable of each row, in the order of rows.
    pub multipliers: Vec<f64>,
}

/// Tolerances to ask for, one after the other until the solver says that it met one. Asked for too much it breaks off
/// now and then ("insufficient progress"), mostly with an answer better than a looser tolerance gives, at times with one
/// far from the optimum.
const TOLERANCES: [f64; 3] = [1e-12, 1e-10, 1e-8];

/// The answers of the solver, the one to the tightest tolerance first: the caller, who can tell how good an answer is,
/// takes the best. An answer of "infeasible" is none.
pub(crate) fn solve(
    quadratic: CscMatrix<f64>,
    linear: &[f64],
    rows: Rows,
    cones: &[SupportedConeT<f64>],
) -> Vec<Answer> {
    let program = Program::new(quadratic, linear.to_vec(), rows, cones.to_vec());
    let mut answers = Vec::new();
    for tolerance in TOLERANCES {
        let Some((answer, is_solved)) = program.solve(tolerance) else { break };
        answers.extend(answer);
        if is_solved {
            break;
        }
    }
    answers
}

/// Tolerances of one who makes answers exact, and asks for a better one only where that failed.
pub(crate) const ROUGH_FIRST: [f64; 3] = [1e-8, 1e-10, 1e-12];

/// A program that can be solved more than once.
pub(crate) struct Program {
    quadratic: CscMatrix<f64>,
    linear: Vec<f64>,
    constraints: CscMatrix<f64>,
    right_side: Vec<f64>,
    cones: Vec<SupportedConeT<f64>>,
}

impl Program {
    pub fn new(quadratic: CscMatrix<f64>, linear: Vec<f64>, rows: Rows, cones: Vec<SupportedConeT<f64>>) -> Self {
        let constraints = CscMatrix::new_from_triplets(rows.len(), linear.len(), rows.row, rows.column, rows.value);
        Self { quadratic, linear, constraints, right_side: rows.right_side, cones }
    }

    /// The answer to a tolerance, if there is a usable one, and whether the solver says that it met the tolerance. `None`
    /// where it refuses the program.
    pub fn solve(&self, tolerance: f64) -> Option<(Option<Answer>, bool)> {
        let settings = DefaultSettings {
            verbose: false,
            max_iter: 200,
            tol_gap_abs: tolerance,
            tol_gap_rel: tolerance,
            tol_feas: tolerance,
            max_threads: 1,
            ..DefaultSettings::default()
        };
        let built = DefaultSolver::new(
            &self.quadratic,
            &self.linear,
            &self.constraints,
            &self.right_side,
            &self.cones,
            settings,
        );
        let mut solver = built.ok()?;
        solver.solve();
        let solution = &solver.solution;
        let usable = matches!(
            solution.status,
            SolverStatus::Solved
                | SolverStatus::AlmostSolved
                | SolverStatus::InsufficientProgress
                | SolverStatus::MaxIterations
                | SolverStatus::NumericalError
        ) && solution.x.iter().all(|value| value.is_finite());
        let answer = usable.then(|| Answer { values: solution.x.clone(), multipliers: solution.z.clone() });
        Some((answer, solution.status == SolverStatus::Solved))
    }
}
