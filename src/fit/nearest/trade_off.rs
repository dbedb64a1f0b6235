//! How far a mixture must move from the center for each step of correlation.

use rayon::prelude::*;

use crate::constraints::linear::Constraints;
use crate::data::columns::Columns;
use crate::data::design::Design;
use crate::data::problem_error::ProblemError;
use crate::nearest::above::nearest_above_of_checked;
use crate::nearest::distance::{Distance, distance};
use crate::nearest::rows::{among_the_center, nearest_to_center};
use crate::optimum::best::search_of_checked;

/// The mixture nearest to the center among those at or above one correlation.
#[derive(Debug, Clone, PartialEq)]
pub struct TradeOffPoint {
    /// The (partial) correlation asked for.
    pub threshold: f64,
    /// The one that the mixture has.
    pub correlation: f64,
    /// How far it is from the center ([`distance`]).
    pub distance: f64,
    /// Shares by domain.
    pub weights: Vec<f64>,
}

/// Where the center has no positive correlation, the curve begins at this share of the best.
const LEAST_SHARE: f64 = 1e-3;

/// The curve from the mixture nearest to the center up to the best one, at `points` thresholds (at least two) that are
/// evenly spaced between their correlations.
///
/// # Method
/// Each point is the answer of [`nearest_above`] to its threshold; the last is `best` itself. Where the mixture nearest to
/// the center has no correlation or none above zero, the first threshold is a thousandth of the best. A point that is
/// farther than the next one by a solver's tolerance takes that one's mixture, which is above its threshold as well: the
/// distance never falls as the threshold rises. A threshold for which no mixture was found has no point. By divergence, `best`
/// gives way to the best mixture of the center's domains where it uses others.
///
/// One point where the mixture nearest to the center is the best already; none where the constraints leave no mixture, or
/// where the best does not correlate positively.
///
/// # Shapes
/// `center`, `best`: domains. `best`: a best mixture within the constraints.
///
/// # Errors
/// [`ProblemError`]: constraints, a center or a mixture of other domains, or a share that is not finite.
pub fn trade_off(
    design: &Design,
    constraints: &Constraints,
    center: &[f64],
    measure: Distance,
    best: &[f64],
    points: usize,
) -> Result<Vec<TradeOffPoint>, ProblemError> {
    constraints.fit(design.count())?;
    ProblemError::of_domains("shares of the center", center, design.count())?;
    ProblemError::of_domains("shares of the best mixture", best, design.count())?;
    Ok(trade_off_of_checked(design, constraints, center, measure, best, points))
}

/// As [`trade_off`], of shapes that are known to fit.
pub(crate) fn trade_off_of_checked(
    design: &Design,
    constraints: &Constraints,
    center: &[f64],
    measure: Distance,
    best: &[f64],
    points: usize,
) -> Vec<TradeOffPoint> {
    let point = |threshold: f64, weights: Vec<f64>| -> Option<TradeOffPoint> {
        let correlation = design.correlation(&weights)?;
        Some(TradeOffPoint { threshold, correlation, distance: distance(measure, &weights, center), weights })
    };
    let best = match measure {
        Distance::Quadratic => Some(best.to_vec()),
        Distance::KullbackLeibler if distance(measure, best, center).is_finite() => Some(best.to_vec()),
        Distance::KullbackLeibler => {
            among_the_center(constraints, center).and_then(|within| search_of_checked(design, &within))
        }
    };
    let Some(last) = best.and_then(|best| design.correlation(&best).and_then(|rho| point(rho, best))) else {
        return Vec::new();
    };
    let Some(start) = nearest_to_center(constraints, center, measure) else { return Vec::new() };
    if last.correlation <= 0.0 {
        return Vec::new();
    }
    let from = design.correlation(&start).filter(|&rho| rho > 0.0);
    let mut curve: Vec<TradeOffPoint> = Vec::new();
    if let Some(first) = from.and_then(|rho| point(rho, start)) {
        if first.correlation >= last.correlation {
            return vec![first];
        }
        curve.push(first);
    }
    let from = from.unwrap_or(LEAST_SHARE * last.correlation);
    let steps = points.max(2) - 1;
    let between: Vec<Option<TradeOffPoint>> = (curve.len()..steps)
        .into_par_iter()
        .map(|step| {
            let threshold = from + (last.correlation - from) * step as f64 / steps as f64;
            nearest_above_of_checked(design, constraints, center, threshold, measure, &last.weights)
                .and_then(|weights| point(threshold, weights))
        })
        .collect();
    curve.extend(between.into_iter().flatten());
    curve.push(last);
    for position in (0..curve.len() - 1).rev() {
        let (here, next) = curve.split_at_mut(position + 1);
        if let (Some(here), Some(next)) = (here.last_mut(), next.first())
            && here.distance > next.distance
        {
            *here = TradeOffPoint { threshold: here.threshold, ..next.clone() };
        }
    }
    curve
}
