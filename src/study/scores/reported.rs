//! Names of the benchmarks that tools reported: which metric of a task has its name, and which number of shots.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::error::StudyError;
use crate::layouts;
use crate::scores::records::{Metric, ScoreRecord};
use crate::scores::score_column::{Absent, Column, ScoreOptions};
use mixopt_base::Place;

/// What the records of a study call their benchmarks.
pub(crate) struct Reported {
    /// The metric that has the task's name.
    preferred: HashMap<String, String>,
    /// Tasks and metrics of which some model has a value.
    measured: HashSet<(String, String)>,
    /// Tasks that were run with several numbers of shots.
    mixed: BTreeMap<String, BTreeSet<u64>>,
    /// The number of shots that the options choose for a task.
    chosen: HashMap<String, u64>,
    /// Names that cannot be used, and why.
    pub(crate) faults: BTreeMap<String, StudyError>,
    /// What the user should know.
    pub(crate) messages: Vec<String>,
}

impl Reported {
    /// Looks through all records.
    pub(crate) fn new(records: &[ScoreRecord], options: &ScoreOptions) -> Self {
        let mut tasks: Vec<&str> = Vec::new();
        let mut runs: HashMap<&str, Vec<&ScoreRecord>> = HashMap::new();
        for record in records {
            let of_task = runs.entry(&record.benchmark).or_default();
            if of_task.is_empty() {
                tasks.push(&record.benchmark);
            }
            of_task.push(record);
        }
        let mut reported = Self {
            preferred: HashMap::new(),
            measured: records
                .iter()
                .filter(|record| record.no_number.is_none())
                .map(|record| (record.benchmark.clone(), record.metric.clone().unwrap_or_default()))
                .collect(),
            mixed: BTreeMap::new(),
            chosen: HashMap::new(),
            faults: BTreeMap::new(),
            messages: Vec::new(),
        };
        let mut several = Vec::new();
        for task in tasks {
            let (metrics, chosen) = preferred(&runs[task]);
            if metrics > 1 {
                several.push(format!("{task} is its {chosen}"));
            }
            reported.preferred.insert(task.to_string(), chosen);
            reported.choose_shots(task, &runs[task], options);
        }
        if !several.is_empty() {
            let several = mixopt_base::list(&several);
            reported.messages.push(format!("tasks with several metrics: {several} (the others are named task/metric)"));
        }
        if !reported.mixed.is_empty() {
            let names: Vec<String> = reported
                .mixed
                .iter()
                .map(|(task, shots)| {
                    let shots: Vec<String> = shots.iter().map(u64::to_string).collect();
                    format!("{task}@{}", shots.join("|"))
                })
                .collect();
            let names = mixopt_base::list(&names);
            reported.messages.push(format!("run with several numbers of examples in the prompt: {names}"));
        }
        reported
    }

    fn choose_shots(&mut self, task: &str, runs: &[&ScoreRecord], options: &ScoreOptions) {
        let known: BTreeSet<u64> = runs.iter().filter_map(|run| run.shots).collect();
        let asked = options.shots.iter().find(|(pattern, _)| pattern.matches(task)).map(|&(_, shots)| shots);
        if known.len() > 1 {
            self.mixed.insert(task.to_string(), known.clone());
        }
        match asked {
            Some(asked) if known.contains(&asked) => {
                self.chosen.insert(task.to_string(), asked);
            }
            Some(asked) if !known.is_empty() => {
                let known = known.into_iter().collect();
                let error = StudyError::OtherShots { benchmark: task.to_string(), asked, known };
                self.faults.insert(task.to_string(), error);
            }
            _ if known.len() > 1 => {
                self.faults.insert(task.to_string(), mixed_shots(task, runs, &known));
            }
            _ => {}
        }
    }

