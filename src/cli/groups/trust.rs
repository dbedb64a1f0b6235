//! How far a fit can be believed.

use clap::Args;

use mixopt::mixture::Robust;

/// How reliable the fit is.
#[derive(Debug, Args)]
pub struct TrustArgs {
    /// Refits for intervals, and as many for significance; 0 skips both [default: 1000, 200 above 2,000 domains].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1_000_000), help_heading = "Trust")]
    pub refits: Option<u32>,
    /// Nominal coverage of intervals.
    #[arg(long, value_name = "SHARE", default_value_t = 0.9, allow_negative_numbers = true, help_heading = "Trust")]
    pub confidence: f64,
    /// Permute scores only among similar models: by family, or by a numeric column of the models table, COLUMN or COLUMN:GROUPS.
    #[arg(long, value_name = "STRATA", help_heading = "Trust")]
    pub strata: Option<String>,
    /// Targets tried before choosing this one, comma-separated, or all; corrects the significance.
    #[arg(long, value_name = "TARGETS", value_delimiter = ',', help_heading = "Trust")]
    pub tried: Vec<String>,
    /// Show an outlier-robust fit next to the plain one.
    #[arg(long, value_enum, help_heading = "Trust")]
    pub robust: Option<Robust>,
}
