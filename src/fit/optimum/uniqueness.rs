//! Whether the best mixture is the only one.

use crate::constraints::linear::Constraints;
use crate::data::columns::Columns;
use crate::data::design::Design;
use crate::data::problem_error::ProblemError;
use crate::data::vector::{add_scaled, norm, scale};
use crate::nearest::above::nearest_above_of_checked;
use crate::nearest::distance::Distance;
use crate::optimum::conic::nearest_along;
use crate::solvers::thin_qr::ThinQr;

/// Mixtures this close to the best correlation count as nearly as good.
pub const NEARLY_AS_GOOD: f64 = 1e-3;
/// Mixtures this far apart (half the sum of differences of shares) count as different.
pub const CLEARLY_DIFFERENT: f64 = 0.1;

/// How many mixtures share the best correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Uniqueness {
    /// One mixture is best, and those nearly as good look like it.
    Unique,
    /// One mixture is best, but a clearly different one is within 0.001 of its correlation.
    NearlyNonUnique,
    /// Several mixtures are exactly as good; the one nearest to equal shares is reported.
    NonUnique,
}

/// What is known about other mixtures as good as the best.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternatives {
    /// The verdict.
    pub uniqueness: Uniqueness,
    /// The mixture to report as the optimum (the one nearest to the center where several are best).
    pub weights: Vec<f64>,
    /// The mixture nearest to the center among those within [`NEARLY_AS_GOOD`] of the best, where it was found.
    pub nearly_as_good: Option<Vec<f64>>,
}

/// Half the sum of absolute differences: the share that has to move to turn one mixture into the other. A domain beyond
/// the end of one of them has no share there.
pub fn total_variation(a: &[f64], b: &[f64]) -> f64 {
    let shared = a.len().min(b.len());
    let rest = a[shared..].iter().chain(&b[shared..]).map(|x| x.abs());
    0.5 * a.iter().zip(b).map(|(x, y)| (x - y).abs()).chain(rest).sum::<f64>()
}

/// Looks for other mixtures as good as `weights`, which correlates at `correlation`.
///
/// # Errors
/// [`ProblemError`]: constraints, a mixture or a center of other domains, or a number that is not finite.
pub fn alternatives(
    design: &Design,
    constraints: &Constraints,
    weights: &[f64],
    correlation: f64,
    center: &[f64],
) -> Result<Alternatives, ProblemError> {
    constraints.fit(design.count())?;
    ProblemError::of_domains("shares", weights, design.count())?;
    ProblemError::of_domains("shares of the center", center, design.count())?;
    ProblemError::finite("correlation", &[correlation])?;
    Ok(alternatives_of_checked(design, constraints, weights, correlation, center))
}

/// As [`alternatives`], of shapes that are known to fit.
pub(crate) fn alternatives_of_checked(
    design: &Design,
    constraints: &Constraints,
    weights: &[f64],
    correlation: f64,
    center: &[f64],
) -> Alternatives {
    let (several, reported) = representative(design, constraints, weights, correlation, center);
    let nearly_as_good = nearest_above_of_checked(
        design,
        constraints,
        center,
        correlation - NEARLY_AS_GOOD,
        Distance::Quadratic,
        &reported,
    );
    let differs = |other: &Vec<f64>| total_variation(other, &reported) >= CLEARLY_DIFFERENT;
    let uniqueness = if several {
        Uniqueness::NonUnique
    } else if nearly_as_good.as_ref().is_some_and(differs) {
        Uniqueness::NearlyNonUnique
    } else {
        Uniqueness::Unique
    };
    Alternatives { uniqueness, weights: reported, nearly_as_good }
}

/// Whether several mixtures are best, and the best one nearest to `center`, which does not depend on the order of domains
/// or on how the optimum was found.
///
/// # Method
/// The projection onto a cone is unique, the combination that gives it need not be: it is unique if the columns with a
/// price of zero are linearly independent and no domain is constant (a constant domain can take any share without
/// changing the correlation). Where they are dependent, the mixture nearest to `center` among all that point along the
/// projection is found exactly; where it differs, the optimum is not unique. Not looked for under constraints.
pub(crate) fn representative(
    design: &Design,
    constraints: &Constraints,
    weights: &[f64],
    correlation: f64,
    center: &[f64],
) -> (bool, Vec<f64>) {
    if !constraints.is_simplex() {
        return (false, weights.to_vec());
    }
    let mut projection = design.compression(weights);
    let length = norm(&projection);
    scale(&mut projection, correlation / length);
    let active = tight_columns(design, &projection);
    if independent(design, &active) {
        return (false, weights.to_vec());
    }
    let equal = |toward: &[f64]| {
        nearest_along(design, &active, &projection, toward)
            .filter(|other| design.correlation(other).is_some_and(|rho| rho >= correlation - 1e-9))
    };
    let differs = |other: &Vec<f64>| total_variation(other, weights) > 1e-6;
    let Some(nearest) = equal(center) else { return (false, weights.to_vec()) };
    // The mixture found may itself be the one nearest to the center, so another direction is asked as well.
    let several = differs(&nearest) || {
        let elsewhere: Vec<f64> = weights.iter().map(|&w| if w > 0.0 { 0.0 } else { 1.0 }).collect();
        equal(&elsewhere).as_ref().is_some_and(differs)
    };
    if several { (true, nearest) } else { (false, weights.to_vec()) }
}

/// Columns whose price is zero up to rounding, constant domains among them.
fn tight_columns(design: &Design, projection: &[f64]) -> Vec<usize> {
    let mut dual = design.target().to_vec();
    add_scaled(&mut dual, -1.0, projection);
    let mut prices = vec![0.0; design.count()];
    design.inner_products(&dual, &mut prices);
    (0..prices.len()).filter(|&d| prices[d] >= -1e-10).collect()
}

/// Whether the columns are linearly independent (and none is zero).
fn independent(design: &Design, columns: &[usize]) -> bool {
    if columns.len() > design.degrees_of_freedom() {
        return false;
    }
    let mut column = vec![0.0; design.dimension()];
    let mut factorisation = ThinQr::new(&column);
    columns.iter().all(|&index| {
        design.write_column(index, &mut column);
        factorisation.push_beyond(&column, 1e-9)
    })
}
