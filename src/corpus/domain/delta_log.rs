//! Delta tables: a folder of Parquet files with a log of which of them are the table.
//!
//! Files that a newer version has replaced stay beside the others until they are cleaned away; to read all of them is to
//! read documents twice, and ones that were deleted. The log is JSON lines, a file for each version
//! (<https://github.com/delta-io/delta/blob/master/PROTOCOL.md>).

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use mixopt_base::Place;

use crate::error::{CorpusError, Result};

/// The folder of the log in that of a table.
pub(crate) const LOG: &str = "_delta_log";
const LOG_EXPECTED: &str = "the log of a Delta table, whole from its first version";
const MEND: &str = "rewrite the table as Parquet or JSONL, or name its current files";

/// Of the files found, those that are no Parquet file of a Delta table, or one that the table has now.
pub(crate) fn current(found: Vec<PathBuf>) -> Result<Vec<PathBuf>> {
    let mut tables = Tables::default();
    let mut current = Vec::with_capacity(found.len());
    for file in found {
        if !file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet")) {
            current.push(file);
            continue;
        }
        let place = absolute(&file)?;
        let root = place.parent().and_then(|folder| tables.root_of(folder));
        let is_current = match root {
            Some(root) => tables.files(&root)?.contains(&place),
            None => true,
        };
        if is_current {
            current.push(file);
        }
    }
    Ok(current)
}

/// The tables that files were found in.
#[derive(Default)]
struct Tables {
    /// For each folder asked for, that of the table that it belongs to.
    roots: HashMap<PathBuf, Option<PathBuf>>,
    /// For each table its files.
    files: HashMap<PathBuf, HashSet<PathBuf>>,
}

impl Tables {
    fn root_of(&mut self, folder: &Path) -> Option<PathBuf> {
        if let Some(root) = self.roots.get(folder) {
            return root.clone();
        }
        let root = folder.ancestors().find(|above| above.join(LOG).is_dir()).map(Path::to_path_buf);
        self.roots.insert(folder.to_path_buf(), root.clone());
        root
    }

    fn files(&mut self, root: &Path) -> Result<&HashSet<PathBuf>> {
        if !self.files.contains_key(root) {
            self.files.insert(root.to_path_buf(), files_of(root)?);
        }
        Ok(self.files.entry(root.to_path_buf()).or_default())
    }
}

/// An action of the log; others than these change no files.
#[derive(serde::Deserialize)]
struct Action {
    add: Option<DataFile>,
    remove: Option<DataFile>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct DataFile {
    /// Below the table's folder, or a whole address; escaped as in an address.
    path: String,
    deletion_vector: Option<DeletionVector>,
}

/// Rows of a file that are deleted.
#[derive(serde::Deserialize, Clone, PartialEq, Eq, Hash)]
#[serde(rename_all = "camelCase")]
struct DeletionVector {
    storage_type: String,
    path_or_inline_dv: String,
    offset: Option<i64>,
}

/// The files that a table has after the last version of its log.
fn files_of(root: &Path) -> Result<HashSet<PathBuf>> {
    let mut files: HashSet<(String, Option<DeletionVector>)> = HashSet::new();
    for version in versions(&root.join(LOG))? {
        let text = std::fs::read_to_string(&version).map_err(|source| CorpusError::unreadable(&version, source))?;
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let action: Action = serde_json::from_str(line).map_err(|error| {
                let place = Place::file(&version).row(format!("line {number}"));
                CorpusError::malformed(place, format!("not a log action ({error})"), LOG_EXPECTED)
            })?;
            if let Some(file) = action.remove {
                files.remove(&(file.path, file.deletion_vector));
            }
            if let Some(file) = action.add {
                files.insert((file.path, file.deletion_vector));
            }
        }
    }
    let mut places = HashSet::with_capacity(files.len());
    for (path, deletion_vector) in files {
        let fault = |what: String| CorpusError::Unsupported { file: root.to_path_buf(), what, mend: MEND.to_string() };
        if deletion_vector.is_some() {
            return Err(fault(format!(
                "`{path}` has deleted rows in it (a deletion vector), which cannot be excluded"
            )));
        }
        let below = decoded(&path);
        let place = root.join(below.strip_prefix("file://").unwrap_or(&below));
        if !place.is_file() {
            return Err(fault(format!("the log of this Delta table names `{path}`, which is missing")));
        }
        places.insert(place);
    }
    Ok(places)
}

/// The files of all versions in their order, from the first.
fn versions(log: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(log).map_err(|source| CorpusError::unreadable(log, source))?;
    let mut versions: Vec<(u64, PathBuf)> = entries.flatten().filter_map(|entry| numbered(&entry.path())).collect();
    versions.sort();
    let missing = (0..).zip(&versions).find(|(expected, (number, _))| expected != number).map(|(expected, _)| expected);
    if let Some(version) = missing.or(versions.is_empty().then_some(0)) {
        return Err(CorpusError::Unsupported {
            file: log.to_path_buf(),
            what: format!(
                "the log of this Delta table has no JSON file of version {version}; checkpoints, in which older versions \
                 are kept, are not read"
            ),
            mend: MEND.to_string(),
        });
    }
    Ok(versions.into_iter().map(|(_, file)| file).collect())
}

/// A version's file with its number: `00000000000000000007.json`.
fn numbered(file: &Path) -> Option<(u64, PathBuf)> {
    let name = file.file_name()?.to_str()?.strip_suffix(".json")?;
    let is_number = name.len() == 20 && name.bytes().all(|byte| byte.is_ascii_digit());
    Some((name.parse().ok().filter(|_| is_number)?, file.to_path_buf()))
}

/// An address without its escapes (`%20`).
fn decoded(address: &str) -> String {
    let mut bytes = Vec::with_capacity(address.len());
    let mut rest = address.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = (first == b'%').then(|| after.first_chunk::<2>()).flatten().and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
            u8::from_str_radix(digits, 16).ok()
        });
        bytes.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn absolute(file: &Path) -> Result<PathBuf> {
    // Links above a file change nothing in which table it is; `./` and the current folder do.
    std::path::absolute(file).map_err(|source| CorpusError::unreadable(file, source))
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn addresses_are_unescaped() {
        assert_eq!(decoded("day=1%2F2/a%20b%C3%A9.parquet"), "day=1/2/a bé.parquet");
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%+1%zz"), "%+1%zz");
    }
}
