//! A model's `config.json`, read key by key with errors that name the key.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::architecture::description::Linear;
use crate::architecture::inventory::Inventory;
use crate::error::{ModelError, Result};
use crate::files::{self, MOST_SETTINGS};
use crate::weights::tensors::TensorSource;
use mixopt_base::Place;

/// The configuration of a model as Hugging Face transformers writes it.
#[derive(Debug, Clone)]
pub struct Configuration {
    file: PathBuf,
    /// Keys above this object, for errors (`text_config.`).
    above: String,
    values: Map<String, Value>,
    /// The tensors of the files that it describes, where they are known.
    inventory: Option<Arc<Inventory>>,
}

impl Configuration {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// [`ModelError::Unreadable`], or [`ModelError::Malformed`] where it is no JSON object.
    pub fn read(file: &Path) -> Result<Self> {
        let text = files::read_text(file, MOST_SETTINGS, "the model's configuration as a JSON object")?;
        let value = serde_json::from_str(&text).map_err(|error| {
            let place = Place::file(file).row(format!("line {}", error.line()));
            ModelError::malformed(place, format!("not JSON ({error})"), "the model's configuration as a JSON object")
        })?;
        Self::from_value(file, value)
    }

    /// Takes a configuration that is in memory; `file` is for errors.
    ///
    /// # Errors
    /// [`ModelError::Malformed`] where it is no JSON object.
    pub fn from_value(file: &Path, value: Value) -> Result<Self> {
        match value {
            Value::Object(values) => {
                Ok(Self { file: file.to_path_buf(), above: String::new(), values, inventory: None })
            }
            other => Err(ModelError::malformed(Place::file(file), kind(&other), "a JSON object")),
        }
    }

    /// The same for files with these tensors: a description made of it is compared with them part by part.
    pub fn beside(mut self, tensors: &dyn TensorSource) -> Self {
        self.inventory = Some(Arc::new(Inventory::of(tensors)));
        self
    }

    /// The tensors of the files that it describes.
    pub(crate) fn inventory(&self) -> Option<&Inventory> {
        self.inventory.as_deref()
    }

    /// Compares a linear map with the stored tensors, where they are known: before as many parts are listed as it has rows.
    pub(crate) fn compare(&self, linear: &Linear) -> Result<()> {
        self.inventory().map_or(Ok(()), |inventory| inventory.linear(linear))
    }

