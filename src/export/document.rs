//! A trainer's file as text and, where it is JSON or YAML, as a value; each value knows its key, for errors.

use std::path::{Path, PathBuf};

use serde_json::Value;

use mixopt_base::Place;
use mixopt_base::yaml;

use super::error::ImportError;
use super::include;

/// A trainer's file.
#[derive(Debug, Clone)]
pub struct Document {
    /// Where it was read from.
    pub file: PathBuf,
    /// What it holds.
    pub text: String,
    value: Result<Value, String>,
}

impl Document {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ImportError::Unreadable`] where it is not there or not text, [`ImportError::Include`] where a file that it includes
    /// is not.
    pub fn read(file: &Path) -> Result<Self, ImportError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| ImportError::Unreadable { file: file.to_path_buf(), source })?;
        let mut document = Self::parse(file, text);
        if let Ok(value) = &mut document.value {
            include::resolve(file, &document.text, value, &[])?;
        }
        Ok(document)
    }

    /// Takes text; `file` is named in errors.
    pub fn parse(file: &Path, text: String) -> Self {
        let json = text.trim_start().starts_with(['{', '[']);
        let value = match serde_json::from_str(&text) {
            Ok(value) => Ok(value),
            // What starts like JSON can still be YAML, whose flow style looks alike.
            Err(json_fault) => serde_saphyr::from_str(&include::parsable(&text))
                .map_err(|fault| if json { format!("{json_fault}") } else { yaml::fault(&fault) }),
        };
        Self { file: file.to_path_buf(), text, value }
    }

    /// The value, where the file holds an object or a list.
    pub fn value(&self) -> Option<&Value> {
        self.value.as_ref().ok().filter(|value| value.is_object() || value.is_array())
    }

    /// Whether there is a value below these keys.
    pub fn has(&self, keys: &[&str]) -> bool {
        let mut value = self.value();
        for key in keys {
            value = value.and_then(|value| value.get(key));
        }
        value.is_some_and(|value| !value.is_null())
    }

    /// The whole value.
    ///
    /// # Errors
    /// [`ImportError::Malformed`] with the line where the file is not JSON or YAML.
    pub fn root(&self) -> Result<Node<'_>, ImportError> {
        let expected = "JSON or YAML with weights";
        match &self.value {
            Ok(value) => Ok(Node { document: self, key: String::new(), value }),
            Err(fault) => Err(ImportError::Malformed {
                place: Place::file(&self.file),
                found: fault.clone(),
                expected: expected.to_string(),
            }),
        }
    }

    /// An error at a line, counted from 1.
    pub fn at_line(&self, line: usize, found: impl Into<String>, expected: impl Into<String>) -> ImportError {
        ImportError::Malformed {
            place: Place::file(&self.file).row(format!("line {line}")),
            found: found.into(),
            expected: expected.into(),
        }
    }
}

/// A value within a document.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    document: &'a Document,
    /// Its key: `sources[1].target_ratio`.
    pub key: String,
    /// The value.
    pub value: &'a Value,
}

impl<'a> Node<'a> {
    /// An error at this value.
    pub fn fault(&self, found: impl Into<String>, expected: impl Into<String>) -> ImportError {
        let place = Place::file(&self.document.file);
        ImportError::Malformed {
            place: if self.key.is_empty() { place } else { place.column(&self.key) },
            found: found.into(),
            expected: expected.into(),
        }
    }

    fn below(&self, name: &str, value: &'a Value) -> Node<'a> {
        let key = if self.key.is_empty() { name.to_string() } else { format!("{}.{name}", self.key) };
        Node { document: self.document, key, value }
    }

    /// The value under a key, where there is one.
    pub fn get(&self, key: &str) -> Option<Node<'a>> {
        self.value.get(key).filter(|value| !value.is_null()).map(|value| self.below(key, value))
    }

    /// The value under a key.
    ///
    /// # Errors
    /// Where there is none.
    pub fn need(&self, key: &str) -> Result<Node<'a>, ImportError> {
        self.get(key).ok_or_else(|| self.fault(format!("no `{key}`"), format!("`{key}` with weights or names")))
    }

    /// The value under a path of keys.
    ///
    /// # Errors
    /// Where one is missing.
    pub fn path(&self, keys: &[&str]) -> Result<Node<'a>, ImportError> {
        keys.iter().try_fold(self.clone(), |node, key| node.need(key))
    }

    /// The values of a list.
    ///
    /// # Errors
    /// Where this is no list.
    pub fn list(&self) -> Result<Vec<Node<'a>>, ImportError> {
        let Value::Array(values) = self.value else {
            return Err(self.fault(kind(self.value), "a list"));
        };
        Ok(values
            .iter()
            .enumerate()
            .map(|(index, value)| Node { document: self.document, key: format!("{}[{index}]", self.key), value })
            .collect())
    }

    /// The names and values of an object.
    ///
    /// # Errors
    /// Where this is none.
    pub fn entries(&self) -> Result<Vec<(&'a str, Node<'a>)>, ImportError> {
        let Value::Object(values) = self.value else {
            return Err(self.fault(kind(self.value), "names with weights"));
        };
        Ok(values.iter().map(|(name, value)| (name.as_str(), self.below(name, value))).collect())
    }

    /// A number, also where it stands in quotes.
    ///
    /// # Errors
    /// Where it is none, negative or not finite.
    pub fn weight(&self) -> Result<f64, ImportError> {
        let number = match self.value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        match number {
            Some(number) if number.is_finite() && number >= 0.0 => Ok(number),
            _ => Err(self.fault(kind(self.value), "a weight: a number of at least 0")),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// Where it is none.
    pub fn whole(&self) -> Result<u64, ImportError> {
        self.value.as_u64().ok_or_else(|| self.fault(kind(self.value), "a whole number"))
    }

    /// A text; numbers are taken as they are written.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn name(&self) -> Result<String, ImportError> {
        match self.value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            other => Err(self.fault(kind(other), "a name or path")),
        }
    }
}

/// A value in few words.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_string(),
        Value::Bool(value) => format!("{value}"),
        Value::Number(number) => format!("{number}"),
        Value::String(text) => format!("`{}`", text.chars().take(60).collect::<String>()),
        Value::Array(values) => format!("a list of {}", values.len()),
        Value::Object(values) => format!("an object with {} keys", values.len()),
    }
}
