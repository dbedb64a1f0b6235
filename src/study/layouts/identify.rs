//! Which layout a file has.

use std::fs::File;
use std::path::Path;

use serde_json::Value;

use super::super::error::{Result, StudyError};
use super::layout::{JsonReader, Layout, LinesReader, TableReader};
use super::{LAYOUTS, Records, json};
use crate::tables::parquet;
use crate::tables::table::Table;

/// A file by its content.
pub(super) enum Content {
    /// JSON of a layout.
    Json(&'static Layout, &'static JsonReader, Value),
    /// JSON lines of a layout: line and value.
    Lines(&'static Layout, &'static LinesReader, Vec<(usize, Value)>),
    /// A table of a layout.
    Table(&'static Layout, &'static TableReader),
    /// A table of no layout.
    Plain,
    /// JSON that is neither of a layout nor a table.
    Unknown(Value),
}

impl Content {
    /// The layout, if there is one.
    pub(super) fn layout(&self) -> Option<&'static Layout> {
        match self {
            Self::Json(layout, ..) | Self::Lines(layout, ..) | Self::Table(layout, _) => Some(layout),
            Self::Plain | Self::Unknown(_) => None,
        }
    }

    /// Whether a file of any name is a result.
    pub(super) fn is_sure(&self) -> bool {
        match self {
            Self::Json(_, reader, value) => (reader.is_sure)(value),
            _ => true,
        }
    }

    /// Reads the file's records; `None` if it has no layout.
    pub(super) fn read(&self, file: &Path) -> Result<Option<Records>> {
        match self {
            Self::Json(_, reader, value) => (reader.read)(file, value).map(Some),
            Self::Lines(_, reader, lines) => (reader.read)(file, lines).map(Some),
            Self::Table(_, reader) => (reader.read)(&Table::read(file)?).map(Some),
            Self::Plain | Self::Unknown(_) => Ok(None),
        }
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
            Some(columns) => identify_table(&columns),
            None => Content::Plain,
        },
        _ => Content::Plain,
    })
}

fn identify_json(file: &Path, value: Value) -> Content {
    let readers = LAYOUTS.iter().filter_map(|layout| Some((*layout, layout.json.as_ref()?)));
    match readers.into_iter().find(|(_, reader)| (reader.fits)(file, &value)) {
        Some((layout, reader)) => Content::Json(layout, reader, value),
        None if value.is_array() => Content::Plain,
        None => Content::Unknown(value),
    }
}

fn identify_lines(file: &Path) -> Result<Content> {
    let mut readers = LAYOUTS.iter().filter_map(|layout| Some((*layout, layout.lines.as_ref()?)));
    let named = readers.clone().find(|(layout, _)| (layout.is_named)(file));
    match json::read_lines(file) {
        Ok(lines) => {
            let found = named.or_else(|| {
                let (_, first) = lines.first()?;
                readers.find(|(_, reader)| (reader.fits)(first))
            });
            Ok(found.map_or(Content::Plain, |(layout, reader)| Content::Lines(layout, reader, lines)))
        }
        // Whoever reads plain tables tells what is wrong with this one.
        Err(StudyError::Malformed { .. }) if named.is_none() => Ok(Content::Plain),
        Err(error) => Err(error),
    }
}

/// Names of a table's columns; `None` if it has none that can be read.
fn columns(file: &Path, ending: &str) -> Result<Option<Vec<String>>> {
    if matches!(ending, "parquet" | "pq") {
        let bytes = std::fs::read(file).map_err(|source| StudyError::unreadable(file, source))?;
        return Ok(parquet::column_names(&bytes).ok());
    }
    let handle = File::open(file).map_err(|source| StudyError::unreadable(file, source))?;
    let separator = if ending == "csv" { b',' } else { b'\t' };
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(handle);
    Ok(reader.headers().ok().map(|header| header.iter().map(str::to_string).collect()))
}

fn identify_table(columns: &[String]) -> Content {
    let mut readers = LAYOUTS.iter().filter_map(|layout| Some((*layout, layout.table.as_ref()?)));
    let found = readers.find(|(_, reader)| (reader.fits)(columns));
    found.map_or(Content::Plain, |(layout, reader)| Content::Table(layout, reader))
}
