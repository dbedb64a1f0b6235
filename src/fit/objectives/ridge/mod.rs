//! The best mixture, shrunk toward a center.

mod pivoting;
mod shrunk;

use crate::constraints::linear::Constraints;
use crate::data::columns::Columns;
use crate::data::design::Design;
use crate::data::problem_error::ProblemError;
use crate::data::vector::dot;
use crate::optimum::best::search_of_checked;
use crate::optimum::constrained::best_within;
use pivoting::{Binding, Pivoting};
use shrunk::Shrunk;

/// Shrinks the best mixture toward `center`.
///
/// # Equation
/// `min over v ≥ 0 of ‖Cv − ŷ‖² + λ s² ‖v − (Σv) m‖²`, `w = v / Σv`, with `s²` the mean squared norm of a column of `C`
/// (bits per character), so that λ has no unit. `λ = 0` is the best mixture, `λ = ∞` the mixture within the constraints
/// that is nearest to the center `m`. Constraints are homogenised as everywhere.
///
/// # Method
/// Over mixtures it is the best (uncentred) correlation of `Cw` with `s√λ (w − m)` appended and `ŷ` with zeros appended: the
/// projection onto a cone again. It is solved by exchanges of the conditions that bind, in the space of models; where these
/// do not settle (λ very small), above least weights by the active set, else by the cone program of the best mixture.
///
/// # Shapes
/// `center`: domains, a mixture.
///
/// # Edge cases
/// `None` where no mixture lessens the sum, which means that none correlates positively, and where λ is not a number from 0
/// up or the constraints leave no mixture.
///
/// # Cost
/// A few factorisations of a matrix of as many rows as there are models (or domains, if these are fewer).
///
/// # Errors
/// [`ProblemError`]: constraints or a center of other domains, or a share that is not finite.
pub fn ridge(
    design: &Design,
    constraints: &Constraints,
    center: &[f64],
    lambda: f64,
) -> Result<Option<Vec<f64>>, ProblemError> {
    constraints.fit(design.count())?;
    ProblemError::of_domains("shares of the center", center, design.count())?;
    Ok(ridge_of_checked(design, constraints, center, lambda, None))
}

/// As [`ridge`], of shapes that are known to fit; `start` is a mixture near which it is looked for first.
pub(crate) fn ridge_of_checked(
    design: &Design,
    constraints: &Constraints,
    center: &[f64],
    lambda: f64,
    start: Option<&[f64]>,
) -> Option<Vec<f64>> {
    Ridge::new(design, constraints, center).solve(lambda, start)
}

/// What the solutions for all penalties share.
pub(crate) struct Ridge<'a> {
    design: &'a Design<'a>,
    constraints: &'a Constraints,
    center: &'a [f64],
    pivoting: Pivoting,
    /// The mixture within the constraints that is nearest to the center.
    nearest: Option<Vec<f64>>,
}

impl<'a> Ridge<'a> {
    pub fn new(design: &'a Design<'a>, constraints: &'a Constraints, center: &'a [f64]) -> Self {
        let (matrix, target) = design.by_size_in_few_rows();
        let pivoting = Pivoting::new(&matrix, &target, constraints);
        Self { design, constraints, center, pivoting, nearest: constraints.nearest(center) }
    }

    /// The mixture for one penalty; it is quicker where `start` is not far from it.
    pub fn solve(&self, lambda: f64, start: Option<&[f64]>) -> Option<Vec<f64>> {
        let nearest = self.nearest.as_ref()?;
        let start = start.filter(|start| start.len() == nearest.len()).unwrap_or(nearest);
        self.next(lambda, &mut self.pivoting.binding_at(start))
    }

    /// The mixtures for penalties, in their order; it is quick where each is not far from the one before it, and from
    /// infinity down.
    pub fn path(&self, lambdas: &[f64]) -> Vec<Option<Vec<f64>>> {
        let Some(nearest) = &self.nearest else { return vec![None; lambdas.len()] };
        let mut binding = self.pivoting.binding_at(nearest);
        lambdas.iter().map(|&lambda| self.next(lambda, &mut binding)).collect()
    }

    fn next(&self, lambda: f64, binding: &mut Binding) -> Option<Vec<f64>> {
        if lambda == f64::INFINITY {
            return self.nearest.clone();
        }
        if lambda.is_nan() || lambda < 0.0 {
            return None;
        }
        if lambda == 0.0 {
            return search_of_checked(self.design, self.constraints);
        }
        let start = binding.clone();
        let found = self.pivoting.solve(self.center, lambda, binding).or_else(|| {
            *binding = start;
            self.by_projection(lambda)
        });
        found.filter(|weights| dot(&self.design.compression(weights), self.design.target()) > 0.0)
    }

    /// By the projection of the target onto the cone of the columns with the way from the center appended.
    fn by_projection(&self, lambda: f64) -> Option<Vec<f64>> {
        let shrunk = Shrunk::new(self.design, self.center, lambda);
        if self.constraints.is_box() && !self.constraints.bounds().has_greatest() {
            return shrunk.above_least(self.constraints.bounds().least());
        }
        let objective = shrunk.objective();
        let value = |weights: &[f64]| -> Option<f64> {
            let x = objective.compression(weights);
            let length = x.norm();
            (length > 0.0).then(|| x.dot(&objective.target) / length)
        };
        best_within(&objective, self.constraints, value)
    }
}
