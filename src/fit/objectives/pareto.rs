//! The frontier between two targets: where no mixture correlates better with one without correlating worse with the
//! other.

use crate::constraints::linear::Constraints;
use crate::data::columns::Columns;
use crate::data::design::Design;
use crate::data::problem_error::ProblemError;
use crate::data::vector::{add_scaled, norm};
use crate::optimum::best::best_mixture_of_checked;

/// Points of the frontier nearer to each other than this are one point.
const SAME: f64 = 1e-9;

/// One mixture of the frontier.
#[derive(Debug, Clone, PartialEq)]
pub struct ParetoPoint {
    /// α: the mixture has the greatest `(1 − α) ρ_1 + α ρ_2`.
    pub mixing: f64,
    /// Shares by domain.
    pub weights: Vec<f64>,
    /// `ρ_1` and `ρ_2`.
    pub correlations: [f64; 2],
    /// By how much another mixture's `(1 − α) ρ_1 + α ρ_2` could be greater, at most.
    pub bound_gap: f64,
}

/// The frontier of the correlations with two targets, as at most `points` mixtures, spread evenly along it, from the best
/// for the first target to the best for the second.
///
/// # Equation
/// The pairs `(⟨u, ŷ_1⟩, ⟨u, ŷ_2⟩)` over the cone's part of the unit ball form a convex set, so every point of the
/// frontier has the greatest `(1 − α) ρ_1 + α ρ_2` for some α, which is `‖ȳ‖` times the correlation with the target
/// `ȳ = (1 − α) ŷ_1 + α ŷ_2`: a plain fit.
///
/// # Method
/// Between the two points that are furthest apart the next is sought in the direction at right angles to the line that
/// joins them (Cohon 1978, noninferior set estimation), until there are enough points or all are alike.
///
/// Where the best mixture for some α does not correlate positively with its `ȳ` the frontier is not told there: such an
/// end is left out. Fewer points than asked for come back where the frontier is shorter than its resolution. `designs`
/// differ in their targets only.
///
/// # Errors
/// [`ProblemError`]: designs that differ in models or domains, or constraints of other domains.
pub fn pareto(
    designs: [&Design; 2],
    constraints: &Constraints,
    points: usize,
) -> Result<Vec<ParetoPoint>, ProblemError> {
    designs[0].alike(designs[1])?;
    constraints.fit(designs[0].count())?;
    Ok(pareto_of_checked(designs, constraints, points))
}

/// As [`pareto`], of shapes that are known to fit.
pub(crate) fn pareto_of_checked(designs: [&Design; 2], constraints: &Constraints, points: usize) -> Vec<ParetoPoint> {
    let [first, second] = designs;
    let solve = |mixing: f64| -> Option<ParetoPoint> {
        let mut target: Vec<f64> = first.target().iter().map(|value| (1.0 - mixing) * value).collect();
        add_scaled(&mut target, mixing, second.target());
        let length = norm(&target);
        if length <= 1e-14 {
            return None;
        }
        let optimum = best_mixture_of_checked(&first.with_target(&target)?, constraints);
        let weights = optimum.weights.clone()?;
        let correlations = [first.correlation(&weights)?, second.correlation(&weights)?];
        Some(ParetoPoint { mixing, weights, correlations, bound_gap: length * optimum.gap() })
    };
    let mut frontier: Vec<ParetoPoint> = [0.0, 1.0].into_iter().filter_map(solve).collect();
    if frontier.len() < 2 {
        // One end or both have no answer; in between there may be one.
        frontier = (0..=8).filter_map(|eighth| solve(f64::from(eighth) / 8.0)).collect();
    }
    if points < frontier.len() {
        frontier.truncate(points);
        return frontier;
    }
    frontier.dedup_by(|a, b| distance(a, b) <= SAME);
    // Intervals that hold no further point.
    let mut closed: Vec<(f64, f64)> = Vec::new();
    while frontier.len() < points {
        let widest = (1..frontier.len())
            .filter(|&i| !closed.contains(&(frontier[i - 1].mixing, frontier[i].mixing)))
            .map(|i| (i, distance(&frontier[i - 1], &frontier[i])))
            .filter(|&(_, gap)| gap > SAME)
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let Some((right, _)) = widest else { break };
        let (a, b) = (&frontier[right - 1], &frontier[right]);
        let mixing = across(a, b);
        match solve(mixing) {
            Some(point) if distance(&point, a) > SAME && distance(&point, b) > SAME => frontier.insert(right, point),
            _ => closed.push((a.mixing, b.mixing)),
        }
    }
    frontier
}

/// Distance of two points in the plane of the correlations.
fn distance(a: &ParetoPoint, b: &ParetoPoint) -> f64 {
    (a.correlations[0] - b.correlations[0]).hypot(a.correlations[1] - b.correlations[1])
}

/// The α for which both points are equally good; half way between theirs where rounding takes it out of their interval.
fn across(a: &ParetoPoint, b: &ParetoPoint) -> f64 {
    let lost = a.correlations[0] - b.correlations[0];
    let gained = b.correlations[1] - a.correlations[1];
    let mixing = lost / (lost + gained);
    if mixing > a.mixing && mixing < b.mixing { mixing } else { 0.5 * (a.mixing + b.mixing) }
}
