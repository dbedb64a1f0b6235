//! What a fit aims at: a benchmark, a named area, or a weighted average.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::Study;
use super::error::{Result, StudyError};
use super::names::{Pattern, unknown};
use crate::scores::records::Metric;
use crate::scores::score_column::Absent;
use crate::scores::score_table::{Benchmark, ScoreTable};
use mixopt_base::{Place, Setting, nearest, yaml};

/// A file of named targets.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetDefinitions {
    /// Version of this format: 1.
    pub version: u32,
    /// Definitions by name.
    pub targets: BTreeMap<String, TargetDefinition>,
}

/// One named target.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetDefinition {
    /// What it is, in a few words.
    pub description: String,
    /// Benchmarks or other targets whose plain mean it is. Absent: the benchmark of the same name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_of: Option<Vec<String>>,
    /// What the benchmark of this name measures, where the scores do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
    /// What a reader should know before trusting it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caution: Option<String>,
}

impl TargetDefinitions {
    /// Reads a YAML file of definitions.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).map_err(|source| StudyError::unreadable(file, source))?;
        Self::parse(file, &text)
    }

    /// Reads definitions from text; `file` is named in errors.
    pub fn parse(file: &Path, text: &str) -> Result<Self> {
        let fault = |found: String| StudyError::malformed(Place::file(file), found, "target definitions, version 1");
        let definitions: Self = serde_saphyr::from_str(text).map_err(|error| fault(yaml::fault(&error)))?;
        if definitions.version != 1 {
            return Err(fault(format!("version {}", definitions.version)));
        }
        for (name, definition) in &definitions.targets {
            let fault = |found: String, expected: &str| {
                Err(StudyError::malformed(Place::file(file).column(name), found, expected))
            };
            if definition.mean_of.as_ref().is_some_and(Vec::is_empty) {
                return fault("the mean of nothing".to_string(), "at least one name in `mean_of`");
            }
            if definition.mean_of.is_some() && definition.metric.is_some() {
                return fault(
                    "`mean_of` and `metric`".to_string(),
                    "one of the two: an average has the metric of its parts",
                );
            }
            if let Some(path) = definitions.way_back(name) {
                let found = format!("refers to itself ({})", path.join(" → "));
                return fault(found, "definitions that end in benchmarks");
            }
        }
        Ok(definitions)
    }

    /// The names by which a definition comes back to itself, if it does.
    fn way_back<'d>(&'d self, name: &'d str) -> Option<Vec<&'d str>> {
        let parts = |name: &str| self.targets.get(name).and_then(|d| d.mean_of.as_deref()).unwrap_or_default();
        let mut seen = HashSet::new();
        let mut paths = vec![vec![name]];
        while let Some(path) = paths.pop() {
            for part in parts(path[path.len() - 1]) {
                let longer = || path.iter().copied().chain([part.as_str()]).collect::<Vec<_>>();
                if part == name {
                    return Some(longer());
                }
                if seen.insert(part) {
                    paths.push(longer());
                }
            }
        }
        None
    }

    /// Those that are averages: what the others say of single benchmarks is true of the study they are made for.
    pub fn averages(mut self) -> Self {
        self.targets.retain(|_, definition| definition.mean_of.is_some());
        self
    }

    /// What the definitions say of single benchmarks' metrics.
    pub fn metrics(&self) -> BTreeMap<String, Metric> {
        let named = self.targets.iter().filter_map(|(name, definition)| Some((name.clone(), definition.metric?)));
        named.collect()
    }

    /// Adds definitions; those of the same name replace these.
    pub fn extend(&mut self, others: Self) {
        self.targets.extend(others.targets);
    }
}

/// One part of a target expression: `math=0.5`.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// A benchmark or a named target.
    pub name: String,
    /// Its weight in the average, before the weights are scaled to sum to one.
    pub weight: f64,
}

