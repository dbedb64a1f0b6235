//! How far a fit can be believed.

use clap::Args;

use mixopt::mixture::Robust;

/// How far the fit can be believed.
#[derive(Debug, Args)]
pub struct TrustArgs {
    /// Refits for intervals, and as many for significance; 0 leaves both out [default: 1000, 200 above 2,000 domains].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1_000_000), help_heading = "Trust")]
    pub refits: Option<u32>,
    /// Share of cases that intervals are meant to cover.
    #[arg(long, value_name = "SHARE", default_value_t = 0.9, allow_negative_numbers = true, help_heading = "Trust")]
    pub confidence: f64,
    /// Exchange scores only among models alike: family, or a numeric column of the models table, COLUMN or COLUMN:GROUPS.
    #[arg(long, value_name = "STRATA", help_heading = "Trust")]
    pub strata: Option<String>,
    /// Targets that were tried before this one was chosen, comma-separated, or all; corrects the significance.
    #[arg(long, value_name = "TARGETS", value_delimiter = ',', help_heading = "Trust")]
    pub tried: Vec<String>,
    /// Show a fit that outliers do not move beside the plain one.
    #[arg(long, value_enum, help_heading = "Trust")]
    pub robust: Option<Robust>,
}
