//! Programs over cones as clarabel takes them: `min ½xᵀPx + qᵀx`, `Ax + s = b`, `s` in a product of cones.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SolverStatus, SupportedConeT};

/// A sparse matrix written row by row.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
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
pub(super) struct Answer {
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
pub(super) fn solve(
    quadratic: CscMatrix<f64>,
    linear: &[f64],
    rows: Rows,
    cones: &[SupportedConeT<f64>],
) -> Vec<Answer> {
    let constraints = CscMatrix::new_from_triplets(rows.len(), linear.len(), rows.row, rows.column, rows.value);
    let mut answers = Vec::new();
    for tolerance in TOLERANCES {
        let settings = DefaultSettings {
            verbose: false,
            max_iter: 200,
            tol_gap_abs: tolerance,
            tol_gap_rel: tolerance,
            tol_feas: tolerance,
            max_threads: 1,
            ..DefaultSettings::default()
        };
        let built = DefaultSolver::new(&quadratic, linear, &constraints, &rows.right_side, cones, settings);
        let Ok(mut solver) = built else { break };
        solver.solve();
        let solution = &solver.solution;
        let usable = matches!(
            solution.status,
            SolverStatus::Solved
                | SolverStatus::AlmostSolved
                | SolverStatus::InsufficientProgress
                | SolverStatus::MaxIterations
                | SolverStatus::NumericalError
        );
        if usable && solution.x.iter().all(|value| value.is_finite()) {
            answers.push(Answer { values: solution.x.clone(), multipliers: solution.z.clone() });
        }
        if solution.status == SolverStatus::Solved {
            break;
        }
    }
    answers
}
