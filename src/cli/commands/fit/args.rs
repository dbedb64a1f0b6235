//! Arguments of `mixopt fit`. Doc comments are the help text.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use mixopt::fit::Objective;
use mixopt::study::MissingRule;

use crate::cli::groups::suggestions;
use crate::cli::groups::{ConstraintArgs, NearArgs, SelectionArgs, StudyArgs, TrustArgs};
use crate::cli::text::section::Section;

#[derive(Debug, Args)]
pub struct FitArgs {
    /// Target: a benchmark or area, `a,b` for their average, `a=0.7,b=0.3` for a weighted one.
    #[arg(short, long, value_name = "TARGET", required_unless_present = "settings", value_parser = suggestions::targets(), hide_possible_values = true)]
    pub target: Option<String>,
    /// File (YAML or JSON) with the study and the settings, as --show-settings prints them; arguments take precedence.
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    #[command(flatten)]
    pub study: StudyArgs,
    #[command(flatten)]
    pub selection: SelectionArgs,
    #[command(flatten)]
    pub constraints: ConstraintArgs,
    #[command(flatten)]
    pub near: NearArgs,
    /// What to do about missing bits per character.
    #[arg(long, value_enum, default_value_t = MissingRule::DropModel, help_heading = "Selection")]
    pub missing: MissingRule,
    /// What the optimum maximises; worst: the lowest correlation with any target; spearman is searched, not certified.
    #[arg(long, value_enum, default_value_t = Objective::Pearson, help_heading = "Fit")]
    pub objective: Objective,
    /// Control both mixtures for a numeric column of the models table (log_COLUMN for its logarithm), or `none`
    /// [default: only the recommendation, for log_parameters, where sizes are known].
    #[arg(long, value_name = "COLUMN|none", help_heading = "Fit")]
    pub control: Option<String>,
    /// Bootstrap replicates over families, for the standard error.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(2..=1_000_000), help_heading = "Fit")]
    pub replicates: u32,
    #[command(flatten)]
    pub trust: TrustArgs,
    /// Seed of all random draws.
    #[arg(long, default_value_t = 0, help_heading = "Fit")]
    pub seed: u64,
    /// Write a mixture file (YAML; JSON if the name ends in .json).
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Which mixture --out writes.
    #[arg(long, value_enum, default_value_t = WrittenKind::Recommended, requires = "out", help_heading = "Output")]
    pub out_mixture: WrittenKind,
    /// Sections to print beside the first screen; -v alone prints all.
    #[arg(value_enum, value_name = "SECTION", help_heading = "Output")]
    pub sections: Vec<Section>,
    /// Print the resolved study and settings as JSON, as --settings reads them, and stop.
    #[arg(long, help_heading = "Output")]
    pub show_settings: bool,
    /// Threads to use [default: all processors]; the result does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096), help_heading = "Fit")]
    pub threads: Option<u32>,
}

/// The mixtures of a fit that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WrittenKind {
    /// The recommended mixture.
    Recommended,
    /// The certified optimum.
    Optimum,
}
