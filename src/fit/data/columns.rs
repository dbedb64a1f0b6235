//! The matrix of a fit: how well each model compresses each domain, centred and scaled.

use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::data::problem_error::ProblemError;
use crate::data::vector::{add_scaled, dot, norm, scale, sum};

/// A set of columns that spans the cone which a solver projects onto.
///
/// Solvers see columns only through this trait, so that a bootstrap replicate, a training fold or a projection that
/// controls for model size needs no copy of the matrix.
///
/// # Shapes
/// A solver asks for columns below [`count`](Self::count) only; a column and a direction are
/// [`dimension`](Self::dimension) long, inner products [`count`](Self::count).
pub trait Columns: Sync {
    /// Length of a column.
    fn dimension(&self) -> usize;
    /// Number of columns.
    fn count(&self) -> usize;
    /// Writes column `index`, scaled to unit norm, into `out`. A zero column is written as zeros.
    fn write_column(&self, index: usize, out: &mut [f64]);
    /// Writes the inner product of `direction` with every unit column into `out`; zero columns give zero.
    fn inner_products(&self, direction: &[f64], out: &mut [f64]);
}

/// Work below this many multiplications is not worth a second thread.
const PARALLEL_FROM: usize = 1 << 18;

/// Calls `each(index)` for every entry of `out` and stores its value, on all threads where the work is large.
///
/// Every entry is computed alone, so the result does not depend on the thread count.
pub(crate) fn fill(out: &mut [f64], work_per_entry: usize, each: impl Fn(usize) -> f64 + Sync) {
    if out.len() * work_per_entry < PARALLEL_FROM {
        for (index, value) in out.iter_mut().enumerate() {
            *value = each(index);
        }
    } else {
        out.par_iter_mut().with_min_len(256).enumerate().for_each(|(index, value)| *value = each(index));
    }
}

/// The compression of domains by models, ready for a fit: `C = −(B − column means)` with unit columns.
///
/// # Equation
/// `B` holds bits per character, models × domains; `C` is its negative with each column centred
/// (so that better compression is larger), here divided by its norm, which is kept in [`norms`](Self::norms).
///
/// # Edge cases
/// A domain on which all models compress alike has no direction: its column is zero and its norm is zero.
#[derive(Debug, Clone)]
pub struct CompressionColumns {
    models: usize,
    domains: usize,
    /// Column after column, `models` entries each.
    values: Vec<f64>,
    norms: Vec<f64>,
    /// Mean bits per character of each domain.
    means: Vec<f64>,
}

impl CompressionColumns {
    /// Centres and scales `bits_per_character`, shape models × domains.
    ///
    /// # Errors
    /// [`ProblemError`]: no models or no domains, an entry that is not finite, or entries whose squares do not add up to
    /// a finite number.
    pub fn new(bits_per_character: &DMatrix<f64>) -> Result<Self, ProblemError> {
        let (models, domains) = bits_per_character.shape();
        if models == 0 || domains == 0 {
            return Err(ProblemError::NoData { models, domains });
        }
        if let Some(index) = bits_per_character.iter().position(|value| !value.is_finite()) {
            let (model, domain) = (index % models, index / models);
            return Err(ProblemError::BitsNotFinite { model, domain, value: bits_per_character[(model, domain)] });
        }
        let mut values = vec![0.0; models * domains];
        let norms: Vec<f64> = values
            .par_chunks_mut(models)
            .zip(bits_per_character.as_slice().par_chunks(models))
            .with_min_len(64)
            .map(|(column, bits)| {
                column.iter_mut().zip(bits).for_each(|(value, bits)| *value = -bits);
                standardise(column)
            })
            .collect();
        let means = bits_per_character.column_iter().map(|column| column.iter().sum::<f64>() / models as f64).collect();
        let columns = Self { models, domains, values, norms, means };
        match columns.norms.iter().zip(&columns.means).position(|(norm, mean)| !(norm + mean).is_finite()) {
            None => Ok(columns),
            Some(domain) => Err(ProblemError::TooLarge { domain }),
        }
    }

    /// The bits per character that the columns are made of, up to rounding. Shape: models × domains.
    pub fn bits(&self) -> DMatrix<f64> {
        DMatrix::from_fn(self.models, self.domains, |model, domain| {
            self.means[domain] - self.norms[domain] * self.values[domain * self.models + model]
        })
    }

    /// Number of models (length of a column).
    pub fn models(&self) -> usize {
        self.models
    }

    /// Number of domains (columns).
    pub fn domains(&self) -> usize {
        self.domains
    }

    /// Unit column of domain `index`. Length: models; empty for a domain beyond the last.
    pub fn column(&self, index: usize) -> &[f64] {
        if index < self.domains { &self.values[index * self.models..(index + 1) * self.models] } else { &[] }
    }

    /// The compression `Cw` of a mixture, in bits per character: larger is better. Length: models.
    pub fn combination(&self, weights: &[f64]) -> Vec<f64> {
        let mut sum = vec![0.0; self.models];
        for (index, (weight, size)) in weights.iter().zip(&self.norms).enumerate() {
            if weight * size != 0.0 {
                add_scaled(&mut sum, weight * size, self.column(index));
            }
        }
        sum
    }

