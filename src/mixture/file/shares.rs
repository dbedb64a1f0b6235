//! Shares as printed decimals that sum to exactly one.

/// Decimals of a share in a mixture file with this many domains: six, more where there are so many domains that
/// their shares get small.
pub fn decimals_for(domains: usize) -> u32 {
    if domains <= 1_000 { 6 } else { 9 }
}

/// Divides a whole number of things by shares, so that the parts sum to exactly the whole: each part is cut, and what is
/// left goes to the largest remainders (Hamilton's method).
pub fn apportion(shares: &[f64], whole: u64) -> Vec<u64> {
    let sum: f64 = shares.iter().map(|share| share.max(0.0)).sum();
    let scaled: Vec<f64> = shares.iter().map(|share| share.max(0.0) / sum * whole as f64).collect();
    let mut units: Vec<u64> = scaled.iter().map(|value| value.floor() as u64).collect();
    let given: u64 = units.iter().sum();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|&a, &b| scaled[b].fract().total_cmp(&scaled[a].fract()).then(a.cmp(&b)));
    // Flooring loses less than one unit a share, so one round of handing out is enough; rounding can give one too many.
    for &index in order.iter().take(whole.saturating_sub(given) as usize) {
        units[index] += 1;
    }
    if given > whole {
        let largest = (0..units.len()).max_by_key(|&index| units[index]).unwrap_or_default();
        units[largest] -= given - whole;
    }
    units
}

/// Shares as whole numbers of units of `10^-decimals` that sum to exactly `10^decimals`, by [`apportion`].
///
/// Shares that are not a mixture (negative, or far from a sum of one) are scaled to one first.
pub fn exact_units(shares: &[f64], decimals: u32) -> Vec<u64> {
    apportion(shares, 10_u64.pow(decimals))
}

/// The shares of [`exact_units`] as numbers whose shortest decimal form has at most `decimals` places.
pub fn exact_shares(shares: &[f64], decimals: u32) -> Vec<f64> {
    let whole = 10_f64.powi(decimals as i32);
    exact_units(shares, decimals).into_iter().map(|unit| unit as f64 / whole).collect()
}

/// A share in percent, with decimals only where it has some: `90%`, `97.5%`.
pub fn percent(share: f64) -> String {
    let value = 100.0 * share;
    if value.fract().abs() < 1e-9 { format!("{value:.0}%") } else { format!("{value}%") }
}

/// Shares as percentages that add up to exactly 100 as printed: one decimal, more where there are so many domains that
/// one would print them all as zero.
pub fn percentages(shares: &[f64]) -> Percentages {
    let decimals = if shares.len() <= 200 {
        1
    } else if shares.len() <= 2_000 {
        2
    } else {
        3
    };
    Percentages { units: exact_units(shares, decimals + 2), decimals }
}

/// See [`percentages`].
#[derive(Debug, Clone)]
pub struct Percentages {
    units: Vec<u64>,
    decimals: u32,
}

impl Percentages {
    /// The percentage at a position.
    pub fn text(&self, index: usize) -> String {
        self.written(self.units[index])
    }

    /// The sum of some percentages.
    pub fn sum(&self, indices: &[usize]) -> String {
        self.written(indices.iter().map(|&index| self.units[index]).sum())
    }

    /// Whether it prints as zero.
    pub fn is_zero(&self, index: usize) -> bool {
        self.units[index] == 0
    }

    fn written(&self, units: u64) -> String {
        let one = 10_u64.pow(self.decimals);
        format!("{}.{:0width$}%", units / one, units % one, width = self.decimals as usize)
    }
}

/// A large number in at most three digits: `1.2T`, `350B`, `4.71M`.
pub fn amount(value: f64) -> String {
    const STEPS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")];
    // 999,600 is 1M, not 1000k.
    let Some((step, letter)) = STEPS.into_iter().find(|(step, _)| value >= 0.9995 * step) else {
        return format!("{value:.0}");
    };
    let scaled = value / step;
    let decimals = if scaled >= 99.95 {
        0
    } else if scaled >= 9.995 {
        1
    } else {
        2
    };
    let text = format!("{scaled:.decimals$}");
    let text = if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{letter}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn thirds_sum_to_one_as_printed() {
        assert_eq!(exact_shares(&[1.0 / 3.0; 3], 3), [0.334, 0.333, 0.333]);
        assert_eq!(exact_units(&[0.5, 0.5, 0.0], 6), [500_000, 500_000, 0]);
    }

    #[test]
    fn percentages_show_enough_decimals() {
        let few = percentages(&[0.3333, 0.6667]);
        assert_eq!((few.text(0), few.text(1), few.sum(&[0, 1])), ("33.3%".into(), "66.7%".into(), "100.0%".into()));
        let many = percentages(&vec![1.0 / 4000.0; 4000]);
        assert_eq!(many.text(0), "0.025%");
        assert!(!many.is_zero(7));
    }

    proptest! {
        #[test]
        fn any_mixture_sums_to_one_and_moves_less_than_one_unit(
            raw in proptest::collection::vec(0.0_f64..1.0, 1..200), decimals in 3_u32..9,
        ) {
            prop_assume!(raw.iter().sum::<f64>() > 1e-3);
            let sum: f64 = raw.iter().sum();
            let shares: Vec<f64> = raw.iter().map(|value| value / sum).collect();
            let units = exact_units(&shares, decimals);
            let whole = 10_u64.pow(decimals);
            prop_assert_eq!(units.iter().sum::<u64>(), whole);
            for (share, unit) in shares.iter().zip(&units) {
                prop_assert!((share * whole as f64 - *unit as f64).abs() < 1.0 + 1e-6);
            }
            // As printed: the decimals that a file shows add up in whole numbers.
            let printed: u64 = exact_shares(&shares, decimals).iter().map(|share| {
                let text = format!("{share}");
                let (integer, fraction) = text.split_once('.').unwrap_or((&text, ""));
                prop_assert!(fraction.len() <= decimals as usize);
                let fraction = format!("{fraction:0<width$}", width = decimals as usize);
                Ok(integer.parse::<u64>().unwrap() * whole + fraction.parse::<u64>().unwrap())
            }).collect::<Result<Vec<_>, _>>()?.iter().sum();
            prop_assert_eq!(printed, whole);
        }
    }

    #[test]
    fn amounts_have_at_most_three_digits() {
        for (value, text) in [
            (0.0, "0"),
            (999.0, "999"),
            (999.6, "1k"),
            (1500.0, "1.5k"),
            (999_600.0, "1M"),
            (350e9, "350B"),
            (12.34e12, "12.3T"),
            (1.2e12, "1.2T"),
        ] {
            assert_eq!(amount(value), text);
        }
    }
}
