//! Intervals from replicates.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

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

    /// The percentile interval, widened for few independent units (the expanded percentile interval of Hesterberg 2015,
    /// *What teachers should know about the bootstrap*, section 5.3): drawing `n` units with replacement spreads a mean by a
    /// factor `√((n − 1) / n)` too little, and a normal quantile stands where Student's belongs. So the tails are
    /// `Φ(−√(n / (n − 1)) t)` with Student's quantile `t` of `n − 1` degrees of freedom. `None` for fewer than two
    /// replicates or units.
    pub fn expanded(values: &[f64], confidence: f64, units: usize) -> Option<Self> {
        if units < 2 || !(0.0..1.0).contains(&confidence) {
            return None;
        }
        let degrees = (units - 1) as f64;
        let student = StudentsT::new(0.0, 1.0, degrees).ok()?.inverse_cdf(0.5 + confidence / 2.0);
        let tail = Normal::standard().cdf(-(units as f64 / degrees).sqrt() * student);
        Self::percentile(values, 1.0 - 2.0 * tail)
    }

    /// The bias-corrected and accelerated interval (BCa).
    ///
    /// # Equation
    /// With `z₀ = Φ⁻¹(share of replicates below the point, ties by half)`, the acceleration
    /// `a = Σ u_i³ / (6 (Σ u_i²)^{3/2})` from `u_i = mean of the jackknife − jackknife value i`, and `z = Φ⁻¹((1 ± confidence) / 2)`,
    /// the ends are the quantiles of the replicates at `Φ(z₀ + (z₀ + z) / (1 − a (z₀ + z)))` (Efron 1987, equations 2.3 and
    /// 6.6; the conventions are those of SciPy's `stats.bootstrap`).
    ///
    /// # Shapes
    /// `replicates`: the statistic in bootstrap replicates; `jackknife`: with each independent unit (a family) left out.
    ///
    /// # None
    /// Where it is not defined: fewer than two replicates or jackknife values, jackknife values that are all equal, all
    /// replicates on one side of the point, an acceleration so large that an end has no quantile, or a value that is not
    /// finite.
    pub fn bca(point: f64, replicates: &[f64], jackknife: &[f64], confidence: f64) -> Option<Self> {
        if replicates.len() < 2 || !(0.0..1.0).contains(&confidence) {
            return None;
        }
        let normal = Normal::standard();
        let below = replicates.iter().map(|&r| if r < point { 1.0 } else { f64::from(u8::from(r == point)) / 2.0 });
        let share = below.sum::<f64>() / replicates.len() as f64;
        if share <= 0.0 || share >= 1.0 {
            return None;
        }
        let correction = normal.inverse_cdf(share);
        let acceleration = acceleration(jackknife)?;
        let mut sorted = replicates.to_vec();
        sorted.sort_by(f64::total_cmp);
        let end = |probability: f64| {
            let moved = correction + normal.inverse_cdf(probability);
            let stretched = 1.0 - acceleration * moved;
            (stretched > 0.0).then(|| quantile(&sorted, normal.cdf(correction + moved / stretched)))
        };
        let tail = (1.0 - confidence) / 2.0;
        let (lower, upper) = (end(tail)?, end(1.0 - tail)?);
        (lower.is_finite() && upper.is_finite()).then_some(Self { lower, upper })
    }

    /// The interval of the values times a factor.
    pub fn times(self, factor: f64) -> Self {
        let (a, b) = (self.lower * factor, self.upper * factor);
        Self { lower: a.min(b), upper: a.max(b) }
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

/// How fast the standard error changes with the value: a sixth of the skewness of the jackknife's influence values.
fn acceleration(jackknife: &[f64]) -> Option<f64> {
    if jackknife.len() < 2 {
        return None;
    }
    let mean = jackknife.iter().sum::<f64>() / jackknife.len() as f64;
    let (mut squares, mut cubes) = (0.0, 0.0);
    let mut size = 0.0;
    for value in jackknife {
        let influence = mean - value;
        squares += influence * influence;
        cubes += influence.powi(3);
        size += value * value;
    }
    // What is left of equal values is rounding.
    let defined = squares > 1e-26 * size;
    let acceleration = cubes / (6.0 * squares.powf(1.5));
    (defined && acceleration.is_finite()).then_some(acceleration)
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

/// Fewer families than this give no interval: so few can be drawn in too few ways.
pub const LEAST_FAMILIES: usize = 5;

/// Fewer usable replicates than this give no interval: its ends would be single draws.
pub const LEAST_REPLICATES: usize = 100;

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

    #[derive(serde::Deserialize)]
    struct Case {
        name: String,
        confidence: f64,
        point: f64,
        replicates: Vec<f64>,
        jackknife: Vec<f64>,
        acceleration: f64,
        interval: [f64; 2],
    }

    #[derive(serde::Deserialize)]
    struct Stored {
        cases: Vec<Case>,
    }

    /// Made by tests/data/make_bca.py.
    #[test]
    fn bca_intervals_are_those_of_scipy() {
        let stored: Stored = serde_json::from_str(include_str!("../../../tests/data/bca.json")).unwrap();
        assert_eq!(stored.cases.len(), 3);
        for case in stored.cases {
            let found = acceleration(&case.jackknife).unwrap();
            assert!((found - case.acceleration).abs() < 1e-12, "{}: {found}", case.name);
            let interval = Interval::bca(case.point, &case.replicates, &case.jackknife, case.confidence).unwrap();
            for (ours, theirs) in [interval.lower, interval.upper].into_iter().zip(case.interval) {
                assert!((ours - theirs).abs() < 1e-9, "{}: {ours} {theirs}", case.name);
            }
        }
    }

    #[test]
    fn without_bias_or_skewness_bca_is_the_percentile_interval() {
        let replicates: Vec<f64> = (0..=100).map(f64::from).collect();
        let (bca, percentile) = (
            Interval::bca(50.0, &replicates, &[1.0, 2.0, 3.0], 0.9).unwrap(),
            Interval::percentile(&replicates, 0.9).unwrap(),
        );
        assert!((bca.lower - percentile.lower).abs() < 1e-9 && (bca.upper - percentile.upper).abs() < 1e-9);
    }

    #[test]
    fn bca_is_undefined_where_its_parts_are() {
        let replicates = [1.0, 2.0, 3.0, 4.0];
        assert!(Interval::bca(2.5, &replicates, &[1.0, 2.0, 4.0], 0.9).is_some());
        for (point, jackknife) in
            [(0.0, [1.0, 2.0, 4.0]), (5.0, [1.0, 2.0, 4.0]), (2.5, [0.7; 3]), (f64::NAN, [1.0, 2.0, 4.0])]
        {
            assert_eq!(Interval::bca(point, &replicates, &jackknife, 0.9), None);
        }
        assert_eq!(Interval::bca(2.5, &replicates, &[1.0], 0.9), None);
        assert_eq!(Interval::bca(2.5, &[1.0], &[1.0, 2.0], 0.9), None);
        assert_eq!(Interval::bca(2.5, &replicates, &[1.0, f64::INFINITY], 0.9), None);
    }
}
