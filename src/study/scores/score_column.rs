//! What the numbers of a benchmark are: declared by the user, stated by the file, or told by name and range.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::{Result, StudyError};
use crate::names::Pattern;
use crate::scores::records::{Metric, Scale};
use crate::scores::score_table::Benchmark;
use crate::tables::table::Cell;
use mixopt_base::{Place, Setting};

/// What the user declares about benchmarks; what is not declared is detected and told.
#[derive(Debug, Clone, Default)]
pub struct ScoreOptions {
    /// What benchmarks measure, by pattern; the first that matches counts.
    pub metrics: Vec<(Pattern, Metric)>,
    /// What benchmarks measure as definitions of targets say it, by name; what is declared by pattern goes before.
    pub defined: BTreeMap<String, Metric>,
    /// Scales, by pattern; the first that matches counts.
    pub scales: Vec<(Pattern, Scale)>,
    /// Numbers of examples in the prompt, by pattern; the first that matches counts. It chooses where a benchmark was run
    /// with several.
    pub shots: Vec<(Pattern, u64)>,
}

/// Why a model has no score on a benchmark that has an entry for it.
#[derive(Debug, Clone)]
pub enum Absent {
    /// What stands there is no number: the model has no score.
    NoNumber(String),
    /// What stands there cannot be right or can be read in two ways: whoever needs it has to decide.
    Fault(Arc<StudyError>),
}

/// A column of raw values on its way to a benchmark.
pub(crate) struct Column<'a> {
    /// Its name.
    pub(crate) name: String,
    /// A value for each model; `NaN` where there is none.
    pub(crate) values: Vec<f64>,
    /// Why a model has no value, by its position.
    pub(crate) absent: BTreeMap<usize, Absent>,
    /// The metric in the tool's words.
    pub(crate) measure: Option<String>,
    /// Number of examples in the prompt.
    pub(crate) shots: Option<u64>,
    /// Whether it is an average over others.
    pub(crate) is_average: bool,
    /// The metric that the file itself states.
    pub(crate) stated_metric: Option<Metric>,
    /// Whether the file says that lower is better.
    pub(crate) stated_lower_is_better: bool,
    /// The scale that the file itself states.
    pub(crate) stated_scale: Option<Scale>,
    /// Place of each value.
    pub(crate) place: Box<dyn Fn(usize) -> Place + 'a>,
}

impl<'a> Column<'a> {
    /// A column of which the file says no more than its values; `place` is that of a model's value.
    pub(crate) fn new(name: &str, values: Vec<f64>, place: impl Fn(usize) -> Place + 'a) -> Self {
        Self {
            name: name.to_string(),
            values,
            absent: BTreeMap::new(),
            measure: None,
            shots: None,
            is_average: false,
            stated_metric: None,
            stated_lower_is_better: false,
            stated_scale: None,
            place: Box::new(place),
        }
    }
}

/// A column as a benchmark.
pub(crate) struct Settled {
    /// What it is.
    pub(crate) benchmark: Benchmark,
    /// A score for each model, of which more is better; `NaN` where there is none.
    pub(crate) scores: Vec<f64>,
    /// Why a model has none, by its position.
    pub(crate) absent: BTreeMap<usize, Absent>,
}

