//! Result files below a folder.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::super::error::{Result, StudyError};
use super::LAYOUTS;
use super::identify::{Content, identify};
use super::layout::file_name;

/// What lies below a folder.
#[derive(Default)]
pub(super) struct Found {
    /// Result files, in sorted order.
    pub(super) results: Vec<(PathBuf, Content)>,
    /// Tables of no layout.
    pub(super) plain: Vec<PathBuf>,
    /// What is wrong with files that could not be read or are not what their name says.
    pub(super) broken: Vec<StudyError>,
    /// How many files were looked at.
    pub(super) files: usize,
}

/// Searches a folder and those below it, except hidden ones.
///
/// JSON files and tables are taken if they have a layout. A file named as a tool names its results that is none is among
/// the broken ones; any other is passed over.
pub(super) fn search(folder: &Path) -> Result<Found> {
    let mut found = Found::default();
    for file in files_below(folder)? {
        let name = file_name(&file);
        let is_named = LAYOUTS.iter().any(|layout| (layout.is_named)(&file));
        let is_candidate = match file.extension().and_then(|ending| ending.to_str()) {
            Some("json") => !LAYOUTS.iter().any(|layout| layout.beside.contains(&name)),
            Some("jsonl") => is_named,
            Some("csv" | "tsv" | "parquet") => true,
            _ => false,
        };
        if !is_candidate {
            continue;
        }
        found.files += 1;
        match identify(&file) {
            Ok(Content::Plain) if !name.ends_with(".json") => found.plain.push(file),
            Ok(Content::Unknown(value)) if is_named => found.broken.push(super::no_layout(&file, &value)),
            Ok(Content::Plain | Content::Unknown(_)) => {}
            Ok(content) if is_named || content.is_sure() => found.results.push((file, content)),
            Err(error) => found.broken.push(error),
            Ok(_) => {}
        }
    }
    found.results = one_of_each_run(found.results);
    Ok(found)
}

/// Where a tool writes the same numbers several times into one folder: the files that rank first there.
fn one_of_each_run(results: Vec<(PathBuf, Content)>) -> Vec<(PathBuf, Content)> {
    let rank = |(file, content): &(PathBuf, Content)| {
        let layout = content.layout()?;
        Some((layout.name, (layout.rank?)(file)))
    };
    let ranked: Vec<(Option<PathBuf>, (&str, u8))> =
        results.iter().filter_map(|result| Some((result.0.parent().map(Path::to_path_buf), rank(result)?))).collect();
    let is_best = |result: &(PathBuf, Content)| match rank(result) {
        Some((layout, own)) => !ranked.iter().any(|(folder, (other_layout, other))| {
            folder.as_deref() == result.0.parent() && *other_layout == layout && *other < own
        }),
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
