//! A matrix whose rows and columns have names and whose cells may be missing.

use std::collections::HashMap;

use nalgebra::DMatrix;

/// Named rows × named columns; a missing cell is `NaN`.
#[derive(Debug, Clone)]
pub struct LabelledMatrix {
    /// Row names.
    pub rows: Vec<String>,
    /// Column names.
    pub columns: Vec<String>,
    /// Shape rows × columns.
    pub values: DMatrix<f64>,
}

impl LabelledMatrix {
    /// A matrix of missing cells.
    pub fn missing(rows: Vec<String>, columns: Vec<String>) -> Self {
        let values = DMatrix::from_element(rows.len(), columns.len(), f64::NAN);
        Self { rows, columns, values }
    }

    /// Position of a row.
    pub fn row(&self, name: &str) -> Option<usize> {
        self.rows.iter().position(|row| row == name)
    }

    /// Position of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// The rows and columns at these positions, in this order.
    pub fn select(&self, rows: &[usize], columns: &[usize]) -> Self {
        Self {
            rows: rows.iter().map(|&i| self.rows[i].clone()).collect(),
            columns: columns.iter().map(|&j| self.columns[j].clone()).collect(),
            values: DMatrix::from_fn(rows.len(), columns.len(), |i, j| self.values[(rows[i], columns[j])]),
        }
    }
}

/// Names in order of first appearance, with their positions.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// The names.
    pub names: Vec<String>,
    positions: HashMap<String, usize>,
}

impl Index {
    /// Position of `name`, added at the end where it is new.
    pub fn insert(&mut self, name: &str) -> usize {
        if let Some(&position) = self.positions.get(name) {
            return position;
        }
        let position = self.names.len();
        self.names.push(name.to_string());
        self.positions.insert(name.to_string(), position);
        position
    }
}
