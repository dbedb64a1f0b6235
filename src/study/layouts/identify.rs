//! Which layout a file has.

use std::fs::File;
use std::path::Path;

use polars_io::prelude::{ParquetReader, SerReader};
use serde_json::Value;

use super::super::error::{Result, StudyError};
use super::super::table::Table;
use super::{
    Layout, Records, harness, helm, json, leaderboard, lighteval, olmes, opencompass, perplexity_correlations,
};

/// A file by its content.
pub(super) enum Content {
    /// JSON of a layout.
    Json(Layout, Value),
    /// JSON lines of a layout: line and value.
    Lines(Vec<(usize, Value)>),
    /// A table of a layout.
    Table(Layout),
    /// A table of no layout.
    Plain,
    /// JSON that is neither of a layout nor a table.
    Unknown(Value),
}

impl Content {
    /// The layout, if there is one.
    pub(super) fn layout(&self) -> Option<Layout> {
        match self {
            Self::Json(layout, _) | Self::Table(layout) => Some(*layout),
            Self::Lines(_) => Some(Layout::Olmes),
            Self::Plain | Self::Unknown(_) => None,
        }
    }

    /// Reads the file's records; `None` if it has no layout.
    pub(super) fn read(&self, file: &Path) -> Result<Option<Records>> {
        match self {
            Self::Json(Layout::Harness, value) => harness::read(file, value),
            Self::Json(Layout::Lighteval, value) => lighteval::read(file, value),
            Self::Json(Layout::Helm, value) => helm::read(file, value),
            Self::Json(_, value) => olmes::read(file, value),
            Self::Lines(lines) => olmes::read_lines(file, lines),
            Self::Table(layout) => {
                let table = Table::read(file)?;
                match layout {
                    Layout::OpenCompass => opencompass::read_summary(&table),
                    Layout::OpenCompassPivot => opencompass::read_pivot(&table),
                    Layout::Leaderboard => leaderboard::read(&table),
                    Layout::Lighteval => lighteval::read(file, &lighteval::from_table(&table)?),
                    _ => perplexity_correlations::read(&table),
                }
            }
            Self::Plain | Self::Unknown(_) => return Ok(None),
        }
        .map(Some)
    }
}

/// Finds the layout of a file by its ending and content.
///
/// # Errors
/// If it is JSON by its ending only, or cannot be read.
pub(super) fn identify(file: &Path) -> Result<Content> {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    Ok(match ending.as_str() {
        "json" => identify_json(file, json::read(file)?),
        "jsonl" | "ndjson" => identify_lines(file)?,
        "csv" | "tsv" | "tab" | "parquet" | "pq" => match columns(file, &ending)? {
            Some(columns) => table_layout(&columns).map_or(Content::Plain, Content::Table),
            None => Content::Plain,
        },
        _ => Content::Plain,
    })
}

fn identify_json(file: &Path, value: Value) -> Content {
    let has = |key: &str| value.get(key).is_some();
    let is_helm = file.file_name().is_some_and(|name| name == "stats.json")
        && (file.with_file_name(helm::RUN_SPEC).is_file() || value.get(0).is_some_and(|item| item["name"].is_object()));
    if is_helm {
        return Content::Json(Layout::Helm, value);
    }
    if value.is_array() {
        return Content::Plain;
    }
    let layout = if has("config_general") {
        Layout::Lighteval
    } else if has("results") {
        Layout::Harness
    } else if is_olmes(&value) {
        Layout::Olmes
    } else {
        return Content::Unknown(value);
    };
    Content::Json(layout, value)
}

fn is_olmes(value: &Value) -> bool {
    let is = |key: &str, test: fn(&Value) -> bool| value.get(key).is_some_and(test);
    value.get("all_primary_scores").is_some()
        || is("tasks", Value::is_array)
        || is("metrics", Value::is_array)
        || (is("metrics", Value::is_object) && (value.get("task_name").is_some() || value.get("task_config").is_some()))
}

fn identify_lines(file: &Path) -> Result<Content> {
    let is_named = file.file_name().is_some_and(|name| name == "metrics-all.jsonl");
    match json::read_lines(file) {
        Ok(lines) if is_named || lines.first().is_some_and(|(_, value)| is_olmes(value)) => Ok(Content::Lines(lines)),
        Ok(_) => Ok(Content::Plain),
        // Whoever reads plain tables tells what is wrong with this one.
        Err(StudyError::Malformed { .. }) if !is_named => Ok(Content::Plain),
        Err(error) => Err(error),
    }
}

/// Names of a table's columns; `None` if it has none that can be read.
fn columns(file: &Path, ending: &str) -> Result<Option<Vec<String>>> {
    let handle = File::open(file).map_err(|source| StudyError::unreadable(file, source))?;
    if matches!(ending, "parquet" | "pq") {
        let schema = ParquetReader::new(handle).schema();
        return Ok(schema.ok().map(|schema| schema.iter_names().map(|name| name.to_string()).collect()));
    }
    let separator = if ending == "csv" { b',' } else { b'\t' };
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(handle);
    Ok(reader.headers().ok().map(|header| header.iter().map(str::to_string).collect()))
}

fn table_layout(columns: &[String]) -> Option<Layout> {
    let starts = |names: &[&str]| {
        columns.len() > names.len() && columns.iter().zip(names).all(|(column, name)| column.trim() == *name)
    };
    let has = |name: &&str| columns.iter().any(|column| column == *name);
    if starts(&opencompass::SUMMARY) {
        Some(Layout::OpenCompass)
    } else if starts(&opencompass::PIVOT) {
        Some(Layout::OpenCompassPivot)
    } else if lighteval::COLUMNS[..2].iter().all(has) {
        Some(Layout::Lighteval)
    } else if leaderboard::fits(columns) {
        Some(Layout::Leaderboard)
    } else {
        perplexity_correlations::holds_bits(columns).map(|is_bits| match is_bits {
            true => Layout::PerplexityBits,
            false => Layout::PerplexityErrors,
        })
    }
}
