//! Columns of a table, whatever format they came from.

use std::collections::HashSet;
use std::sync::Arc;

/// The greatest whole number up to which every one is a 64-bit float of its own.
pub(crate) const MOST_EXACT: u64 = 1 << 53;

/// Different texts of a column that are looked up, so that a name that stands in many rows is kept once.
const MOST_KNOWN: usize = 4096;

/// Cells of numbers that stand for "no value". In a column of names they are names.
const MARKS: [&str; 7] = ["-", "na", "n/a", "nan", "null", "none", "?"];

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

    fn of_number(value: f64) -> Self {
        if value.is_nan() {
            Self::Empty
        } else if value.is_infinite() {
            Self::Other(value.to_string())
        } else {
            Self::Number(value)
        }
    }

    fn of_text(text: &str) -> Self {
        match text.parse::<f64>() {
            _ if is_mark(text) => Self::Empty,
            Ok(value) if value.is_finite() => Self::Number(value),
            _ => Self::Other(text.to_string()),
        }
    }
}

/// A cell of a column of texts in which other things stand as well.
#[derive(Debug, Clone)]
pub(crate) enum Odd {
    /// Nothing.
    Empty,
    /// A text, or a number as text.
    Text(Arc<str>),
    /// What is neither, as it stands there.
    Other(String),
}

/// The cells of a column.
#[derive(Debug, Clone)]
pub(crate) enum Column {
    /// Texts without surrounding space, none of them empty. Numbers of text formats are such, so that an error can show
    /// what stands in the file, and whole numbers that no float holds.
    Texts(Vec<Option<Arc<str>>>),
    /// Numbers, `NaN` where there is none.
    Numbers {
        /// One a row.
        values: Vec<f64>,
        /// Whether they were floats of 32 bits, which is how many digits their names have.
        is_single: bool,
    },
    /// Texts and other things.
    Odd(Vec<Odd>),
    /// What is neither text nor number, in words (`dates`); passed over until it is asked for.
    Other(String),
}

impl Column {
    /// A column of numbers of 64 bits; `NaN` where there is none.
    pub(crate) fn numbers(values: Vec<f64>) -> Self {
        Self::Numbers { values, is_single: false }
    }

    /// A column that has no value and says of none what it would be.
    pub(crate) fn of_nothing(rows: usize) -> Self {
        Self::Odd(vec![Odd::Empty; rows])
    }

    /// A column of whole numbers.
    pub(crate) fn integers(values: &[Option<i128>]) -> Self {
        let is_exact = |value: &i128| value.unsigned_abs() <= u128::from(MOST_EXACT);
        if values.iter().flatten().all(is_exact) {
            return Self::numbers(values.iter().map(|value| value.map_or(f64::NAN, |value| value as f64)).collect());
        }
        let mut texts = Texts::default();
        values.iter().for_each(|value| texts.push(value.map(|value| value.to_string()).as_deref()));
        texts.column()
    }

    /// The text of each cell; nothing where there is no value or something else than a text or number.
    pub(crate) fn texts(&self, rows: usize) -> Vec<Option<String>> {
        match self {
            Self::Texts(cells) => cells.iter().map(|cell| cell.as_deref().map(str::to_string)).collect(),
            Self::Numbers { values, is_single } => {
                let text = |&value: &f64| (!value.is_nan()).then(|| number_text(value, *is_single));
                values.iter().map(text).collect()
            }
            Self::Odd(cells) => cells
                .iter()
                .map(|cell| match cell {
                    Odd::Text(text) => Some(text.to_string()),
                    Odd::Empty | Odd::Other(_) => None,
                })
                .collect(),
            Self::Other(_) => vec![None; rows],
        }
    }

    /// What stands in the cells where numbers are wanted.
    pub(crate) fn cells(&self, rows: usize) -> Vec<Cell> {
        let of_text = |text: &Option<Arc<str>>| text.as_deref().map_or(Cell::Empty, Cell::of_text);
        match self {
            Self::Texts(cells) => cells.iter().map(of_text).collect(),
            Self::Numbers { values, .. } => values.iter().copied().map(Cell::of_number).collect(),
            Self::Odd(cells) => cells
                .iter()
                .map(|cell| match cell {
                    Odd::Empty => Cell::Empty,
                    Odd::Text(text) => Cell::of_text(text),
                    Odd::Other(found) => Cell::Other(found.clone()),
                })
                .collect(),
            Self::Other(kind) => vec![Cell::Other(kind.clone()); rows],
        }
    }

