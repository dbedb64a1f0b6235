//! One table from a file: CSV, TSV, Parquet, JSON or JSON lines, with the place of every cell kept for errors.

use std::collections::HashSet;
use std::fs::File;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use polars_core::prelude::{AnyValue, Column, DataFrame, DataType};
use polars_io::prelude::{JsonFormat, JsonReader, ParquetReader, SerReader};

use crate::error::{Result, StudyError};
use crate::tables::text::{self, Delimited};
use mixopt_base::Place;

/// A table with named columns. Text formats keep every cell as text until a number is asked for, so that an error
/// can show what stands in the file.
#[derive(Debug, Clone)]
pub struct Table {
    file: PathBuf,
    frame: DataFrame,
    /// Line of each row, in formats that have lines.
    lines: Option<Vec<u64>>,
}

/// A finite number and nothing, or `NaN` and what stands there in its place.
pub(crate) type Measurement = (f64, Option<String>);

/// A cell of a column of numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// A finite number.
    Number(f64),
    /// No value.
    Empty,
    /// Something else, as it stands there.
    Other(String),
}

impl Cell {
    /// A finite number and nothing, or `NaN` and what stands there in its place; nothing for an empty cell.
    pub(crate) fn measurement(&self) -> Option<Measurement> {
        match self {
            Self::Number(value) => Some((*value, None)),
            Self::Empty => None,
            Self::Other(found) => Some((f64::NAN, Some(format!("`{found}`")))),
        }
    }
}

/// Cells that stand for "no value".
const MISSING: [&str; 8] = ["", "-", "na", "n/a", "nan", "null", "none", "?"];

impl Table {
    /// Reads a table; the format follows the name's ending.
    ///
    /// # Errors
    /// [`StudyError`] names the file and, where the format has them, the line and column.
    pub fn read(file: &Path) -> Result<Self> {
        let bytes = std::fs::read(file).map_err(|source| StudyError::unreadable(file, source))?;
        Self::parse(file, bytes)
    }

    /// Reads a table from memory; `file` gives the format and is named in errors.
    pub fn parse(file: &Path, bytes: Vec<u8>) -> Result<Self> {
        let ending = file.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        match ending.as_str() {
            "csv" => Self::parse_delimited(file, bytes, b','),
            "tsv" | "tab" => Self::parse_delimited(file, bytes, b'\t'),
            "parquet" | "pq" => Self::parse_parquet(file),
            "json" => Self::parse_json(file, bytes, JsonFormat::Json),
            "jsonl" | "ndjson" => Self::parse_json(file, bytes, JsonFormat::JsonLines),
            _ => Err(StudyError::malformed(
                Place::file(file),
                if ending.is_empty() {
                    "the name has no ending".into()
                } else {
                    format!("the ending `.{ending}` is not known")
                },
                "a table that ends in .csv, .tsv, .parquet, .json or .jsonl",
            )),
        }
    }

    fn parse_delimited(file: &Path, bytes: Vec<u8>, separator: u8) -> Result<Self> {
        let Delimited { header, rows, lines } = text::read_delimited(file, &text::utf8(file, bytes)?, separator)?;
        let columns = header.iter().enumerate().map(|(index, name)| {
            let cells: Vec<Option<&str>> = rows.iter().map(|row| row.get(index)).collect();
            Column::new(name.into(), cells)
        });
        let frame = DataFrame::new(rows.len(), columns.collect())
            .map_err(|error| StudyError::malformed(Place::file(file), first_line(&error), "a table of text"))?;
        Ok(Self { file: file.to_path_buf(), frame, lines: Some(lines) })
    }

    fn parse_parquet(file: &Path) -> Result<Self> {
        let handle = File::open(file).map_err(|source| StudyError::unreadable(file, source))?;
        let frame = ParquetReader::new(handle).finish().map_err(|error| {
            StudyError::malformed(Place::file(file), first_line(&error), "a Parquet file that is whole")
        })?;
        Self { file: file.to_path_buf(), frame, lines: None }.checked()
    }

    fn parse_json(file: &Path, bytes: Vec<u8>, format: JsonFormat) -> Result<Self> {
        let text = text::utf8(file, bytes)?;
        let (expected, lines) = match format {
            JsonFormat::Json => {
                text::check_json(file, &text)?;
                (text::JSON_ROWS, None)
            }
            JsonFormat::JsonLines => (text::JSON_LINES, Some(text::check_json_lines(file, &text)?)),
        };
        let frame = JsonReader::new(Cursor::new(text))
            .with_json_format(format)
            .infer_schema_len(None)
            .finish()
            .map_err(|error| StudyError::malformed(Place::file(file), first_line(&error), expected))?;
        Self { file: file.to_path_buf(), frame, lines }.checked()
    }

    fn checked(self) -> Result<Self> {
        if self.frame.height() == 0 {
            return Err(StudyError::malformed(Place::file(&self.file), "no rows", "at least one row with values"));
        }
        let mut seen = HashSet::new();
        for column in self.frame.columns() {
            let name = column.name().trim();
            if !seen.insert(name) {
                let place = Place::file(&self.file);
                return Err(StudyError::Duplicate { place, kind: "column", name: name.to_string() });
            }
            if column.dtype().is_nested() {
                let place = Place::file(&self.file).column(column.name().as_str());
                return Err(StudyError::malformed(place, "nested values", "one number or text a cell"));
            }
        }
        Ok(self)
    }

