//! The score table: what each model reaches on each benchmark, in one direction and on one scale.

use std::path::Path;

use crate::error::{Result, StudyError};
use crate::layouts;
use crate::names::Aliases;
use crate::scores::records::{Metric, Scale, ScoreRecord};
use crate::scores::score_column::{Column, ScoreOptions};
use crate::tables::matrix::{Index, LabelledMatrix};
use crate::tables::shapes::{BENCHMARKS, Grid, Long, Shape, lacks};
use crate::tables::table::Table;
use mixopt_base::Place;

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

const VALUE: [&str; 6] = ["score", "value", "result", "accuracy", "error", "perplexity"];

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
        match Shape::of(table, &BENCHMARKS, aliases)? {
            Shape::Long(long) => Self::from_long(table, &long, options, aliases),
            Shape::Grid(grid) => Self::from_grid(&grid, options),
        }
    }

    fn from_grid(grid: &Grid<'_>, options: &ScoreOptions) -> Result<Self> {
        let mut values = vec![vec![f64::NAN; grid.models.len()]; grid.items.len()];
        grid.cells(|model, benchmark, value| {
            values[benchmark][model] = value;
            Ok(())
        })?;
        let columns = values.into_iter().enumerate().map(|(benchmark, values)| {
            Column::new(&grid.items[benchmark], values, move |model| grid.place(model, benchmark))
        });
        Self::settle(grid.models.clone(), columns.collect(), options, grid.messages.clone())
    }

    fn from_long(table: &Table, long: &Long<'_>, options: &ScoreOptions, aliases: &Aliases) -> Result<Self> {
        let value = table.find_column(&VALUE).ok_or_else(|| lacks(table, "a column `score` (or `value`)"))?;
        let of_value = Metric::parse(&value.trim().to_ascii_lowercase());
        let (models, names) = long.names(aliases)?;
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
                return Err(long.repeated(row, model, &label));
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
                Column { stated_metric, ..Column::new(name, column, move |i| table.place(row_of[i], value)) }
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
                let place = move |i| {
                    let record = cells.iter().find(|(row, _)| *row == i).map_or(first, |(_, record)| record);
                    Place::file(&record.file).column(name)
                };
                Column {
                    stated_metric: first.metric.as_deref().and_then(Metric::parse),
                    stated_lower_is_better: first.higher_is_better == Some(false),
                    stated_scale: first.scale,
                    ..Column::new(name, values, place)
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
        columns: Vec<Column<'_>>,
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
