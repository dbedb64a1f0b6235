//! Arguments of `mixopt predict`. Doc comments are the help text.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct PredictArgs {
    /// Mixture files, or names of known mixtures.
    #[arg(value_name = "MIXTURE", required = true)]
    pub mixtures: Vec<String>,
    /// Table of bits per character of the models to predict (the formats of `mixopt fit --bpc`).
    #[arg(long, value_name = "FILE")]
    pub bpc: PathBuf,
    /// Unit of the numbers in --bpc: bits_per_character or bits_per_byte [default: by column name].
    #[arg(long, value_name = "UNIT")]
    pub bpc_unit: Option<String>,
    /// Predict only these models (names or patterns with * and ?, comma-separated).
    #[arg(long, value_name = "MODELS", value_delimiter = ',')]
    pub include_models: Vec<String>,
    /// Nominal coverage of intervals.
    #[arg(long, value_name = "SHARE", default_value_t = 0.9, allow_negative_numbers = true)]
    pub confidence: f64,
    /// Manifest whose counts convert shares between units.
    #[arg(long, value_name = "FILE")]
    pub corpora: Option<PathBuf>,
    /// Write the predictions to a .csv or .json file.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Target, for mixture files without a fit.
    #[arg(short, long, value_name = "TARGET", help_heading = "Study, for files without a calibration")]
    pub target: Option<String>,
    /// Embedded study [default: that of the file's fit].
    #[arg(long, value_name = "NAME", conflicts_with_all = ["study_bpc", "study_scores"], help_heading = "Study, for files without a calibration")]
    pub study: Option<String>,
    /// The study's bits per character.
    #[arg(
        long,
        value_name = "FILE",
        requires = "study_scores",
        help_heading = "Study, for files without a calibration"
    )]
    pub study_bpc: Option<PathBuf>,
    /// The study's scores.
    #[arg(
        long,
        value_name = "FILE|DIR",
        requires = "study_bpc",
        help_heading = "Study, for files without a calibration"
    )]
    pub study_scores: Option<PathBuf>,
    /// The study's models table.
    #[arg(long, value_name = "FILE", requires = "study_bpc", help_heading = "Study, for files without a calibration")]
    pub study_models: Option<PathBuf>,
}
