//! One score as some evaluation tool reported it.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// One number from a result file, before models are joined and units settled.
///
/// Every reader of [`layouts`](crate::layouts) gives a list of these, whatever its format.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScoreRecord {
    /// The model as the file names it (`organisation/name` where the file has it).
    pub model: String,
    /// What else says which weights ran: `sha`, `subfolder`, `gguf_file`, … Records of different weights never stand for
    /// each other.
    pub weights: BTreeMap<&'static str, String>,
    /// The model's family where the file states one.
    pub family: Option<String>,
    /// The model's number of parameters where the file states it.
    pub parameters: Option<f64>,
    /// Whether it is an average over other benchmarks of the file.
    pub is_average: bool,
    /// Benchmark or task.
    pub benchmark: String,
    /// The metric's name in the tool's words (`acc_norm`, `exact_match,strict-match`, `bits_per_byte`).
    pub metric: Option<String>,
    /// The value as it stands in the file; `NaN` where it is no number.
    pub value: f64,
    /// What stands there instead of a number.
    pub no_number: Option<String>,
    /// Whether larger values are better, where the tool says so.
    pub higher_is_better: Option<bool>,
    /// Values' scale, where the tool fixes it.
    pub scale: Option<Scale>,
    /// Number of examples in the prompt.
    pub shots: Option<u64>,
    /// What the score was measured on.
    pub sample: Sample,
    /// When the run was made, in a form that sorts by time.
    pub time: Option<String>,
    /// The result file.
    pub file: PathBuf,
}

/// How much of a benchmark a run asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sample {
    /// Whether the run was limited to a part of the benchmark.
    pub is_limited: bool,
    /// The number of questions asked, where the file says it.
    pub questions: Option<u64>,
}

impl Sample {
    /// Whether this sample is larger than another, as far as the two files tell.
    pub fn is_larger_than(&self, other: &Self) -> bool {
        match (self.questions, other.questions) {
            (Some(own), Some(other)) => own > other,
            _ => !self.is_limited && other.is_limited,
        }
    }
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
    /// A fraction of correct answers: higher is better, used as it is.
    Accuracy,
    /// A fraction of wrong answers: used as `1 − error`.
    Error,
    /// Perplexity, 1 or more: used as `−ln perplexity`.
    Perplexity,
    /// Any real number, higher is better (a correlation, an Elo rating): used as it is.
    Score,
    /// Any real number, lower is better (a loss, bits per byte): used as `−loss`.
    Loss,
}

impl Metric {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 5] = [Self::Accuracy, Self::Error, Self::Perplexity, Self::Score, Self::Loss];

    /// The value as a score of which more is better; accuracies and errors as fractions.
    pub fn as_score(self, value: f64) -> f64 {
        match self {
            Self::Accuracy | Self::Score => value,
            Self::Error => 1.0 - value,
            Self::Perplexity => -value.ln(),
            Self::Loss => -value,
        }
    }

    /// Whether it is a share of answers, which has a scale and can be averaged with other shares.
    pub fn is_share(self) -> bool {
        matches!(self, Self::Accuracy | Self::Error)
    }

    /// The metric's name as users write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Error => "error",
            Self::Perplexity => "perplexity",
            Self::Score => "score",
            Self::Loss => "loss",
        }
    }

    /// What such a number is, in words.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Accuracy | Self::Error => "a share of answers",
            Self::Perplexity => "a perplexity",
            Self::Score => "a score without a scale",
            Self::Loss => "a loss",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }
}