    /// Whether the column holds no numbers: it has values and none of them is one.
    pub(crate) fn is_text(&self) -> bool {
        let mut seen = false;
        let mut is_number = |text: &str| {
            seen |= !is_mark(text);
            !is_mark(text) && text.parse::<f64>().is_ok()
        };
        match self {
            Self::Texts(cells) => !cells.iter().flatten().any(|text| is_number(text)) && seen,
            Self::Numbers { .. } => false,
            Self::Odd(cells) => !cells.iter().any(|cell| matches!(cell, Odd::Text(text) if is_number(text))),
            Self::Other(_) => true,
        }
    }
}

/// A column of texts while it is read.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    cells: Vec<Option<Arc<str>>>,
    known: HashSet<Arc<str>>,
}

impl Texts {
    /// Adds a cell; space around the text is no part of it, and an empty text is none.
    pub(crate) fn push(&mut self, text: Option<&str>) {
        let cell = text.map(str::trim).filter(|text| !text.is_empty()).map(|text| self.kept(text));
        self.cells.push(cell);
    }

    /// The one copy of a text that many cells share.
    fn kept(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let new: Arc<str> = Arc::from(text);
        if self.known.len() < MOST_KNOWN {
            self.known.insert(new.clone());
        }
        new
    }

    /// The column.
    pub(crate) fn column(self) -> Column {
        Column::Texts(self.cells)
    }
}

/// A number as a name: the shortest text that reads back as the same.
pub(crate) fn number_text(value: f64, is_single: bool) -> String {
    let is_usual = value == 0.0 || (1e-7..1e17).contains(&value.abs());
    match (is_single, is_usual) {
        (true, true) => (value as f32).to_string(),
        (true, false) => format!("{:e}", value as f32),
        (false, true) => value.to_string(),
        (false, false) => format!("{value:e}"),
    }
}

fn is_mark(text: &str) -> bool {
    MARKS.iter().any(|mark| text.eq_ignore_ascii_case(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(cells: &[&str]) -> Column {
        let mut texts = Texts::default();
        cells.iter().for_each(|cell| texts.push(Some(cell)));
        texts.column()
    }

    #[test]
    fn marks_are_names_in_names_and_nothing_in_numbers() {
        let column = texts(&["nan", " NA ", "-", "1e5", "007", ""]);
        let names: Vec<_> = column.texts(6).into_iter().map(Option::unwrap_or_default).collect();
        assert_eq!(names, ["nan", "NA", "-", "1e5", "007", ""]);
        let empty = Cell::Empty;
        let numbers = [Cell::Number(1e5), Cell::Number(7.0)];
        let [a, b] = numbers;
        assert_eq!(column.cells(6), [empty.clone(), empty.clone(), empty.clone(), a, b, empty]);
    }

    #[test]
    fn a_column_is_text_where_it_has_values_and_no_number() {
        assert!(texts(&["a", "nan"]).is_text());
        assert!(!texts(&["a", "7"]).is_text());
        assert!(!texts(&["", "nan"]).is_text());
        assert!(Column::Other("dates".into()).is_text());
        assert!(!Column::numbers(vec![f64::NAN]).is_text());
        assert!(Column::of_nothing(2).is_text());
        assert!(!Column::Odd(vec![Odd::Text("0.5".into()), Odd::Other("true".into())]).is_text());
    }

    #[test]
    fn whole_numbers_that_no_float_holds_stay_apart() {
        let names = |values: &[i128]| {
            let values: Vec<Option<i128>> = values.iter().copied().map(Some).collect();
            Column::integers(&values).texts(values.len())
        };
        let text = |text: &str| Some(text.to_string());
        assert_eq!(names(&[9007199254740993, 7]), [text("9007199254740993"), text("7")]);
        assert_eq!(names(&[-3, 1 << 53]), [text("-3"), text("9007199254740992")]);
    }

    #[test]
    fn a_number_is_named_by_its_shortest_text() {
        for (value, is_single, expected) in [
            (7.0, false, "7"),
            (0.1, false, "0.1"),
            (f64::from(0.1_f32), true, "0.1"),
            (1e300, false, "1e300"),
            (-0.25, false, "-0.25"),
        ] {
            assert_eq!(number_text(value, is_single), expected);
        }
    }
}
