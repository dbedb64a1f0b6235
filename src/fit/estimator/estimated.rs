//! A published estimator's mixture on a draw of the data.

use nalgebra::DMatrix;

use crate::constraints::linear::Constraints;
use crate::estimator::{Estimator, Projection, mixture_by_estimator};

/// The mixture of the models as often as each counts (once where `times` is `None`). `None` where there is none.
pub(crate) fn estimated(
    (estimator, projection): (Estimator, Projection),
    bits: &DMatrix<f64>,
    target: &[f64],
    constraints: &Constraints,
    times: Option<&[f64]>,
) -> Option<Vec<f64>> {
    let Some(times) = times else {
        return mixture_by_estimator(estimator, projection, bits, target, constraints).ok();
    };
    let models: Vec<usize> = (0..target.len()).flat_map(|i| std::iter::repeat_n(i, times[i] as usize)).collect();
    let target: Vec<f64> = models.iter().map(|&i| target[i]).collect();
    mixture_by_estimator(estimator, projection, &bits.select_rows(&models), &target, constraints).ok()
}
