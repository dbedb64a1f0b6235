//! The proof that comes with an optimum: an upper bound on the correlation of every mixture.

use crate::constraints::limits::Limits;
use crate::constraints::linear::Constraints;
use crate::data::columns::{Columns, HullColumns};
use crate::data::design::Design;
use crate::data::problem_error::ProblemError;
use crate::data::vector::{add_scaled, norm};
use crate::solvers::active_set::project_of_checked;

/// An upper bound on the correlation of all mixtures within the constraints.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Certificate {
    /// No mixture correlates better than this.
    pub bound: f64,
    /// `None`: the bound holds for every mixture. `Some(η)`: domains cancel each other out, so that some mixtures
    /// compress all models almost alike; the bound holds for every mixture whose compression varies over the models by at
    /// least the share η of its domains' own variation.
    pub holds_above_variation: Option<f64>,
}

/// Least relative variation of a mixture for which a conditional bound is given.
const LEAST_VARIATION: f64 = 1e-3;

/// Bounds the correlation of every mixture from any approximate projection `p` of the target `ŷ`.
///
/// # Equation
/// With `q = ŷ − p` and any mixture `w` (Moreau; mathematics of a fit, eq. of the dual bound)
///
/// `⟨Cw, ŷ⟩ = ⟨Cw, p⟩ + ⟨Cw, q⟩ ≤ ‖Cw‖ ‖p‖ + ε`, with `ε = max over mixtures of wᵀCᵀq`, so
/// `ρ(w) ≤ ‖p‖ + ε / min ‖Cw‖`.
///
/// At the optimum ε is zero. In floating point it is rounding, bounded from above here by the greatest price plus the
/// rounding of an inner product, and `min ‖Cw‖` is bounded from below by any direction `u` as `min ⟨Cw, u⟩ / ‖u‖`. Both
/// extremes over mixtures are linear: exact under bounds, and bounded from outside by relaxation under rows
/// ([`Constraints::support`]), so the bound is one that cannot fail however the solver got there.
///
/// # Shapes
/// `projection`: models.
///
/// # Errors
/// [`ProblemError`]: constraints of other domains, or a projection of other models or not finite.
pub fn certify(design: &Design, constraints: &Constraints, projection: &[f64]) -> Result<Certificate, ProblemError> {
    constraints.fit(design.count())?;
    ProblemError::of_models("values of the projection", projection, design.dimension())?;
    Ok(certify_of_checked(design, constraints, projection))
}

/// As [`certify`], of shapes that are known to fit.
pub(crate) fn certify_of_checked(design: &Design, constraints: &Constraints, projection: &[f64]) -> Certificate {
    certificate(design, constraints, projection, None)
}

/// As [`certify`], for the projection that a mixture gives.
pub(crate) fn certify_at(
    design: &Design,
    constraints: &Constraints,
    projection: &[f64],
    weights: &[f64],
) -> Certificate {
    certificate(design, constraints, projection, Some(weights))
}

