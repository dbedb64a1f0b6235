//! One view of the data that a solver works on: which models count how often, and what is controlled for.

use nalgebra::{DMatrix, DVector};

use crate::data::columns::{Columns, CompressionColumns, fill};
use crate::data::problem_error::ProblemError;
use crate::data::vector::{add_scaled, dot, norm, remove_components, scale};

/// The columns and the target of one fit, seen through model weights and controls.
///
/// # Equation
/// With model weights `k` (how often each model counts; folds and bootstrap replicates are made of zeros and
/// counts) and `Z` an orthonormal basis of `√k ∘ [1, controls]`, the columns are `(I − ZZᵀ)(√k ∘ c_d)` and the target is
/// `(I − ZZᵀ)(√k ∘ y)`, both at unit norm. The cosine between a combination of the columns and the target is then the
/// weighted (partial) correlation of the mixture's compression with the target.
///
/// The residual of a projection is orthogonal to `Z`, so its inner products with the columns need no projected copy
/// of the matrix.
#[derive(Debug, Clone)]
pub struct Design<'a> {
    columns: &'a CompressionColumns,
    root_weights: Option<Vec<f64>>,
    basis: Vec<Vec<f64>>,
    lengths: Vec<f64>,
    target: Vec<f64>,
    models_used: usize,
}

impl<'a> Design<'a> {
    /// Builds the view.
    ///
    /// # Shapes
    /// `target`: models; `model_weights`: models, non-negative (`None`: each model counts once);
    /// `controls`: any number of covariates, models each.
    ///
    /// # Errors
    /// [`ProblemError`]: a target, weights or a control of other models, or with values that are not finite; a weight below
    /// zero; a target that is constant once weights and controls are applied.
    pub fn new(
        columns: &'a CompressionColumns,
        target: &[f64],
        model_weights: Option<&[f64]>,
        controls: &[Vec<f64>],
    ) -> Result<Self, ProblemError> {
        let models = columns.models();
        ProblemError::of_models("targets", target, models)?;
        for control in controls {
            ProblemError::of_models("values of a control", control, models)?;
        }
        if let Some(weights) = model_weights {
            ProblemError::of_models("model weights", weights, models)?;
            if let Some(position) = weights.iter().position(|weight| *weight < 0.0) {
                let expected = "a weight of zero or more";
                return Err(ProblemError::Value { what: "model weight", position, value: weights[position], expected });
            }
        }
        let root_weights: Option<Vec<f64>> = model_weights.map(|weights| weights.iter().map(|w| w.sqrt()).collect());
        let weigh = |values: &[f64]| -> Vec<f64> {
            match &root_weights {
                None => values.to_vec(),
                Some(roots) => values.iter().zip(roots).map(|(v, r)| v * r).collect(),
            }
        };
        let models_used = match model_weights {
            None => models,
            Some(weights) => weights.iter().filter(|&&w| w > 0.0).count(),
        };

        let mut basis: Vec<Vec<f64>> = Vec::with_capacity(controls.len() + 1);
        let ones = vec![1.0; models];
        for covariate in std::iter::once(&ones).chain(controls) {
            let mut direction = weigh(covariate);
            let size = norm(&direction);
            remove_components(&mut direction, basis.iter().map(Vec::as_slice));
            let length = norm(&direction);
            // A covariate that the ones before it explain adds nothing to control for.
            if length > 1e-10 * size {
                scale(&mut direction, 1.0 / length);
                basis.push(direction);
            }
        }

        let mut unit_target = weigh(target);
        let size = norm(&unit_target);
        remove_components(&mut unit_target, basis.iter().map(Vec::as_slice));
        let length = norm(&unit_target);
        if length <= 1e-12 * size || length == 0.0 {
            return Err(ProblemError::ConstantTarget);
        }
        scale(&mut unit_target, 1.0 / length);

        let mut design = Self {
            columns,
            root_weights,
            basis,
            lengths: vec![1.0; columns.domains()],
            target: unit_target,
            models_used,
        };
        if design.root_weights.is_some() || design.basis.len() > 1 {
            let mut lengths = std::mem::take(&mut design.lengths);
            fill(&mut lengths, 4 * models * design.basis.len(), |index| design.residual_length(index));
            design.lengths = lengths;
        }
        for (length, &size) in design.lengths.iter_mut().zip(columns.norms()) {
            if size == 0.0 {
                *length = 0.0;
            }
        }
        Ok(design)
    }

    /// An error unless both views are of as many models and domains.
    pub(crate) fn alike(&self, other: &Design) -> Result<(), ProblemError> {
        ProblemError::count("models of a second target", "model of the first", other.dimension(), self.dimension())?;
        ProblemError::count("domains of a second target", "domain of the first", other.count(), self.count())
    }

    /// The same columns against another target, given as this view has targets: weighted, controls projected out, any
    /// length. `None` where it is the origin.
    pub(crate) fn with_target(&self, target: &[f64]) -> Option<Self> {
        let length = norm(target);
        (length > 0.0 && length.is_finite()).then(|| {
            let mut design = self.clone();
            design.target = target.iter().map(|value| value / length).collect();
            design
        })
    }

    /// The columns of some domains, in the order given, for [`select`](Self::select).
    pub(crate) fn columns_of(&self, domains: &[usize]) -> CompressionColumns {
        self.columns.select(domains)
    }

