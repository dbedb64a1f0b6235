//! The published estimators of Thrush, Potts and Hashimoto, beside the certified fit.
//!
//! Each gives one number for each domain, from that domain's column alone: how the models' bits on it go with their
//! errors on a benchmark. [`project`] makes a mixture of these numbers under caps. Nothing here is an optimum of the
//! correlation that [`best_mixture`](super::best_mixture) maximises: columns are never looked at together.
//!
//! # Conventions
//! The publication relates bits per byte `x` (lower is better) to a benchmark error `e` (lower is better), and so does
//! [`estimate`]: a **larger estimate means that the domain tracks the target better**. Seen from scores `y` (higher is
//! better) the same number relates `−x` to `y`:
//!
//! - `sign`, `sign_cdf`, `sign_sign` and `spearmanr` see differences or ranks of errors only, so any error that falls as
//!   the score rises gives the same: `−y`, or `1 − y` for a fraction;
//! - `product` sees the values. `1 − y` is the published use; with `−y` the estimate is the mean of `(−x) y`.
//!
//! Bits per character instead of bits per byte scale each domain by its bytes per character: the three estimators that
//! see ranks of bits stay, `product` and `sign` do not.
//!
//! # Source
//! Improving Pretraining Data Using Perplexity Correlations, arXiv 2409.05816, and its package
//! `perplexity-correlations` 0.1.2, whose numbers these are where bits and errors have no ties.

mod block;
mod by_rank;
mod by_weight;
mod concordance;
mod error;
pub(crate) mod estimated;
mod mixture;
mod order;
mod pair_signs;
mod projection;
pub(crate) mod vertex;

use nalgebra::DMatrix;

use by_rank::{by_concordance, by_covariation};
use by_weight::{Origin, by_weight};
pub use error::{EstimatorError, ProjectionError};
pub use mixture::{EstimatorMixtureError, mixture_by_estimator};
use pair_signs::PairSigns;
pub use projection::{PUBLISHED_SHARE_KEPT, Projection, one_pass_caps, project};

/// How a domain's bits and the models' errors become one number.
///
/// # Equations
/// `x` holds the bits of the domain and `e` the errors, both over the same `N` models; `sgn 0 = 0`; sums of pairs go over
/// all `k < g`. With `s_i = Σ_k sgn(e_i − e_k)` and `t_i = Σ_k sgn(x_i − x_k)`, every sum of pairs but one collapses into
/// a sum over models, which is what is computed.
///
/// Ties have no order. A pair tied in errors or in bits counts half for either order, and tied models share the mean of
/// their ranks (`(N + 1 + t_i) / 2`). The package instead breaks ties by the order of rows.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[cfg_attr(feature = "clap", value(rename_all = "snake_case"))]
#[serde(rename_all = "snake_case")]
pub enum Estimator {
    /// Mean product of error and bits.
    ///
    /// `(1/N) Σ_i e_i x_i`, not centred: the mean level of a domain's bits counts, and a domain of constant bits `c` gets
    /// `c` times the mean error. For Gaussian bits (Plan and others, arXiv 1404.3749).
    Product,
    /// Differences of bits, signed by the order of errors.
    ///
    /// `2/(N(N−1)) Σ sgn(e_g − e_k)(x_g − x_k) = 2/(N(N−1)) Σ_i s_i x_i`, in the unit of bits (Chen and Banerjee, ICML
    /// 2017). Constant bits give zero.
    Sign,
    /// The same of the ranks of bits.
    ///
    /// The empirical distribution function `F(x_i) = rank / N` stands for `x_i`:
    /// `1/(N²(N−1)) Σ_i s_i t_i`, within ±(N+1)/(3N). Where bits tie, `F` is the mean of its values at and just below
    /// `x_i`, so that `−x` gives the negative estimate. Without any ties it is `spearmanr` times `(N+1)/(3N)`.
    SignCdf,
    /// Pairs of models in the same order (Kendall's tau-a).
    ///
    /// `2/(N(N−1)) Σ sgn(e_g − e_k) sgn(x_g − x_k)`, within ±1.
    SignSign,
    /// Spearman's rank correlation.
    ///
    /// Pearson's of the ranks: `Σ_i s_i t_i / √(Σ_i s_i² Σ_i t_i²)`, within ±1, zero where
    /// bits or errors are constant. Without ties it is the published `1 − 6 Σ_i (rank e_i − rank x_i)² / (N(N²−1))`.
    #[serde(rename = "spearmanr")]
    #[cfg_attr(feature = "clap", value(name = "spearmanr"))]
    Spearman,
}

