//! The best mixture, shrunk toward a center.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use crate::constraints::linear::Constraints;
use crate::data::columns::{Columns, CompressionColumns, OffsetColumns};
use crate::data::design::Design;
use crate::data::evaluation::mixed_bits;
use crate::data::problem_error::ProblemError;
use crate::data::statistics::{LinearLaw, is_constant, mean};
use crate::data::vector::{dot, scale};
use crate::optimum::best::search_of_checked;
use crate::optimum::constrained::{Correlation, best_within};
use crate::solvers::active_set::project_of_checked;
use crate::solvers::principal_pivoting::pivot;

/// Shrinks the best mixture toward `center`.
///
/// # Equation
/// `min over v ≥ 0 of ‖Cv − ŷ‖² + λ s² ‖v − (Σv) m‖²`, `w = v / Σv`, with `s²` the mean squared norm of a column of `C`
/// (bits per character), so that λ has no unit. `λ = 0` is the best mixture, `λ = ∞` the mixture within the constraints
/// that is nearest to the center `m`. Constraints are homogenised as everywhere.
///
/// # Method
/// Over mixtures it is the best (uncentred) correlation of `Cw` with `s√λ (w − m)` appended and `ŷ` with zeros appended: the
/// projection onto a cone again. Without greatest weights and rows it is solved by block principal pivoting on inner
/// products, and where λ is too small for these by the active set; with them by the cone program of the best mixture.
///
/// # Shapes
/// `center`: domains, a mixture.
///
/// # Edge cases
/// `None` where no mixture lessens the sum, which means that none correlates positively, and where λ is not a number from 0
/// up or the constraints leave no mixture. Memory grows with the square of the number of domains, work with its cube.
///
/// # Errors
/// [`ProblemError`]: constraints or a center of other domains, or a share that is not finite.
pub fn ridge(
    design: &Design,
    constraints: &Constraints,
    center: &[f64],
    lambda: f64,
) -> Result<Option<Vec<f64>>, ProblemError> {
    constraints.fit(design.count())?;
    ProblemError::of_domains("shares of the center", center, design.count())?;
    Ok(ridge_of_checked(design, constraints, center, lambda))
}

/// As [`ridge`], of shapes that are known to fit.
pub(crate) fn ridge_of_checked(
    design: &Design,
    constraints: &Constraints,
    center: &[f64],
    lambda: f64,
) -> Option<Vec<f64>> {
    Ridge::new(design, constraints, center).solve(lambda)
}

/// What the solutions for all penalties share.
struct Ridge<'a> {
    design: &'a Design<'a>,
    constraints: &'a Constraints,
    center: &'a [f64],
    /// Inner products of the columns over their largest norm, with each other and with the target; `None` where the
    /// constraints are not least weights alone.
    products: Option<(DMatrix<f64>, DVector<f64>)>,
}

impl<'a> Ridge<'a> {
    fn new(design: &'a Design<'a>, constraints: &'a Constraints, center: &'a [f64]) -> Self {
        let products = (constraints.is_box() && !constraints.bounds().has_greatest()).then(|| {
            let (matrix, target) = design.by_size_in_few_rows();
            (matrix.tr_mul(&matrix), matrix.tr_mul(&target))
        });
        Self { design, constraints, center, products }
    }

    fn solve(&self, lambda: f64) -> Option<Vec<f64>> {
        if lambda == f64::INFINITY {
            return self.constraints.nearest(self.center);
        }
        if lambda.is_nan() || lambda < 0.0 {
            return None;
        }
        if lambda == 0.0 {
            return search_of_checked(self.design, self.constraints);
        }
        let shrunk = || Shrunk::new(self.design, self.center, lambda);
        let least = self.constraints.bounds().least();
        let found = match &self.products {
            Some((gram, along)) => self.pivoted(gram, along, lambda).or_else(|| shrunk().above_least(least)),
            None => {
                let objective = shrunk().objective();
                let value = |weights: &[f64]| -> Option<f64> {
                    let x = objective.compression(weights);
                    let length = x.norm();
                    (length > 0.0).then(|| x.dot(&objective.target) / length)
                };
                best_within(&objective, self.constraints, value)
            }
        };
        found.filter(|weights| dot(&self.design.compression(weights), self.design.target()) > 0.0)
    }