    /// The same view of some of the domains; `columns` are theirs.
    pub(crate) fn select<'b>(&self, columns: &'b CompressionColumns, domains: &[usize]) -> Design<'b> {
        Design {
            columns,
            root_weights: self.root_weights.clone(),
            basis: self.basis.clone(),
            lengths: domains.iter().map(|&domain| self.lengths[domain]).collect(),
            target: self.target.clone(),
            models_used: self.models_used,
        }
    }

    /// The target at unit norm, weighted and with the controls projected out. Length: models.
    pub fn target(&self) -> &[f64] {
        &self.target
    }

    /// Number of models with a weight above zero.
    pub fn models_used(&self) -> usize {
        self.models_used
    }

    /// Dimension of the space that columns and target live in: models used less the controls and the constant.
    pub fn degrees_of_freedom(&self) -> usize {
        self.models_used.saturating_sub(self.basis.len())
    }

    /// Norm of each domain's column, in bits per character, before it was scaled to one. Zero where the domain tells
    /// nothing (constant, or explained by the controls). Length: domains.
    pub fn column_norms(&self) -> Vec<f64> {
        self.lengths.iter().zip(self.columns.norms()).map(|(a, b)| a * b).collect()
    }

    /// The mixture's compression `C w` in this view, in bits per character. Length: models.
    pub fn compression(&self, weights: &[f64]) -> Vec<f64> {
        self.sum(weights.iter().zip(self.columns.norms()).map(|(weight, size)| weight * size))
    }

    /// The sum of the unit columns, each times its coefficient. Length: models.
    pub fn combination(&self, coefficients: &[f64]) -> Vec<f64> {
        self.sum(
            coefficients.iter().zip(&self.lengths).map(|(c, &length)| if length == 0.0 { 0.0 } else { c / length }),
        )
    }

    fn sum(&self, factors: impl Iterator<Item = f64>) -> Vec<f64> {
        let mut sum = vec![0.0; self.columns.models()];
        for (index, factor) in factors.enumerate() {
            if factor != 0.0 {
                add_scaled(&mut sum, factor, self.columns.column(index));
            }
        }
        self.view(&mut sum);
        sum
    }

    /// The (partial) correlation of a mixture with the target in this view; `None` where the mixture compresses all
    /// models alike.
    pub fn correlation(&self, weights: &[f64]) -> Option<f64> {
        let compression = self.compression(weights);
        let length = norm(&compression);
        let size: f64 = weights.iter().zip(self.columns.norms()).map(|(w, n)| w.abs() * n).sum();
        (length > 1e-13 * size && length > 0.0).then(|| (dot(&compression, &self.target) / length).clamp(-1.0, 1.0))
    }

    /// Columns in bits per character over their largest norm, and the target: what a solver that wants a matrix gets.
    pub(crate) fn by_size(&self) -> (DMatrix<f64>, DVector<f64>) {
        let norms = self.column_norms();
        let largest = norms.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let mut matrix = DMatrix::zeros(self.dimension(), self.count());
        let mut column = vec![0.0; self.dimension()];
        for (index, size) in norms.iter().enumerate() {
            self.write_column(index, &mut column);
            matrix.column_mut(index).iter_mut().zip(&column).for_each(|(m, c)| *m = c * size / largest);
        }
        (matrix, DVector::from_column_slice(&self.target))
    }

    /// The same in as many rows as there are domains and the target, where that is fewer, with all inner products kept:
    /// the triangular factor of columns and target together. (The orthogonal factor is not used: nalgebra 0.35 gives a
    /// wrong one where columns are exact copies.)
    pub(crate) fn by_size_in_few_rows(&self) -> (DMatrix<f64>, DVector<f64>) {
        let (mut matrix, mut target) = self.by_size();
        if let Some(roots) = &self.root_weights {
            // Models that do not count are rows of zeros.
            let counted: Vec<usize> = (0..roots.len()).filter(|&model| roots[model] > 0.0).collect();
            (matrix, target) = (matrix.select_rows(&counted), target.select_rows(&counted));
        }
        let count = matrix.ncols();
        if count >= matrix.nrows() {
            return (matrix, target);
        }
        let mut joined = matrix.insert_column(count, 0.0);
        joined.set_column(count, &target);
        let factor = joined.qr().r();
        (factor.columns(0, count).into_owned(), factor.column(count).into_owned())
    }

    /// Applies model weights and controls to a vector over models.
    fn view(&self, values: &mut [f64]) {
        if let Some(roots) = &self.root_weights {
            values.iter_mut().zip(roots).for_each(|(v, r)| *v *= r);
        }
        remove_components(values, self.basis.iter().map(Vec::as_slice));
    }

    fn residual_length(&self, index: usize) -> f64 {
        let column = self.columns.column(index);
        let mut values = column.to_vec();
        self.view(&mut values);
        let length = norm(&values);
        // The column has unit norm: what is left at this size is the rounding of the projection.
        if length <= 1e-12 { 0.0 } else { length }
    }
}

impl Columns for Design<'_> {
    fn dimension(&self) -> usize {
        self.columns.models()
    }

    fn count(&self) -> usize {
        self.columns.domains()
    }

    fn write_column(&self, index: usize, out: &mut [f64]) {
        if self.lengths[index] == 0.0 {
            out.fill(0.0);
            return;
        }
        out.copy_from_slice(self.columns.column(index));
        self.view(out);
        scale(out, 1.0 / self.lengths[index]);
    }

    fn inner_products(&self, direction: &[f64], out: &mut [f64]) {
        let mut direction = direction.to_vec();
        remove_components(&mut direction, self.basis.iter().map(Vec::as_slice));
        if let Some(roots) = &self.root_weights {
            direction.iter_mut().zip(roots).for_each(|(v, r)| *v *= r);
        }
        self.columns.inner_products(&direction, out);
        for (value, &length) in out.iter_mut().zip(&self.lengths) {
            *value = if length == 0.0 { 0.0 } else { *value / length };
        }
    }
}
