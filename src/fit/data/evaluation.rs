//! How well a given mixture tracks the target on the models that are there.

use nalgebra::{DMatrix, DVector};

use crate::data::statistics::{LinearLaw, pearson, spearman};

/// In-sample figures of one mixture. `None`: not defined, since the mixture compresses all models alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// Pearson's correlation of compression (−bits per character) with the target; 1 is perfect.
    pub pearson: Option<f64>,
    /// Spearman's rank correlation, same direction.
    pub spearman: Option<f64>,
    /// The linear law from bits per character to the target.
    pub law: Option<LinearLaw>,
}

/// Bits per character of the mixture for each model: `B w`. Length: models.
///
/// A domain beyond the end of `weights` has no share, and shares beyond the last domain are left out.
pub fn mixed_bits(bits: &DMatrix<f64>, weights: &[f64]) -> Vec<f64> {
    let weights = DVector::from_fn(bits.ncols(), |domain, _| weights.get(domain).copied().unwrap_or(0.0));
    (bits * weights).as_slice().to_vec()
}

/// Evaluates bits per character (of a mixture or one domain) against the target. No figure is defined where there is not
/// one target for each model.
pub fn evaluate(bits_per_character: &[f64], target: &[f64]) -> Evaluation {
    Evaluation {
        pearson: pearson(bits_per_character, target).map(|r| -r),
        spearman: spearman(bits_per_character, target).map(|r| -r),
        law: LinearLaw::fit(bits_per_character, target),
    }
}