impl Estimator {
    /// All of them, in the order of the publication's package.
    pub const ALL: [Self; 5] = [Self::Product, Self::Sign, Self::SignCdf, Self::SignSign, Self::Spearman];

    /// Name in files and settings: that of the package's function.
    pub fn name(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Sign => "sign",
            Self::SignCdf => "sign_cdf",
            Self::SignSign => "sign_sign",
            Self::Spearman => "spearmanr",
        }
    }
}

/// The estimate of every domain; a larger one means that the domain tracks the target better.
///
/// # Shapes
/// `bits`: models × domains, bits per byte or per character. `error`: one for each model, lower is better (see the
/// [module](self) for targets that are scores). One number for each domain comes back, in the order of columns.
///
/// # Cost
/// O(N) for a domain by `product` and `sign`, O(N log N) by the others (N log² N, but eight domains at once, for up to 1,024
/// models); some 80 bytes for each model and thread beside the answer. Each domain is computed alone and in a fixed order, so the answer does not depend on the number of threads.
///
/// # Edge cases
/// A domain of constant bits gets zero by all but [`Product`](Estimator::Product), which has its own meaning for it. So do
/// all domains where the errors are constant.
///
/// # Errors
/// [`EstimatorError`]: fewer than two models, another number of errors than of models, a value that is not finite (row
/// and column are named), or values so large that their sum is not.
///
/// # Source
/// arXiv 2409.05816, section 3, and its package.
///
/// ```
/// use mixopt_fit::estimator::{Estimator, estimate};
/// use nalgebra::DMatrix;
///
/// // Three models; their errors go with the bits of the first domain, and against those of the second.
/// let bits = DMatrix::from_row_slice(3, 2, &[0.8, 0.9, 0.9, 0.8, 1.1, 0.6]);
/// assert_eq!(estimate(Estimator::Spearman, &bits, &[0.2, 0.3, 0.7])?, [1.0, -1.0]);
/// # Ok::<(), mixopt_fit::estimator::EstimatorError>(())
/// ```
pub fn estimate(estimator: Estimator, bits: &DMatrix<f64>, error: &[f64]) -> Result<Vec<f64>, EstimatorError> {
    let models = bits.nrows();
    if error.len() != models {
        return Err(EstimatorError::ErrorCount { errors: error.len(), models });
    }
    if models < 2 {
        return Err(EstimatorError::TooFewModels { models });
    }
    if let Some((model, &value)) = error.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        return Err(EstimatorError::ErrorNotFinite { model, value });
    }
    let signs = PairSigns::new(error);
    let pairs = models as f64 * (models - 1) as f64;
    // Bits that are not finite give an estimate that is not: by the arithmetic of sums, and by the sorter, which says so.
    let estimates = match estimator {
        Estimator::Product => by_weight(bits, error, Origin::Zero, |sum| sum / models as f64),
        Estimator::Sign => by_weight(bits, signs.weights(), Origin::FirstValue, |sum| 2.0 * sum / pairs),
        Estimator::SignCdf => {
            let scale = pairs * models as f64;
            by_covariation(bits, &signs, |covariation| covariation.sum as f64 / scale)
        }
        Estimator::Spearman => by_covariation(bits, &signs, |covariation| covariation.correlation()),
        Estimator::SignSign => by_concordance(bits, &signs, |sum| 2.0 * sum as f64 / pairs),
    };
    match estimates.iter().position(|value| !value.is_finite()) {
        None => Ok(estimates),
        Some(domain) => Err(fault(bits, domain)),
    }
}

/// Why a domain's estimate is not finite.
fn fault(bits: &DMatrix<f64>, domain: usize) -> EstimatorError {
    match bits.column(domain).iter().enumerate().find(|(_, value)| !value.is_finite()) {
        Some((model, &value)) => EstimatorError::NotFinite { model, domain, value },
        None => EstimatorError::Overflow { domain },
    }
}
