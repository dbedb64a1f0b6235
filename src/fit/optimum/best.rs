//! The mixture that correlates best, with its proof.

use crate::constraints::bounds::Bounds;
use crate::constraints::linear::Constraints;
use crate::data::columns::{Columns, OffsetColumns};
use crate::data::design::Design;
use crate::data::problem_error::ProblemError;
use crate::data::vector::{norm, scale};
use crate::optimum::certificate::{Certificate, certify_at, certify_of_checked};
use crate::optimum::conic::bounded_optimum;
use crate::optimum::constrained::constrained_optimum;
use crate::optimum::corners::best_of_corners;
use crate::solvers::active_set::project_of_checked;
use crate::solvers::box_cone::{Outcome, project_within_bounds};

/// A gap between the bound and the correlation up to this counts as proof of optimality.
pub const CERTIFIED_GAP: f64 = 1e-7;

/// A gap below this needs no second opinion.
const CLOSE_GAP: f64 = 1e-12;

/// How an optimum ended. An outcome, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OptimumStatus {
    /// The bound proves that no mixture correlates better.
    Certified,
    /// The mixture is the best found; the bound leaves room above it, or the objective has no bound (rank correlation).
    NotCertified,
    /// No mixture within the constraints correlates positively with the target.
    NoPositiveCorrelation,
}

/// The best mixture and the bound on all others.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimum {
    /// Shares by domain, or `None` where no mixture correlates positively.
    pub weights: Option<Vec<f64>>,
    /// (Partial) correlation of the mixture; zero where there is none.
    pub correlation: f64,
    /// No mixture within the constraints correlates better than this.
    pub bound: f64,
    /// See [`Certificate::holds_above_variation`](crate::optimum::certificate::Certificate::holds_above_variation).
    pub bound_holds_above_variation: Option<f64>,
    /// How it ended.
    pub status: OptimumStatus,
}

impl Optimum {
    /// The optimality gap: how much better than the mixture any other could be, at most.
    pub fn gap(&self) -> f64 {
        (self.bound - self.correlation).max(0.0)
    }

    fn none(bound: f64) -> Self {
        Self {
            weights: None,
            correlation: 0.0,
            bound,
            bound_holds_above_variation: None,
            status: OptimumStatus::NoPositiveCorrelation,
        }
    }
}

/// Finds the mixture within `constraints` whose compression correlates best with the target.
///
/// # Equation
/// `max ρ(w) = ⟨Cw, ŷ⟩ / ‖Cw‖` over mixtures is the projection of `ŷ` onto the cone `{Cv : v ≥ 0}` (non-negative least
/// squares): `w = v / Σv`, `ρ* = ‖Cv‖`. Bounds on the shares and linear rows keep it a cone: with `t = Σv` they read `l t ≤ v ≤ u t`, `Gv ≤ h t`.
///
/// # Edge cases
/// Constraints that leave no mixture end as "no positive correlation", with a bound that means nothing: ask
/// [`Constraints::any`] first.
///
/// # Errors
/// [`ProblemError`]: constraints of another number of domains.
pub fn best_mixture(design: &Design, constraints: &Constraints) -> Result<Optimum, ProblemError> {
    constraints.fit(design.count())?;
    Ok(best_mixture_of_checked(design, constraints))
}

/// As [`best_mixture`], of shapes that are known to fit.
pub(crate) fn best_mixture_of_checked(design: &Design, constraints: &Constraints) -> Optimum {
    let is_positive = |weights: &Vec<f64>| design.correlation(weights).is_some_and(|rho| rho > 0.0);
    let Some(weights) = search_of_checked(design, constraints).filter(is_positive) else {
        let origin = vec![0.0; design.dimension()];
        return Optimum::none(certify_of_checked(design, constraints, &origin).bound);
    };
    let (certificate, correlation) = judge(design, constraints, &weights);
    let bound = certificate.bound.max(correlation);
    let status =
        if bound - correlation <= CERTIFIED_GAP { OptimumStatus::Certified } else { OptimumStatus::NotCertified };
    Optimum {
        weights: Some(weights),
        correlation,
        bound,
        bound_holds_above_variation: certificate.holds_above_variation,
        status,
    }
}

