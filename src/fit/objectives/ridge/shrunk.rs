//! The ridge as a best mixture: columns with the way from the center appended.

use nalgebra::{DMatrix, DVector};

use crate::data::columns::{Columns, OffsetColumns};
use crate::data::design::Design;
use crate::data::vector::{dot, scale};
use crate::optimum::constrained::Correlation;
use crate::solvers::active_set::project_of_checked;

/// The columns `(c_d, s√λ (e_d − m))` at unit norm.
pub(super) struct Shrunk<'a> {
    design: &'a Design<'a>,
    center: &'a [f64],
    /// `s√λ`.
    weight: f64,
    norms: Vec<f64>,
    lengths: Vec<f64>,
}

impl<'a> Shrunk<'a> {
    pub fn new(design: &'a Design<'a>, center: &'a [f64], lambda: f64) -> Self {
        let norms = design.column_norms();
        let weight = (lambda * dot(&norms, &norms) / norms.len() as f64).sqrt();
        let center_squared = dot(center, center);
        let lengths = norms
            .iter()
            .zip(center)
            .map(|(size, m)| (size * size + weight * weight * (1.0 - 2.0 * m + center_squared)).sqrt())
            .collect();
        Self { design, center, weight, norms, lengths }
    }

    /// The best mixture above least weights.
    pub fn above_least(&self, least: &[f64]) -> Option<Vec<f64>> {
        let mut target = self.design.target().to_vec();
        target.resize(self.dimension(), 0.0);
        let sum: f64 = least.iter().sum();
        let rest = (1.0 - sum).max(0.0);
        let mut offset = self.design.compression(least);
        offset.extend(least.iter().zip(self.center).map(|(l, m)| self.weight * (l - sum * m)));
        let factors = self.lengths.iter().map(|length| rest * length).collect();
        let columns = OffsetColumns::new(self, offset, factors);
        let projection = project_of_checked(&columns, &target);
        let raw = projection.support.iter().zip(&projection.coefficients).map(|(&d, v)| v / columns.lengths()[d]);
        let raw: Vec<f64> = raw.collect();
        let total: f64 = raw.iter().sum();
        if total <= 0.0 {
            return None;
        }
        let mut weights = least.to_vec();
        projection.support.iter().zip(raw).for_each(|(&d, v)| weights[d] += rest * v / total);
        Some(weights)
    }

    /// The same as a matrix, for what solvers with constraints want.
    pub fn objective(&self) -> Correlation {
        let (matrix, target) = self.design.by_size_in_few_rows();
        let (height, count) = matrix.shape();
        let largest = self.norms.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let weight = self.weight / largest;
        let mut joined = DMatrix::zeros(height + count, count);
        joined.view_mut((0, 0), (height, count)).copy_from(&matrix);
        for d in 0..count {
            for (i, m) in self.center.iter().enumerate() {
                joined[(height + i, d)] = weight * (f64::from(u8::from(i == d)) - m);
            }
        }
        let mut extended = DVector::zeros(height + count);
        extended.rows_mut(0, height).copy_from(&target);
        Correlation { matrix: joined, target: extended }
    }
}

impl Columns for Shrunk<'_> {
    fn dimension(&self) -> usize {
        self.design.dimension() + self.center.len()
    }

    fn count(&self) -> usize {
        self.center.len()
    }

    fn write_column(&self, index: usize, out: &mut [f64]) {
        let (above, below) = out.split_at_mut(self.design.dimension());
        self.design.write_column(index, above);
        scale(above, self.norms[index]);
        below.iter_mut().zip(self.center).for_each(|(value, m)| *value = -self.weight * m);
        below[index] += self.weight;
        let length = self.lengths[index];
        scale(out, if length > 0.0 { 1.0 / length } else { 0.0 });
    }

    fn inner_products(&self, direction: &[f64], out: &mut [f64]) {
        let (above, below) = direction.split_at(self.design.dimension());
        self.design.inner_products(above, out);
        let along_center = dot(below, self.center);
        for (index, value) in out.iter_mut().enumerate() {
            let length = self.lengths[index];
            let sum = *value * self.norms[index] + self.weight * (below[index] - along_center);
            *value = if length > 0.0 { sum / length } else { 0.0 };
        }
    }
}
