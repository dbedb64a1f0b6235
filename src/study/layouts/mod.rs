//! Result files of evaluation tools. A tool is a file that says how its results are recognised and read, and an entry in
//! the list here.

mod harness;
mod helm;
mod identify;
mod identity;
mod json;
mod layout;
mod leaderboard;
mod lighteval;
mod merge;
mod metric;
mod model_name;
mod olmes;
mod opencompass;
mod perplexity_correlations;
mod search;
mod stamp;
#[cfg(test)]
mod test_files;
#[cfg(test)]
mod tests;
mod unnamed;

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::error::{Result, StudyError};
use crate::scores::records::ScoreRecord;
use crate::tables::table::Table;
use layout::Layout;
pub(crate) use metric::kind_of;
pub use metric::preferred_metric;
use mixopt_base::Place;

/// The metric's name of bits per character, in the records of [`read_bits`].
pub const BITS_PER_CHARACTER: &str = "bits_per_character";

/// The metric's name of bits per byte, in the records of [`read_bits`].
pub const BITS_PER_BYTE: &str = "bits_per_byte";

/// All layouts. Of several that a file fits, it has the first.
const LAYOUTS: &[&Layout] = &[
    &harness::HARNESS,
    &lighteval::LIGHTEVAL,
    &olmes::OLMES,
    &helm::HELM,
    &opencompass::SUMMARY,
    &opencompass::PIVOT,
    &leaderboard::LEADERBOARD,
    &perplexity_correlations::ERRORS,
    &perplexity_correlations::BITS,
];

/// What was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Records {
    /// One record for each model, benchmark, metric and number of shots.
    pub records: Vec<ScoreRecord>,
    /// What the user should know: what was left out, and why.
    pub messages: Vec<String>,
    /// The files that the records come from, and those that describe them.
    pub files: Vec<PathBuf>,
    /// Files that name no model; their records have the name of the folder.
    pub unnamed: Vec<PathBuf>,
}

impl Records {
    /// The records of one table, of which there must be at least one.
    fn of_table(table: &Table, records: Vec<ScoreRecord>, messages: Vec<String>) -> Result<Self> {
        if records.is_empty() {
            return Err(StudyError::malformed(Place::file(table.file()), "no value", "at least one score"));
        }
        Ok(Self { records, messages, files: vec![table.file().to_path_buf()], ..Self::default() })
    }
}

/// Reads the benchmark scores of a result file, or of all result files below a folder.
///
/// Every metric of a task becomes a record; [`preferred_metric`] chooses among them. A model that was run several times
/// has, for each benchmark, metric and number of shots, the score on the largest sample, and of several on one sample the
/// newest; of two different scores of which neither is newer both are here. What is no number is a record without a
/// value. `None` for a file that is a table of no known layout.
///
/// # Errors
/// [`StudyError`] names the file and key of what is wrong. A folder without any result file is an error; a file of a
/// folder that cannot be read is a message.
pub fn read_scores(path: &Path) -> Result<Option<Records>> {
    read(path, "benchmark scores", |layout| layout.has_scores, |_| true)
}

/// Reads bits per character or byte of a result file, or of all result files below a folder: records with the metric
/// [`BITS_PER_CHARACTER`] or [`BITS_PER_BYTE`] whose `benchmark` is the domain. `None` for a file that is a table of no
/// known layout.
///
/// # Errors
/// As [`read_scores`], and where there is no such value.
pub fn read_bits(path: &Path) -> Result<Option<Records>> {
    read(
        path,
        "bits per character or byte",
        |layout| layout.has_bits,
        |record| matches!(record.metric.as_deref(), Some(BITS_PER_CHARACTER | BITS_PER_BYTE)),
    )
}

fn read(
    path: &Path,
    what: &'static str,
    layout_fits: fn(&Layout) -> bool,
    record_fits: fn(&ScoreRecord) -> bool,
) -> Result<Option<Records>> {
    let mut found = Records::default();
    if path.is_dir() {
        let searched = search::search(path)?;
        let mut broken = searched.broken;
        let mut empty = 0;
        for (file, content) in searched.results {
            if !content.layout().is_some_and(layout_fits) {
                empty += 1;
                continue;
            }
            let before = found.records.len();
            match content.read(&file) {
                Ok(records) => found.add(records.unwrap_or_default(), record_fits),
                Err(error) => broken.push(error),
            }
            empty += usize::from(found.records.len() == before);
        }
        if found.records.is_empty() {
            let layouts = LAYOUTS.iter().filter(|layout| layout_fits(layout)).map(|layout| layout.name).collect();
            return Err(StudyError::NothingUsable {
                folder: path.to_path_buf(),
                what,
                files: searched.files,
                results: empty,
                tables: searched.plain,
                broken: broken.iter().map(ToString::to_string).collect(),
                layouts,
            });
        }
        if !searched.plain.is_empty() {
            let names: Vec<String> = searched.plain.iter().map(|file| file.display().to_string()).collect();
            let names = mixopt_base::list(&names);
            found.messages.push(format!("tables of no known layout are left out; give them by themselves: {names}"));
        }
        if let Some(first) = broken.first() {
            let more = if broken.len() > 1 { format!(" (and {} more files)", broken.len() - 1) } else { String::new() };
            found.messages.push(format!("a file is left out: {first}{more}"));
        }
    } else {
        let content = identify::identify(path)?;
        if let identify::Content::Unknown(value) = &content {
            return Err(no_layout(path, value));
        }
        let Some(layout) = content.layout() else { return Ok(None) };
        let records = if layout_fits(layout) { content.read(path)? } else { None };
        found.add(records.unwrap_or_default(), record_fits);
        if found.records.is_empty() {
            let held = format!("no {what} in this file of {}", layout.name);
            return Err(StudyError::malformed(Place::file(path), held, what));
        }
    }
    found.messages.extend(unnamed::name(&mut found.records, &found.unnamed));
    identity::label(&mut found.records);
    let (records, messages) = merge::best(found.records);
    found.records = records;
    found.messages.extend(messages);
    found.messages.extend(without_a_value(&found.records));
    Ok(Some(found))
}

/// One message for all entries that are no numbers.
fn without_a_value(records: &[ScoreRecord]) -> Option<String> {
    let mut without = records.iter().filter_map(|record| Some((record, record.no_number.as_ref()?)));
    let (first, what) = without.next()?;
    let more = match without.count() {
        0 => String::new(),
        count => format!(", and {count} more"),
    };
    Some(format!("entries that are no number count as no value: {what} in {}{more}", first.file.display()))
}

impl Records {
    /// Adds the records of one file that are asked for; a file without any is not listed.
    fn add(&mut self, other: Records, record_fits: fn(&ScoreRecord) -> bool) {
        let before = self.records.len();
        self.records.extend(other.records.into_iter().filter(record_fits));
        if self.records.len() > before {
            self.messages.extend(other.messages);
            self.files.extend(other.files);
            self.unnamed.extend(other.unnamed);
        }
    }
}

/// The error of a JSON file that no layout fits.
fn no_layout(file: &Path, value: &Value) -> StudyError {
    if !value.is_object() {
        return json::Node::root(file, value).wrong("an object with `results`, or a list of rows");
    }
    let expected = "`results` as lm-evaluation-harness and lighteval write it, `metrics` as OLMES does, or an array of flat objects (one a row)";
    StudyError::malformed(Place::file(file).column("results"), "the key is missing", expected)
}
