//! Replicates of a mixture summed up: intervals of its correlation, of its weights and of their order.

use crate::resampling::interval::{Interval, quantile};
use crate::resampling::interval::{LEAST_FAMILIES, LEAST_REPLICATES};
use mixopt_fit::statistics::{average_ranks, standard_deviation};
use mixopt_fit::{Refit, RefitOptimum, total_variation};

/// Bins of the histogram of a weight, from 0 to 1.
pub const BINS: usize = 20;
/// A domain with a larger weight than this counts as selected; less is rounding.
pub const SELECTED_FROM: f64 = 1e-6;

/// How an interval was made from replicates.
///
/// Refitted correlations are biased upward, the more the fewer families, and BCa takes that back: on simulated studies of
/// three domains 90% intervals of the best correlation held the truth in 81, 85 and 86% of the studies at 10, 20 and 40
/// families, percentile intervals in 76, 81 and 85% (the table of `tests/trust/coverage.rs`). So it is the first choice, and
/// with few families both are too short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IntervalMethod {
    /// Bias-corrected and accelerated ([`Interval::bca`]).
    #[serde(rename = "bca")]
    BiasCorrectedAccelerated,
    /// The middle of the replicates, where the other is not defined.
    Percentile,
}

/// Why there is no interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Insufficient {
    /// Too few families to draw from.
    Families {
        /// Families there are.
        found: usize,
        /// Families needed.
        needed: usize,
    },
    /// Too few replicates could be used.
    Replicates {
        /// Usable replicates.
        found: usize,
        /// Usable replicates needed.
        needed: usize,
    },
}

/// What replicates say of a correlation.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimates {
    /// On all data.
    pub correlation: f64,
    /// Standard deviation over replicates.
    pub standard_error: f64,
    /// Interval of the correlation.
    pub interval: Interval,
    /// How it was made.
    pub method: IntervalMethod,
}

/// What replicates say of a domain's weight.
#[derive(Debug, Clone, PartialEq)]
pub struct ResampledDomain {
    /// Percentile interval of the weight. Weights sit on the boundary (most are zero): there the bias correction of BCa is
    /// that of a lump of equal values and its acceleration that of a jackknife of zeros, so neither is apt.
    pub weight: Interval,
    /// Middle weight.
    pub median: f64,
    /// Share of replicates in which the weight is above [`SELECTED_FROM`].
    pub selected: f64,
    /// Percentile interval of the rank: 1 is the domain with the largest weight, domains with equal weights share the mean of
    /// their ranks.
    pub rank: Interval,
    /// Replicates by weight, in [`BINS`] equal bins from 0 to 1; the last one holds 1 too.
    pub counts: [u32; BINS],
}

/// A mixture over replicates.
#[derive(Debug, Clone, PartialEq)]
pub struct Resampled {
    /// Replicates in which correlations are defined.
    pub usable: usize,
    /// The others: too few different models drawn, a constant target or unusable bits.
    pub unusable: usize,
    /// Usable replicates in which no mixture correlates positively: their correlation counts as zero, weights they have none.
    pub none_positive: usize,
    /// Correlation in each usable replicate, in the order of replicates.
    pub correlations: Vec<f64>,
    /// The correlation's interval, or what is missing for it.
    pub estimates: Result<Estimates, Insufficient>,
    /// The weights' intervals by domain, or what is missing for them.
    pub domains: Result<Vec<ResampledDomain>, Insufficient>,
    /// Mean over replicates of the share that moves between the fitted mixture and the replicate's (total variation, 0 to 1);
    /// `None` without any weights.
    pub moved: Option<f64>,
}

/// Sums up replicates (`None`: unusable) of a fitted mixture. `jackknife`: the correlation without each family, empty where
/// it is not defined without one of them.
pub(crate) fn summarise(
    fitted: &Refit,
    replicates: Vec<Option<RefitOptimum>>,
    jackknife: &[f64],
    families: usize,
    confidence: f64,
) -> Resampled {
    let drawn = replicates.len();
    let mut correlations = Vec::with_capacity(drawn);
    let mut mixtures = Vec::with_capacity(drawn);
    for replicate in replicates.into_iter().flatten() {
        match replicate {
            RefitOptimum::Mixture(refit) => {
                correlations.push(refit.correlation);
                mixtures.push(refit.weights);
            }
            RefitOptimum::NonePositive => correlations.push(0.0),
        }
    }
    let total: f64 = mixtures.iter().map(|weights| total_variation(weights, &fitted.weights)).sum();
    Resampled {
        usable: correlations.len(),
        unusable: drawn - correlations.len(),
        none_positive: correlations.len() - mixtures.len(),
        estimates: correlation_of(fitted.correlation, &correlations, jackknife, families, confidence),
        moved: (!mixtures.is_empty()).then(|| total / mixtures.len() as f64),
        domains: enough(families, mixtures.len()).map(|()| domains(&mixtures, fitted.weights.len(), confidence)),
        correlations,
    }
}

