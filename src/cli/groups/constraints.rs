//! What mixtures must obey.

use std::path::PathBuf;

use clap::Args;

use mixopt::base::ShareUnit;
use mixopt::count::Count;

/// What mixtures must obey.
#[derive(Debug, Args)]
pub struct ConstraintArgs {
    /// Minimum weight of every domain.
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = 0.0,
        allow_negative_numbers = true,
        help_heading = "Constraints"
    )]
    pub min_weight: f64,
    /// Maximum weight of every domain.
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = 1.0,
        allow_negative_numbers = true,
        help_heading = "Constraints"
    )]
    pub max_weight: f64,
    /// Weight of one domain or pattern: NAME=MIN..MAX (repeatable).
    #[arg(long, value_name = "NAME=RANGE", help_heading = "Constraints")]
    pub bound: Vec<String>,
    /// Weight of several domains together: NAME:A+B<=SHARE, >=, =, or =MIN..MAX; without members, NAME is a tag of the
    /// manifest (repeatable).
    #[arg(long, value_name = "GROUP", help_heading = "Constraints")]
    pub group: Vec<String>,
    /// Keep the ratios inside a group while its share moves: NAME:A+B (as in the prior), NAME:A=3+B=1, or a tag
    /// (repeatable).
    #[arg(long, value_name = "GROUP", help_heading = "Constraints")]
    pub freeze: Vec<String>,
    /// Domains that must have a share: NAME (at least 0.01) or NAME=SHARE.
    #[arg(long, value_name = "DOMAINS", value_delimiter = ',', help_heading = "Constraints")]
    pub keep: Vec<String>,
    /// Domains that must not have a share.
    #[arg(long, value_name = "DOMAINS", value_delimiter = ',', help_heading = "Constraints")]
    pub drop: Vec<String>,
    /// Maximum number of domains with a share.
    #[arg(long, value_name = "K", help_heading = "Constraints")]
    pub at_most: Option<usize>,
    /// Manifest of the available corpora (see `mixopt corpora`).
    #[arg(long, value_name = "FILE", help_heading = "Supply")]
    pub corpora: Option<PathBuf>,
    /// Tokens of the whole training (1T, 350B); shares are then of tokens.
    #[arg(long, value_name = "TOKENS", help_heading = "Supply")]
    pub budget: Option<Count>,
    /// Maximum epochs over a domain, unless the manifest sets its own.
    #[arg(long, value_name = "EPOCHS", help_heading = "Supply")]
    pub max_epochs: Option<f64>,
    /// What shares count [default: tokens with a budget, else what the compression is measured over].
    #[arg(long, value_enum, help_heading = "Supply")]
    pub unit: Option<ShareUnit>,
}