    /// The solution above least weights from inner products, `‖Cv‖² + λ s² ‖v − (Σv) m‖²` being a quadratic form. With least
    /// weights `l`, which leave the share `r`, it is taken over `v = r x + (Σx) l`.
    fn pivoted(&self, gram: &DMatrix<f64>, along: &DVector<f64>, lambda: f64) -> Option<Vec<f64>> {
        let count = gram.nrows();
        let penalty = lambda * gram.trace() / count as f64;
        let center_squared = dot(self.center, self.center);
        let mut matrix = gram.clone();
        for d in 0..count {
            for e in 0..count {
                matrix[(d, e)] += penalty * (center_squared - self.center[d] - self.center[e]);
            }
            matrix[(d, d)] += penalty;
        }
        let least = self.constraints.bounds().least();
        let rest = (1.0 - least.iter().sum::<f64>()).max(0.0);
        let mut right = along.clone();
        if self.constraints.bounds().has_least() {
            let base = DVector::from_column_slice(least);
            let mixed = &matrix * &base;
            let (constant, offset) = (base.dot(&mixed), base.dot(along));
            matrix *= rest * rest;
            for d in 0..count {
                for e in 0..count {
                    matrix[(d, e)] += constant + rest * (mixed[d] + mixed[e]);
                }
            }
            right.iter_mut().for_each(|value| *value = rest * *value + offset);
        }
        let values = pivot(&matrix, &right, &vec![true; count])?;
        let total: f64 = values.iter().sum();
        (total > 0.0).then(|| values.iter().zip(least).map(|(v, l)| l + rest * v / total).collect())
    }
}

/// The columns `(c_d, s√λ (e_d − m))` at unit norm.
struct Shrunk<'a> {
    design: &'a Design<'a>,
    center: &'a [f64],
    /// `s√λ`.
    weight: f64,
    norms: Vec<f64>,
    lengths: Vec<f64>,
}

