//! What a recommendation stays near, and how it is made.

use clap::{Args, ValueEnum};

use mixopt::fit::Within;

/// What the recommendation stays near.
#[derive(Debug, Args)]
pub struct NearArgs {
    /// Mixture to stay near: uniform, natural (by supply), a mixture file, or a published one (see `mixopt mixtures`).
    #[arg(long, value_name = "MIXTURE", default_value = "uniform", help_heading = "Recommendation")]
    pub prior: String,
    /// How far below the best correlation it may stay: 1se (standard errors), 0.99 (share of the best) or 0.005.
    #[arg(long, value_name = "TOLERANCE", default_value = "1se", help_heading = "Recommendation")]
    pub within: Within,
    /// What near means: sum of squares, or Kullback–Leibler.
    #[arg(long, value_enum, default_value_t = DistanceArg::Quadratic, help_heading = "Recommendation")]
    pub distance: DistanceArg,
    /// How it is made: the nearest mixture, or a ridge toward the prior.
    #[arg(long, value_enum, default_value_t = RecommendArg::LeastChange, help_heading = "Recommendation")]
    pub recommend: RecommendArg,
    /// Penalty of the ridge [default: by cross-validation over families].
    #[arg(long, value_name = "LAMBDA", allow_negative_numbers = true, help_heading = "Recommendation")]
    pub ridge: Option<f64>,
    /// Make it by a published estimator instead, which looks at each domain alone (arXiv 2409.05816).
    #[arg(long, value_enum, value_name = "ESTIMATOR", help_heading = "Recommendation")]
    pub estimator: Option<EstimatorArg>,
    /// How the estimates become a mixture: fill the best domains to their greatest weights, or the nearest mixture.
    #[arg(long, value_enum, value_name = "PROJECTION", requires = "estimator", default_value_t = ProjectionArg::Linear, help_heading = "Recommendation")]
    pub projection: ProjectionArg,
}

/// A published estimator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum EstimatorArg {
    /// Mean product of error and bits.
    Product,
    /// Differences of bits, signed by the order of errors.
    Sign,
    /// The same of the ranks of bits.
    SignCdf,
    /// Pairs of models in the same order (Kendall's tau-a).
    SignSign,
    /// Spearman's rank correlation.
    Spearmanr,
}

/// From estimates to a mixture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProjectionArg {
    /// The best domains, each up to its greatest weight.
    Linear,
    /// The nearest mixture.
    L2,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DistanceArg {
    /// Sum of squared differences of shares.
    Quadratic,
    /// Kullback–Leibler divergence from the prior.
    Kl,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RecommendArg {
    /// The mixture nearest to the prior that is nearly as good as the best.
    LeastChange,
    /// The best mixture under a penalty on the distance from the prior.
    Ridge,
}
