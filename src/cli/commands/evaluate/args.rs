//! Arguments of `mixopt evaluate`. Doc comments are the help text.

use std::path::PathBuf;

use clap::Args;

use mixopt::base::ShareUnit;
use mixopt::fit::Within;
use mixopt::study::MissingRule;

use crate::cli::groups::suggestions;
use crate::cli::groups::{SelectionArgs, StudyArgs, TrustArgs};
use crate::cli::text::section::Section;

#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// The mixture: a file, or the name of a published mixture (see `mixopt mixtures`).
    #[arg(short, long, value_name = "FILE|NAME", value_parser = suggestions::mixtures(), hide_possible_values = true)]
    pub mixture: String,
    /// What it is to track, as `mixopt fit` takes it [default: that of the file's fit].
    #[arg(short, long, value_name = "TARGET", value_parser = suggestions::targets(), hide_possible_values = true)]
    pub target: Option<String>,
    /// Sections to print beside the first screen; -v alone prints all.
    #[arg(value_enum, value_name = "SECTION", help_heading = "Output")]
    pub sections: Vec<Section>,
    #[command(flatten)]
    pub study: StudyArgs,
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// What to do about missing bits per character.
    #[arg(long, value_enum, default_value_t = MissingRule::DropModel, help_heading = "Selection")]
    pub missing: MissingRule,
    /// Manifest whose counts turn shares of one unit into another.
    #[arg(long, value_name = "FILE", help_heading = "Supply")]
    pub corpora: Option<PathBuf>,
    /// What shares count [default: what the compression is measured over].
    #[arg(long, value_enum, help_heading = "Supply")]
    pub unit: Option<ShareUnit>,
    /// Mixture to compare with: natural (by supply), a mixture file, or a published one [default: equal shares].
    #[arg(long, value_name = "MIXTURE", help_heading = "Comparison")]
    pub prior: Option<String>,
    /// How far below the best correlation is nearly as good: 1se (standard errors), 0.99 (share of the best) or 0.005.
    #[arg(long, value_name = "TOLERANCE", default_value = "1se", help_heading = "Comparison")]
    pub within: Within,
    /// Control for a numeric column of the models table (log_COLUMN for its logarithm), or `none`
    /// [default: log_parameters, where sizes are known].
    #[arg(long, value_name = "COLUMN|none", help_heading = "Comparison")]
    pub control: Option<String>,
    /// Bootstrap replicates over families, for the standard error of the best.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(2..=1_000_000), help_heading = "Comparison")]
    pub replicates: u32,
    #[command(flatten)]
    pub trust: TrustArgs,
    /// Seed of all random draws.
    #[arg(long, default_value_t = 0, help_heading = "Trust")]
    pub seed: u64,
    /// Threads to use [default: all processors]; the result does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096), help_heading = "Trust")]
    pub threads: Option<u32>,
}