    /// The file it came from.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Number of rows below the header.
    pub fn rows(&self) -> usize {
        self.frame.height()
    }

    /// Names of the columns, as written.
    pub fn columns(&self) -> Vec<String> {
        self.frame.get_column_names().iter().map(|name| name.as_str().to_string()).collect()
    }

    /// The first column whose name (case and surrounding space aside) is one of `names`.
    pub fn find_column(&self, names: &[&str]) -> Option<String> {
        let columns = self.columns();
        names.iter().find_map(|name| columns.iter().find(|column| column.trim().eq_ignore_ascii_case(name)).cloned())
    }

    /// The place of a cell, for errors.
    pub fn place(&self, row: usize, column: &str) -> Place {
        let place = Place::file(&self.file).column(column);
        match &self.lines {
            Some(lines) => place.row(format!("line {}", lines[row])),
            None => place.row(format!("row {}", row + 1)),
        }
    }

    /// The cells of a column as text, without surrounding space; `None` where there is no value.
    ///
    /// # Panics
    /// If the column does not exist.
    pub fn text(&self, column: &str) -> Vec<Option<String>> {
        let values = self.frame.column(column).expect("a column of this table");
        (0..self.rows())
            .map(|row| {
                let text = match values.get(row).unwrap_or(AnyValue::Null) {
                    AnyValue::Null => return None,
                    AnyValue::String(text) => text.trim().to_string(),
                    AnyValue::StringOwned(text) => text.trim().to_string(),
                    other => other.to_string(),
                };
                (!is_missing(&text)).then_some(text)
            })
            .collect()
    }

    /// The cells of a column of names: text that must be there.
    pub fn names(&self, column: &str, kind: &str) -> Result<Vec<String>> {
        self.text(column)
            .into_iter()
            .enumerate()
            .map(|(row, name)| {
                name.ok_or_else(|| {
                    StudyError::malformed(self.place(row, column), "an empty cell", format!("the name of a {kind}"))
                })
            })
            .collect()
    }

    /// Refuses a name that a key column holds twice; `names` are its cells, resolved.
    pub(crate) fn refuse_repeats(&self, column: &str, kind: &'static str, names: &[String]) -> Result<()> {
        let mut seen = HashSet::new();
        match names.iter().position(|name| !seen.insert(name)) {
            Some(row) => Err(StudyError::Duplicate { place: self.place(row, column), kind, name: names[row].clone() }),
            None => Ok(()),
        }
    }

    /// The cells of a column as finite numbers; `NaN` where there is no value.
    ///
    /// # Errors
    /// The first cell that is neither a number nor empty, with its place.
    pub fn numbers(&self, column: &str) -> Result<Vec<f64>> {
        let number = |(row, cell)| match cell {
            Cell::Number(value) => Ok(value),
            Cell::Empty => Ok(f64::NAN),
            Cell::Other(found) => Err(self.not_a_number(row, column, &found)),
        };
        self.cells(column).into_iter().enumerate().map(number).collect()
    }

    /// What stands in the cells of a column of numbers.
    pub(crate) fn cells(&self, column: &str) -> Vec<Cell> {
        let values = self.frame.column(column).expect("a column of this table");
        let of_number = |value: Option<f64>| match value {
            Some(value) if value.is_infinite() => Cell::Other(value.to_string()),
            Some(value) if !value.is_nan() => Cell::Number(value),
            _ => Cell::Empty,
        };
        if values.dtype().is_primitive_numeric() {
            let floats = values.cast(&DataType::Float64).expect("a number casts to a float");
            let floats = floats.f64().expect("a column of floats");
            return floats.iter().map(of_number).collect();
        }
        if let Ok(cells) = values.str() {
            let of_text = |text: &str| match text.parse::<f64>() {
                _ if is_missing(text) => Cell::Empty,
                Ok(value) if value.is_finite() => Cell::Number(value),
                _ => Cell::Other(text.to_string()),
            };
            return cells.iter().map(|cell| cell.map_or(Cell::Empty, |text| of_text(text.trim()))).collect();
        }
        (0..self.rows())
            .map(|row| match values.get(row) {
                Ok(AnyValue::Null) | Err(_) => Cell::Empty,
                Ok(value) => Cell::Other(value.to_string()),
            })
            .collect()
    }

    /// Whether a column holds names rather than numbers: it has values and none of them is a number.
    pub fn is_text(&self, column: &str) -> bool {
        let values = self.frame.column(column).expect("a column of this table");
        let Ok(cells) = values.str() else { return !values.dtype().is_primitive_numeric() };
        let mut seen = false;
        for cell in cells.iter().flatten().map(str::trim).filter(|cell| !is_missing(cell)) {
            if cell.parse::<f64>().is_ok() {
                return false;
            }
            seen = true;
        }
        seen
    }

    /// The error of a cell that is no number.
    pub(crate) fn not_a_number(&self, row: usize, column: &str, found: &str) -> StudyError {
        StudyError::malformed(
            self.place(row, column),
            format!("`{found}`"),
            "a finite number, or nothing where there is no value",
        )
    }
}

fn is_missing(text: &str) -> bool {
    MISSING.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn first_line(error: &impl std::fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().to_string()
}
