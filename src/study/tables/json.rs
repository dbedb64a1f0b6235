//! Tables of JSON: an array of objects, or an object a line. What is nested is passed over until it is asked for.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::column::{Column, MOST_EXACT, Odd, Texts, number_text};
use super::not_finite::replaced;
use super::size::check_size;
use crate::error::{Result, StudyError};
use mixopt_base::Place;

/// What a JSON table has in its place.
const JSON_ROWS: &str = "an array of flat objects";
/// What a table of JSON lines has in its place.
const JSON_LINES: &str = "one flat object per line";
/// Characters of a nested value that an error shows.
const SHOWN: usize = 40;

/// Columns by name, in the order in which their keys first appear.
pub(crate) type Columns = Vec<(String, Column)>;

/// Reads an array of objects.
///
/// # Errors
/// Text that is no such array, the row that is no object or has a key twice.
pub(crate) fn read_rows(file: &Path, text: &str) -> Result<(Columns, usize)> {
    let fault = |place: Place, found: String| StudyError::malformed(place, found, JSON_ROWS);
    let at_row = |index: usize| Place::file(file).row(format!("row {}", index + 1));
    let (value, text) = parse(text).map_err(|error| not_json(Place::file(file), &error, JSON_ROWS))?;
    let text = text.as_ref();
    let Value::Array(items) = value else {
        return Err(fault(Place::file(file), "a single value, not an array".to_string()));
    };
    if let Some(index) = items.iter().position(|item| !item.is_object()) {
        return Err(fault(at_row(index), "not a flat object".to_string()));
    }
    if items.is_empty() {
        return Err(fault(Place::file(file), "no rows".to_string()));
    }
    let rows: Vec<RepeatedKey> =
        serde_json::from_str(text).map_err(|error| not_json(Place::file(file), &error, JSON_ROWS))?;
    if let Some((index, name)) = rows.into_iter().enumerate().find_map(|(index, row)| Some((index, row.0?))) {
        return Err(StudyError::Duplicate { place: at_row(index), kind: "key", name });
    }
    let mut growing = Growing::default();
    items.into_iter().for_each(|row| growing.push(row));
    growing.finish(file, text.len(), JSON_ROWS)
}

/// Reads an object a line; the lines that hold one come with the columns.
///
/// # Errors
/// The line that is no object or has a key twice.
pub(crate) fn read_lines(file: &Path, text: &str) -> Result<(Columns, Vec<u64>)> {
    let (mut growing, mut lines) = (Growing::default(), Vec::new());
    for (line, content) in (1..).zip(text.split('\n')).filter(|(_, content)| !content.trim().is_empty()) {
        let place = Place::file(file).row(format!("line {line}"));
        let (value, content) = parse(content).map_err(|error| not_json(place.clone(), &error, JSON_LINES))?;
        let content = content.as_ref();
        if !value.is_object() {
            return Err(StudyError::malformed(place, "not a flat object", JSON_LINES));
        }
        let row: RepeatedKey =
            serde_json::from_str(content).map_err(|error| not_json(place.clone(), &error, JSON_LINES))?;
        if let Some(name) = row.0 {
            return Err(StudyError::Duplicate { place, kind: "key", name });
        }
        growing.push(value);
        lines.push(line);
    }
    if lines.is_empty() {
        return Err(StudyError::malformed(Place::file(file), "no rows", JSON_LINES));
    }
    Ok((growing.finish(file, text.len(), JSON_LINES)?.0, lines))
}

/// A value, and the text that it was read from: `NaN` is no value, as Python writes it, and an infinite number a text.
fn parse(text: &str) -> serde_json::Result<(Value, Cow<'_, str>)> {
    serde_json::from_str(text).map(|value| (value, Cow::Borrowed(text))).or_else(|error| {
        let text = replaced(text, |word| if word == "NaN" { "null".to_string() } else { format!("\"{word}\"") });
        serde_json::from_str(&text).map(|value| (value, Cow::Owned(text))).map_err(|_| error)
    })
}

/// A table while its rows are read. Rows keep the cells they have: a key of a single row makes no column of all before.
#[derive(Default)]
struct Growing {
    names: Vec<String>,
    positions: HashMap<String, usize>,
    /// Row and value.
    cells: Vec<Vec<(usize, Value)>>,
    rows: usize,
}