fn certificate(design: &Design, constraints: &Constraints, projection: &[f64], weights: Option<&[f64]>) -> Certificate {
    let is_simplex = constraints.is_simplex();
    let count = design.count();
    let length = norm(projection);
    // A correlation of one is beyond doubt.
    if 1.0 - length <= 1e-14 {
        return Certificate { bound: 1.0, holds_above_variation: None };
    }
    let mut dual = design.target().to_vec();
    add_scaled(&mut dual, -1.0, projection);
    let mut prices = vec![0.0; count];
    design.inner_products(&dual, &mut prices);
    let rounding = 2.0 * (design.dimension() as f64 + 4.0) * f64::EPSILON * norm(&dual);
    prices.iter_mut().for_each(|price| *price += rounding);

    // Unit columns suit the plain cone; constraints speak of shares, so there the columns keep their length.
    let sizes: Vec<f64> = if is_simplex {
        vec![1.0; count]
    } else {
        let norms = design.column_norms();
        let largest = norms.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        norms.iter().map(|n| n / largest).collect()
    };
    let extreme = |values: &[f64]| -> f64 {
        let scaled: Vec<f64> = values.iter().zip(&sizes).map(|(v, s)| v * s).collect();
        if is_simplex {
            scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max)
        } else {
            constraints.bounds().support_function(&scaled)
        }
    };
    // The multipliers of the rows at the mixture serve a second time, where no variation is certain.
    let mut row_multipliers = vec![0.0; constraints.rows().len()];
    let excess = if constraints.is_box() {
        extreme(&prices).max(0.0)
    } else {
        let scaled: Vec<f64> = prices.iter().zip(&sizes).map(|(p, s)| p * s).collect();
        let support = match weights {
            Some(weights) => constraints.support_at(&scaled, weights),
            None => constraints.support_of_checked(&scaled),
        };
        row_multipliers = support.row_multipliers;
        support.value.max(0.0)
    };
    let lengths = design.column_norms();

    let mut cosines = vec![0.0; count];
    let mut least_variation = |direction: &[f64]| -> f64 {
        let size = norm(direction);
        if size == 0.0 {
            return 0.0;
        }
        design.inner_products(direction, &mut cosines);
        if is_simplex {
            // A constant domain adds nothing to Cw: mixtures are compared by what the others add.
            cosines
                .iter()
                .zip(&lengths)
                .filter(|&(_, &length)| length > 0.0)
                .map(|(cosine, _)| cosine / size)
                .fold(f64::INFINITY, f64::min)
        } else {
            let opposite: Vec<f64> = cosines.iter().map(|cosine| -cosine / size).collect();
            let within_bounds = -extreme(&opposite);
            if constraints.is_box() || within_bounds > 1e-2 {
                return within_bounds;
            }
            let scaled: Vec<f64> = opposite.iter().zip(&sizes).map(|(o, s)| o * s).collect();
            within_bounds.max(-constraints.support_of_checked(&scaled).value)
        }
    };
    if excess == 0.0 {
        return Certificate { bound: length.min(1.0), holds_above_variation: None };
    }
    // Any direction gives a true bound; the next is tried where one gives a poor one.
    let mut variation = least_variation(projection);
    if variation <= 1e-2 {
        variation = variation.max(least_variation(&design.combination(&vec![1.0; count])));
    }
    if variation <= 1e-6 {
        variation = variation.max(least_variation(&nearest_to_origin(design)));
    }
    if variation > 1e-6 {
        Certificate { bound: (length + excess / variation).min(1.0), holds_above_variation: None }
    } else {
        let bound =
            length + greatest_price_per_variation(constraints, &row_multipliers, &prices, &sizes) / LEAST_VARIATION;
        if bound >= 1.0 {
            Certificate { bound: 1.0, holds_above_variation: None }
        } else {
            Certificate { bound, holds_above_variation: Some(LEAST_VARIATION) }
        }
    }
}

/// The greatest `wᵀCᵀq / Σ w_d ‖c_d‖` over the mixtures within bounds (zero where none is positive): what a mixture can
/// gain for each unit of its domains' own variation.
///
/// It is the least `λ` for which `max over mixtures of Σ w_d ‖c_d‖ (price_d − λ)` is not above zero, found from above by
/// bisection. On the simplex it is the greatest price. Under rows the maximum is relaxed with multipliers given.
fn greatest_price_per_variation(
    constraints: &Constraints,
    row_multipliers: &[f64],
    prices: &[f64],
    sizes: &[f64],
) -> f64 {
    let limits = Limits::new(constraints);
    let scaled: Vec<f64> = limits.rows.iter().zip(row_multipliers).map(|(row, m)| m * row.scale).collect();
    let bounds = constraints.bounds();
    let enough = |share: f64| -> bool {
        let left: Vec<f64> = prices.iter().zip(sizes).map(|(price, size)| size * (price - share)).collect();
        bounds.support_function(&left) <= 0.0
            || (!constraints.is_box() && constraints.relaxed(&limits, &left, &scaled).value <= 0.0)
    };
    let mut high = prices.iter().copied().fold(0.0, f64::max);
    if constraints.is_simplex() || high == 0.0 {
        return high;
    }
    let mut low = 0.0;
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// The point of the unit columns' convex hull that is nearest to the origin, which has the greatest least inner
/// product with them.
fn nearest_to_origin(design: &Design) -> Vec<f64> {
    let hull = HullColumns(design);
    let mut target = vec![0.0; hull.dimension()];
    target[design.dimension()] = 1.0;
    let mut point = project_of_checked(&hull, &target).residual;
    point.pop();
    point.iter_mut().for_each(|value| *value = -*value);
    point
}
