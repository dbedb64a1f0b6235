//! How far mixtures are apart.

/// How far a mixture is from the center.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum Distance {
    /// Sum of squared differences of shares.
    ///
    /// It is told as its root, the Euclidean distance.
    #[default]
    Quadratic,
    /// Kullback–Leibler divergence from the prior.
    ///
    /// It never adds a domain that the prior, the center of the fit, has not.
    #[cfg_attr(feature = "clap", value(name = "kl"))]
    KullbackLeibler,
}

/// How far a mixture `w` is from the center `m`: `‖w − m‖` for [`Distance::Quadratic`], `Σ w_d ln(w_d / m_d)` in nats for
/// [`Distance::KullbackLeibler`] (infinite where a domain has a share that the center has not).
/// A domain beyond the end of one of them has no share there.
pub fn distance(distance: Distance, weights: &[f64], center: &[f64]) -> f64 {
    let share = |of: &[f64], domain: usize| of.get(domain).copied().unwrap_or(0.0);
    let pairs = (0..weights.len().max(center.len())).map(|domain| (share(weights, domain), share(center, domain)));
    match distance {
        Distance::Quadratic => pairs.map(|(w, m)| (w - m).powi(2)).sum::<f64>().sqrt(),
        Distance::KullbackLeibler => pairs
            .map(|(w, m)| match (w > 0.0, m > 0.0) {
                (false, _) => 0.0,
                (true, true) => w * (w / m).ln(),
                (true, false) => f64::INFINITY,
            })
            .sum::<f64>()
            .max(0.0),
    }
}

/// The first mixture on the way from `from` to `inside` that `reaches` accepts, found by bisection. The set of mixtures
/// at or above a correlation is convex, so everything beyond that point is accepted too.
pub(crate) fn move_inside(from: &[f64], inside: &[f64], reaches: impl Fn(&[f64]) -> bool) -> Vec<f64> {
    if reaches(from) {
        return from.to_vec();
    }
    let between = |step: f64| -> Vec<f64> { from.iter().zip(inside).map(|(a, b)| a + step * (b - a)).collect() };
    let (mut outside, mut enough) = (0.0, 1.0);
    for _ in 0..60 {
        let middle: f64 = 0.5 * (outside + enough);
        if reaches(&between(middle)) {
            enough = middle;
        } else {
            outside = middle;
        }
    }
    between(enough)
}
