//! How many more models halve a figure that falls with their number.

/// How many more models halve a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Halves {
    /// About so many.
    After(usize),
    /// More than so many, eight times the models there are: the figure hardly falls.
    NotBefore(usize),
}

/// The k of `figure ∝ models^−k`; `None` for fewer than two points or any figure of zero.
pub(crate) fn exponent(points: &[(usize, f64)], models: usize) -> Option<f64> {
    // A figure of zero has no logarithm, and leaving it out would bend the line.
    if points.iter().any(|(_, figure)| *figure <= 0.0) {
        return None;
    }
    let logs: Vec<(f64, f64)> =
        points.iter().map(|&(added, figure)| (((models + added) as f64 / models as f64).ln(), figure.ln())).collect();
    if logs.len() < 2 {
        return None;
    }
    let count = logs.len() as f64;
    let (x, y) = (logs.iter().map(|p| p.0).sum::<f64>() / count, logs.iter().map(|p| p.1).sum::<f64>() / count);
    let (mut xx, mut xy) = (0.0, 0.0);
    for (a, b) in logs {
        xx += (a - x).powi(2);
        xy += (a - x) * (b - y);
    }
    (xx > 0.0).then(|| -xy / xx)
}

/// When a figure that falls with this exponent is half of what it is with so many models.
pub(crate) fn halves(exponent: f64, models: usize) -> Halves {
    let most = 8 * models;
    let needed = if exponent > 0.0 { models as f64 * ((1.0 / exponent).exp2() - 1.0) } else { f64::INFINITY };
    if needed <= most as f64 { Halves::After(needed.ceil() as usize) } else { Halves::NotBefore(most) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_are_read_off_a_power_law() {
        let points = [(0, 8.0), (10, 8.0 / 2.0_f64.sqrt()), (30, 4.0)];
        let found = exponent(&points, 10).unwrap();
        assert!((found - 0.5).abs() < 1e-14);
        assert_eq!(halves(0.5, 10), Halves::After(30));
        assert_eq!(halves(0.3, 10), Halves::NotBefore(80));
        assert_eq!(halves(-0.1, 10), Halves::NotBefore(80));
        assert_eq!(exponent(&points[..1], 10), None);
    }
}
