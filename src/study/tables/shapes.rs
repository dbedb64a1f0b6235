//! The three shapes of a table with one value for a model and an item (a domain, a benchmark).
//!
//! Long: a row for each model and item. Wide: a row for each model, a column for each item. Transposed: a row for each
//! item, a column for each model.

use std::collections::HashSet;

use crate::error::{Result, StudyError};
use crate::names::Aliases;
use crate::tables::table::{Cell, Table};
use mixopt_base::{Place, list};

/// Names of the column that names models.
pub(crate) const MODEL: [&str; 3] = ["model", "model_name", "model_id"];

/// What models have values on.
pub(crate) struct Items {
    /// What one is called.
    pub(crate) kind: &'static str,
    /// A model and one of them.
    pub(crate) pair: &'static str,
    /// Names of the column that names them.
    pub(crate) columns: [&'static str; 4],
    /// What the values are.
    pub(crate) values: &'static str,
}

/// Domains with bits per character.
pub(crate) const DOMAINS: Items = Items {
    kind: "domain",
    pair: "model and domain",
    columns: ["domain", "corpus", "subset", "dataset"],
    values: "bits per character",
};

/// Benchmarks with scores.
pub(crate) const BENCHMARKS: Items = Items {
    kind: "benchmark",
    pair: "model and benchmark",
    columns: ["benchmark", "task", "dataset", "eval"],
    values: "scores",
};

/// A table by its shape.
pub(crate) enum Shape<'a> {
    /// A row for each model and item.
    Long(Long<'a>),
    /// Models in rows and items in columns, or the other way round.
    Grid(Grid<'a>),
}

impl<'a> Shape<'a> {
    /// Tells the shape by the columns that name models and items.
    ///
    /// # Errors
    /// [`StudyError`] where there is neither column, a name is missing or stands twice, or there are no values.
    pub(crate) fn of(table: &'a Table, items: &'static Items, aliases: &Aliases) -> Result<Self> {
        match (table.find_column(&MODEL), table.find_column(&items.columns)) {
            (Some(model), Some(item)) => Ok(Self::Long(Long { table, items, model, item })),
            (Some(model), None) => Grid::wide(table, items, &model, aliases).map(Self::Grid),
            (None, Some(item)) => Grid::transposed(table, items, &item, aliases).map(Self::Grid),
            (None, None) => {
                let kind = items.kind;
                let expected = format!(
                    "a column `model` (one row per model, or per model and {kind}) or `{kind}` (one row per {kind})"
                );
                Err(lacks(table, &expected))
            }
        }
    }
}

/// A table with a row for each model and item.
pub(crate) struct Long<'a> {
    table: &'a Table,
    items: &'static Items,
    model: String,
    item: String,
}

impl Long<'_> {
    /// Model and item of each row.
    ///
    /// # Errors
    /// The first row that lacks one.
    pub(crate) fn names(&self, aliases: &Aliases) -> Result<(Vec<String>, Vec<String>)> {
        let models = self.table.names(&self.model, "model")?;
        let models = models.iter().map(|name| aliases.resolve(name)).collect();
        Ok((models, self.table.names(&self.item, self.items.kind)?))
    }

    /// The error of a row whose model and item stand in an earlier one.
    pub(crate) fn repeated(&self, row: usize, model: &str, item: &str) -> StudyError {
        let place = self.table.place(row, &self.item);
        StudyError::Duplicate { place, kind: self.items.pair, name: format!("{model} on {item}") }
    }
}

/// A table with models in rows and items in columns, or the other way round.
pub(crate) struct Grid<'a> {
    table: &'a Table,
    /// Columns of values, as the header spells them.
    columns: Vec<String>,
    is_transposed: bool,
    /// Models, each once.
    pub(crate) models: Vec<String>,
    /// Items, each once.
    pub(crate) items: Vec<String>,
    /// Which columns were left out.
    pub(crate) messages: Vec<String>,
}

impl<'a> Grid<'a> {
    fn wide(table: &'a Table, items: &Items, key: &str, aliases: &Aliases) -> Result<Self> {
        let models: Vec<String> = table.names(key, "model")?.iter().map(|name| aliases.resolve(name)).collect();
        table.refuse_repeats(key, "model", &models)?;
        let mut messages = Vec::new();
        let columns = value_columns(table, key, &mut messages);
        if columns.is_empty() {
            return Err(lacks(table, &format!("one column of {} for each {}", items.values, items.kind)));
        }
        let items = columns.iter().map(|column| column.trim().to_string()).collect();
        Ok(Self { table, columns, is_transposed: false, models, items, messages })
    }

