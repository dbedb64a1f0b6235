//! Which models and domains to use.

use clap::Args;

/// Which models and domains to use.
#[derive(Debug, Args)]
pub struct SelectionArgs {
    /// Use only these models (names or patterns with * and ?, comma-separated).
    #[arg(long, value_name = "MODELS", value_delimiter = ',', help_heading = "Selection")]
    pub include_models: Vec<String>,
    /// Exclude these models.
    #[arg(long, value_name = "MODELS", value_delimiter = ',', help_heading = "Selection")]
    pub exclude_models: Vec<String>,
    /// Exclude these families.
    #[arg(long, value_name = "FAMILIES", value_delimiter = ',', help_heading = "Selection")]
    pub drop_family: Vec<String>,
    /// Exclude these domains.
    #[arg(long, value_name = "DOMAINS", value_delimiter = ',', help_heading = "Selection")]
    pub exclude: Vec<String>,
}
