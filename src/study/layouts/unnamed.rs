//! Result files that name no model.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::layout::is_results_name;
use crate::scores::records::ScoreRecord;

/// Settles the names of models whose files name none: so far all have the name of their folder.
///
/// Several files of one folder are runs of one model where the harness named them so, or where each has other benchmarks;
/// else they are several models, named by their files. Returns what the user should know.
pub(super) fn name(records: &mut [ScoreRecord], unnamed: &[PathBuf]) -> Vec<String> {
    let mut folders: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
    for file in unnamed {
        folders.entry(file.parent().unwrap_or(Path::new(""))).or_default().insert(file);
    }
    let mut by_folder = Vec::new();
    let mut by_file = Vec::new();
    for (folder, files) in folders {
        let overlap = {
            let mut seen: BTreeMap<(&str, Option<&str>), &Path> = BTreeMap::new();
            records.iter().filter(|record| files.contains(record.file.as_path())).any(|record| {
                let key = (record.benchmark.as_str(), record.metric.as_deref());
                *seen.entry(key).or_insert(&record.file) != record.file
            })
        };
        if !overlap || files.iter().all(|file| is_results_name(file)) {
            by_folder.push(folder.display().to_string());
            continue;
        }
        for record in records.iter_mut().filter(|record| files.contains(record.file.as_path())) {
            if let Some(stem) = record.file.file_stem() {
                record.model = stem.to_string_lossy().into_owned();
            }
        }
        by_file.push(folder.display().to_string());
    }
    let message = |folders: Vec<String>, how: &str| {
        (!folders.is_empty()).then(|| format!("no model is named in {}; {how}", mixopt_base::list(&folders)))
    };
    [
        message(by_folder, "the folder's name is used as the model's"),
        message(by_file, "each file there counts as a model, named by the file"),
    ]
    .into_iter()
    .flatten()
    .collect()
}
