//! A GGUF file in memory and the values of its header by type.

use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use super::header::{Header, StoredTensor};
use super::value::Value;
use crate::error::{ModelError, Result};
use mixopt_base::Place;

/// A GGUF file: its bytes and its header.
pub(super) struct GgufFile {
    path: PathBuf,
    map: Mmap,
    header: Header,
}

impl GgufFile {
    /// Maps a file and checks its header.
    ///
    /// # Errors
    /// [`ModelError::Unreadable`] and those of [`Header::read`].
    pub(super) fn open(path: &Path) -> Result<Self> {
        let unreadable = |error| ModelError::unreadable(path, error);
        let file = File::open(path).map_err(unreadable)?;
        let is_file = file.metadata().map_err(unreadable)?.is_file();
        if !is_file {
            let error = std::io::Error::new(std::io::ErrorKind::InvalidInput, "not a file");
            return Err(ModelError::unreadable(path, error));
        }
        // SAFETY: the mapping is read only. Another process that shortens the file while it is read could end this one,
        // as with every mapped file; models of many gigabytes leave no other way to read them without a copy.
        let map = unsafe { Mmap::map(&file) }.map_err(unreadable)?;
        let header = Header::read(&map, path)?;
        Ok(Self { path: path.to_path_buf(), map, header })
    }

    /// The file's path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// All tensors.
    pub(super) fn tensors(&self) -> &[StoredTensor] {
        &self.header.tensors
    }

    /// A tensor by its name in the file.
    pub(super) fn tensor(&self, name: &str) -> Option<&StoredTensor> {
        self.header.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// The bytes of a tensor.
    pub(super) fn tensor_bytes(&self, tensor: &StoredTensor) -> &[u8] {
        self.map.get(tensor.bytes.clone()).unwrap_or_default()
    }

    /// The error that `key` holds something else than `expected`.
    pub(super) fn unexpected(&self, key: &str, expected: &str) -> ModelError {
        let found = self.header.values.get(key).map_or_else(|| "is missing".to_string(), Value::describe);
        ModelError::malformed(Place::file(&self.path).column(key), found, expected)
    }

    /// Whether the header has `key`.
    pub(super) fn has(&self, key: &str) -> bool {
        self.header.values.contains_key(key)
    }

    /// Text.
    pub(super) fn text(&self, key: &str) -> Result<Option<&str>> {
        match self.header.values.get(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.unexpected(key, "text")),
        }
    }

    /// A whole number that is not negative. Where the file has one per layer, all must be the same.
    pub(super) fn whole(&self, key: &str) -> Result<Option<u64>> {
        const EXPECTED: &str = "a whole number";
        match self.header.values.get(key) {
            None => Ok(None),
            Some(Value::Whole(value)) => u64::try_from(*value).map(Some).map_err(|_| self.unexpected(key, EXPECTED)),
            Some(Value::Array(_)) => {
                let values = self.wholes(key)?.unwrap_or_default();
                match values.first() {
                    Some(first) if values.iter().all(|value| value == first) => {
                        u64::try_from(*first).map(Some).map_err(|_| self.unexpected(key, EXPECTED))
                    }
                    _ => Err(self.unexpected(
                        key,
                        "one number, or the same for every layer: layers of different sizes are not supported",
                    )),
                }
            }
            Some(_) => Err(self.unexpected(key, EXPECTED)),
        }
    }

    /// A finite number, as the decimal that the converter wrote.
    pub(super) fn number(&self, key: &str) -> Result<Option<f64>> {
        match self.header.values.get(key) {
            None => Ok(None),
            Some(value) => match value.number().filter(|number| number.is_finite()) {
                Some(number) => Ok(Some(number)),
                None => Err(self.unexpected(key, "a finite number")),
            },
        }
    }

    /// A truth value.
    pub(super) fn boolean(&self, key: &str) -> Result<Option<bool>> {
        match self.header.values.get(key) {
            None => Ok(None),
            Some(Value::Boolean(value)) => Ok(Some(*value)),
            Some(_) => Err(self.unexpected(key, "a truth value")),
        }
    }

    /// Texts of an array, where they stand.
    pub(super) fn texts(&self, key: &str) -> Result<Option<Vec<&str>>> {
        match self.header.values.get(key) {
            None => Ok(None),
            Some(Value::Array(array)) => match array.texts(&self.map) {
                Some(texts) => Ok(Some(texts)),
                None => Err(self.unexpected(key, "an array of texts")),
            },
            Some(_) => Err(self.unexpected(key, "an array of texts")),
        }
    }

    /// Whole numbers of an array.
    pub(super) fn wholes(&self, key: &str) -> Result<Option<Vec<i128>>> {
        self.elements(key, "an array of whole numbers", |value| match value {
            Value::Whole(value) => Some(value),
            _ => None,
        })
    }

    /// Finite numbers of an array.
    pub(super) fn numbers(&self, key: &str) -> Result<Option<Vec<f64>>> {
        self.elements(key, "an array of finite numbers", |value| {
            match value {
                Value::Whole(value) => Some(value as f64),
                Value::Float(value) => Some(f64::from(value)),
                Value::Double(value) => Some(value),
                _ => None,
            }
            .filter(|number| number.is_finite())
        })
    }

    /// Truth values of an array.
    pub(super) fn booleans(&self, key: &str) -> Result<Option<Vec<bool>>> {
        self.elements(key, "an array of truth values", |value| match value {
            Value::Boolean(value) => Some(value),
            Value::Whole(value) => Some(value != 0),
            _ => None,
        })
    }

    /// Whether `key` holds an array.
    pub(super) fn is_array(&self, key: &str) -> bool {
        matches!(self.header.values.get(key), Some(Value::Array(_)))
    }

    fn elements<T>(&self, key: &str, expected: &str, convert: impl Fn(Value) -> Option<T>) -> Result<Option<Vec<T>>> {
        match self.header.values.get(key) {
            None => Ok(None),
            Some(Value::Array(array)) => {
                let values: Option<Vec<T>> = array.values(&self.map).map(|value| value.and_then(&convert)).collect();
                values.map(Some).ok_or_else(|| self.unexpected(key, expected))
            }
            Some(_) => Err(self.unexpected(key, expected)),
        }
    }
}
