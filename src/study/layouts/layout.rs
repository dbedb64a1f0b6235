//! What is known of an evaluation tool's result files: plain data, and the functions that recognise and read them.

use std::path::Path;

use serde_json::Value;

use super::super::error::Result;
use super::Records;
use crate::tables::table::Table;

/// The result files of an evaluation tool.
pub(super) struct Layout {
    /// The tool and its files, in words.
    pub(super) name: &'static str,
    /// Whether its files can hold benchmark scores.
    pub(super) has_scores: bool,
    /// Whether its files can hold bits per byte or character.
    pub(super) has_bits: bool,
    /// Whether the tool gives its results such a name: a file in a folder that is named so must be such a result.
    pub(super) is_named: fn(&Path) -> bool,
    /// JSON files that the tool writes beside the results and that can be huge.
    pub(super) beside: &'static [&'static str],
    /// Where a tool writes the same numbers several times into one folder: how far down the file stands among those; the
    /// first are taken.
    pub(super) rank: Option<fn(&Path) -> u8>,
    /// How a JSON file is recognised and read.
    pub(super) json: Option<JsonReader>,
    /// How JSON lines are recognised and read.
    pub(super) lines: Option<LinesReader>,
    /// How a table is recognised and read.
    pub(super) table: Option<TableReader>,
}

impl Layout {
    /// What every other one is written from.
    pub(super) const NONE: Self = Self {
        name: "",
        has_scores: true,
        has_bits: true,
        is_named: |_| false,
        beside: &[],
        rank: None,
        json: None,
        lines: None,
        table: None,
    };
}

/// How a JSON file is recognised and read.
pub(super) struct JsonReader {
    /// Whether this file has the layout.
    pub(super) fits: fn(&Path, &Value) -> bool,
    /// Whether it surely has, whatever its name is: keys such as `results` are used by others as well.
    pub(super) is_sure: fn(&Value) -> bool,
    /// Reads it.
    pub(super) read: fn(&Path, &Value) -> Result<Records>,
}

/// The number of a line and its value.
pub(super) type Line = (usize, Value);

/// How a file of JSON lines is recognised and read.
pub(super) struct LinesReader {
    /// Whether a file with this first line has the layout; one that is named as the tool does always has.
    pub(super) fits: fn(&Value) -> bool,
    /// Reads it.
    pub(super) read: fn(&Path, &[Line]) -> Result<Records>,
}

/// How a table is recognised and read.
pub(super) struct TableReader {
    /// Whether a table with these columns has the layout.
    pub(super) fits: fn(&[String]) -> bool,
    /// Reads it.
    pub(super) read: fn(&Table) -> Result<Records>,
}

/// A file's name, for the tests of names.
pub(super) fn file_name(file: &Path) -> &str {
    file.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// Whether it is a name of harness and lighteval, `results_<time>.json`.
pub(super) fn is_results_name(file: &Path) -> bool {
    let name = file_name(file);
    name.starts_with("results_") && name.ends_with(".json")
}

/// Whether a table begins with these columns and has more.
pub(super) fn starts_with(columns: &[String], names: &[&str]) -> bool {
    columns.len() > names.len() && columns.iter().zip(names).all(|(column, name)| column.trim() == *name)
}
