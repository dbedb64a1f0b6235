//! A target resolved to benchmarks of a score table.

use std::collections::BTreeMap;

use super::definitions::TargetDefinitions;
use super::expression::{Part, parse_expression, scaled};
use super::parts::{Found, find, is_known, is_pattern};
use crate::Study;
use crate::error::{Result, StudyError};
use crate::names::unknown;
use crate::scores::score_column::Absent;
use crate::scores::score_table::{Benchmark, ScoreTable};
use mixopt_base::Setting;

/// A target resolved to benchmarks of a score table.
#[derive(Debug, Clone)]
pub struct Target {
    /// The expression that it was read from.
    pub expression: String,
    /// Columns of the score table with their weights, which sum to one.
    pub columns: Vec<(usize, f64)>,
    /// Cautions of the definitions that it uses.
    pub cautions: Vec<String>,
    /// Patterns among its parts, with the benchmarks that each is the average of.
    pub patterns: BTreeMap<String, Vec<String>>,
    /// That weights which do not sum to one were scaled, where they were.
    scaled: Option<String>,
}

impl Target {
    /// Finds the benchmarks that an expression means: named targets first, then columns of the score table.
    ///
    /// # Errors
    /// An unknown name (with the nearest known one), or an average over accuracies and perplexities, which have no
    /// common scale.
    pub fn resolve(expression: &str, definitions: &TargetDefinitions, scores: &ScoreTable) -> Result<Self> {
        for part in parse_expression(expression, |name| is_known(name, definitions, scores))? {
            let is_mean = definitions.targets.get(&part.name).is_some_and(|definition| definition.mean_of.is_some());
            if !is_mean && !is_pattern(&part.name) && find(&part.name, scores)?.is_none() {
                let error = unknown("target", &part.name, &known_targets(definitions, scores));
                return Err(error.with_notes(scores.left_out.clone()));
            }
        }
        Self::from_known(expression, definitions, scores)
    }

    /// The same; an unknown name is a benchmark that is not there.
    fn from_known(expression: &str, definitions: &TargetDefinitions, scores: &ScoreTable) -> Result<Self> {
        let parts = parse_expression(expression, |name| is_known(name, definitions, scores))?;
        let scaled = scaled(&parts);
        let total: f64 = parts.iter().map(|part| part.weight).sum();
        let mut weights: BTreeMap<usize, f64> = BTreeMap::new();
        let mut cautions = Vec::new();
        let mut patterns = BTreeMap::new();
        for part in &parts {
            let share = part.weight / total;
            let mut found = Found { weights: &mut weights, cautions: &mut cautions, patterns: &mut patterns };
            found.add(&part.name, share, definitions, scores, &mut Vec::new())?;
        }
        let columns: Vec<(usize, f64)> = weights.into_iter().collect();
        let mut of_kind: Vec<&Benchmark> = Vec::new();
        for benchmark in columns.iter().map(|&(column, _)| &scores.benchmarks[column]) {
            let is_same = |other: &&Benchmark| {
                other.metric == benchmark.metric || (other.metric.is_share() && benchmark.metric.is_share())
            };
            if !of_kind.iter().any(is_same) {
                of_kind.push(benchmark);
            }
        }
        if let [first, second, ..] = of_kind[..] {
            return Err(StudyError::Setting {
                setting: Setting::Target,
                found: expression.to_string(),
                problem: format!(
                    "`{}` is {} and `{}` is {}, so their average has no common scale",
                    first.name,
                    first.metric.in_words(),
                    second.name,
                    second.metric.in_words()
                ),
                expected: "benchmarks of one kind; fit the others separately".to_string(),
            });
        }
        Ok(Self { expression: expression.to_string(), columns, cautions, patterns, scaled })
    }

    /// What was put together under patterns, in words.
    pub fn messages(&self) -> Vec<String> {
        let of_pattern = |(pattern, members): (&String, &Vec<String>)| {
            format!("`{pattern}` is the mean of {} benchmarks: {}", members.len(), mixopt_base::list(members))
        };
        self.patterns.iter().map(of_pattern).chain(self.scaled.clone()).collect()
    }

    /// Why a model of the score table has no value though there is an entry for it: what stands there instead of a number.
    ///
    /// # Errors
    /// An entry that cannot be right, or that can be read in two ways.
    pub fn absence<'s>(&self, scores: &'s ScoreTable, row: usize) -> Result<Option<&'s str>> {
        let mut reason = None;
        for &(column, _) in &self.columns {
            match scores.absent.get(&(row, column)) {
                Some(Absent::Fault(error)) => return Err(StudyError::Unusable(error.clone())),
                Some(Absent::NoNumber(what)) => reason = reason.or(Some(what.as_str())),
                None => {}
            }
        }
        Ok(reason)
    }

    /// The target's value for one row of the score table; `None` where a benchmark is missing.
    pub fn value(&self, scores: &ScoreTable, row: usize) -> Option<f64> {
        let value: f64 =
            self.columns.iter().map(|&(column, weight)| weight * scores.matrix.values[(row, column)]).sum();
        (!value.is_nan()).then_some(value)
    }

    /// The first benchmark that a model lacks.
    pub fn missing_benchmark<'s>(&self, scores: &'s ScoreTable, row: usize) -> Option<&'s str> {
        self.columns
            .iter()
            .find(|&&(column, _)| scores.matrix.values[(row, column)].is_nan())
            .map(|&(column, _)| scores.benchmarks[column].name.as_str())
    }
}

impl Study {
    /// The parts of a target expression, whose names may have any signs that the study's have.
    ///
    /// # Errors
    /// As for [`parse_expression`].
    pub fn parts_of(&self, expression: &str) -> Result<Vec<Part>> {
        parse_expression(expression, |name| is_known(name, &self.definitions, &self.scores))
    }
}

/// Names that a target expression may use with this score table.
pub fn known_targets(definitions: &TargetDefinitions, scores: &ScoreTable) -> Vec<String> {
    let defined = definitions.targets.keys().filter(|name| Target::from_known(name, definitions, scores).is_ok());
    let mut names: Vec<String> = defined.cloned().collect();
    for (column, benchmark) in scores.benchmarks.iter().enumerate() {
        let has_values = scores.matrix.values.column(column).iter().any(|value| !value.is_nan());
        if has_values && !names.contains(&benchmark.name) {
            names.push(benchmark.name.clone());
        }
    }
    names
}
