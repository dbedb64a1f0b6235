//! What a recommendation stays near, and how it is made.

use clap::{Args, ValueEnum};

use super::suggestions;

use mixopt::fit::estimator::{Estimator, Projection};
use mixopt::fit::{Distance, Within};

/// What the recommendation stays near.
#[derive(Debug, Args)]
pub struct NearArgs {
    /// The mixture you have: a mixture file, a published one (see `mixopt mixtures`), natural (by supply) or uniform. The
    /// recommendation stays near it and is compared with it.
    #[arg(long, value_name = "MIXTURE", value_parser = suggestions::priors(), hide_possible_values = true, help_heading = "Recommendation")]
    pub prior: Option<String>,
    /// How it is made [default: ridge, or least-change where --within or --distance is given].
    #[arg(long, value_enum, help_heading = "Recommendation")]
    pub recommend: Option<Recommend>,
    /// How far below the best correlation a least change may stay: 1se (standard errors), 0.99 (share of the best) or 0.005
    /// [default: 1se].
    #[arg(long, value_name = "TOLERANCE", help_heading = "Recommendation")]
    pub within: Option<Within>,
    /// What near means to a least change: sum of squares, or Kullback–Leibler [default: quadratic].
    #[arg(long, value_enum, help_heading = "Recommendation")]
    pub distance: Option<Distance>,
    /// Penalty of the ridge [default: the largest that does as well as the best on families left out].
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
    /// The best mixture, shrunk toward the prior, or toward each domain's own merit where none is named.
    Ridge,
    /// The mixture nearest to the prior that is nearly as good as the best.
    LeastChange,
}
