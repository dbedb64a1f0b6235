//! Values that do not vary.

/// Whether all values are equal up to rounding, so that no correlation with them is defined.
///
/// A centred vector is called zero when its norm is below 1e-13 of the norm of the values themselves:
/// what is left then is the rounding of the mean. Fewer than two values do not vary either.
pub fn is_constant(values: &[f64]) -> bool {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let spread: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    let size: f64 = values.iter().map(|x| x * x).sum();
    spread <= 1e-26 * size || values.len() < 2
}
