//! The methods that a comparison knows.

use mixopt_fit::estimator::{Estimator, Projection};
use mixopt_fit::{Fold, Refitter};

use crate::comparison::compare::Given;

/// A way to choose a mixture, in the order in which a comparison tells them.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ComparedMethod {
    /// A given mixture, the same in all folds: only the line from bits to scores is fitted.
    Given,
    /// The recommendation, its standard error or penalty made in each fold.
    Recommended,
    /// The certified optimum.
    Optimum,
    /// Equal shares, whether the constraints allow them or not.
    Uniform,
    /// The shares of the text that there is.
    Natural,
    /// The prior, as it is.
    Prior,
    /// All on the domain that is best alone.
    BestSingle,
    /// The estimator `product` with the linear projection.
    ProductLinear,
    /// The estimator `product` with the nearest mixture.
    ProductL2,
    /// The estimator `sign` with the linear projection.
    SignLinear,
    /// The estimator `sign` with the nearest mixture.
    SignL2,
    /// The estimator `sign_cdf` with the linear projection.
    SignCdfLinear,
    /// The estimator `sign_cdf` with the nearest mixture.
    SignCdfL2,
    /// The estimator `sign_sign` with the linear projection.
    SignSignLinear,
    /// The estimator `sign_sign` with the nearest mixture.
    SignSignL2,
    /// The estimator `spearmanr` with the linear projection.
    SpearmanrLinear,
    /// The estimator `spearmanr` with the nearest mixture.
    SpearmanrL2,
}

impl ComparedMethod {
    /// Its name in files: that of the variant, in snake case.
    pub fn name(self) -> String {
        let variant = format!("{self:?}");
        let mut name = String::new();
        for (index, letter) in variant.char_indices() {
            if letter.is_ascii_uppercase() && index > 0 {
                name.push('_');
            }
            name.push(letter.to_ascii_lowercase());
        }
        name
    }

    /// All of them, in their order.
    pub const ALL: [Self; 17] = [
        Self::Given,
        Self::Recommended,
        Self::Optimum,
        Self::Uniform,
        Self::Natural,
        Self::Prior,
        Self::BestSingle,
        Self::ProductLinear,
        Self::ProductL2,
        Self::SignLinear,
        Self::SignL2,
        Self::SignCdfLinear,
        Self::SignCdfL2,
        Self::SignSignLinear,
        Self::SignSignL2,
        Self::SpearmanrLinear,
        Self::SpearmanrL2,
    ];

    /// The published estimator and projection that it is, if it is one.
    pub fn estimator(self) -> Option<(Estimator, Projection)> {
        match self {
            Self::Given
            | Self::Recommended
            | Self::Optimum
            | Self::Uniform
            | Self::Natural
            | Self::Prior
            | Self::BestSingle => None,
            Self::ProductLinear => Some((Estimator::Product, Projection::Linear)),
            Self::ProductL2 => Some((Estimator::Product, Projection::L2)),
            Self::SignLinear => Some((Estimator::Sign, Projection::Linear)),
            Self::SignL2 => Some((Estimator::Sign, Projection::L2)),
            Self::SignCdfLinear => Some((Estimator::SignCdf, Projection::Linear)),
            Self::SignCdfL2 => Some((Estimator::SignCdf, Projection::L2)),
            Self::SignSignLinear => Some((Estimator::SignSign, Projection::Linear)),
            Self::SignSignL2 => Some((Estimator::SignSign, Projection::L2)),
            Self::SpearmanrLinear => Some((Estimator::Spearman, Projection::Linear)),
            Self::SpearmanrL2 => Some((Estimator::Spearman, Projection::L2)),
        }
    }

    /// Whether there is such a method here: mixtures that are given have to be.
    pub(crate) fn is_there(self, given: &Given) -> bool {
        match self {
            Self::Given => given.mixture.is_some(),
            Self::Natural => given.natural.is_some(),
            Self::Prior => given.prior.is_some(),
            _ => true,
        }
    }

    /// The mixture that it chooses on the training models of a fold. `None` where it has no answer there.
    pub(crate) fn choose(self, refitter: &Refitter, given: &Given, fold: &Fold) -> Option<Vec<f64>> {
        let domains = refitter.columns().domains();
        match self {
            Self::Given => given.mixture.clone(),
            Self::Recommended => Some(refitter.recommended_in(fold)),
            Self::Optimum => refitter.optimum_in(fold),
            Self::Uniform => Some(vec![1.0 / domains as f64; domains]),
            Self::Natural => given.natural.clone(),
            Self::Prior => given.prior.clone(),
            Self::BestSingle => refitter.best_single_in(fold),
            _ => {
                let (estimator, projection) = self.estimator()?;
                refitter.estimated_in(estimator, projection, fold)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_methods_are_in_order_and_have_their_published_names() {
        assert!(ComparedMethod::ALL.is_sorted());
        let mut pairs = Vec::new();
        for method in ComparedMethod::ALL {
            if let Some((estimator, projection)) = method.estimator() {
                let name = serde_json::to_value(method).unwrap();
                assert_eq!(name, format!("{}_{}", estimator.name(), projection.name()));
                pairs.push((estimator, projection));
            }
        }
        assert_eq!(pairs.len(), 10);
        pairs.dedup();
        assert_eq!(pairs.len(), 10);
    }
}
