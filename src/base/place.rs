//! Where in an input something stands, for errors.

use std::path::PathBuf;

/// Where in an input something was found: a file and, where it has one, a row or key and a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, or the name of an embedded table.
    pub file: PathBuf,
    /// Line of a text file or row of a table (from 1, as the format counts).
    pub row: Option<String>,
    /// Column or key.
    pub column: Option<String>,
}

impl Place {
    /// A whole file.
    pub fn file(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), row: None, column: None }
    }

    /// Adds the row, named as the format counts it (`line 7`, `row 3`).
    pub fn row(mut self, row: impl Into<String>) -> Self {
        self.row = Some(row.into());
        self
    }

    /// Adds the column or key.
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(row) = &self.row {
            write!(f, ", {row}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", `{column}`")?;
        }
        Ok(())
    }
}
