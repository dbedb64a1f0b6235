//! Values of a JSON file together with the keys that lead to them, so that an error can name both.

use std::path::Path;

use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::super::error::{Result, StudyError};
use crate::tables::not_finite::replaced;
use crate::tables::table::Measurement;
use mixopt_base::Place;

/// Top-level keys that some layout needs. The others (samples, environment, chat templates) can be large and are
/// passed over while the file is read.
const WANTED: [&str; 27] = [
    "adapter_spec",
    "alias",
    "all_primary_scores",
    "config",
    "config_general",
    "config_tasks",
    "configs",
    "current_date",
    "date",
    "groups",
    "higher_is_better",
    "metrics",
    "model_config",
    "model_name",
    "n-samples",
    "n-shot",
    "name",
    "num_instances",
    "results",
    "task",
    "task_config",
    "task_core",
    "task_idx",
    "task_name",
    "tasks",
    "versions",
    "model",
];

/// Stands before `NaN` and `Infinity`, which Python writes and JSON does not know.
const NOT_FINITE: char = '\u{0}';

/// Reads a JSON file; of an object, only the keys that some layout needs.
///
/// # Errors
/// [`StudyError`] names the file, and the line if it is not UTF-8 or not JSON.
pub(super) fn read(file: &Path) -> Result<Value> {
    let text = read_text(file)?;
    parse(Place::file(file), text.trim_start_matches('\u{feff}'))
}

/// Reads JSON lines: each line that is not empty with its number.
pub(super) fn read_lines(file: &Path) -> Result<Vec<(usize, Value)>> {
    let text = read_text(file)?;
    text.trim_start_matches('\u{feff}')
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            let value = parse(Place::file(file).row(format!("line {}", index + 1)), line)?;
            Ok((index + 1, value))
        })
        .collect()
}

fn read_text(file: &Path) -> Result<String> {
    let bytes = std::fs::read(file).map_err(|source| StudyError::unreadable(file, source))?;
    String::from_utf8(bytes).map_err(|error| {
        let (at, bytes) = (error.utf8_error().valid_up_to(), error.as_bytes());
        let line = 1 + bytes[..at].iter().filter(|&&byte| byte == b'\n').count();
        let found = format!("the byte 0x{:02X} is not UTF-8", bytes[at]);
        StudyError::malformed(Place::file(file).row(format!("line {line}")), found, "UTF-8 text")
    })
}

/// Parses one JSON value of a result file; `place` is named in errors.
pub(super) fn parse(place: Place, text: &str) -> Result<Value> {
    // `NaN` is rare and often stands in keys that nobody needs, so it gets a second look only where JSON fails.
    parse_wanted(text)
        .or_else(|error| parse_wanted(&quote_not_finite(text)).map_err(|_| error))
        .map_err(|error| StudyError::malformed(place, format!("not JSON ({error})"), "the JSON file of a result"))
}

/// Parses one JSON value with all of its keys.
pub(super) fn parse_all(place: Place, text: &str) -> Result<Value> {
    serde_json::from_str(text)
        .or_else(|error| serde_json::from_str(&quote_not_finite(text)).map_err(|_| error))
        .map_err(|error| StudyError::malformed(place, format!("not JSON ({error})"), "JSON"))
}

fn parse_wanted(text: &str) -> serde_json::Result<Value> {
    if !text.trim_start().starts_with('{') {
        return serde_json::from_str(text);
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = (&mut deserializer).deserialize_map(WantedKeys)?;
    deserializer.end()?;
    Ok(value)
}

struct WantedKeys;

impl<'de> Visitor<'de> for WantedKeys {
    type Value = Value;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = serde_json::Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if WANTED.contains(&key.as_str()) {
                map.insert(key, access.next_value()?);
            } else {
                access.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Value::Object(map))
    }
}

/// Writes `NaN`, `Infinity` and `-Infinity` outside of strings as marked text, so that a reader meets them only where
/// it needs a number.
fn quote_not_finite(text: &str) -> String {
    replaced(text, |word| format!("\"\\u0000{word}\""))
}

/// A value and where it is.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    pub(super) value: &'a Value,
    place: Place,
}

impl<'a> Node<'a> {
    /// The whole value of a file.
    pub(super) fn root(file: &Path, value: &'a Value) -> Self {
        Self { value, place: Place::file(file) }
    }

    /// The value of one line, or one item of a list at the top.
    pub(super) fn at_row(file: &Path, row: String, value: &'a Value) -> Self {
        Self { value, place: Place::file(file).row(row) }
    }

    /// Its place, for errors and messages.
    pub(super) fn place(&self) -> Place {
        self.place.clone()
    }

    fn below(&self, key: &str, value: &'a Value) -> Self {
        Self { value, place: self.key_place(key) }
    }

    fn key_place(&self, key: &str) -> Place {
        let keys = self.place.column.as_ref().map_or(key.to_string(), |keys| format!("{keys}.{key}"));
        self.place.clone().column(keys)
    }