/// Reads a target expression: `mmlu`, `gsm8k,math` (plain average) or `math=0.5,coding=0.5` (weighted). What `is_name` knows
/// is a name, whatever signs it has (`mmlu:subject=anatomy`).
///
/// # Errors
/// [`StudyError::Setting`] for a part without a name, a weight that is none, a name that appears twice.
pub fn parse_expression(text: &str, is_name: impl Fn(&str) -> bool) -> Result<Vec<Part>> {
    if is_name(text) {
        return Ok(vec![Part { name: text.to_string(), weight: 1.0 }]);
    }
    let fault = |problem: String| StudyError::Setting {
        setting: Setting::Target,
        found: text.to_string(),
        problem,
        expected: "a name, `a,b` for their average or `a=0.7,b=0.3` for a weighted one".to_string(),
    };
    let mut parts: Vec<Part> = Vec::new();
    let mut weighted = 0;
    for piece in text.split(',').map(str::trim) {
        let (name, weight) = match piece.rsplit_once('=').filter(|_| !is_name(piece)) {
            None => (piece, 1.0),
            Some((name, weight)) => {
                weighted += 1;
                let value: f64 = weight.trim().parse().map_err(|_| fault(format!("`{weight}` is not a number")))?;
                if !(value.is_finite() && value > 0.0) {
                    return Err(fault(format!("the weight {value} is not above 0")));
                }
                (name.trim(), value)
            }
        };
        if name.is_empty() {
            return Err(fault("a name is missing".to_string()));
        }
        if parts.iter().any(|part| part.name == name) {
            return Err(fault(format!("`{name}` stands there twice")));
        }
        parts.push(Part { name: name.to_string(), weight });
    }
    if weighted > 0 && weighted < parts.len() {
        return Err(fault("some parts have a weight and some have none".to_string()));
    }
    Ok(parts)
}

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

/// That weights which do not sum to one were scaled.
fn scaled(parts: &[Part]) -> Option<String> {
    let total: f64 = parts.iter().map(|part| part.weight).sum();
    let is_plain = parts.iter().all(|part| part.weight == 1.0);
    let scaled = parts.iter().map(|part| format!("{}={:.4}", part.name, part.weight / total)).collect::<Vec<_>>();
    (!is_plain && (total - 1.0).abs() > 1e-9)
        .then(|| format!("the target's weights sum to {total} and are scaled to sum to 1: {}", scaled.join(",")))
}

/// Whether a text is the name of a target or a benchmark as it stands.
fn is_known(name: &str, definitions: &TargetDefinitions, scores: &ScoreTable) -> bool {
    definitions.targets.contains_key(name) || !matches!(find(name, scores), Ok(None))
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
                    "`{}` is {} and `{}` is {}, so their average has no scale",
                    first.name,
                    first.metric.in_words(),
                    second.name,
                    second.metric.in_words()
                ),
                expected: "benchmarks of one kind; fit the others on their own".to_string(),
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

/// The column of a benchmark; `name@5` is also the benchmark `name` where all its runs had 5 examples in the prompt.
///
/// # Errors
/// A benchmark that cannot be used as it is.
fn find(name: &str, scores: &ScoreTable) -> Result<Option<usize>> {
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
fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?'])
}

/// What the parts of an expression have come to so far.
struct Found<'f> {
    weights: &'f mut BTreeMap<usize, f64>,
    cautions: &'f mut Vec<String>,
    patterns: &'f mut BTreeMap<String, Vec<String>>,
}

impl Found<'_> {
    fn add(
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
                problem: format!("its definition refers to itself ({} → {name})", above.join(" → ")),
                expected: "definitions that end in benchmarks".to_string(),
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
/// (`task@5`), unless the pattern has the sign itself.
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
    Ok(columns.filter(|(_, name)| pattern.matches(name) && !is_further(name)).map(|(column, _)| column).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_averages_or_weighted_averages() {
        let parts = parse_expression("math=0.5, coding=1.5", |_| false).unwrap();
        assert_eq!(parts[1], Part { name: "coding".into(), weight: 1.5 });
        assert_eq!(parse_expression("gsm8k,math", |_| false).unwrap().len(), 2);
        let name = "mmlu:subject=a,b";
        assert_eq!(parse_expression(name, |text| text == name).unwrap(), [Part { name: name.into(), weight: 1.0 }]);
        let parts = parse_expression("x=a,b=2", |text| text == "x=a").unwrap_err().to_string();
        assert!(parts.contains("some parts have a weight and some have none"), "{parts}");
        let parts = parse_expression("x=a=1,b=2", |text| text == "x=a").unwrap();
        assert_eq!(parts[0], Part { name: "x=a".into(), weight: 1.0 });
        for bad in ["", "a,,b", "a=0,b=1", "a=x", "a=1,b", "a,a", "a=nan"] {
            assert!(parse_expression(bad, |_| false).unwrap_err().is_usage(), "{bad}");
        }
    }
}
