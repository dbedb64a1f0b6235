//! What each constraint costs the best mixture.

use crate::constraints::limits::Limits;
use crate::constraints::linear::Constraints;
use crate::constraints::multipliers::multipliers;
use crate::data::columns::Columns;
use crate::data::design::Design;
use crate::data::problem_error::ProblemError;
use crate::data::vector::norm;
use crate::optimum::constrained::Correlation;

/// How the best correlation changes with the constraints: the derivative of `ρ*` with each right side.
///
/// To first order: a change too large makes other constraints bind, and where more constraints meet than are needed to
/// fix the mixture the derivatives to both sides differ; then these are one valid choice.
#[derive(Debug, Clone, PartialEq)]
pub struct Prices {
    /// Of each row, in correlation for each unit of its right side: for `<=` and `>=` what loosening gains, at least zero;
    /// for `=` what raising the right side gains, of any sign. Zero where the row does not bind, or repeats others.
    pub rows: Vec<f64>,
    /// Of each domain's least weight, in correlation for each whole share (a hundredth of it for each percentage point):
    /// what raising it costs, at least zero.
    pub least: Vec<f64>,
    /// Of each domain's greatest weight: what raising it gains, at least zero.
    pub greatest: Vec<f64>,
    /// How far the mixture is from an optimum of first order: the part of the gradient that no price explains, over the
    /// largest that a gradient could be. Rounding (below 1e-9) at an optimum.
    pub residual: f64,
}

/// Constraints this close to binding count as binding.
const BINDING: f64 = 1e-9;

/// The prices of the constraints at the best mixture.
///
/// # Equation
/// With `u = Cw/‖Cw‖` the gradient of the correlation is `g = Cᵀ(ŷ − ρu)/‖Cw‖`, and at the optimum (Karush, Kuhn and
/// Tucker) `g = Σ λ_j a_j + ν·1` over the rows `a_j` that bind, with `λ_j ≥ 0` for inequalities: `λ` and `ν` by non-negative
/// least squares. `dρ*/d right_j = λ_j`.
///
/// # Shapes
/// `weights`: domains, an optimum within the constraints.
///
/// # Errors
/// [`ProblemError`]: constraints or a mixture of other domains, or a share that is not finite.
pub fn prices(design: &Design, constraints: &Constraints, weights: &[f64]) -> Result<Prices, ProblemError> {
    constraints.fit(design.count())?;
    ProblemError::of_domains("shares", weights, design.count())?;
    Ok(prices_of_checked(design, constraints, weights))
}

/// As [`prices`], of shapes that are known to fit.
pub(crate) fn prices_of_checked(design: &Design, constraints: &Constraints, weights: &[f64]) -> Prices {
    let limits = Limits::new(constraints);
    let correlation = Correlation::new(design);
    // Columns over their largest norm: entries are at most one, the unit of the residual.
    let gradient = correlation.gradient(weights);
    let found = multipliers(&limits, &limits.tight(weights, BINDING), &gradient);
    let length = correlation.compression(weights).norm();
    let by_share = |values: Vec<f64>| -> Vec<f64> {
        values.into_iter().map(|value| if length > 0.0 { value / length } else { 0.0 }).collect()
    };
    let rows = found.rows.iter().zip(&limits.rows).map(|(multiplier, row)| multiplier / row.scale).collect();
    Prices {
        rows: by_share(rows),
        least: by_share(found.least),
        greatest: by_share(found.greatest),
        residual: norm(&found.rest),
    }
}