    /// The value under a key; `None` where the key is missing or null.
    ///
    /// # Errors
    /// If this is not an object.
    pub(super) fn get(&self, key: &str) -> Result<Option<Node<'a>>> {
        let map = self.value.as_object().ok_or_else(|| self.wrong("an object"))?;
        Ok(map.get(key).filter(|value| !value.is_null()).map(|value| self.below(key, value)))
    }

    /// The value under a key that must be there.
    pub(super) fn need(&self, key: &str, expected: &str) -> Result<Node<'a>> {
        self.get(key)?.ok_or_else(|| StudyError::malformed(self.key_place(key), "the key is missing", expected))
    }

    /// The text under a key, if it is there and not empty.
    pub(super) fn text_of(&self, key: &str) -> Result<Option<&'a str>> {
        let text = self.get(key)?.map(|node| node.text()).transpose()?;
        Ok(text.map(str::trim).filter(|text| !text.is_empty()))
    }

    /// Keys and values of an object, in the file's order.
    pub(super) fn entries(&self) -> Result<Vec<(&'a str, Node<'a>)>> {
        let map = self.value.as_object().ok_or_else(|| self.wrong("an object"))?;
        Ok(map.iter().map(|(key, value)| (key.as_str(), self.below(key, value))).collect())
    }

    /// Items of a list.
    pub(super) fn items(&self) -> Result<Vec<Node<'a>>> {
        let list = self.value.as_array().ok_or_else(|| self.wrong("a list"))?;
        Ok(list.iter().enumerate().map(|(index, value)| self.below(&index.to_string(), value)).collect())
    }

    /// Text.
    pub(super) fn text(&self) -> Result<&'a str> {
        self.value.as_str().filter(|text| !text.starts_with(NOT_FINITE)).ok_or_else(|| self.wrong("text"))
    }

    /// The value that a path of keys leads to, if all of them are there.
    pub(super) fn find(&self, keys: &[&str]) -> Option<Node<'a>> {
        keys.iter().try_fold(self.clone(), |node, key| {
            node.value.get(key).filter(|value| !value.is_null()).map(|value| node.below(key, value))
        })
    }

    /// A finite number and nothing, or `NaN` and what stands there in its place.
    pub(super) fn measurement(&self) -> Measurement {
        match self.number() {
            Ok(number) => (number, None),
            Err(_) => (f64::NAN, Some(self.described())),
        }
    }

    /// What stands there, with its keys.
    pub(super) fn described(&self) -> String {
        let keys = self.place.column.as_ref().map(|keys| format!("`{keys}` is ")).unwrap_or_default();
        format!("{keys}{}", describe(self.value))
    }

    /// The value as text: a text as it is, anything else as JSON.
    pub(super) fn as_text(&self) -> String {
        self.value.as_str().map_or_else(|| self.value.to_string(), str::to_string)
    }

    /// A finite number.
    pub(super) fn number(&self) -> Result<f64> {
        self.value.as_f64().filter(|number| number.is_finite()).ok_or_else(|| self.wrong("a finite number"))
    }

    /// The error that this value is of the wrong kind.
    pub(super) fn wrong(&self, expected: &str) -> StudyError {
        StudyError::malformed(self.place.clone(), describe(self.value), expected)
    }
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_string(),
        Value::Bool(flag) => format!("`{flag}`"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => match text.strip_prefix(NOT_FINITE) {
            Some(word) => format!("`{word}`"),
            None => format!("the text \"{}\"", text.chars().take(40).collect::<String>()),
        },
        Value::Array(_) => "a list".to_string(),
        Value::Object(_) => "an object".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Value {
        parse(Place::file("x.json"), text).unwrap()
    }

    #[test]
    fn values_carry_their_keys() {
        let value = parsed(r#"{"results": {"task": {"acc": "0.5"}}, "samples": [1, 2]}"#);
        assert!(value.get("samples").is_none());
        let root = Node::root(Path::new("x.json"), &value);
        let task = root.need("results", "tasks").unwrap().need("task", "metrics").unwrap();
        let error = task.need("acc", "a number").unwrap().number().unwrap_err();
        assert_eq!(error.to_string(), "x.json, `results.task.acc`: the text \"0.5\"; expected a finite number");
        let error = task.need("f1", "a number").unwrap_err();
        assert_eq!(error.to_string(), "x.json, `results.task.f1`: the key is missing; expected a number");
        let error = root.need("results", "").unwrap().items().unwrap_err();
        assert_eq!(error.to_string(), "x.json, `results`: an object; expected a list");
    }

    #[test]
    fn not_a_number_is_met_only_where_a_number_is_needed() {
        let value = parsed(r#"{"results": {"say \"NaN\"": NaN, "low": -Infinity, "acc": 0.5}}"#);
        let results = Node::root(Path::new("x.json"), &value).need("results", "").unwrap();
        assert_eq!(results.need("acc", "").unwrap().number().unwrap(), 0.5);
        let error = results.need("say \"NaN\"", "").unwrap().number().unwrap_err();
        assert_eq!(error.to_string(), "x.json, `results.say \"NaN\"`: `NaN`; expected a finite number");
        let error = results.need("low", "").unwrap().text().unwrap_err();
        assert_eq!(error.to_string(), "x.json, `results.low`: `-Infinity`; expected text");
    }

    #[test]
    fn broken_text_is_named() {
        let error = parse(Place::file("x.json"), "{\"results\": {").unwrap_err().to_string();
        assert!(error.starts_with("x.json: not JSON (EOF while parsing an object at line 1"), "{error}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.json");
        std::fs::write(&file, b"{\n\"a\": \"\xff\"}").unwrap();
        let error = read(&file).unwrap_err().to_string();
        assert!(error.ends_with("x.json, line 2: the byte 0xFF is not UTF-8; expected UTF-8 text"), "{error}");
    }
}
