//! Intervals from replicates.

/// A range of values.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

impl Interval {
    /// The middle `confidence` of replicates (percentile interval). `None` for fewer than two.
    pub fn percentile(values: &[f64], confidence: f64) -> Option<Self> {
        if values.len() < 2 {
            return None;
        }
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let tail = (1.0 - confidence) / 2.0;
        Some(Self { lower: quantile(&sorted, tail), upper: quantile(&sorted, 1.0 - tail) })
    }

    /// Upper less lower end.
    pub fn width(self) -> f64 {
        self.upper - self.lower
    }

    /// Whether a value lies within, ends included.
    pub fn contains(self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }
}

/// The quantile of sorted values by linear interpolation (type 7 of Hyndman and Fan 1996, NumPy's default).
///
/// # Panics
/// For no values.
pub fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let position = probability.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let (below, share) = (position.floor() as usize, position.fract());
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + share * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.quantile([1, 2, 4, 8], [0.05, 0.5, 0.95])
        let values = [1.0, 2.0, 4.0, 8.0];
        assert!((quantile(&values, 0.05) - 1.15).abs() < 1e-15);
        assert_eq!(quantile(&values, 0.5), 3.0);
        assert!((quantile(&values, 0.95) - 7.4).abs() < 1e-14);
        let interval = Interval::percentile(&[8.0, 1.0, 4.0, 2.0], 0.9).unwrap();
        assert!((interval.lower - 1.15).abs() < 1e-15 && (interval.upper - 7.4).abs() < 1e-14);
        assert!(interval.contains(3.0) && !interval.contains(0.0));
        assert_eq!(Interval::percentile(&[1.0], 0.9), None);
    }
}
