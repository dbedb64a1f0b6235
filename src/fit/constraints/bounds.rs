//! Least and greatest weights of domains.

use crate::data::vector::norm;

/// Why bounds leave no mixture.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BoundsError {
    /// Weights for other domains.
    #[error("{found} {which} weights for {domains} domains; give one for each domain")]
    Count {
        /// `least` or `greatest`.
        which: &'static str,
        /// How many weights there are.
        found: usize,
        /// How many domains are named.
        domains: usize,
    },
    /// A bound is not a share.
    #[error("the {which} weight of domain `{domain}` is {value}; a weight is a share from 0 to 1")]
    OutOfRange {
        /// Name of the domain.
        domain: String,
        /// `least` or `greatest`.
        which: &'static str,
        /// The weight.
        value: f64,
    },
    /// One domain's bounds cross.
    #[error(
        "domain `{domain}` must weigh at least {least} and at most {greatest}; lower the first or raise the second"
    )]
    Crossed {
        /// Name of the domain.
        domain: String,
        /// Its least weight.
        least: f64,
        /// Its greatest weight.
        greatest: f64,
    },
    /// The least weights need more than the whole.
    #[error("the least weights add up to {}, more than 1: {}; lower some of them", short(*.sum), list(.domains))]
    LeastAboveOne {
        /// Sum of the least weights.
        sum: f64,
        /// Domains with a least weight above zero.
        domains: Vec<(String, f64)>,
    },
    /// The greatest weights cannot fill the whole.
    #[error("the greatest weights add up to {}, less than 1: {}; raise some of them or keep more domains", short(*.sum), list(.domains))]
    GreatestBelowOne {
        /// Sum of the greatest weights.
        sum: f64,
        /// All domains with their greatest weights.
        domains: Vec<(String, f64)>,
    },
}

/// A sum without the rounding that adding up leaves in its last digits.
fn short(sum: f64) -> f64 {
    (sum * 1e9).round() / 1e9
}

fn list(domains: &[(String, f64)]) -> String {
    const SHOWN: usize = 8;
    let mut text: Vec<String> = domains.iter().take(SHOWN).map(|(name, value)| format!("{name} {value}")).collect();
    if domains.len() > SHOWN {
        text.push(format!("and {} more", domains.len() - SHOWN));
    }
    text.join(", ")
}

/// Sums of shares may miss one by this much and still count as one: caps that sum to exactly one do so only up to
/// rounding.
const SUM_TOLERANCE: f64 = 1e-9;

/// Box constraints on the simplex: `least ≤ w ≤ greatest`, `Σw = 1`.
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    least: Vec<f64>,
    greatest: Vec<f64>,
}

impl Bounds {
    /// No constraint beyond the simplex.
    pub fn simplex(domains: usize) -> Self {
        Self { least: vec![0.0; domains], greatest: vec![1.0; domains] }
    }

    /// Checks that some mixture obeys the bounds.
    ///
    /// # Shapes
    /// A name, a least and a greatest weight for each domain.
    ///
    /// # Errors
    /// [`BoundsError`]: another number of weights than of names, or the domains whose bounds are out of range, cross, or clash
    /// in sum.
    pub fn new(names: &[String], least: Vec<f64>, greatest: Vec<f64>) -> Result<Self, BoundsError> {
        for (which, found) in [("least", least.len()), ("greatest", greatest.len())] {
            if found != names.len() {
                return Err(BoundsError::Count { which, found, domains: names.len() });
            }
        }
        for (index, name) in names.iter().enumerate() {
            for (which, value) in [("least", least[index]), ("greatest", greatest[index])] {
                if !(0.0..=1.0).contains(&value) {
                    return Err(BoundsError::OutOfRange { domain: name.clone(), which, value });
                }
            }
            if least[index] > greatest[index] {
                return Err(BoundsError::Crossed {
                    domain: name.clone(),
                    least: least[index],
                    greatest: greatest[index],
                });
            }
        }
        let named = |values: &[f64], keep: fn(f64) -> bool| -> Vec<(String, f64)> {
            names.iter().cloned().zip(values.iter().copied()).filter(|&(_, v)| keep(v)).collect()
        };
        let sum: f64 = least.iter().sum();
        if sum > 1.0 + SUM_TOLERANCE {
            return Err(BoundsError::LeastAboveOne { sum, domains: named(&least, |v| v > 0.0) });
        }
        let sum: f64 = greatest.iter().sum();
        if sum < 1.0 - SUM_TOLERANCE {
            return Err(BoundsError::GreatestBelowOne { sum, domains: named(&greatest, |_| true) });
        }
        Ok(Self { least, greatest })
    }

