//! One score as some evaluation tool reported it.

use std::path::PathBuf;

/// One number from a result file, before models are joined and units settled.
///
/// Every reader of [`layouts`](crate::layouts) gives a list of these, whatever its format.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRecord {
    /// The model as the file names it (`organisation/name` where the file has it).
    pub model: String,
    /// The model's family where the file states one.
    pub family: Option<String>,
    /// Benchmark or task.
    pub benchmark: String,
    /// The metric's name in the tool's words (`acc_norm`, `exact_match,strict-match`, `bits_per_byte`).
    pub metric: Option<String>,
    /// The value as it stands in the file.
    pub value: f64,
    /// Whether larger values are better, where the tool says so.
    pub higher_is_better: Option<bool>,
    /// Values' scale, where the tool fixes it.
    pub scale: Option<Scale>,
    /// Number of examples in the prompt.
    pub shots: Option<u64>,
    /// When the run was made, in a form that sorts by time.
    pub time: Option<String>,
    /// The result file.
    pub file: PathBuf,
}

/// Whether accuracies and errors run to 1 or to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// 0 to 1.
    Fraction,
    /// 0 to 100.
    Percent,
}

/// What a benchmark's number measures, and so which direction is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// A share of right answers: higher is better, used as it is.
    Accuracy,
    /// A share of wrong answers: used as `1 − error`.
    Error,
    /// Perplexity, 1 or more: used as `−ln perplexity`.
    Perplexity,
}

impl Metric {
    /// The value as a score of which more is better: a fraction, or `−ln perplexity`.
    pub fn as_score(self, value: f64) -> f64 {
        match self {
            Self::Accuracy => value,
            Self::Error => 1.0 - value,
            Self::Perplexity => -value.ln(),
        }
    }

    /// The metric's name as users write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Error => "error",
            Self::Perplexity => "perplexity",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Accuracy, Self::Error, Self::Perplexity].into_iter().find(|metric| metric.name() == name)
    }
}
