//! How mixtures do on families of models that they were not fitted on.

use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::analysis::folds::Fold;
use crate::data::agreement::Agreement;
use crate::data::evaluation::mixed_bits;
use crate::data::statistics::LinearLaw;

/// Held-out predictions of all folds, and how they agree with the truth.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldOut {
    /// Agreement of predicted and true scores, pooled over all folds.
    pub agreement: Agreement,
    /// The model (position) and its predicted score, for each prediction.
    pub predictions: Vec<(usize, f64)>,
    /// Leverage of each of these under the line of its fold, `1/n + (x − x̄)² / Σ(x − x̄)²` over the n training models;
    /// `1/n` where the mixture compresses all of them alike.
    pub leverages: Vec<f64>,
    /// Folds in which the method had no mixture of its own and equal shares stood in.
    pub folds_without_answer: usize,
}

/// One way of choosing a mixture: from the models of the training folds to weights. `None`: it has no answer there.
pub type Method<'a> = dyn Fn(&Fold) -> Option<Vec<f64>> + Sync + 'a;

/// What a method chooses on the training models of each fold; `each` hears of every fold done.
pub fn chosen_weights(folds: &[Fold], method: &Method, each: &(dyn Fn() + Sync)) -> Vec<Option<Vec<f64>>> {
    folds
        .par_iter()
        .map(|fold| {
            let chosen = method(fold);
            each();
            chosen
        })
        .collect()
}

/// Predicts the models that each fold holds out: a method has chosen a mixture on the other models, the linear law is fitted on the same
/// models, and the held-out models' scores are predicted from their bits per character. Predictions of all folds are
/// pooled.
///
/// Pooling compares every model with every other; its correlation is a little low since a fold's intercept moves
/// against the families left out, alike for all methods: on pure noise it is negative, not zero.
///
/// `None` where there is no fold, or where a shape is another.
///
/// # Shapes
/// `bits`: models × domains. `target`: models. `folds` are of these models. `chosen`: one for each fold, as
/// [`chosen_weights`] gives them, by domain.
pub fn held_out_of(
    bits: &DMatrix<f64>,
    target: &[f64],
    folds: &[Fold],
    chosen: &[Option<Vec<f64>>],
) -> Option<HeldOut> {
    let fits = |weights: &Vec<f64>| weights.len() == bits.ncols();
    if chosen.len() != folds.len() || !chosen.iter().flatten().all(fits) || !are_of(bits.nrows(), target, folds) {
        return None;
    }
    let equal_shares = vec![1.0 / bits.ncols() as f64; bits.ncols()];
    let predictions = folds
        .iter()
        .zip(chosen)
        .flat_map(|(fold, weights)| {
            predictions(&mixed_bits(bits, weights.as_ref().unwrap_or(&equal_shares)), target, fold)
        })
        .collect();
    agreement(predictions, target, chosen.iter().filter(|weights| weights.is_none()).count())
}

/// The same for a single domain, whose choice needs no fit.
///
/// # Shapes
/// `bits`, `target`: models.
pub fn held_out_single(bits: &[f64], target: &[f64], folds: &[Fold]) -> Option<HeldOut> {
    if !are_of(bits.len(), target, folds) {
        return None;
    }
    let predictions = folds.iter().flat_map(|fold| predictions(bits, target, fold)).collect();
    agreement(predictions, target, 0)
}

/// Whether there is one target for each model, and the folds name no other models.
fn are_of(models: usize, target: &[f64], folds: &[Fold]) -> bool {
    target.len() == models && folds.iter().all(|fold| fold.training.iter().chain(&fold.test).all(|&i| i < models))
}

/// A held-out model with its predicted score and its leverage.
type Predicted = (usize, f64, f64);

/// Predicted scores of a fold's held-out models. Where the mixture compresses all training models alike, the prediction
/// is their mean score.
fn predictions(mixed: &[f64], target: &[f64], fold: &Fold) -> Vec<Predicted> {
    let pick = |values: &[f64]| -> Vec<f64> { fold.training.iter().map(|&i| values[i]).collect() };
    let (x, y) = (pick(mixed), pick(target));
    let mean = crate::data::statistics::mean(&y);
    let law = LinearLaw::fit(&x, &y);
    let centre = crate::data::statistics::mean(&x);
    let variation: f64 = x.iter().map(|bits| (bits - centre).powi(2)).sum();
    let leverage = |bits: f64| {
        let beyond_mean = if law.is_some() { (bits - centre).powi(2) / variation } else { 0.0 };
        1.0 / x.len() as f64 + beyond_mean
    };
    fold.test.iter().map(|&i| (i, law.map_or(mean, |law| law.predict(mixed[i])), leverage(mixed[i]))).collect()
}

fn agreement(predictions: Vec<Predicted>, target: &[f64], folds_without_answer: usize) -> Option<HeldOut> {
    let (predicted, truth): (Vec<f64>, Vec<f64>) = predictions.iter().map(|&(i, p, _)| (p, target[i])).unzip();
    Some(HeldOut {
        agreement: Agreement::of(&predicted, &truth)?,
        leverages: predictions.iter().map(|&(.., leverage)| leverage).collect(),
        predictions: predictions.into_iter().map(|(i, p, _)| (i, p)).collect(),
        folds_without_answer,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::folds::family_folds;

    #[test]
    fn scores_on_a_line_are_predicted_exactly() {
        let bits = DMatrix::from_column_slice(6, 1, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let target: Vec<f64> = bits.iter().map(|b| 1.0 - 0.1 * b).collect();
        let folds = family_folds(&[0, 0, 1, 1, 2, 2], &target);
        assert_eq!(folds.len(), 3);
        let chosen = chosen_weights(&folds, &|_| Some(vec![1.0]), &|| ());
        let result = held_out_of(&bits, &target, &folds, &chosen).unwrap();
        assert!(result.agreement.rmse < 1e-14 && (result.agreement.pearson.unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(result.predictions.len(), 6);
        assert_eq!(held_out_single(bits.as_slice(), &target, &folds), Some(result));
    }
}
