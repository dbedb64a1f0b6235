//! The score table: what each model reaches on each benchmark, in one direction and on one scale.

use std::path::Path;

use super::bpc::{refuse_repeats, refuse_repeats_in, value_columns};
use super::error::{Result, StudyError};
use super::layouts;
use super::matrix::{Index, LabelledMatrix};
use super::names::{Aliases, Pattern};
use super::records::{Metric, Scale, ScoreRecord};
use super::table::Table;
use mixopt_base::Place;

/// What the user declares about benchmarks; what is not declared is detected and told.
#[derive(Debug, Clone, Default)]
pub struct ScoreOptions {
    /// What benchmarks measure, by pattern; the first that matches counts.
    pub metrics: Vec<(Pattern, Metric)>,
    /// Scales, by pattern; the first that matches counts.
    pub scales: Vec<(Pattern, Scale)>,
}

/// One benchmark of a score table.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Benchmark {
    /// Name, as targets use it.
    pub name: String,
    /// What the file's number measures.
    pub metric: Metric,
    /// The file's scale; `None` for perplexities.
    pub scale: Option<Scale>,
}

/// Scores of models (rows) on benchmarks (columns), all such that more is better.
#[derive(Debug, Clone)]
pub struct ScoreTable {
    /// Accuracies as fractions, `1 − error`, or `−ln perplexity`; `NaN` where a model has no score.
    pub matrix: LabelledMatrix,
    /// The columns' metrics, in the same order.
    pub benchmarks: Vec<Benchmark>,
    /// Families that the files themselves state, by model.
    pub families: Vec<(String, String)>,
    /// What the user should know about how the files were read.
    pub messages: Vec<String>,
    /// The files read.
    pub files: Vec<std::path::PathBuf>,
}

const MODEL: [&str; 3] = ["model", "model_name", "model_id"];
const BENCHMARK: [&str; 4] = ["benchmark", "task", "dataset", "eval"];
const VALUE: [&str; 6] = ["score", "value", "result", "accuracy", "error", "perplexity"];

/// A column of raw values on its way to a benchmark.
struct Column<'a> {
    name: String,
    values: Vec<f64>,
    /// The metric and scale that the file itself states.
    stated_metric: Option<Metric>,
    stated_lower_is_better: bool,
    stated_scale: Option<Scale>,
    /// Place and model of each value.
    place: Box<dyn Fn(usize) -> Place + 'a>,
}

impl ScoreTable {
    /// Reads scores: a generic table, one of the result files that evaluation tools write, or a directory of them.
    ///
    /// Long: `model, benchmark` (or `task`) and `score` (or `value`). Wide: `model` and one column a benchmark. Turned:
    /// `benchmark` and one column a model.
    ///
    /// # Errors
    /// [`StudyError`] with the place.
    pub fn read(path: &Path, options: &ScoreOptions, aliases: &Aliases) -> Result<Self> {
        match layouts::read_scores(path)? {
            Some(found) => {
                let mut table = Self::from_records(found.records, options, aliases)?;
                table.messages.splice(0..0, found.messages);
                table.files = found.files;
                Ok(table)
            }
            None => {
                let mut table = Self::from_table(&Table::read(path)?, options, aliases)?;
                table.files = vec![path.to_path_buf()];
                Ok(table)
            }
        }
    }

    /// Reads a generic table that is already in memory.
    pub fn from_table(table: &Table, options: &ScoreOptions, aliases: &Aliases) -> Result<Self> {
        let benchmark = table.find_column(&BENCHMARK);
        match (table.find_column(&MODEL), benchmark) {
            (Some(model), Some(benchmark)) => Self::from_long(table, &model, &benchmark, options, aliases),
            (Some(model), None) => Self::from_wide(table, &model, options, aliases),
            (None, Some(benchmark)) => Self::from_turned(table, &benchmark, options, aliases),
            (None, None) => Err(StudyError::malformed(
                Place::file(table.file()),
                format!("columns {}", mixopt_base::list(&table.columns())),
                "a column `model` (one row a model, or a model and benchmark) or `benchmark` (one row a benchmark)",
            )),
        }
    }

