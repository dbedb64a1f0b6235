//! Result files below a folder.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::error::{Result, StudyError};
use super::identify::{Content, identify};
use super::{Layout, helm};

/// JSON files that tools write beside the results and that can be huge.
const NO_RESULTS: [&str; 5] =
    ["per_instance_stats.json", "scenario_state.json", "instances.json", "scenario.json", "run_spec.json"];

/// What lies below a folder.
#[derive(Default)]
pub(super) struct Found {
    /// Result files, in sorted order.
    pub(super) results: Vec<(PathBuf, Content)>,
    /// Tables of no layout.
    pub(super) plain: Vec<PathBuf>,
    /// What is wrong with files that could not be read and are not named as results.
    pub(super) broken: Vec<StudyError>,
}

/// Searches a folder and those below it, except hidden ones.
///
/// Files named as a tool names its results must be such results; any other JSON file or table is taken if it has a
/// layout and passed over if it has none.
pub(super) fn search(folder: &Path) -> Result<Found> {
    let mut found = Found::default();
    for file in files_below(folder)? {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_string();
        let is_named = is_result_name(&name) || (name == "stats.json" && file.with_file_name(helm::RUN_SPEC).is_file());
        let is_candidate = match file.extension().and_then(|ending| ending.to_str()) {
            Some("json") => !NO_RESULTS.contains(&name.as_str()),
            Some("jsonl") => is_named,
            Some("csv" | "tsv" | "parquet") => true,
            _ => false,
        };
        if !is_candidate {
            continue;
        }
        match identify(&file) {
            Ok(Content::Plain) if !name.ends_with(".json") => found.plain.push(file),
            Ok(Content::Unknown(value)) if is_named => return Err(super::no_layout(&file, &value)),
            Ok(Content::Plain | Content::Unknown(_)) => {}
            Ok(content) if is_named || is_surely(&content) => found.results.push((file, content)),
            Err(error) if is_named => return Err(error),
            Err(error) => found.broken.push(error),
            Ok(_) => {}
        }
    }
    found.results = one_of_each_run(found.results);
    Ok(found)
}

/// Whether a tool gives its results such a name.
fn is_result_name(name: &str) -> bool {
    (name.starts_with("results_") && name.ends_with(".json"))
        || (name.starts_with("task-") && name.ends_with("-metrics.json"))
        || name == "metrics-all.jsonl"
}

/// Whether a file of any name is a result: `results` alone is a key that others use as well.
fn is_surely(content: &Content) -> bool {
    match content {
        Content::Json(Layout::Harness, value) => {
            let has = |key: &str| value.get(key).is_some();
            value.get("results").is_some_and(Value::is_object)
                && ["versions", "config", "configs", "n-shot", "higher_is_better", "model_name"].into_iter().any(has)
        }
        Content::Json(Layout::Olmes, value) => value.get("model_config").is_some(),
        _ => true,
    }
}

/// OLMES writes the same numbers three times into one folder. Taken is the most complete: the file with a line for each
/// task, else the tasks' own files, else the summary.
fn one_of_each_run(results: Vec<(PathBuf, Content)>) -> Vec<(PathBuf, Content)> {
    let rank = |(file, content): &(PathBuf, Content)| match content {
        Content::Lines(_) => Some(0),
        Content::Json(Layout::Olmes, _) => {
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            Some(if is_result_name(name) { 1 } else { 2 })
        }
        _ => None,
    };
    let ranked: Vec<(Option<PathBuf>, usize)> =
        results.iter().filter_map(|result| Some((result.0.parent().map(Path::to_path_buf), rank(result)?))).collect();
    let is_best = |result: &(PathBuf, Content)| match rank(result) {
        Some(own) => !ranked.iter().any(|(folder, other)| folder.as_deref() == result.0.parent() && *other < own),
        None => true,
    };
    results.into_iter().filter(is_best).collect()
}

/// Files below a folder, sorted by path; links are followed, each folder is entered once.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut entered = HashSet::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let unreadable = |source| StudyError::unreadable(&folder, source);
        if !entered.insert(folder.canonicalize().map_err(unreadable)?) {
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            // A link that leads nowhere is no result.
            match path.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(path),
                Ok(metadata) if metadata.is_file() => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    Ok(files)
}