/// The best mixture without its certificate: what held-out folds need. `None`: none correlates positively.
///
/// # Errors
/// [`ProblemError`]: constraints of another number of domains.
pub fn search(design: &Design, constraints: &Constraints) -> Result<Option<Vec<f64>>, ProblemError> {
    constraints.fit(design.count())?;
    Ok(search_of_checked(design, constraints))
}

/// As [`search`], of shapes that are known to fit.
pub(crate) fn search_of_checked(design: &Design, constraints: &Constraints) -> Option<Vec<f64>> {
    if constraints.is_box() {
        return within_bounds(design, constraints.bounds());
    }
    // Where the best mixture without rows obeys them, no other can be better.
    let without = within_bounds(design, constraints.bounds());
    if without.as_ref().is_some_and(|weights| constraints.contain(weights, 1e-12)) {
        return without;
    }
    constrained_optimum(design, constraints)
}

/// The best mixture under least and greatest weights.
fn within_bounds(design: &Design, bounds: &Bounds) -> Option<Vec<f64>> {
    if bounds.has_greatest() {
        return within_greatest(design, bounds);
    }
    if bounds.has_least() {
        let (columns, rest) = above_least(design, bounds.least());
        let projection = project_of_checked(&columns, design.target());
        let shares = shares(&projection.support, &projection.coefficients, columns.lengths());
        return shares.map(|shares| {
            let mut weights = bounds.least().to_vec();
            for (index, share) in projection.support.iter().zip(shares) {
                weights[*index] += rest * share;
            }
            weights
        });
    }
    let projection = project_of_checked(design, design.target());
    let shares = shares(&projection.support, &projection.coefficients, &design.column_norms());
    shares.map(|shares| {
        let mut weights = vec![0.0; design.count()];
        for (index, share) in projection.support.iter().zip(shares) {
            weights[*index] = share;
        }
        weights
    })
}

/// The best mixture under greatest weights: by the active set on the bounds, and from corners and by the cone program
/// where it leaves doubt.
fn within_greatest(design: &Design, bounds: &Bounds) -> Option<Vec<f64>> {
    let is_positive = |weights: &Vec<f64>| design.correlation(weights).is_some_and(|rho| rho > 0.0);
    let (matrix, target) = design.by_size();
    let active = match project_within_bounds(&matrix, target.as_slice(), bounds, None) {
        Outcome::Mixture(weights) => Some(weights).filter(is_positive),
        Outcome::NonePositive => return None,
        Outcome::NotFound => None,
    };
    if let Some(weights) = &active
        && gap(design, bounds, weights) <= CLOSE_GAP
    {
        return active;
    }
    let corners = best_of_corners(design, bounds).filter(is_positive);
    if let Some(weights) = &corners
        && gap(design, bounds, weights) <= CLOSE_GAP
    {
        return corners;
    }
    let conic = bounded_optimum(design, bounds).map(|weights| polish(design, bounds, weights)).filter(is_positive);
    // Where neither has an answer, the certificate judges the nearest thing to the optimum without bounds.
    let candidates: Vec<Vec<f64>> = active.into_iter().chain(corners).chain(conic).collect();
    if candidates.is_empty() {
        let free = within_bounds(design, &Bounds::simplex(design.count()))?;
        return Some(bounds.nearest(&free)).filter(is_positive);
    }
    candidates.into_iter().max_by(|a, b| {
        let value = |weights: &[f64]| design.correlation(weights).unwrap_or(-1.0);
        value(a).total_cmp(&value(b))
    })
}

/// How much better than this mixture another could be, at most.
fn gap(design: &Design, bounds: &Bounds, weights: &[f64]) -> f64 {
    let (certificate, correlation) = judge(design, &bounds.clone().into(), weights);
    if certificate.holds_above_variation.is_some() { f64::INFINITY } else { certificate.bound - correlation }
}