    /// Least weight of each domain.
    pub fn least(&self) -> &[f64] {
        &self.least
    }

    /// Greatest weight of each domain.
    pub fn greatest(&self) -> &[f64] {
        &self.greatest
    }

    /// The same bounds for these domains; the others get no weight.
    pub(crate) fn only(&self, kept: &[bool]) -> Self {
        let is_kept = |domain: usize| kept.get(domain).copied().unwrap_or(false);
        let keep = |values: &[f64]| {
            values.iter().enumerate().map(|(domain, value)| if is_kept(domain) { *value } else { 0.0 }).collect()
        };
        Self { least: keep(&self.least), greatest: keep(&self.greatest) }
    }

    /// Whether any domain has a least weight above zero.
    pub fn has_least(&self) -> bool {
        self.least.iter().any(|&l| l > 0.0)
    }

    /// Whether a greatest weight can bind: what the other least weights leave is more than it allows.
    pub fn has_greatest(&self) -> bool {
        let sum: f64 = self.least.iter().sum();
        self.least.iter().zip(&self.greatest).any(|(l, u)| *u < 1.0 - (sum - l) - SUM_TOLERANCE)
    }

    /// Whether the simplex is all there is.
    pub fn is_simplex(&self) -> bool {
        !self.has_least() && !self.has_greatest()
    }

    /// The mixture within the bounds with the largest `Σ w_d values_d`: the rest above the least weights goes to the
    /// largest values first.
    ///
    /// # Shapes
    /// `values`: domains. Of a domain beyond the end of `values` the value is zero; values beyond the last domain are left
    /// out.
    pub fn best_corner(&self, values: &[f64]) -> Vec<f64> {
        let value = |domain: usize| values.get(domain).copied().unwrap_or(0.0);
        let mut order: Vec<usize> = (0..self.least.len()).collect();
        order.sort_unstable_by(|&a, &b| value(b).total_cmp(&value(a)).then(a.cmp(&b)));
        let mut rest = 1.0 - self.least.iter().sum::<f64>();
        let mut weights = self.least.clone();
        for index in order {
            if rest <= 0.0 {
                break;
            }
            let share = (self.greatest[index] - self.least[index]).min(rest);
            weights[index] += share;
            rest -= share;
        }
        weights
    }

    /// The largest `Σ w_d values_d` over the mixtures within the bounds; values as in [`best_corner`](Self::best_corner).
    pub fn support_function(&self, values: &[f64]) -> f64 {
        self.best_corner(values).iter().zip(values).map(|(weight, value)| weight * value).sum()
    }

    /// The mixture within the bounds that is nearest to `weights` (Euclidean): `clip(weights + c)`, with `c` found by
    /// Newton's method on the sum, which is piecewise linear in `c`, kept within a bracket.
    pub(crate) fn nearest(&self, weights: &[f64]) -> Vec<f64> {
        let limits = || self.least.iter().zip(&self.greatest);
        let sum_and_free = |shift: f64| -> (f64, usize) {
            let (mut sum, mut free) = (0.0, 0);
            for (weight, (least, greatest)) in weights.iter().zip(limits()) {
                let moved = weight + shift;
                sum += moved.clamp(*least, *greatest);
                free += usize::from(moved > *least && moved < *greatest);
            }
            (sum, free)
        };
        let reach = 2.0 + norm(weights);
        let (mut low, mut high) = (-reach, reach);
        let mut shift = (1.0 - weights.iter().sum::<f64>()) / weights.len() as f64;
        for _ in 0..200 {
            if !(shift > low && shift < high) {
                shift = 0.5 * (low + high);
            }
            let (sum, free) = sum_and_free(shift);
            if sum < 1.0 {
                low = shift;
            } else {
                high = shift;
            }
            let next = if free > 0 { shift + (1.0 - sum) / free as f64 } else { 0.5 * (low + high) };
            if (next - shift).abs() <= f64::EPSILON * shift.abs().max(1e-3) || high - low <= f64::EPSILON {
                break;
            }
            shift = next;
        }
        weights
            .iter()
            .zip(limits())
            .map(|(weight, (least, greatest))| (weight + shift).clamp(*least, *greatest))
            .collect()
    }

