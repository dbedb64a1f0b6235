//! One table from a file: CSV, TSV, Parquet, JSON or JSON lines, with the place of every cell kept for errors.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::error::{Result, StudyError};
pub(crate) use crate::tables::column::{Cell, Measurement};
use crate::tables::column::{Column, Odd, Texts};
use crate::tables::text::{self, Delimited};
use crate::tables::{json, parquet};
use mixopt_base::Place;

const PARQUET: &str = "a complete Parquet file";

/// A table with named columns, whatever format it came from. Columns that are neither text nor number are passed over
/// until they are asked for. Text formats keep every cell as text until a number is asked for, so that an error can
/// show what stands in the file.
#[derive(Debug, Clone)]
pub struct Table {
    file: PathBuf,
    columns: Vec<(String, Column)>,
    rows: usize,
    /// Line of each row, in formats that have lines.
    lines: Option<Vec<u64>>,
}

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
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn parse(file: &Path, bytes: Vec<u8>) -> Result<Self> {
        let ending = file.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        match ending.as_str() {
            "csv" => Self::parse_delimited(file, bytes, b','),
            "tsv" | "tab" => Self::parse_delimited(file, bytes, b'\t'),
            "parquet" | "pq" => {
                let (columns, rows) =
                    parquet::read(&bytes).map_err(|found| StudyError::malformed(Place::file(file), found, PARQUET))?;
                Self { file: file.to_path_buf(), columns, rows, lines: None }.checked()
            }
            "json" => {
                let (columns, rows) = json::read_rows(file, &text::utf8(file, bytes)?)?;
                Self { file: file.to_path_buf(), columns, rows, lines: None }.checked()
            }
            "jsonl" | "ndjson" => {
                let (columns, lines) = json::read_lines(file, &text::utf8(file, bytes)?)?;
                Self { file: file.to_path_buf(), columns, rows: lines.len(), lines: Some(lines) }.checked()
            }
            _ => Err(StudyError::malformed(
                Place::file(file),
                if ending.is_empty() {
                    "the name has no extension".into()
                } else {
                    format!("unknown extension `.{ending}`")
                },
                "a table ending in .csv, .tsv, .parquet, .json or .jsonl",
            )),
        }
    }

    fn parse_delimited(file: &Path, bytes: Vec<u8>, separator: u8) -> Result<Self> {
        let Delimited { header, rows, lines } = text::read_delimited(file, &text::utf8(file, bytes)?, separator)?;
        let columns = header.iter().enumerate().map(|(index, name)| {
            let mut texts = Texts::default();
            rows.iter().for_each(|row| texts.push(row.get(index)));
            (name.to_string(), texts.column())
        });
        Ok(Self { file: file.to_path_buf(), columns: columns.collect(), rows: rows.len(), lines: Some(lines) })
    }

    fn checked(self) -> Result<Self> {
        if self.rows == 0 {
            return Err(StudyError::malformed(Place::file(&self.file), "no rows", "at least one row of values"));
        }
        let mut seen = HashSet::new();
        match self.columns.iter().map(|(name, _)| name.trim()).find(|name| !seen.insert(*name)) {
            Some(name) => {
                let place = Place::file(&self.file);
                Err(StudyError::Duplicate { place, kind: "column", name: name.to_string() })
            }
            None => Ok(self),
        }
    }

    /// The file it came from.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Number of rows below the header.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Names of the columns, as written.
    pub fn columns(&self) -> Vec<String> {
        self.columns.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The first column whose name (case and surrounding space aside) is one of `names`.
    pub fn find_column(&self, names: &[&str]) -> Option<String> {
        let find = |name: &&str| self.columns.iter().find(|(column, _)| column.trim().eq_ignore_ascii_case(name));
        names.iter().find_map(|name| find(name).map(|(column, _)| column.clone()))
    }

    fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(column, _)| column == name).map(|(_, column)| column)
    }

    /// The place of a cell, for errors.
    pub fn place(&self, row: usize, column: &str) -> Place {
        let place = Place::file(&self.file).column(column);
        match self.lines.as_ref().and_then(|lines| lines.get(row)) {
            Some(line) => place.row(format!("line {line}")),
            None => place.row(format!("row {}", row + 1)),
        }
    }

    /// The cells of a column as text, without surrounding space; `None` where nothing stands, or something that is
    /// neither text nor number.
    pub fn text(&self, column: &str) -> Vec<Option<String>> {
        self.column(column).map_or_else(|| vec![None; self.rows], |cells| cells.texts(self.rows))
    }

    /// The cells of a column of names of which some may be empty. Only an empty cell is no name: `nan` and `-` are.
    ///
    /// # Errors
    /// A column, or a cell, that is neither text nor number.
    pub(crate) fn labels(&self, column: &str, kind: &str) -> Result<Vec<Option<String>>> {
        self.check_kind(column, &format!("names of a {kind}"))?;
        if let Some(Column::Odd(cells)) = self.column(column) {
            let other = cells.iter().enumerate().find_map(|(row, cell)| match cell {
                Odd::Other(found) => Some((row, found)),
                Odd::Empty | Odd::Text(_) => None,
            });
            if let Some((row, found)) = other {
                let (place, expected) = (self.place(row, column), format!("the name of a {kind}"));
                return Err(StudyError::malformed(place, format!("`{found}`"), expected));
            }
        }
        Ok(self.text(column))
    }

    /// The cells of a column of names: text that must be there.
    ///
    /// # Errors
    /// The first cell that is empty or no name, a column that is neither text nor number.
    pub fn names(&self, column: &str, kind: &str) -> Result<Vec<String>> {
        self.labels(column, kind)?
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
    /// A column that is neither text nor number; the first cell that is neither a number nor empty, with its place.
    pub fn numbers(&self, column: &str) -> Result<Vec<f64>> {
        self.check_kind(column, "numbers")?;
        let number = |(row, cell)| match cell {
            Cell::Number(value) => Ok(value),
            Cell::Empty => Ok(f64::NAN),
            Cell::Other(found) => Err(self.not_a_number(row, column, &found)),
        };
        self.cells(column).into_iter().enumerate().map(number).collect()
    }

    /// Refuses a column that is passed over unless it is asked for.
    ///
    /// # Errors
    /// The column and its type.
    pub(crate) fn check_kind(&self, column: &str, expected: &str) -> Result<()> {
        match self.column(column) {
            Some(Column::Other(kind)) => {
                let place = Place::file(&self.file).column(column);
                Err(StudyError::malformed(place, format!("a column of {kind}"), expected))
            }
            _ => Ok(()),
        }
    }

    /// What stands in the cells of a column of numbers.
    pub(crate) fn cells(&self, column: &str) -> Vec<Cell> {
        self.column(column).map_or_else(|| vec![Cell::Empty; self.rows], |cells| cells.cells(self.rows))
    }

    /// Whether a column holds names rather than numbers: it has values and none of them is a number.
    pub fn is_text(&self, column: &str) -> bool {
        self.column(column).is_some_and(Column::is_text)
    }

    /// The error of a cell that is no number.
    pub(crate) fn not_a_number(&self, row: usize, column: &str, found: &str) -> StudyError {
        StudyError::malformed(
            self.place(row, column),
            format!("`{found}`"),
            "a finite number, or an empty cell for no value",
        )
    }
}
