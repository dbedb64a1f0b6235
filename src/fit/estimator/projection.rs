//! From estimates to a mixture under caps.

use super::error::ProjectionError;

/// How estimates become a mixture within `{w : Σw = 1, 0 ≤ w ≤ τ}`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum Projection {
    /// The best domains, each up to its greatest weight.
    ///
    /// The largest `Σ w_d estimate_d`: domains are filled to their caps in descending order of the estimate, equal ones in
    /// the order they come in. Only the order of estimates counts; every weight but one is its cap or zero.
    Linear,
    /// The nearest mixture.
    ///
    /// The nearest in Euclidean distance, `clip(estimate + c, 0, τ)`. The estimates' values and scale count, so that those
    /// that see ranks only say little here.
    L2,
}

impl Projection {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Linear, Self::L2];

    /// Name in files and settings: that of the package's function.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::L2 => "l2",
        }
    }
}

/// Caps miss a sum of one by this much and still count as one: caps that sum to exactly one do so up to rounding.
const SUM_TOLERANCE: f64 = 1e-9;

/// What the published experiments keep of the pool of texts (`desired_filter_ratio` of the package's examples).
pub const PUBLISHED_SHARE_KEPT: f64 = 0.1;

/// Greatest weights under which no domain is repeated, when the training run takes `share_kept` of the whole pool:
/// `τ_d = (size_d / Σ sizes) / share_kept`, at most 1.
///
/// The package has no default caps; this is what its examples and the publication use, with
/// [`PUBLISHED_SHARE_KEPT`] and sizes in tokens. Sizes must count what the mixture's shares count.
///
/// # Errors
/// [`ProjectionError`]: a size that is negative or not finite, sizes that add up to nothing, or a share outside 0 to 1.
pub fn one_pass_caps(sizes: &[f64], share_kept: f64) -> Result<Vec<f64>, ProjectionError> {
    if !(share_kept > 0.0 && share_kept <= 1.0) {
        return Err(ProjectionError::ShareOutOfRange { share: share_kept });
    }
    if let Some((domain, &size)) = sizes.iter().enumerate().find(|(_, size)| !(size.is_finite() && **size >= 0.0)) {
        return Err(ProjectionError::SizeOutOfRange { domain, size });
    }
    let sum = exact_sum(sizes.iter().copied());
    if !(sum > 0.0 && sum.is_finite()) {
        return Err(ProjectionError::NoSize { sum, domains: sizes.len() });
    }
    Ok(sizes.iter().map(|size| (size / sum / share_kept).min(1.0)).collect())
}

/// The mixture that a projection makes of estimates under one cap for each domain.
///
/// # Shapes
/// One estimate and one cap for each domain. A cap above 1 (infinity too) is no cap, a cap of 0 leaves the domain out.
/// Weights come back in the same order: none is negative or above its cap, and they add up to 1 up to rounding (1e-9 if the
/// caps themselves add up to 1 only that far).
///
/// # Method
/// `Linear` selects the domains that are filled, in O(D). For `L2`, in O(D log D), the sum of `clip(estimate + c, 0, τ)` is a line in `c` between those
/// values of `c` where a weight leaves zero or reaches its cap; bisection over these, sorted, finds the two around a sum
/// of one, and between them the weights are those of the ends in proportion. So the answer is exact, without a tolerance.
///
/// # Errors
/// [`ProjectionError`]: other caps than estimates, an estimate that is not finite, a cap that is negative or not a number,
/// or caps that add up to less than 1 (no estimates at all among them).
///
/// # Source
/// arXiv 2409.05816, section 3; the package's `projection.linear` and `projection.l2`.
pub fn project(projection: Projection, estimates: &[f64], caps: &[f64]) -> Result<Vec<f64>, ProjectionError> {
    if caps.len() != estimates.len() {
        return Err(ProjectionError::CapCount { caps: caps.len(), estimates: estimates.len() });
    }
    if let Some((domain, &value)) = estimates.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        return Err(ProjectionError::EstimateNotFinite { domain, value });
    }
    if let Some((domain, &cap)) = caps.iter().enumerate().find(|(_, cap)| cap.is_nan() || **cap < 0.0) {
        return Err(ProjectionError::CapOutOfRange { domain, cap });
    }
    let caps: Vec<f64> = caps.iter().map(|cap| cap.min(1.0)).collect();
    let sum = exact_sum(caps.iter().copied());
    if sum < 1.0 - SUM_TOLERANCE {
        return Err(ProjectionError::CapsBelowOne { sum, domains: caps.len() });
    }
    Ok(match projection {
        Projection::Linear => fill(estimates, &caps),
        Projection::L2 => nearest(estimates, &caps),
    })
}

/// Caps filled in descending order of the estimates: the domains are halved about the one in the middle until the one is
/// found where the whole is full, in O(D) for all.
fn fill(estimates: &[f64], caps: &[f64]) -> Vec<f64> {
    // Finite values always compare, and both zeros are one value.
    let descending = |a: usize, b: usize| estimates[b].partial_cmp(&estimates[a]).unwrap_or(std::cmp::Ordering::Equal);
    let mut weights = vec![0.0; estimates.len()];
    let mut all: Vec<usize> = (0..estimates.len()).collect();
    let mut open = all.as_mut_slice();
    let mut filled = ExactSum::default();
    while open.len() > 1 {
        let middle = open.len() / 2;
        open.select_nth_unstable_by(middle, |&a, &b| descending(a, b).then(a.cmp(&b)));
        let (better, worse) = open.split_at_mut(middle);
        let mut with_better = filled;
        better.iter().for_each(|&domain| with_better.add(caps[domain]));
        if with_better.to_one() < 0.0 {
            open = better;
        } else {
            better.iter().for_each(|&domain| weights[domain] = caps[domain]);
            filled = with_better;
            open = worse;
        }
    }
    for &mut domain in open {
        weights[domain] = caps[domain].min(filled.to_one().max(0.0));
    }
    weights
}

