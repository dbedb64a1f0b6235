//! Families held out, and the models that are left to fit on.

use crate::data::statistics::is_constant;

/// One fold: some families are held out, the others are trained on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Number of the fold among all that are made of a problem: its draws are its own, whatever runs beside it. With one
    /// family held out, that family's number.
    pub number: u64,
    /// Families held out.
    pub families: Vec<usize>,
    /// Models to fit on.
    pub training: Vec<usize>,
    /// Models to predict.
    pub test: Vec<usize>,
    /// Families to fit on.
    pub training_families: Vec<usize>,
}

/// Why families cannot be held out.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FoldFault {
    /// There is no model to predict.
    #[error("no model is held out")]
    NothingHeldOut,
    /// Fewer than three models are left: through two every line fits.
    #[error("fewer than three models are left to fit on")]
    TooFewModels,
    /// The models left all have the same score.
    #[error("the models left have one score, so nothing can be fitted")]
    ConstantTarget,
}

impl Fold {
    /// Holds out some families.
    ///
    /// # Shapes
    /// `families`, `target`: models; families are numbered from 0. Numbers are below 2²⁴.
    ///
    /// # Errors
    /// [`FoldFault`] where nothing is held out or nothing can be fitted on what is left. A model that has no family or no
    /// target is in no fold.
    pub fn new(number: u64, held_out: &[usize], families: &[usize], target: &[f64]) -> Result<Self, FoldFault> {
        let count = families.iter().max().map_or(0, |last| last + 1);
        let (test, training): (Vec<usize>, Vec<usize>) =
            (0..families.len().min(target.len())).partition(|&i| held_out.contains(&families[i]));
        if test.is_empty() {
            return Err(FoldFault::NothingHeldOut);
        }
        if training.len() < 3 {
            return Err(FoldFault::TooFewModels);
        }
        if is_constant(&training.iter().map(|&i| target[i]).collect::<Vec<_>>()) {
            return Err(FoldFault::ConstantTarget);
        }
        let training_families = (0..count).filter(|family| !held_out.contains(family)).collect();
        Ok(Self { number, families: held_out.to_vec(), training, test, training_families })
    }

    /// How often each of so many models counts in the fit: once if it is trained on, else not at all.
    ///
    /// Models of the fold beyond these are left out.
    pub fn model_weights(&self, models: usize) -> Vec<f64> {
        let mut weights = vec![0.0; models];
        self.training.iter().filter(|&&i| i < models).for_each(|&i| weights[i] = 1.0);
        weights
    }

    /// Stream of the replicates made in this fold: `(number + 1) · 2³²`, so that no two draws share numbers.
    pub(crate) fn stream(&self) -> u64 {
        (self.number + 1) << 32
    }
}

/// The folds that hold out one family each. Families whose absence leaves fewer than three models or a constant target
/// are not held out.
pub fn family_folds(families: &[usize], target: &[f64]) -> Vec<Fold> {
    let count = families.iter().max().map_or(0, |last| last + 1);
    (0..count).filter_map(|family| Fold::new(family as u64, &[family], families, target).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fold_whose_training_target_is_constant_is_left_out() {
        let (families, target) = ([0, 0, 1, 1, 1], [0.1, 0.2, 0.5, 0.5, 0.5]);
        assert!(family_folds(&families, &target).is_empty());
        assert_eq!(Fold::new(0, &[0], &families, &target), Err(FoldFault::ConstantTarget));
        assert_eq!(Fold::new(0, &[1], &families, &target), Err(FoldFault::TooFewModels));
        assert_eq!(Fold::new(0, &[7], &families, &target), Err(FoldFault::NothingHeldOut));
    }

    #[test]
    fn models_are_trained_on_or_predicted() {
        let fold = Fold::new(9, &[2, 0], &[0, 1, 1, 2, 1], &[0.1, 0.2, 0.3, 0.4, 0.5]).unwrap();
        assert_eq!((&fold.training, &fold.test), (&vec![1, 2, 4], &vec![0, 3]));
        assert_eq!(fold.training_families, [1]);
        assert_eq!(fold.model_weights(5), [0.0, 1.0, 1.0, 0.0, 1.0]);
    }
}
