//! Correlations, ranks and the linear law between compression and scores.

pub use mixopt_base::is_constant;

use crate::data::vector::dot;

/// Sample mean; `NaN` for an empty slice.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sample standard deviation (divisor n − 1); `None` for fewer than two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let centre = mean(values);
    let sum: f64 = values.iter().map(|x| (x - centre).powi(2)).sum();
    Some((sum / (values.len() - 1) as f64).sqrt())
}

/// Pearson's correlation of `x` and `y`; `None` where one of them is constant, or where they differ in length.
pub fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() || is_constant(x) || is_constant(y) {
        return None;
    }
    let (mean_x, mean_y) = (mean(x), mean(y));
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (a, b) in x.iter().zip(y) {
        let (a, b) = (a - mean_x, b - mean_y);
        xy += a * b;
        xx += a * a;
        yy += b * b;
    }
    Some((xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0))
}

/// Ranks from 1, ties sharing their average rank.
pub fn average_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && values[order[end]] == values[order[start]] {
            end += 1;
        }
        let shared = (start + 1 + end) as f64 / 2.0;
        for &index in &order[start..end] {
            ranks[index] = shared;
        }
        start = end;
    }
    ranks
}

/// Spearman's rank correlation (Pearson's of average ranks, so that ties are handled); `None` where one side is constant,
/// or where they differ in length.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    pearson(&average_ranks(x), &average_ranks(y))
}

/// The linear law `score ≈ intercept + slope × bits per character`, by ordinary least squares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearLaw {
    /// Score gained per bit per character (negative where compression goes with skill).
    pub slope: f64,
    /// Score at zero bits per character.
    pub intercept: f64,
    /// Root mean square of the residuals with divisor n, as in arXiv 2404.09937 (its quantity *e*).
    pub rmse: f64,
}

impl LinearLaw {
    /// Fits the law; `None` where `bits_per_character` is constant, or where there is not one score for each of them. A
    /// constant score gives slope zero.
    pub fn fit(bits_per_character: &[f64], score: &[f64]) -> Option<Self> {
        if bits_per_character.len() != score.len() || is_constant(bits_per_character) {
            return None;
        }
        let (mean_x, mean_y) = (mean(bits_per_character), mean(score));
        let x: Vec<f64> = bits_per_character.iter().map(|v| v - mean_x).collect();
        let y: Vec<f64> = score.iter().map(|v| v - mean_y).collect();
        let slope = dot(&x, &y) / dot(&x, &x);
        let sum: f64 = x.iter().zip(&y).map(|(a, b)| (b - slope * a).powi(2)).sum();
        Some(Self { slope, intercept: mean_y - slope * mean_x, rmse: (sum / score.len() as f64).sqrt() })
    }

    /// The score that the law gives at these bits per character.
    pub fn predict(&self, bits_per_character: f64) -> f64 {
        self.intercept + self.slope * bits_per_character
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_average_rank() {
        assert_eq!(average_ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
    }

    #[test]
    fn spearman_with_ties_agrees_with_scipy() {
        // scipy.stats.spearmanr([1, 1, 1, 2], [1, 2, 3, 4]).statistic
        let rho = spearman(&[1.0, 1.0, 1.0, 2.0], &[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert!((rho - 0.774_596_669_241_483_4).abs() < 1e-15);
    }

    #[test]
    fn a_constant_has_no_correlation() {
        assert_eq!(pearson(&[0.1 + 0.2, 0.3, 0.3], &[1.0, 2.0, 4.0]), None);
        assert_eq!(spearman(&[5.0, 5.0], &[1.0, 2.0]), None);
        assert!(LinearLaw::fit(&[2.0, 2.0, 2.0], &[1.0, 2.0, 3.0]).is_none());
    }

    #[test]
    fn the_law_of_points_on_a_line_is_that_line() {
        let law = LinearLaw::fit(&[0.5, 0.75, 1.0], &[0.75, 0.5, 0.25]).unwrap();
        assert!((law.slope + 1.0).abs() < 1e-15 && (law.intercept - 1.25).abs() < 1e-15);
        assert!(law.rmse < 1e-15);
        assert!((law.predict(2.0) + 0.75).abs() < 1e-15);
    }

    #[test]
    fn the_standard_deviation_divides_by_n_minus_one() {
        assert_eq!(standard_deviation(&[1.0, 3.0]), Some(2.0_f64.sqrt()));
        assert_eq!(standard_deviation(&[1.0]), None);
    }
}