    /// The file, for errors.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The value of a key; `null` counts as absent.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.values.get(key).filter(|value| !value.is_null())
    }

    /// Whether the key is there at all, `null` or not: a key set to `null` says "none" where an absent one says "default".
    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Where a key stands.
    pub fn place(&self, key: &str) -> Place {
        Place::file(&self.file).column(format!("{}{key}", self.above))
    }

    /// An object within this one.
    ///
    /// # Errors
    /// [`ModelError::Malformed`] where the key holds something else.
    pub fn inner(&self, key: &str) -> Result<Option<Self>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Object(values)) => {
                let above = format!("{}{key}.", self.above);
                let inventory = self.inventory.clone();
                Ok(Some(Self { file: self.file.clone(), above, values: values.clone(), inventory }))
            }
            Some(other) => Err(self.unexpected(key, other, "a JSON object")),
        }
    }

    /// The architecture's name, `model_type`.
    ///
    /// # Errors
    /// [`ModelError::Malformed`] where there is none.
    pub fn model_type(&self) -> Result<&str> {
        self.text("model_type")?
            .ok_or_else(|| self.absent("model_type", "the name of an architecture, such as \"llama\""))
    }

    /// A text, if the key is there.
    pub fn text(&self, key: &str) -> Result<Option<&str>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.unexpected(key, other, "a text")),
        }
    }

    /// A whole number at least 1 that must be there, under any of several names.
    pub fn size(&self, keys: &[&str]) -> Result<usize> {
        self.size_if(keys)?.ok_or_else(|| self.absent(keys[0], "a whole number"))
    }

    /// A whole number at least 1, under any of several names, or a default.
    pub fn size_or(&self, keys: &[&str], default: usize) -> Result<usize> {
        Ok(self.size_if(keys)?.unwrap_or(default))
    }

    /// A whole number at least 1, under any of several names, if one is there.
    pub fn size_if(&self, keys: &[&str]) -> Result<Option<usize>> {
        for key in keys {
            if let Some(value) = self.value(key) {
                return match value.as_u64().and_then(|number| usize::try_from(number).ok()) {
                    // No dimension of a model comes near this; a larger one would only end in overflow further on.
                    Some(number) if (1..=1 << 31).contains(&number) => Ok(Some(number)),
                    _ => Err(self.unexpected(key, value, "a whole number from 1")),
                };
            }
        }
        Ok(None)
    }

    /// How many layers, heads or experts there are, or how wide a head is: a whole number from 1 to 65,536 that must be
    /// there, under any of several names. What is listed one by one must not be without bound.
    pub fn multiplicity(&self, keys: &[&str]) -> Result<usize> {
        self.multiplicity_if(keys)?.ok_or_else(|| self.absent(keys[0], "a whole number"))
    }

    /// The same, if one is there.
    pub fn multiplicity_if(&self, keys: &[&str]) -> Result<Option<usize>> {
        let number = self.size_if(keys)?;
        match number.filter(|&number| number > 1 << 16) {
            None => Ok(number),
            Some(number) => {
                let key = keys.iter().find(|key| self.value(key).is_some()).unwrap_or(&keys[0]);
                Err(self.unexpected(key, &Value::from(number), "a whole number from 1 to 65536"))
            }
        }
    }

    /// The same, or the default of an architecture where the key is absent; `None` where it is `null`.
    pub fn multiplicity_unless_null(&self, key: &str, default: usize) -> Result<Option<usize>> {
        if self.has(key) { self.multiplicity_if(&[key]) } else { Ok(Some(default)) }
    }

    /// A whole number that may be 0, or a default.
    pub fn count_or(&self, key: &str, default: usize) -> Result<usize> {
        match self.value(key) {
            None => Ok(default),
            Some(value) => value
                .as_u64()
                .and_then(|number| usize::try_from(number).ok())
                .ok_or_else(|| self.unexpected(key, value, "a whole number from 0")),
        }
    }

    /// A number, under any of several names, or a default.
    pub fn number_or(&self, keys: &[&str], default: f64) -> Result<f64> {
        Ok(self.number_if(keys)?.unwrap_or(default))
    }

    /// A number, under any of several names, if one is there.
    pub fn number_if(&self, keys: &[&str]) -> Result<Option<f64>> {
        for key in keys {
            if let Some(value) = self.value(key) {
                return match value.as_f64().filter(|number| number.is_finite()) {
                    Some(number) => Ok(Some(number)),
                    None => Err(self.unexpected(key, value, "a number")),
                };
            }
        }
        Ok(None)
    }

    /// A number that must be there.
    pub fn number(&self, key: &str) -> Result<f64> {
        self.number_if(&[key])?.ok_or_else(|| self.absent(key, "a number"))
    }

    /// A number above 0, under any of several names, or a default.
    pub fn positive_or(&self, keys: &[&str], default: f64) -> Result<f64> {
        for key in keys {
            if let Some(number) = self.number_if(&[key])? {
                return if number > 0.0 {
                    Ok(number)
                } else {
                    Err(self.unexpected(key, &Value::from(number), "a number above 0"))
                };
            }
        }
        Ok(default)
    }

    /// A number above 0 that must be there.
    pub fn positive(&self, key: &str) -> Result<f64> {
        if self.value(key).is_none() {
            return Err(self.absent(key, "a number above 0"));
        }
        self.positive_or(&[key], 1.0)
    }

    /// A truth value, or a default.
    pub fn flag_or(&self, key: &str, default: bool) -> Result<bool> {
        match self.value(key) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            // Some checkpoints write 0 and 1.
            Some(Value::Number(number)) if number.as_u64() == Some(0) => Ok(false),
            Some(Value::Number(number)) if number.as_u64() == Some(1) => Ok(true),
            Some(other) => Err(self.unexpected(key, other, "true or false")),
        }
    }

    /// A list of numbers that must be there.
    pub fn numbers(&self, key: &str) -> Result<Vec<f64>> {
        let value = self.value(key).ok_or_else(|| self.absent(key, "a list of numbers"))?;
        let list = value.as_array().ok_or_else(|| self.unexpected(key, value, "a list of numbers"))?;
        list.iter().map(|item| item.as_f64().ok_or_else(|| self.unexpected(key, item, "a list of numbers"))).collect()
    }

    /// A list of texts, if the key is there.
    pub fn texts(&self, key: &str) -> Result<Option<Vec<&str>>> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let list = value.as_array().ok_or_else(|| self.unexpected(key, value, "a list of texts"))?;
        list.iter()
            .map(|item| item.as_str().ok_or_else(|| self.unexpected(key, item, "a list of texts")))
            .collect::<Result<_>>()
            .map(Some)
    }

    /// A key that is needed and not there.
    pub fn absent(&self, key: &str, expected: &str) -> ModelError {
        ModelError::malformed(self.place(key), "the key is missing", expected)
    }

    /// A key whose value cannot be used.
    pub fn unexpected(&self, key: &str, found: &Value, expected: impl Into<String>) -> ModelError {
        let mut text = found.to_string();
        if text.chars().count() > 60 {
            text = text.chars().take(60).collect::<String>() + "…";
        }
        ModelError::malformed(self.place(key), text, expected)
    }

    /// A value that this program does not compute.
    pub fn not_covered(&self, key: &str, found: impl std::fmt::Display, covered: impl Into<String>) -> ModelError {
        ModelError::malformed(self.place(key), format!("{found}, which is not supported"), covered)
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
