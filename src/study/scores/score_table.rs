//! The score table: what each model reaches on each benchmark, in one direction and on one scale.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::error::{Result, StudyError};
use crate::layouts;
use crate::matching;
use crate::names::Aliases;
use crate::scores::records::{Metric, Scale, ScoreRecord};
use crate::scores::reported::{Reported, reported_column};
use crate::scores::score_column::{Absent, Column, ScoreOptions};
use crate::sizes;
use crate::tables::matrix::{Index, LabelledMatrix};
use crate::tables::shapes::{BENCHMARKS, Grid, Long, Shape, lacks};
use crate::tables::table::Table;

/// One benchmark of a score table.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Benchmark {
    /// Name, as targets use it.
    pub name: String,
    /// What the file's number measures.
    pub metric: Metric,
    /// The file's scale; `None` for what is no share.
    pub scale: Option<Scale>,
    /// The metric in the words of the tool that measured it.
    pub measure: Option<String>,
    /// Number of examples in the prompt, where the files say it.
    pub shots: Option<u64>,
    /// Whether the files say that it is an average over others.
    pub is_average: bool,
}

impl Benchmark {
    /// What was measured, as far as the files tell: `5 shots, acc_norm`.
    pub fn description(&self) -> Option<String> {
        let shots = self.shots.map(|shots| format!("{shots} shots"));
        let parts: Vec<String> = shots.into_iter().chain(self.measure.clone()).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// Scores of models (rows) on benchmarks (columns), all such that more is better.
#[derive(Debug, Clone)]
pub struct ScoreTable {
    /// Accuracies as fractions, `1 − error`, `−ln perplexity`, scores as they are, `−loss`; `NaN` where a model has no score.
    pub matrix: LabelledMatrix,
    /// The columns' metrics, in the same order.
    pub benchmarks: Vec<Benchmark>,
    /// Why a model has no score though there is an entry for it, by row and column.
    pub absent: BTreeMap<(usize, usize), Absent>,
    /// Benchmarks that cannot be used as they are, and why. They have no column.
    pub faults: BTreeMap<String, Arc<StudyError>>,
    /// Commits of models whose name does not have it, by model.
    pub commits: BTreeMap<String, String>,
    /// Numbers of parameters that the files themselves state, by model.
    pub sizes: BTreeMap<String, f64>,
    /// Families that the files themselves state, by model.
    pub families: Vec<(String, String)>,
    /// What the user should know about how the files were read.
    pub messages: Vec<String>,
    /// Those of the messages that say what of the files was not used.
    pub left_out: Vec<String>,
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
                table.left_out.clone_from(&found.messages);
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

    /// Gives models the names that another table has for them, where exactly one fits, and returns both.
    pub(crate) fn rename_like(&mut self, others: &[String]) -> Vec<(String, String)> {
        let pairs = matching::pairs(&self.matrix.rows, others, &self.commits);
        let renamed: Vec<(String, String)> = pairs
            .into_iter()
            .map(|(i, j)| (std::mem::replace(&mut self.matrix.rows[i], others[j].clone()), others[j].clone()))
            .collect();
        for (name, other) in &renamed {
            self.families.iter_mut().filter(|(model, _)| model == name).for_each(|(model, _)| model.clone_from(other));
            if let Some(size) = self.sizes.remove(name) {
                self.sizes.insert(other.clone(), size);
            }
        }
        renamed
    }

    /// Reads a generic table that is already in memory.
    pub fn from_table(table: &Table, options: &ScoreOptions, aliases: &Aliases) -> Result<Self> {
        let read = match Shape::of(table, &BENCHMARKS, aliases)? {
            Shape::Long(long) => Self::from_long(table, &long, options, aliases),
            Shape::Grid(grid) => Self::from_grid(&grid, options),
        }?;
        Ok(Self { sizes: sizes::of_table(table, aliases), ..read })
    }

    fn from_grid(grid: &Grid<'_>, options: &ScoreOptions) -> Result<Self> {
        let place = |benchmark: usize| move |model: usize| grid.place(model, benchmark);
        let missing = || vec![f64::NAN; grid.models.len()];
        let mut columns: Vec<Column<'_>> =
            grid.items.iter().enumerate().map(|(b, name)| Column::new(name, missing(), place(b))).collect();
        grid.cells(|model, benchmark, cell| columns[benchmark].set(model, cell));
        Ok(Self::settle(grid.models.clone(), columns, options, grid.messages.clone())?.told())
    }

    fn from_long(table: &Table, long: &Long<'_>, options: &ScoreOptions, aliases: &Aliases) -> Result<Self> {
        let value = table.find_column(&VALUE).ok_or_else(|| lacks(table, "a column `score` (or `value`)"))?;
        // A column `score` says no more than that it is one.
        let of_value = Metric::parse(&value.trim().to_ascii_lowercase()).filter(|metric| *metric != Metric::Score);
        let (models, names) = long.names(aliases)?;
        table.check_kind(&value, "numbers")?;
        let values = table.cells(&value);
        let metrics = match table.find_column(&["metric"]) {
            Some(column) => table.labels(&column, "metric")?,
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
                let mut row_of = vec![0; count];
                for &(i, row) in &cells {
                    row_of[i] = row;
                }
                let value = &value;
                let place = move |i: usize| table.place(row_of[i], value);
                let mut column = Column { stated_metric, ..Column::new(name, vec![f64::NAN; count], place) };
                cells.into_iter().for_each(|(i, row)| column.set(i, values[row].clone()));
                column
            })
            .collect();
        Ok(Self::settle(rows.names, columns, options, Vec::new())?.told())
    }

    /// Builds the table from what tools reported. The preferred metric of a task has the task's name, the others
    /// `task/metric`; a benchmark that was run with several numbers of shots is one for each, `task@shots`, and under its own
    /// name the one that the options choose.
    ///
    /// # Errors
    /// A pattern of the options that means no benchmark.
    pub fn from_records(records: Vec<ScoreRecord>, options: &ScoreOptions, aliases: &Aliases) -> Result<Self> {
        let reported = Reported::new(&records, options);
        let mut rows = Index::default();
        let mut labels = Index::default();
        let mut cells: Vec<Vec<(usize, &ScoreRecord)>> = Vec::new();
        let mut families = Vec::new();
        let (mut commits, mut sizes) = (BTreeMap::new(), BTreeMap::new());
        for record in &records {
            let model = aliases.resolve(&record.model);
            let i = rows.insert(&model);
            if let Some(commit) = record.weights.get("sha").filter(|_| !model.contains('@')) {
                commits.insert(model.clone(), commit.clone());
            }
            if let Some(parameters) = record.parameters {
                sizes.insert(model.clone(), parameters);
            }
            if let Some(family) = &record.family {
                families.push((model, family.clone()));
            }
            for label in reported.labels(record) {
                let j = labels.insert(&label);
                if j == cells.len() {
                    cells.push(Vec::new());
                }
                cells[j].push((i, record));
            }
        }
        let count = rows.names.len();
        let columns =
            labels.names.iter().zip(&cells).map(|(name, cells)| reported_column(name, cells, count)).collect();
        let mut table = Self::settle(rows.names.clone(), columns, options, reported.messages)?;
        families.dedup();
        table.families = families;
        table.commits = commits;
        table.sizes = sizes;
        table.faults.extend(reported.faults.into_iter().map(|(name, error)| (name, Arc::new(error))));
        Ok(table.told())
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
        let mut settled = Vec::new();
        let mut faults = BTreeMap::new();
        let mut percents = Vec::new();
        for column in columns {
            match column.settle(options, &mut percents) {
                Ok(column) => settled.push(column),
                Err((name, error)) => {
                    faults.insert(name, Arc::new(error));
                }
            }
        }
        let mut matrix = LabelledMatrix::missing(models, settled.iter().map(|c| c.benchmark.name.clone()).collect());
        let mut absent = BTreeMap::new();
        for (j, column) in settled.iter().enumerate() {
            column.scores.iter().enumerate().for_each(|(i, score)| matrix.values[(i, j)] = *score);
            absent.extend(column.absent.iter().map(|(&i, why)| ((i, j), why.clone())));
        }
        let benchmarks: Vec<Benchmark> = settled.into_iter().map(|column| column.benchmark).collect();
        for (metric, how) in [
            (Metric::Error, "errors: 1 − value is used"),
            (Metric::Perplexity, "perplexities: −ln value is used"),
            (Metric::Loss, "losses: −value is used"),
            (Metric::Score, "scores without a scale, higher is better"),
        ] {
            let of_metric = benchmarks.iter().filter(|benchmark| benchmark.metric == metric);
            let names: Vec<String> = of_metric.map(|benchmark| benchmark.name.clone()).collect();
            if !names.is_empty() {
                messages.push(format!("read as {how}: {}", mixopt_base::list(&names)));
            }
        }
        if !percents.is_empty() {
            messages.push(format!("read as percent, converted to fractions: {}", mixopt_base::list(&percents)));
        }
        Ok(Self {
            matrix,
            benchmarks,
            absent,
            faults,
            commits: BTreeMap::new(),
            sizes: BTreeMap::new(),
            families: Vec::new(),
            messages,
            left_out: Vec::new(),
            files: Vec::new(),
        })
    }

    /// The table with one message for all benchmarks that cannot be used as they are.
    fn told(mut self) -> Self {
        if !self.faults.is_empty() {
            let names = mixopt_base::list(&self.faults.keys().cloned().collect::<Vec<_>>());
            let how = "benchmarks that cannot be used as they are (use one as the target to see why)";
            self.messages.push(format!("{how}: {names}"));
        }
        self
    }
}