impl Column<'_> {
    /// Takes the cell of a model.
    pub(crate) fn set(&mut self, model: usize, cell: Cell) {
        match cell {
            Cell::Number(value) => self.values[model] = value,
            Cell::Empty => {}
            Cell::Other(found) => {
                let why = format!("`{found}` is not a number ({})", (self.place)(model));
                self.absent.insert(model, Absent::NoNumber(why));
            }
        }
    }

    /// Turns the values into scores of which more is better.
    ///
    /// # Errors
    /// The column's name, with why it cannot be told what its numbers are.
    pub(crate) fn settle(
        mut self,
        options: &ScoreOptions,
        percents: &mut Vec<String>,
    ) -> Result<Settled, (String, StudyError)> {
        let metric = self.metric(options).map_err(|error| (self.name.clone(), error))?;
        let scale = match metric.is_share() {
            true => Some(self.scale(options, percents).map_err(|error| (self.name.clone(), error))?),
            false => None,
        };
        self.check(metric, scale);
        let factor = if scale == Some(Scale::Percent) { 0.01 } else { 1.0 };
        Ok(Settled {
            scores: self.values.iter().map(|value| metric.as_score(value * factor)).collect(),
            absent: self.absent,
            benchmark: Benchmark {
                name: self.name,
                metric,
                scale,
                measure: self.measure,
                shots: self.shots,
                is_average: self.is_average,
            },
        })
    }

    fn present(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.values.iter().copied().enumerate().filter(|(_, value)| !value.is_nan())
    }

    /// What the numbers measure: declared, stated by the file, or told by the name.
    pub(crate) fn metric(&self, options: &ScoreOptions) -> Result<Metric> {
        if let Some((_, metric)) = options.metrics.iter().find(|(pattern, _)| pattern.matches(&self.name)) {
            return Ok(*metric);
        }
        if let Some(metric) = options.defined.get(&self.name) {
            return Ok(*metric);
        }
        if let Some(metric) = self.stated_metric {
            return Ok(metric);
        }
        let least = self.present().map(|(_, v)| v).fold(f64::INFINITY, f64::min);
        let greatest = self.present().map(|(_, v)| v).fold(f64::NEG_INFINITY, f64::max);
        let lower = self.name.to_ascii_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        let named = |names: &[&str]| words.iter().any(|word| names.contains(word));
        if named(&["perplexity", "ppl"]) {
            return Ok(Metric::Perplexity);
        }
        if named(&["error", "err"]) {
            return Ok(Metric::Error);
        }
        if named(&["loss", "nll", "bpb", "bpc"]) {
            return Ok(Metric::Loss);
        }
        if self.stated_lower_is_better {
            // A perplexity is never below one, a share never above it.
            if least >= 1.0 {
                return Ok(Metric::Perplexity);
            }
            if (least >= 0.0 && greatest <= 1.0) || self.stated_scale == Some(Scale::Percent) {
                return Ok(Metric::Error);
            }
            return Err(StudyError::Ambiguous {
                place: (self.place)(0),
                found: format!("lower is better, values from {least} to {greatest}"),
                remedy: format!(
                    "declare what it measures with `{} {}=loss`, `=error` or `=perplexity`",
                    Setting::Metrics,
                    self.name
                ),
            });
        }
        if named(&["mcc", "matthews", "bleu", "sacrebleu", "chrf", "elo"]) && !(least >= 0.0 && greatest <= 100.0) {
            return Ok(Metric::Score);
        }
        Ok(Metric::Accuracy)
    }

    /// Whether the numbers are percent: declared, stated by the file, or told by their range.
    pub(crate) fn scale(&self, options: &ScoreOptions, percents: &mut Vec<String>) -> Result<Scale> {
        if let Some((_, scale)) = options.scales.iter().find(|(pattern, _)| pattern.matches(&self.name)) {
            return Ok(*scale);
        }
        if let Some(scale) = self.stated_scale {
            return Ok(scale);
        }
        let above = self.present().find(|&(_, value)| value > 1.0);
        let Some((high_at, high)) = above else { return Ok(Scale::Fraction) };
        if let Some((low_at, low)) = self.present().find(|&(_, value)| value > 0.0 && value < 1.0) {
            return Err(StudyError::Ambiguous {
                place: (self.place)(low_at),
                found: format!(
                    "{low} looks like a fraction where {} looks like a percent",
                    Quoted((self.place)(high_at), high)
                ),
                remedy: format!(
                    "use one scale, or declare it with `{0} {1}=percent` or `{0} {1}=fraction`",
                    Setting::Scales,
                    self.name
                ),
            });
        }
        percents.push(self.name.clone());
        Ok(Scale::Percent)
    }

    /// Takes out values that such a metric cannot have, each with its fault.
    pub(crate) fn check(&mut self, metric: Metric, scale: Option<Scale>) {
        let way = format!("any real number with `{} {}=score`", Setting::Metrics, self.name);
        let (least, greatest, expected) = match (metric, scale) {
            (Metric::Score | Metric::Loss, _) => return,
            (Metric::Perplexity, _) => (1.0, f64::MAX, "a perplexity, 1 or more".to_string()),
            (_, Some(Scale::Fraction)) => {
                (0.0, 1.0, format!("a fraction from 0 to 1 (`{} {}=percent`?), or {way}", Setting::Scales, self.name))
            }
            (_, _) => (
                0.0,
                100.0,
                format!(
                    "a percent from 0 to 100 (if it is a perplexity: `{} {}=perplexity`), or {way}",
                    Setting::Metrics,
                    self.name
                ),
            ),
        };
        let wrong: Vec<(usize, f64)> = self.present().filter(|&(_, value)| value < least || value > greatest).collect();
        for (row, found) in wrong {
            let error = StudyError::OutOfRange {
                place: (self.place)(row),
                what: format!("the {}", metric.name()),
                found,
                expected: expected.clone(),
            };
            self.values[row] = f64::NAN;
            self.absent.insert(row, Absent::Fault(Arc::new(error)));
        }
    }
}

/// A value with the place where it is.
struct Quoted(Place, f64);

impl std::fmt::Display for Quoted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0.row {
            Some(row) => write!(f, "{} ({row})", self.1),
            None => write!(f, "{}", self.1),
        }
    }
}