    /// The benchmarks that a record is a score of.
    pub(crate) fn labels(&self, record: &ScoreRecord) -> Vec<String> {
        let task = &record.benchmark;
        let metric = match &record.metric {
            Some(metric) if Some(metric) != self.preferred.get(task) => {
                if !self.measured.contains(&(task.clone(), metric.clone())) {
                    return Vec::new();
                }
                format!("/{metric}")
            }
            _ => String::new(),
        };
        let mut labels = Vec::new();
        let is_chosen = match (self.chosen.get(task), self.faults.contains_key(task)) {
            (_, true) => false,
            (Some(shots), _) => record.shots == Some(*shots),
            (None, _) => true,
        };
        if is_chosen {
            labels.push(format!("{task}{metric}"));
        }
        if self.mixed.contains_key(task)
            && let Some(shots) = record.shots
        {
            labels.push(format!("{task}@{shots}{metric}"));
        }
        labels
    }
}

/// How many metrics of a task have values, and the one that has its name.
fn preferred(runs: &[&ScoreRecord]) -> (usize, String) {
    let names = |with_values: bool| {
        let mut names: Vec<&str> = Vec::new();
        for run in runs.iter().filter(|run| !with_values || run.no_number.is_none()) {
            let name = run.metric.as_deref().unwrap_or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    let metrics = Some(names(true)).filter(|names| !names.is_empty()).unwrap_or_else(|| names(false));
    (metrics.len(), metrics[layouts::preferred_metric(&metrics)].to_string())
}

fn mixed_shots(task: &str, runs: &[&ScoreRecord], known: &BTreeSet<u64>) -> StudyError {
    let mut shown = known.iter().filter_map(|&shots| runs.iter().find(|run| run.shots == Some(shots)));
    let (first, second) = (shown.next().unwrap_or(&runs[0]), shown.next().unwrap_or(&runs[0]));
    StudyError::MixedShots {
        benchmark: task.to_string(),
        shots: [first.shots.unwrap_or(0), second.shots.unwrap_or(0)],
        models: Box::new([first.model.clone(), second.model.clone()]),
        files: Box::new([first.file.clone(), second.file.clone()]),
        names: known.iter().map(|shots| format!("`{task}@{shots}`")).collect(),
    }
}

/// The column of one benchmark: records by the row of their model, of `count` models.
pub(crate) fn reported_column<'a>(name: &'a str, cells: &'a [(usize, &'a ScoreRecord)], count: usize) -> Column<'a> {
    let first = cells.iter().map(|(_, record)| *record).find(|record| record.no_number.is_none()).unwrap_or(cells[0].1);
    let place = move |i| {
        let record = cells.iter().find(|(row, _)| *row == i).map_or(first, |(_, record)| record);
        Place::file(&record.file).column(name)
    };
    let stated = first.metric.as_deref().and_then(|metric| layouts::kind_of(metric, first.higher_is_better));
    let scale = cells.iter().find_map(|(_, record)| record.scale);
    let shots = first.shots.filter(|_| cells.iter().all(|(_, record)| record.shots == first.shots));
    let mut column = Column {
        measure: first.metric.clone(),
        shots,
        is_average: cells.iter().any(|(_, record)| record.is_average),
        stated_metric: stated,
        stated_lower_is_better: first.higher_is_better == Some(false),
        stated_scale: scale.filter(|_| stated.is_none_or(Metric::is_share)),
        ..Column::new(name, vec![f64::NAN; count], place)
    };
    let mut seen: HashMap<usize, &ScoreRecord> = HashMap::new();
    for &(i, record) in cells {
        match seen.insert(i, record) {
            None => {}
            Some(other) if other.value == record.value => continue,
            Some(other) => {
                column.values[i] = f64::NAN;
                column.absent.insert(i, Absent::Fault(Arc::new(contradiction(other, record))));
                continue;
            }
        }
        match &record.no_number {
            None => column.values[i] = record.value,
            Some(what) => {
                column.absent.insert(i, Absent::NoNumber(format!("{what} in {}", record.file.display())));
            }
        }
    }
    column
}

/// The error of two records for one score.
pub(crate) fn contradiction(first: &ScoreRecord, second: &ScoreRecord) -> StudyError {
    if first.model != second.model {
        return StudyError::Duplicate {
            place: Place::file(&second.file).column(&second.benchmark),
            kind: "model",
            name: second.model.clone(),
        };
    }
    StudyError::Contradiction {
        model: second.model.clone(),
        benchmark: second.benchmark.clone(),
        metric: second.metric.clone(),
        values: [first.value, second.value],
        files: Box::new([first.file.clone(), second.file.clone()]),
    }
}
