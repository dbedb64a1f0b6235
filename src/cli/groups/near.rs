//! What a recommendation stays near, and how it is made.

use clap::{Args, ValueEnum};

use super::suggestions;

use mixopt::fit::estimator::{Estimator, Projection};
use mixopt::fit::{Distance, Within};

/// What the recommendation stays near.
#[derive(Debug, Args)]
pub struct NearArgs {
    /// Mixture to stay near: uniform, natural (by supply), a mixture file, or a published one (see `mixopt mixtures`).
    #[arg(long, value_name = "MIXTURE", value_parser = suggestions::priors(), hide_possible_values = true, default_value = "uniform", help_heading = "Recommendation")]
    pub prior: String,
    /// How far below the best correlation it may stay: 1se (standard errors), 0.99 (share of the best) or 0.005.
    #[arg(long, value_name = "TOLERANCE", default_value = "1se", help_heading = "Recommendation")]
    pub within: Within,
    /// What near means: sum of squares, or Kullback–Leibler.
    #[arg(long, value_enum, default_value_t = Distance::Quadratic, help_heading = "Recommendation")]
    pub distance: Distance,
    /// How it is made: the nearest mixture, or a ridge toward the prior.
    #[arg(long, value_enum, default_value_t = Recommend::LeastChange, help_heading = "Recommendation")]
    pub recommend: Recommend,
    /// Penalty of the ridge [default: by cross-validation over families].
    #[arg(long, value_name = "LAMBDA", allow_negative_numbers = true, help_heading = "Recommendation")]
    pub ridge: Option<f64>,
    /// Make it by a published estimator instead, which looks at each domain alone (arXiv 2409.05816).
    #[arg(long, value_enum, value_name = "ESTIMATOR", help_heading = "Recommendation")]
    pub estimator: Option<Estimator>,
    /// How the estimates become a mixture: fill the best domains to their greatest weights, or the nearest mixture.
    #[arg(long, value_enum, value_name = "PROJECTION", requires = "estimator", default_value_t = Projection::Linear, help_heading = "Recommendation")]
    pub projection: Projection,
}

/// Ways to make a recommendation that an option names; the weight of a ridge and an estimator have their own options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Recommend {
    /// The mixture nearest to the prior that is nearly as good as the best.
    LeastChange,
    /// The best mixture under a penalty on the distance from the prior.
    Ridge,
}