    /// Some of the domains, in the order given.
    pub(crate) fn select(&self, domains: &[usize]) -> Self {
        let values = domains.iter().flat_map(|&domain| self.column(domain)).copied().collect();
        let norms = domains.iter().map(|&domain| self.norms[domain]).collect();
        let means = domains.iter().map(|&domain| self.means[domain]).collect();
        Self { models: self.models, domains: domains.len(), values, norms, means }
    }

    /// Norms of the centred columns in bits per character; zero for a constant domain.
    pub fn norms(&self) -> &[f64] {
        &self.norms
    }
}

/// Centres and scales one column in place and returns its norm; a constant column becomes zeros. The norm is infinite where
/// squares of the entries do not add up to a finite number.
fn standardise(column: &mut [f64]) -> f64 {
    let size = norm(column);
    // Twice: the second pass takes out what rounding left of the mean in the first.
    for _ in 0..2 {
        let centre = sum(column) / column.len() as f64;
        column.iter_mut().for_each(|value| *value -= centre);
    }
    let length = norm(column);
    if !(size + length).is_finite() {
        return f64::INFINITY;
    }
    if length <= 1e-13 * size || length == 0.0 {
        column.fill(0.0);
        return 0.0;
    }
    scale(column, 1.0 / length);
    length
}

impl Columns for CompressionColumns {
    fn dimension(&self) -> usize {
        self.models
    }

    fn count(&self) -> usize {
        self.domains
    }

    fn write_column(&self, index: usize, out: &mut [f64]) {
        out.copy_from_slice(self.column(index));
    }

    fn inner_products(&self, direction: &[f64], out: &mut [f64]) {
        fill(out, self.models, |index| dot(self.column(index), direction));
    }
}

/// Columns moved by a common vector: `(offset + factors[d] · column d) / lengths[d]`, at unit norm.
///
/// This is how a least weight per domain keeps the problem a plain cone: with `w = l + (1 − Σl) w′`, the mixtures
/// above the lower bounds `l` are the mixtures `w′` of the columns `C l + (1 − Σl) c_d`
/// (mathematics of a fit, homogenised constraints).
pub(crate) struct OffsetColumns<'a, C> {
    inner: &'a C,
    offset: Vec<f64>,
    factors: Vec<f64>,
    lengths: Vec<f64>,
}

impl<'a, C: Columns> OffsetColumns<'a, C> {
    pub fn new(inner: &'a C, offset: Vec<f64>, factors: Vec<f64>) -> Self {
        let mut lengths = vec![0.0; inner.count()];
        let dimension = inner.dimension();
        fill(&mut lengths, 2 * dimension, |index| {
            let mut column = vec![0.0; dimension];
            inner.write_column(index, &mut column);
            scale(&mut column, factors[index]);
            add_scaled(&mut column, 1.0, &offset);
            let length = norm(&column);
            let size = norm(&offset) + factors[index];
            if length <= 1e-13 * size { 0.0 } else { length }
        });
        Self { inner, offset, factors, lengths }
    }

    /// Norms of the moved columns before they were scaled to one.
    pub fn lengths(&self) -> &[f64] {
        &self.lengths
    }
}

impl<C: Columns> Columns for OffsetColumns<'_, C> {
    fn dimension(&self) -> usize {
        self.inner.dimension()
    }

    fn count(&self) -> usize {
        self.inner.count()
    }

    fn write_column(&self, index: usize, out: &mut [f64]) {
        if self.lengths[index] == 0.0 {
            out.fill(0.0);
            return;
        }
        self.inner.write_column(index, out);
        scale(out, self.factors[index]);
        add_scaled(out, 1.0, &self.offset);
        scale(out, 1.0 / self.lengths[index]);
    }

    fn inner_products(&self, direction: &[f64], out: &mut [f64]) {
        self.inner.inner_products(direction, out);
        let along_offset = dot(&self.offset, direction);
        for (index, value) in out.iter_mut().enumerate() {
            let length = self.lengths[index];
            *value = if length == 0.0 { 0.0 } else { (self.factors[index] * *value + along_offset) / length };
        }
    }
}

/// Columns with a one appended: non-negative least squares on them toward the last unit vector finds the point of
/// the columns' convex hull that is nearest to the origin (Lawson and Hanson 1974, chapter 23).
pub(crate) struct HullColumns<'a, C>(pub &'a C);

impl<C: Columns> Columns for HullColumns<'_, C> {
    fn dimension(&self) -> usize {
        self.0.dimension() + 1
    }

    fn count(&self) -> usize {
        self.0.count()
    }

    fn write_column(&self, index: usize, out: &mut [f64]) {
        let last = self.0.dimension();
        self.0.write_column(index, &mut out[..last]);
        out[last] = 1.0;
        scale(out, std::f64::consts::FRAC_1_SQRT_2);
    }

    fn inner_products(&self, direction: &[f64], out: &mut [f64]) {
        let last = self.0.dimension();
        self.0.inner_products(&direction[..last], out);
        out.iter_mut().for_each(|value| *value = (*value + direction[last]) * std::f64::consts::FRAC_1_SQRT_2);
    }
}
