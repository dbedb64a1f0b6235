//! The set of mixtures that do nearly as well as the best.

use rayon::prelude::*;

use mixopt_fit::{Constraints, Design, End, Reach};

/// The shares that a domain has among the near-optimal mixtures.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Position of the domain.
    pub domain: usize,
    /// Least share.
    pub least: f64,
    /// Greatest share.
    pub greatest: f64,
    /// The constraints allow no smaller share, so that the correlation is not what ends the range there.
    pub least_is_limit: bool,
    /// The constraints allow no greater share.
    pub greatest_is_limit: bool,
}

impl Range {
    /// Greatest less least share.
    pub fn width(self) -> f64 {
        self.greatest - self.least
    }
}

/// Why there are no ranges.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NearOptimalError {
    /// Targets, constraints and mixture are not of the same models and domains.
    #[error(transparent)]
    Problem(#[from] mixopt_fit::ProblemError),
    /// Each target needs a threshold, and there has to be one.
    #[error("{targets} targets and {thresholds} thresholds: each target needs one, and there has to be one")]
    ThresholdCount {
        /// Targets given.
        targets: usize,
        /// Thresholds given.
        thresholds: usize,
    },
    /// Mixtures that correlate at zero or below do not form a convex set: their shares have no range that can be proved.
    #[error("the threshold {threshold} is not between 0 and 1: no range of shares can be proved for it")]
    Threshold {
        /// The threshold.
        threshold: f64,
    },
    /// The mixture given does not reach its own threshold.
    #[error("the mixture given does not reach the threshold {threshold} (target {target}, from 0)")]
    NotReached {
        /// Position of the target.
        target: usize,
        /// Its threshold.
        threshold: f64,
    },
    /// The mixture given breaks the constraints or has another number of domains.
    #[error("the mixture given breaks the constraints or has another number of domains than they")]
    NotWithin,
    /// There is no such domain.
    #[error("there is no domain {domain} (from 0), only {domains}")]
    NoSuchDomain {
        /// The position asked for.
        domain: usize,
        /// How many there are.
        domains: usize,
    },
    /// The solver found no mixture for an end.
    #[error("the solver found no end of the shares of domain {domain} (from 0)")]
    NotFound {
        /// Position of the domain.
        domain: usize,
    },
}

/// A mixture's correlation may miss the threshold that was taken from it by so much rounding.
const ROUNDING: f64 = 1e-9;

/// Each domain's least and greatest share among the mixtures within the constraints whose (partial) correlation with
/// every target reaches its threshold.
///
/// # Equation
/// `min` and `max` of `w_d` over `{w : ⟨Cw, ŷ_k⟩ ≥ c_k ‖Cw‖ for every target k, w within the constraints}`, a convex set
/// for `c_k > 0` (mathematics of a fit, section 3). Ends are exact up to rounding for one target under bounds, where the
/// best correlation for each share is a cone projection and its crossing of the threshold is found by a search that ends
/// on the exact face; by a second-order cone program, to about 1e-8, under linear rows and for several targets.
///
/// # Shapes
/// `designs`: one for each target, over the same models and domains; `thresholds`: one for each, above 0 and below 1.
/// `best`: a mixture that obeys the constraints and reaches the thresholds, such as the optimum. `domains`: positions
/// of the domains to look at; ranges come in their order. Shares are fractions from 0 to 1.
///
/// # Edge cases
/// The set is closed: where domains compress all models alike, alone or because they cancel each other out, an end may
/// be the limit of mixtures in the set that it does not reach itself.
///
/// A threshold that is the best correlation itself leaves the best mixtures; rounding then widens a range by about the
/// square root of the rounding of a correlation, 1e-8.
///
/// # Errors
/// [`NearOptimalError`].
pub fn near_optimal(
    designs: &[Design],
    constraints: &Constraints,
    best: &[f64],
    thresholds: &[f64],
    domains: &[usize],
) -> Result<Vec<Range>, NearOptimalError> {
    if designs.is_empty() || designs.len() != thresholds.len() {
        return Err(NearOptimalError::ThresholdCount { targets: designs.len(), thresholds: thresholds.len() });
    }
    let count = constraints.bounds().least().len();
    if best.len() != count || !constraints.contain(best, ROUNDING) {
        return Err(NearOptimalError::NotWithin);
    }
    if let Some(&domain) = domains.iter().find(|&&domain| domain >= count) {
        return Err(NearOptimalError::NoSuchDomain { domain, domains: count });
    }
    let mut reached = Vec::with_capacity(thresholds.len());
    for (target, (design, &threshold)) in designs.iter().zip(thresholds).enumerate() {
        if !(threshold > 0.0 && threshold < 1.0) {
            return Err(NearOptimalError::Threshold { threshold });
        }
        let value = design.correlation(best).filter(|value| *value >= threshold - ROUNDING);
        reached.push(value.ok_or(NearOptimalError::NotReached { target, threshold })?.min(threshold));
    }
    let reach = Reach::new(designs, constraints, &reached, best)?;
    let ranges: Vec<Option<Range>> = domains
        .par_iter()
        .map(|&domain| {
            let (least, greatest) = (reach.end(domain, End::Least)?, reach.end(domain, End::Greatest)?);
            Some(Range {
                domain,
                least: least.share,
                greatest: greatest.share,
                least_is_limit: least.is_limit,
                greatest_is_limit: greatest.is_limit,
            })
        })
        .collect();
    ranges.into_iter().zip(domains).map(|(range, &domain)| range.ok_or(NearOptimalError::NotFound { domain })).collect()
}

/// The mean width of ranges: how much of its share a domain can gain or lose between near-optimal mixtures. `None` for no
/// ranges.
pub fn mean_width(ranges: &[Range]) -> Option<f64> {
    (!ranges.is_empty()).then(|| ranges.iter().map(|range| range.width()).sum::<f64>() / ranges.len() as f64)
}

#[cfg(test)]
mod tests;