impl<'a> Shrunk<'a> {
    fn new(design: &'a Design<'a>, center: &'a [f64], lambda: f64) -> Self {
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
    fn above_least(&self, least: &[f64]) -> Option<Vec<f64>> {
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
    fn objective(&self) -> Correlation {
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

/// The penalty that cross-validation chose.
#[derive(Debug, Clone, PartialEq)]
pub struct RidgeChoice {
    /// The penalty λ; infinite where the center itself stands.
    pub lambda: f64,
    /// For each penalty tried, ascending: the penalty, the mean squared error of held-out scores, and its standard error
    /// over families.
    pub path: Vec<(f64, f64, f64)>,
}

/// Penalties tried between none and infinite: from 1e-4 to 1e4, two to a factor of ten.
const HALF_DECADES: std::ops::RangeInclusive<i32> = -8..=8;

/// Chooses the penalty of [`ridge`] by leaving out one family of the training models in turn: the largest penalty whose error is
/// within one standard error of the least (Breiman, Friedman, Olshen and Stone 1984, section 3.4.3).
///
/// In each fold the mixture is fitted on the other families (under the controls), the linear law from its bits per
/// character to the score is fitted on the same models, and the scores of the family left out are predicted, as held-out
/// figures are. The error is pooled: the mean over all models left out. Its standard error over families is that of a
/// ratio, `√(F/(F−1) Σ_f (S_f − n_f e)²) / Σ n_f` for the sums `S_f` of squared errors of `n_f` models.
///
/// # Shapes
/// `bits`: models × domains, bits per character. `target`, `families`: models; families are any numbers. `training`: the
/// models that may be used. `controls`: covariates, models each. `center`: domains.
///
/// # Edge cases
/// Families whose absence leaves fewer than three models or a target that is constant (given the controls) are not left
/// out; `None` where fewer than two are. Where a fold has no mixture for a penalty, the mixture nearest to the center stands
/// in.
///
/// # Errors
/// [`ProblemError`]: a target, families or controls of other models, a model beyond the last, constraints or a center of other domains, or
/// a number that is not finite.
pub fn choose_lambda(
    bits: &DMatrix<f64>,
    target: &[f64],
    families: &[usize],
    training: &[usize],
    controls: &[Vec<f64>],
    constraints: &Constraints,
    center: &[f64],
) -> Result<Option<RidgeChoice>, ProblemError> {
    ProblemError::count("targets", "model", target.len(), bits.nrows())?;
    ProblemError::count("families", "model", families.len(), bits.nrows())?;
    for control in controls {
        ProblemError::of_models("values of a control", control, bits.nrows())?;
    }
    if let Some(&found) = training.iter().find(|&&model| model >= bits.nrows()) {
        return Err(ProblemError::Position { what: "model", found, count: bits.nrows() });
    }
    ProblemError::finite("target", target)?;
    ProblemError::of_domains("shares of the center", center, bits.ncols())?;
    constraints.fit(bits.ncols())?;
    let columns = CompressionColumns::new(bits)?;
    let choice = || -> Option<RidgeChoice> {
        let nearest = constraints.nearest(center)?;
        let grid: Vec<f64> = std::iter::once(0.0)
            .chain(HALF_DECADES.map(|step| 10_f64.powf(0.5 * f64::from(step))))
            .chain([f64::INFINITY])
            .collect();
        let mut names: Vec<usize> = training.iter().map(|&model| families[model]).collect();
        names.sort_unstable();
        names.dedup();
        // For each family: its models, and the sum of squared errors for each penalty.
        let folds: Vec<(f64, Vec<f64>)> = names
            .par_iter()
            .filter_map(|&family| {
                let (test, train): (Vec<usize>, Vec<usize>) =
                    training.iter().copied().partition(|&model| families[model] == family);
                let scores: Vec<f64> = train.iter().map(|&model| target[model]).collect();
                if train.len() < 3 || is_constant(&scores) {
                    return None;
                }
                let mut counts = vec![0.0; target.len()];
                train.iter().for_each(|&model| counts[model] += 1.0);
                let design = Design::new(&columns, target, Some(&counts), controls).ok()?;
                let ridge = Ridge::new(&design, constraints, center);
                let errors = grid
                    .iter()
                    .map(|&lambda| {
                        let weights = ridge.solve(lambda).unwrap_or_else(|| nearest.clone());
                        let mixed = mixed_bits(bits, &weights);
                        let x: Vec<f64> = train.iter().map(|&model| mixed[model]).collect();
                        let law = LinearLaw::fit(&x, &scores);
                        let predicted = |model: usize| law.map_or(mean(&scores), |law| law.predict(mixed[model]));
                        test.iter().map(|&model| (predicted(model) - target[model]).powi(2)).sum()
                    })
                    .collect();
                Some((test.len() as f64, errors))
            })
            .collect();
        if folds.len() < 2 {
            return None;
        }
        let count = folds.len() as f64;
        let models: f64 = folds.iter().map(|(models, _)| models).sum();
        let path: Vec<(f64, f64, f64)> = grid
            .iter()
            .enumerate()
            .map(|(index, &lambda)| {
                let error = folds.iter().map(|(_, errors)| errors[index]).sum::<f64>() / models;
                let spread: f64 = folds.iter().map(|(models, errors)| (errors[index] - models * error).powi(2)).sum();
                (lambda, error, (count / (count - 1.0) * spread).sqrt() / models)
            })
            .collect();
        let best = path.iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
        let enough = best.1 + best.2;
        let lambda = path.iter().rev().find(|(_, error, _)| *error <= enough)?.0;
        Some(RidgeChoice { lambda, path })
    };
    Ok(choice())
}