    fn from_wide(table: &Table, model: &str, options: &ScoreOptions, aliases: &Aliases) -> Result<Self> {
        let models: Vec<String> = table.names(model, "model")?.iter().map(|name| aliases.resolve(name)).collect();
        refuse_repeats(table, model, "model", &models)?;
        let mut messages = Vec::new();
        let columns = value_columns(table, model, &mut messages)
            .into_iter()
            .map(|column| {
                Ok(Column {
                    name: column.trim().to_string(),
                    values: table.numbers(&column)?,
                    stated_metric: None,
                    stated_lower_is_better: false,
                    stated_scale: None,
                    place: Box::new(move |row| table.place(row, &column)),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        if columns.is_empty() {
            return Err(StudyError::malformed(
                Place::file(table.file()),
                format!("columns {}", mixopt_base::list(&table.columns())),
                "one column of scores for each benchmark",
            ));
        }
        Self::settle(models, columns, options, messages)
    }

    fn from_turned(table: &Table, benchmark: &str, options: &ScoreOptions, aliases: &Aliases) -> Result<Self> {
        let names = table.names(benchmark, "benchmark")?;
        refuse_repeats(table, benchmark, "benchmark", &names)?;
        let mut messages = Vec::new();
        let model_columns = value_columns(table, benchmark, &mut messages);
        let models: Vec<String> = model_columns.iter().map(|name| aliases.resolve(name.trim())).collect();
        refuse_repeats_in(Place::file(table.file()), "model", &models)?;
        let by_model = model_columns.iter().map(|column| table.numbers(column)).collect::<Result<Vec<_>>>()?;
        let columns = names
            .iter()
            .enumerate()
            .map(|(row, name)| {
                let model_columns = &model_columns;
                Column {
                    name: name.clone(),
                    values: by_model.iter().map(|values| values[row]).collect(),
                    stated_metric: None,
                    stated_lower_is_better: false,
                    stated_scale: None,
                    place: Box::new(move |model| table.place(row, &model_columns[model])),
                }
            })
            .collect();
        Self::settle(models, columns, options, messages)
    }

    fn from_long(
        table: &Table,
        model: &str,
        benchmark: &str,
        options: &ScoreOptions,
        aliases: &Aliases,
    ) -> Result<Self> {
        let value = table.find_column(&VALUE).ok_or_else(|| {
            let found = format!("columns {}", mixopt_base::list(&table.columns()));
            StudyError::malformed(Place::file(table.file()), found, "a column `score` (or `value`)")
        })?;
        let of_value = Metric::parse(&value.trim().to_ascii_lowercase());
        let models: Vec<String> = table.names(model, "model")?.iter().map(|name| aliases.resolve(name)).collect();
        let names = table.names(benchmark, "benchmark")?;
        let values = table.numbers(&value)?;
        let metrics = match table.find_column(&["metric"]) {
            Some(column) => table.text(&column),
            None => vec![None; values.len()],
        };
        let mut rows = Index::default();
        let mut benchmarks = Index::default();
        let mut cells: Vec<Vec<(usize, usize)>> = Vec::new();
        let mut stated: Vec<Option<Metric>> = Vec::new();
        for (row, (model, name)) in models.iter().zip(&names).enumerate() {
            let i = rows.insert(model);
            let metric = metrics[row].as_deref();
            let known = metric.and_then(|m| Metric::parse(&m.to_ascii_lowercase())).or(of_value);
            // A metric that is not one of ours belongs to the benchmark's name: two metrics of a task are two targets.
            let label = match metric {
                Some(text) if known.is_none() => format!("{name}/{text}"),
                _ => name.clone(),
            };
            let j = benchmarks.insert(&label);
            if j == cells.len() {
                cells.push(Vec::new());
                stated.push(known);
            }
            if cells[j].iter().any(|&(other, _)| other == i) {
                return Err(StudyError::Duplicate {
                    place: table.place(row, benchmark),
                    kind: "model and benchmark",
                    name: format!("{model} on {label}"),
                });
            }
            cells[j].push((i, row));
        }
        let count = rows.names.len();
        let columns = benchmarks
            .names
            .iter()
            .zip(cells)
            .zip(stated)
            .map(|((name, cells), stated_metric)| {
                let mut column = vec![f64::NAN; count];
                let mut row_of = vec![0; count];
                for (i, row) in cells {
                    column[i] = values[row];
                    row_of[i] = row;
                }
                let value = &value;
                Column {
                    name: name.clone(),
                    values: column,
                    stated_metric,
                    stated_lower_is_better: false,
                    stated_scale: None,
                    place: Box::new(move |i| table.place(row_of[i], value)),
                }
            })
            .collect();
        Self::settle(rows.names, columns, options, Vec::new())
    }

    /// Builds the table from what tools reported. The preferred metric of a task has the task's name, the others
    /// `task/metric`.
    pub fn from_records(records: Vec<ScoreRecord>, options: &ScoreOptions, aliases: &Aliases) -> Result<Self> {
        let mut rows = Index::default();
        let mut tasks = Index::default();
        let mut metrics_of: Vec<Vec<String>> = Vec::new();
        for record in &records {
            let task = tasks.insert(&record.benchmark);
            if task == metrics_of.len() {
                metrics_of.push(Vec::new());
            }
            let metric = record.metric.clone().unwrap_or_default();
            if !metrics_of[task].contains(&metric) {
                metrics_of[task].push(metric);
            }
        }
        let mut messages = Vec::new();
        let preferred: Vec<String> = metrics_of
            .iter()
            .map(|metrics| {
                let names: Vec<&str> = metrics.iter().map(String::as_str).collect();
                metrics[layouts::preferred_metric(&names)].clone()
            })
            .collect();
        let several: Vec<String> = tasks
            .names
            .iter()
            .zip(metrics_of.iter().zip(&preferred))
            .filter(|(_, (metrics, _))| metrics.len() > 1)
            .map(|(task, (_, chosen))| format!("{task} is its {chosen}"))
            .collect();
        if !several.is_empty() {
            messages.push(format!(
                "tasks with several metrics: {} (the others are named task/metric)",
                mixopt_base::list(&several)
            ));
        }

        let mut labels = Index::default();
        let mut cells: Vec<Vec<(usize, &ScoreRecord)>> = Vec::new();
        let mut families = Vec::new();
        for record in &records {
            let model = aliases.resolve(&record.model);
            let i = rows.insert(&model);
            if let Some(family) = &record.family {
                families.push((model, family.clone()));
            }
            let task = tasks.insert(&record.benchmark);
            let metric = record.metric.clone().unwrap_or_default();
            let label = if metric == preferred[task] {
                record.benchmark.clone()
            } else {
                format!("{}/{metric}", record.benchmark)
            };
            let j = labels.insert(&label);
            if j == cells.len() {
                cells.push(Vec::new());
            }
            if cells[j].iter().any(|&(other, _)| other == i) {
                return Err(StudyError::Duplicate {
                    place: Place::file(&record.file).column(&label),
                    kind: "model",
                    name: record.model.clone(),
                });
            }
            cells[j].push((i, record));
        }
        let count = rows.names.len();
        let columns = labels
            .names
            .iter()
            .zip(&cells)
            .map(|(name, cells)| {
                let mut values = vec![f64::NAN; count];
                for (i, record) in cells {
                    values[*i] = record.value;
                }
                let first = cells[0].1;
                Column {
                    name: name.clone(),
                    values,
                    stated_metric: first.metric.as_deref().and_then(Metric::parse),
                    stated_lower_is_better: first.higher_is_better == Some(false),
                    stated_scale: first.scale,
                    place: Box::new(move |i| {
                        let record = cells.iter().find(|(row, _)| *row == i).map_or(first, |(_, record)| record);
                        Place::file(&record.file).column(name)
                    }),
                }
            })
            .collect();
        let mut table = Self::settle(rows.names.clone(), columns, options, messages)?;
        families.dedup();
        table.families = families;
        Ok(table)
    }

    fn settle(
        models: Vec<String>,
        columns: Vec<Column>,
        options: &ScoreOptions,
        mut messages: Vec<String>,
    ) -> Result<Self> {
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        for pattern in options.metrics.iter().map(|(p, _)| p).chain(options.scales.iter().map(|(p, _)| p)) {
            pattern.select("benchmark", &names)?;
        }
        let mut matrix = LabelledMatrix::missing(models, names);
        let mut benchmarks = Vec::new();
        let mut percents = Vec::new();
        let mut turned = [Vec::new(), Vec::new()];
        for (j, column) in columns.iter().enumerate() {
            let metric = column.metric(options)?;
            if metric != Metric::Accuracy {
                turned[usize::from(metric == Metric::Perplexity)].push(column.name.clone());
            }
            let scale = if metric == Metric::Perplexity { None } else { Some(column.scale(options, &mut percents)?) };
            column.check(metric, scale)?;
            let factor = if scale == Some(Scale::Percent) { 0.01 } else { 1.0 };
            for (i, value) in column.values.iter().enumerate() {
                matrix.values[(i, j)] = metric.as_score(value * factor);
            }
            benchmarks.push(Benchmark { name: column.name.clone(), metric, scale });
        }
        for (names, how) in turned.iter().zip(["errors: 1 − value is used", "perplexities: −ln value is used"]) {
            if !names.is_empty() {
                messages.push(format!("read as {how}: {}", mixopt_base::list(names)));
            }
        }
        if !percents.is_empty() {
            messages.push(format!("read as percent, used as fractions: {}", mixopt_base::list(&percents)));
        }
        Ok(Self { matrix, benchmarks, families: Vec::new(), messages, files: Vec::new() })
    }
}

impl Column<'_> {
    fn present(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.values.iter().copied().enumerate().filter(|(_, value)| !value.is_nan())
    }

    /// What the numbers measure: declared, stated by the file, or told by the name.
    fn metric(&self, options: &ScoreOptions) -> Result<Metric> {
        if let Some((_, metric)) = options.metrics.iter().find(|(pattern, _)| pattern.matches(&self.name)) {
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
        if self.stated_lower_is_better {
            // A perplexity is never below one, a share never above it.
            if least >= 1.0 {
                return Ok(Metric::Perplexity);
            }
            if greatest <= 1.0 || self.stated_scale == Some(Scale::Percent) {
                return Ok(Metric::Error);
            }
            return Err(StudyError::Ambiguous {
                place: (self.place)(0),
                found: format!("lower is better, values from {least} to {greatest}"),
                remedy: format!("declare what it is with `--metric {}=error` or `=perplexity`", self.name),
            });
        }
        Ok(Metric::Accuracy)
    }

    /// Whether the numbers are percent: declared, stated by the file, or told by their range.
    fn scale(&self, options: &ScoreOptions, percents: &mut Vec<String>) -> Result<Scale> {
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
                    "write all on one scale, or declare it with `--scale {0}=percent` or `--scale {0}=fraction`",
                    self.name
                ),
            });
        }
        percents.push(self.name.clone());
        Ok(Scale::Percent)
    }

    fn check(&self, metric: Metric, scale: Option<Scale>) -> Result<()> {
        let (least, greatest, expected) = match (metric, scale) {
            (Metric::Perplexity, _) => (1.0, f64::MAX, "a perplexity, 1 or more".to_string()),
            (_, Some(Scale::Fraction)) => {
                (0.0, 1.0, format!("a fraction from 0 to 1 (`--scale {}=percent`?)", self.name))
            }
            (_, _) => (
                0.0,
                100.0,
                format!("a percent from 0 to 100 (if it is a perplexity: `--metric {}=perplexity`)", self.name),
            ),
        };
        match self.present().find(|&(_, value)| value < least || value > greatest) {
            Some((row, found)) => Err(StudyError::OutOfRange {
                place: (self.place)(row),
                what: format!("the {}", metric.name()),
                found,
                expected,
            }),
            None => Ok(()),
        }
    }
}

/// A value with the place where it stands.
struct Quoted(Place, f64);

impl std::fmt::Display for Quoted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0.row {
            Some(row) => write!(f, "{} ({row})", self.1),
            None => write!(f, "{}", self.1),
        }
    }
}