impl Growing {
    fn push(&mut self, row: Value) {
        if let Value::Object(row) = row {
            for (key, value) in row {
                let position = match self.positions.get(&key) {
                    Some(&position) => position,
                    None => {
                        self.positions.insert(key.clone(), self.names.len());
                        self.names.push(key);
                        self.cells.push(Vec::new());
                        self.names.len() - 1
                    }
                };
                self.cells[position].push((self.rows, value));
            }
        }
        self.rows += 1;
    }

    fn finish(self, file: &Path, bytes: usize, expected: &str) -> Result<(Columns, usize)> {
        check_size(self.rows, self.names.len(), bytes as u64)
            .map_err(|found| StudyError::malformed(Place::file(file), found, expected))?;
        let columns = self.cells.into_iter().map(|cells| column(cells, self.rows));
        Ok((self.names.into_iter().zip(columns).collect(), self.rows))
    }
}

fn column(cells: Vec<(usize, Value)>, rows: usize) -> Column {
    if cells.iter().all(|(_, value)| value.is_null()) {
        return Column::of_nothing(rows);
    }
    let is_other = |value: &Value| matches!(value, Value::Bool(_) | Value::Array(_) | Value::Object(_));
    if cells.iter().any(|(_, value)| is_other(value)) {
        return with_others(cells, rows, is_other);
    }
    let is_number = |value: &Value| value.is_null() || number(value).is_some();
    if cells.iter().all(|(_, value)| is_number(value)) {
        let mut values = vec![f64::NAN; rows];
        cells.iter().for_each(|(row, value)| values[*row] = number(value).unwrap_or(f64::NAN));
        return Column::numbers(values);
    }
    let mut texts = Texts::default();
    let mut next = 0;
    for (row, value) in cells {
        (next..row).for_each(|_| texts.push(None));
        texts.push(text(&value).as_deref());
        next = row + 1;
    }
    (next..rows).for_each(|_| texts.push(None));
    texts.column()
}

/// A column in which truth values or nested ones stand.
fn with_others(cells: Vec<(usize, Value)>, rows: usize, is_other: impl Fn(&Value) -> bool) -> Column {
    if cells.iter().all(|(_, value)| value.is_null() || is_other(value)) {
        let first = cells.iter().map(|(_, value)| value).find(|value| is_other(value));
        let kind = match first {
            Some(Value::Array(_)) => "lists",
            Some(Value::Object(_)) => "objects",
            _ => "truth values",
        };
        return Column::Other(kind.to_string());
    }
    let mut odd = vec![Odd::Empty; rows];
    for (row, value) in cells {
        odd[row] = if is_other(&value) {
            let whole = value.to_string();
            let shown: String = whole.chars().take(SHOWN).collect();
            Odd::Other(if shown.len() < whole.len() { format!("{shown}…") } else { shown })
        } else {
            let cell = text(&value).map(|text| text.trim().to_string()).filter(|text| !text.is_empty());
            cell.map_or(Odd::Empty, |text| Odd::Text(text.into()))
        };
    }
    Column::Odd(odd)
}

/// A number that a float holds exactly as it is written.
fn number(value: &Value) -> Option<f64> {
    let Value::Number(number) = value else { return None };
    let whole = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    if whole.is_some_and(|whole| whole > MOST_EXACT) { None } else { number.as_f64() }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(written) => Some(match number(value) {
            Some(number) => number_text(number, false),
            None => written.to_string(),
        }),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Of a single line, only the column says something: its own number stands in `place`.
fn not_json(place: Place, error: &serde_json::Error, expected: &str) -> StudyError {
    let text = error.to_string();
    let text = if place.row.is_some() { text.replace(" at line 1 column ", " at column ") } else { text };
    StudyError::malformed(place, format!("not JSON ({text})"), expected)
}

/// The first key that an object has twice, of which JSON readers keep one without a word.
struct RepeatedKey(Option<String>);

impl<'de> Deserialize<'de> for RepeatedKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Keys).map(Self)
    }
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let (mut seen, mut repeated) = (HashSet::new(), None);
        while let Some(key) = access.next_key::<String>()? {
            access.next_value::<IgnoredAny>()?;
            if repeated.is_none() && !seen.insert(key.clone()) {
                repeated = Some(key);
            }
        }
        Ok(repeated)
    }
}