    fn transposed(table: &'a Table, items: &Items, key: &str, aliases: &Aliases) -> Result<Self> {
        let names = table.names(key, items.kind)?;
        table.refuse_repeats(key, items.kind, &names)?;
        let mut messages = Vec::new();
        let columns = value_columns(table, key, &mut messages);
        if columns.is_empty() {
            return Err(lacks(table, &format!("one column of {} for each model", items.values)));
        }
        let models: Vec<String> = columns.iter().map(|name| aliases.resolve(name.trim())).collect();
        // Two columns may be aliases of one model.
        let mut seen = HashSet::new();
        if let Some(name) = models.iter().find(|name| !seen.insert(*name)) {
            let place = Place::file(table.file());
            return Err(StudyError::Duplicate { place, kind: "model", name: name.clone() });
        }
        Ok(Self { table, columns, is_transposed: true, models, items: names, messages })
    }

    /// Gives out model, item and cell, column by column of the file.
    pub(crate) fn cells(&self, mut take: impl FnMut(usize, usize, Cell)) {
        for (position, column) in self.columns.iter().enumerate() {
            for (row, cell) in self.table.cells(column).into_iter().enumerate() {
                let (model, item) = if self.is_transposed { (position, row) } else { (row, position) };
                take(model, item, cell);
            }
        }
    }

    /// The error of a cell that is no number.
    pub(crate) fn not_a_number(&self, model: usize, item: usize, found: &str) -> StudyError {
        let (row, column) = if self.is_transposed { (item, model) } else { (model, item) };
        self.table.not_a_number(row, &self.columns[column], found)
    }

    /// Where the value of a model on an item stands.
    pub(crate) fn place(&self, model: usize, item: usize) -> Place {
        let (row, column) = if self.is_transposed { (item, model) } else { (model, item) };
        self.table.place(row, &self.columns[column])
    }
}

/// The error of a table that lacks a column.
pub(crate) fn lacks(table: &Table, expected: &str) -> StudyError {
    StudyError::malformed(Place::file(table.file()), format!("columns {}", list(&table.columns())), expected)
}

/// Whether a column holds the numbers of the rows, as data frames write them into files.
fn is_index(table: &Table, column: &str) -> bool {
    let name = column.trim();
    let is_named_so = name.is_empty() || name.starts_with("Unnamed: ") || name.starts_with("__index_level_");
    let is_number = |(row, cell): (usize, &Cell)| matches!(cell, Cell::Number(value) if *value == row as f64);
    is_named_so && table.cells(column).iter().enumerate().all(is_number)
}

/// Columns that hold values rather than names; columns of names are left out with a message.
fn value_columns(table: &Table, key: &str, messages: &mut Vec<String>) -> Vec<String> {
    const ATTRIBUTES: [&str; 8] =
        ["parameters", "params", "parameters_b", "params_b", "revision", "family", "series", "creator"];
    // Names of models may be numbers, or words that stand for no number.
    let attributes = || ATTRIBUTES.iter().chain(&MODEL);
    let mut left_out = Vec::new();
    let (mut kept, mut empty) = (Vec::new(), Vec::new());
    for column in table.columns().into_iter().filter(|column| column != key) {
        let is_attribute = attributes().any(|name| column.trim().eq_ignore_ascii_case(name));
        if is_attribute || table.is_text(&column) {
            left_out.push(column);
        } else if is_index(table, &column) {
            messages.push(format!("{}: a column of row numbers was left out", table.file().display()));
        } else if table.cells(&column).iter().all(|cell| *cell == Cell::Empty) {
            empty.push(column);
        } else {
            kept.push(column);
        }
    }
    // A table of nothing but empty columns keeps them: what is missing is told where it is needed.
    if kept.is_empty() {
        kept = empty;
    } else if !empty.is_empty() {
        messages.push(format!(
            "{}: columns without values were left out: {}",
            table.file().display(),
            empty.join(", ")
        ));
    }
    if !left_out.is_empty() {
        messages.push(format!(
            "{}: columns that describe models instead of measuring them were left out: {}",
            table.file().display(),
            left_out.join(", ")
        ));
    }
    kept
}