/// Standard error and interval of a correlation.
pub(crate) fn correlation_of(
    point: f64,
    replicates: &[f64],
    jackknife: &[f64],
    families: usize,
    confidence: f64,
) -> Result<Estimates, Insufficient> {
    enough(families, replicates.len())?;
    let missing = Insufficient::Replicates { found: replicates.len(), needed: LEAST_REPLICATES };
    let (interval, method) = match Interval::bca(point, replicates, jackknife, confidence) {
        Some(interval) => (interval, IntervalMethod::BiasCorrectedAccelerated),
        None => (Interval::percentile(replicates, confidence).ok_or(missing)?, IntervalMethod::Percentile),
    };
    let standard_error = standard_deviation(replicates).ok_or(missing)?;
    Ok(Estimates { correlation: point, standard_error, interval, method })
}

fn enough(families: usize, usable: usize) -> Result<(), Insufficient> {
    if families < LEAST_FAMILIES {
        return Err(Insufficient::Families { found: families, needed: LEAST_FAMILIES });
    }
    if usable < LEAST_REPLICATES {
        return Err(Insufficient::Replicates { found: usable, needed: LEAST_REPLICATES });
    }
    Ok(())
}

/// Every domain over at least one mixture.
fn domains(mixtures: &[Vec<f64>], count: usize, confidence: f64) -> Vec<ResampledDomain> {
    let tail = (1.0 - confidence) / 2.0;
    let ends = |sorted: &[f64]| Interval { lower: quantile(sorted, tail), upper: quantile(sorted, 1.0 - tail) };
    // Ranks are halves of whole numbers, so single precision holds them exactly.
    let ranks: Vec<Vec<f32>> = mixtures.iter().map(|weights| ranks(weights)).collect();
    let mut values = vec![0.0; mixtures.len()];
    (0..count)
        .map(|domain| {
            values.iter_mut().zip(&ranks).for_each(|(value, ranks)| *value = f64::from(ranks[domain]));
            values.sort_unstable_by(f64::total_cmp);
            let rank = ends(&values);
            values.iter_mut().zip(mixtures).for_each(|(value, weights)| *value = weights[domain]);
            values.sort_unstable_by(f64::total_cmp);
            let mut counts = [0; BINS];
            values.iter().for_each(|weight| counts[((weight * BINS as f64) as usize).min(BINS - 1)] += 1);
            let selected = values.iter().filter(|&&weight| weight > SELECTED_FROM).count();
            ResampledDomain {
                weight: ends(&values),
                median: quantile(&values, 0.5),
                selected: selected as f64 / mixtures.len() as f64,
                rank,
                counts,
            }
        })
        .collect()
}

/// Ranks from 1 for the largest weight; weights that are not selected are equal.
fn ranks(weights: &[f64]) -> Vec<f32> {
    let descending: Vec<f64> =
        weights.iter().map(|&weight| if weight > SELECTED_FROM { -weight } else { 0.0 }).collect();
    average_ranks(&descending).into_iter().map(|rank| rank as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixture(weights: [f64; 3], correlation: f64) -> Option<RefitOptimum> {
        Some(RefitOptimum::Mixture(Refit { weights: weights.to_vec(), correlation }))
    }

    /// 60 replicates with all on the first domain, 40 with a quarter, three quarters and nothing; values by hand.
    #[test]
    fn replicates_are_counted() {
        let fitted = Refit { weights: vec![1.0, 0.0, 0.0], correlation: 0.8 };
        let mut replicates = vec![mixture([1.0, 0.0, 0.0], 0.7); 60];
        replicates.extend(vec![mixture([0.25, 0.75, 0.0], 0.9); 40]);
        replicates.extend([None, Some(RefitOptimum::NonePositive), None]);
        let found = summarise(&fitted, replicates, &[], 9, 0.9);
        assert_eq!((found.usable, found.unusable, found.none_positive), (101, 2, 1));
        assert!((found.moved.unwrap() - 0.4 * 0.75).abs() < 1e-12);
        let estimates = found.estimates.unwrap();
        assert_eq!(estimates.method, IntervalMethod::Percentile);
        assert_eq!(estimates.interval, Interval { lower: 0.7, upper: 0.9 });
        let domains = found.domains.unwrap();
        let [first, second, third] = domains.as_slice() else { panic!() };
        assert_eq!((first.selected, second.selected, third.selected), (1.0, 0.4, 0.0));
        assert_eq!((first.median, second.median), (1.0, 0.0));
        assert_eq!(first.weight, Interval { lower: 0.25, upper: 1.0 });
        // Two domains without a weight share the ranks 2 and 3.
        assert_eq!(first.rank, Interval { lower: 1.0, upper: 2.0 });
        assert_eq!(second.rank, Interval { lower: 1.0, upper: 2.5 });
        assert_eq!(third.rank, Interval { lower: 2.5, upper: 3.0 });
        assert_eq!((first.counts[5], first.counts[19], first.counts.iter().sum::<u32>()), (40, 60, 100));
        assert_eq!((second.counts[0], second.counts[15], third.counts[0]), (60, 40, 100));
    }

    #[test]
    fn shares_that_are_rounding_do_not_rank() {
        assert_eq!(ranks(&[1e-9, 1.0 - 1e-9, 0.0]), [2.5, 1.0, 2.5]);
    }
}