/// The nearest mixture under caps that reach a sum of one.
fn nearest(estimates: &[f64], caps: &[f64]) -> Vec<f64> {
    // A common shift of the estimates changes nothing; with the largest at zero, large estimates cost no digits.
    let largest = estimates.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let moved: Vec<f64> = estimates.iter().map(|value| (value - largest).max(f64::MIN)).collect();
    let at = |c: f64| moved.iter().zip(caps).map(move |(value, cap)| (value + c).clamp(0.0, *cap));
    let mut ends: Vec<f64> = moved.iter().zip(caps).flat_map(|(value, cap)| [-value, cap - value]).collect();
    ends.sort_unstable_by(f64::total_cmp);
    // Terms and their sum in a fixed order never fall as c rises, rounding included, so this is a bisection.
    let above = ends.partition_point(|&c| at(c).sum::<f64>() < 1.0);
    let low = above.checked_sub(1).and_then(|below| ends.get(below)).copied().unwrap_or(0.0);
    // Beyond the last end all domains are at their caps.
    let high: Vec<f64> = ends.get(above).map_or_else(|| caps.to_vec(), |&c| at(c).collect());
    let (sum_low, sum_high) = (exact_sum(at(low)), exact_sum(high.iter().copied()));
    let share = if sum_high > sum_low { ((1.0 - sum_low) / (sum_high - sum_low)).clamp(0.0, 1.0) } else { 1.0 };
    let between = |(low, high): (f64, f64)| (low + share * (high - low)).clamp(low, high);
    at(low).zip(high.iter().copied()).map(between).collect()
}

/// A sum that keeps what each addition rounds away (Neumaier), so that thousands of shares add up to one as they should.
#[derive(Debug, Clone, Copy, Default)]
struct ExactSum {
    sum: f64,
    lost: f64,
}

impl ExactSum {
    fn add(&mut self, value: f64) {
        let next = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() { (self.sum - next) + value } else { (value - next) + self.sum };
        self.sum = next;
    }

    /// What lacks to one.
    fn to_one(self) -> f64 {
        (1.0 - self.sum) - self.lost
    }
}

fn exact_sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut sum = ExactSum::default();
    values.for_each(|value| sum.add(value));
    sum.sum + sum.lost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_domains_are_filled_first_and_equal_ones_in_order() {
        let weights = project(Projection::Linear, &[0.0, 2.0, -0.0, 1.0], &[0.25, 0.5, 0.25, 0.125]).unwrap();
        assert_eq!(weights, [0.25, 0.5, 0.125, 0.125]);
        assert_eq!(project(Projection::Linear, &[0.0, 3.0], &[0.2, f64::INFINITY]).unwrap(), [0.0, 1.0]);
    }

    #[test]
    fn the_nearest_mixture_to_one_is_itself_and_caps_pass_the_rest_on() {
        assert_eq!(project(Projection::L2, &[0.5, 0.25, 0.25], &[1.0; 3]).unwrap(), [0.5, 0.25, 0.25]);
        let weights = project(Projection::L2, &[2.0, 0.0, 0.0], &[0.6, 1.0, 1.0]).unwrap();
        assert!(weights.iter().zip([0.6, 0.2, 0.2]).all(|(a, b)| (a - b).abs() < 1e-15), "{weights:?}");
    }

    #[test]
    fn estimates_of_any_size_give_a_mixture_within_the_caps() {
        for scale in [1e-300, 1e-9, 1.0, 1e9, 1e20, f64::MAX] {
            let estimates = [scale, -scale, 0.0, 0.5 * scale, scale];
            let caps = [0.25, 0.5, 0.25, 0.0, 0.25];
            let weights = project(Projection::L2, &estimates, &caps).unwrap();
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-15, "{scale}: {weights:?}");
            assert!(weights.iter().zip(caps).all(|(weight, cap)| *weight >= 0.0 && *weight <= cap));
        }
    }

    #[test]
    fn caps_for_one_pass_over_a_tenth_of_the_pool_are_ten_times_the_sizes() {
        let caps = one_pass_caps(&[1.0, 3.0, 96.0], PUBLISHED_SHARE_KEPT).unwrap();
        assert!(caps.iter().zip([0.1, 0.3, 1.0]).all(|(a, b)| (a - b).abs() < 1e-15), "{caps:?}");
        assert_eq!(one_pass_caps(&[0.0, 0.0], 0.1), Err(ProjectionError::NoSize { sum: 0.0, domains: 2 }));
        assert_eq!(one_pass_caps(&[1.0], 0.0), Err(ProjectionError::ShareOutOfRange { share: 0.0 }));
        assert_eq!(one_pass_caps(&[1.0, -1.0], 0.5), Err(ProjectionError::SizeOutOfRange { domain: 1, size: -1.0 }));
    }
}
