//! The benchmarks that names, definitions and patterns come to.

use std::collections::BTreeMap;

use super::definitions::TargetDefinitions;
use crate::error::{Result, StudyError};
use crate::names::Pattern;
use crate::scores::score_table::ScoreTable;
use mixopt_base::{Setting, nearest};

/// Whether a text is the name of a target or a benchmark as it stands.
pub(crate) fn is_known(name: &str, definitions: &TargetDefinitions, scores: &ScoreTable) -> bool {
    definitions.targets.contains_key(name) || !matches!(find(name, scores), Ok(None))
}

/// The column of a benchmark; `name@5` is also the benchmark `name` where all its runs had 5 examples in the prompt.
///
/// # Errors
/// A benchmark that cannot be used as it is.
pub(crate) fn find(name: &str, scores: &ScoreTable) -> Result<Option<usize>> {
    if let Some(error) = scores.faults.get(name) {
        return Err(StudyError::Unusable(error.clone()));
    }
    let with_shots = || {
        let (base, shots) = name.rsplit_once('@')?;
        let column = scores.matrix.column(base)?;
        (scores.benchmarks[column].shots == Some(shots.parse().ok()?)).then_some(column)
    };
    Ok(scores.matrix.column(name).or_else(with_shots))
}

/// Whether a name means all benchmarks that it matches.
pub(crate) fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?'])
}

/// What the parts of an expression have come to so far.
pub(crate) struct Found<'f> {
    /// Columns of the score table with their weights.
    pub(crate) weights: &'f mut BTreeMap<usize, f64>,
    /// Cautions of the definitions.
    pub(crate) cautions: &'f mut Vec<String>,
    /// Patterns, with the benchmarks that each means.
    pub(crate) patterns: &'f mut BTreeMap<String, Vec<String>>,
}

impl Found<'_> {
    /// Adds what a name comes to, with this weight; `above`: the definitions that led to it.
    pub(crate) fn add(
        &mut self,
        name: &str,
        weight: f64,
        definitions: &TargetDefinitions,
        scores: &ScoreTable,
        above: &mut Vec<String>,
    ) -> Result<()> {
        // Each file's own definitions end; those of two files together may not.
        if let Some(first) = above.iter().find(|other| *other == name) {
            return Err(StudyError::Setting {
                setting: Setting::Target,
                found: first.clone(),
                problem: format!("its definition is circular ({} → {name})", above.join(" → ")),
                expected: "definitions that lead to benchmarks".to_string(),
            });
        }
        let definition = definitions.targets.get(name);
        let (mut weights, mut cautions) = (self.weights.clone(), self.cautions.clone());
        let mut patterns = self.patterns.clone();
        if let Some(caution) = definition.and_then(|definition| definition.caution.as_ref())
            && !cautions.contains(caution)
        {
            cautions.push(caution.clone());
        }
        let column = find(name, scores);
        if let Some(parts) = definition.and_then(|definition| definition.mean_of.as_ref()) {
            let mut inner = Found { weights: &mut weights, cautions: &mut cautions, patterns: &mut patterns };
            above.push(name.to_string());
            let share = weight / parts.len() as f64;
            let result = parts.iter().try_for_each(|part| inner.add(part, share, definitions, scores, above));
            above.pop();
            match (result, column) {
                // A benchmark may have the name of an area that this score table does not cover.
                (Err(StudyError::NoBenchmark { .. }), Ok(Some(column))) => {
                    *self.weights.entry(column).or_insert(0.0) += weight;
                }
                (result, _) => {
                    result?;
                    (*self.weights, *self.cautions, *self.patterns) = (weights, cautions, patterns);
                }
            }
            return Ok(());
        }
        let columns = match column? {
            Some(column) => vec![column],
            None if is_pattern(name) => {
                let columns = matching(name, scores)?;
                let names = columns.iter().map(|&column| scores.benchmarks[column].name.clone()).collect();
                patterns.insert(name.to_string(), names);
                columns
            }
            None => Vec::new(),
        };
        if columns.is_empty() {
            return Err(StudyError::NoBenchmark {
                target: above.first().cloned().unwrap_or_else(|| name.to_string()),
                benchmark: name.to_string(),
                nearest: nearest(name, &scores.matrix.columns),
                known: scores.matrix.columns.clone(),
            });
        }
        for &column in &columns {
            *weights.entry(column).or_insert(0.0) += weight / columns.len() as f64;
        }
        (*self.weights, *self.cautions, *self.patterns) = (weights, cautions, patterns);
        Ok(())
    }
}

/// Columns of the benchmarks that a pattern means: not the further metrics of a task (`task/acc`) and numbers of shots
/// (`task@5`), unless the pattern has the sign itself, and no averages beside single benchmarks.
///
/// # Errors
/// A pattern that cannot be read, and a benchmark among them that cannot be used as it is.
fn matching(name: &str, scores: &ScoreTable) -> Result<Vec<usize>> {
    let pattern = Pattern::parse(Setting::Target, name)?;
    if let Some(error) = scores.faults.iter().find_map(|(fault, error)| pattern.matches(fault).then_some(error)) {
        return Err(StudyError::Unusable(error.clone()));
    }
    let is_further = |benchmark: &str| {
        ['/', '@'].into_iter().any(|sign| {
            let base = benchmark.split_once(sign).map(|(base, _)| base);
            !name.contains(sign)
                && base.is_some_and(|base| scores.matrix.column(base).is_some() || scores.faults.contains_key(base))
        })
    };
    let columns = scores.matrix.columns.iter().enumerate();
    let matched: Vec<usize> =
        columns.filter(|(_, name)| pattern.matches(name) && !is_further(name)).map(|(column, _)| column).collect();
    // An average beside its own parts would count them twice.
    let single: Vec<usize> = matched.iter().copied().filter(|&column| !scores.benchmarks[column].is_average).collect();
    Ok(if single.is_empty() { matched } else { single })
}