    /// Whether a mixture obeys the bounds up to `tolerance`. One of other domains does not.
    pub fn contain(&self, weights: &[f64], tolerance: f64) -> bool {
        weights.len() == self.least.len()
            && (weights.iter().sum::<f64>() - 1.0).abs() <= tolerance
            && weights
                .iter()
                .zip(self.least.iter().zip(&self.greatest))
                .all(|(w, (l, u))| *w >= l - tolerance && *w <= u + tolerance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|d| format!("d{d}")).collect()
    }

    #[test]
    fn clashing_bounds_are_named() {
        let error = Bounds::new(&names(3), vec![0.5, 0.6, 0.0], vec![1.0; 3]).unwrap_err();
        assert_eq!(
            error,
            BoundsError::LeastAboveOne { sum: 1.1, domains: vec![("d0".into(), 0.5), ("d1".into(), 0.6)] }
        );
        assert!(error.to_string().contains("d0 0.5, d1 0.6"));
        let error = Bounds::new(&names(2), vec![0.0; 2], vec![0.4, 0.5]).unwrap_err();
        assert!(matches!(error, BoundsError::GreatestBelowOne { .. }));
        let error = Bounds::new(&names(1), vec![0.7], vec![0.2]).unwrap_err();
        assert!(matches!(error, BoundsError::Crossed { .. }));
        let error = Bounds::new(&names(1), vec![-0.1], vec![1.2]).unwrap_err();
        assert!(matches!(error, BoundsError::OutOfRange { which: "least", .. }));
        let error = Bounds::new(&names(1), vec![0.0], vec![f64::NAN]).unwrap_err();
        assert!(matches!(error, BoundsError::OutOfRange { which: "greatest", .. }));
    }

    #[test]
    fn caps_that_sum_to_one_up_to_rounding_are_feasible() {
        for domains in [3, 10, 100, 9841] {
            let cap = 1.0 / domains as f64;
            let bounds = Bounds::new(&names(domains), vec![0.0; domains], vec![cap; domains]).unwrap();
            let nearest = bounds.nearest(&vec![0.0; domains]);
            assert!(bounds.contain(&nearest, 1e-9));
        }
    }

    #[test]
    fn the_support_function_fills_the_best_domains_first() {
        let bounds = Bounds::new(&names(3), vec![0.1, 0.0, 0.0], vec![1.0, 0.5, 1.0]).unwrap();
        // 0.1 must go to -1, 0.5 goes to 3, the remaining 0.4 to 2.
        assert!((bounds.support_function(&[-1.0, 3.0, 2.0]) - (-0.1 + 1.5 + 0.8)).abs() < 1e-15);
    }

    #[test]
    fn the_nearest_mixture_is_a_mixture_and_leaves_mixtures_alone() {
        let bounds = Bounds::new(&names(3), vec![0.0; 3], vec![0.6, 1.0, 1.0]).unwrap();
        let kept = bounds.nearest(&[0.5, 0.3, 0.2]);
        assert!(kept.iter().zip([0.5, 0.3, 0.2]).all(|(a, b)| (a - b).abs() < 1e-14));
        let moved = bounds.nearest(&[2.0, 0.0, 0.0]);
        assert!(moved.iter().zip([0.6, 0.2, 0.2]).all(|(a, b)| (a - b).abs() < 1e-14));
    }

    #[test]
    fn a_cap_binds_only_below_what_the_others_leave() {
        assert!(!Bounds::new(&names(2), vec![0.0, 0.4], vec![0.6, 1.0]).unwrap().has_greatest());
        assert!(Bounds::new(&names(2), vec![0.0, 0.3], vec![0.6, 1.0]).unwrap().has_greatest());
    }
}