/// The certificate of a mixture that correlates positively, and its correlation.
fn judge(design: &Design, constraints: &Constraints, weights: &[f64]) -> (Certificate, f64) {
    let correlation = design.correlation(weights).unwrap_or(0.0);
    let mut projection = design.compression(weights);
    let length = norm(&projection);
    scale(&mut projection, correlation / length);
    (certify_at(design, constraints, &projection, weights), correlation)
}

/// The columns of the mixtures above least weights, and the share that is free.
fn above_least<'d, 'a>(design: &'d Design<'a>, least: &[f64]) -> (OffsetColumns<'d, Design<'a>>, f64) {
    let rest = (1.0 - least.iter().sum::<f64>()).max(0.0);
    let factors = design.column_norms().iter().map(|n| n * rest).collect();
    (OffsetColumns::new(design, design.compression(least), factors), rest)
}

/// Coefficients on unit columns as shares: `w_d ∝ v_d / ‖c_d‖`.
fn shares(support: &[usize], coefficients: &[f64], lengths: &[f64]) -> Option<Vec<f64>> {
    let raw: Vec<f64> = support.iter().zip(coefficients).map(|(&d, v)| v / lengths[d]).collect();
    let sum: f64 = raw.iter().sum();
    (sum > 0.0).then(|| raw.iter().map(|v| v / sum).collect())
}

/// Takes an interior-point answer to working precision: the domains on their bounds stay there, and the shares of the
/// others solve the same projection, now without bounds.
fn polish(design: &Design, bounds: &Bounds, weights: Vec<f64>) -> Vec<f64> {
    const NEAR: f64 = 1e-6;
    let free: Vec<bool> = weights
        .iter()
        .zip(bounds.least().iter().zip(bounds.greatest()))
        .map(|(w, (l, u))| w - l > NEAR && u - w > NEAR)
        .collect();
    let fixed: Vec<f64> = weights
        .iter()
        .zip(&free)
        .zip(bounds.least().iter().zip(bounds.greatest()))
        .map(|((w, &is_free), (l, u))| {
            if is_free {
                0.0
            } else if w - l <= NEAR {
                *l
            } else {
                *u
            }
        })
        .collect();
    let (columns, rest) = above_least(design, &fixed);
    if rest <= 0.0 || !free.contains(&true) {
        return weights;
    }
    let subset = Subset { inner: &columns, members: (0..free.len()).filter(|&d| free[d]).collect() };
    let projection = project_of_checked(&subset, design.target());
    let lengths: Vec<f64> = subset.members.iter().map(|&d| columns.lengths()[d]).collect();
    let Some(shares) = shares(&projection.support, &projection.coefficients, &lengths) else { return weights };
    let mut polished = fixed;
    for (position, share) in projection.support.iter().zip(shares) {
        polished[subset.members[*position]] += rest * share;
    }
    // Near the optimum a correlation moves by the square of a change of shares, so two mixtures that differ by 1e-9
    // correlate alike up to rounding: the comparison must not decide between them by their last digits.
    const ROUNDING: f64 = 1e-14;
    let reaches = design
        .correlation(&weights)
        .is_none_or(|rough| design.correlation(&polished).is_some_and(|fine| fine >= rough - ROUNDING));
    if reaches && bounds.contain(&polished, 1e-12) { polished } else { weights }
}

/// Some of the columns.
struct Subset<'a, C> {
    inner: &'a C,
    members: Vec<usize>,
}

impl<C: Columns> Columns for Subset<'_, C> {
    fn dimension(&self) -> usize {
        self.inner.dimension()
    }

    fn count(&self) -> usize {
        self.members.len()
    }

    fn write_column(&self, index: usize, out: &mut [f64]) {
        self.inner.write_column(self.members[index], out);
    }

    fn inner_products(&self, direction: &[f64], out: &mut [f64]) {
        let mut all = vec![0.0; self.inner.count()];
        self.inner.inner_products(direction, &mut all);
        for (value, &member) in out.iter_mut().zip(&self.members) {
            *value = all[member];
        }
    }
}
