//! The values of a GGUF header that belong to its family.

use super::family::Family;
use super::file::GgufFile;
use crate::error::Result;

/// The header's values of one family.
pub(super) struct Keys<'a> {
    file: &'a GgufFile,
    family: Family,
}

impl<'a> Keys<'a> {
    /// Those of `file`.
    pub(super) fn new(file: &'a GgufFile, family: Family) -> Self {
        Self { file, family }
    }

    /// The whole key.
    pub(super) fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.family.name())
    }

    /// The file.
    pub(super) fn file(&self) -> &'a GgufFile {
        self.file
    }

    /// The family.
    pub(super) fn family(&self) -> Family {
        self.family
    }

    /// A whole number.
    pub(super) fn whole(&self, name: &str) -> Result<Option<u64>> {
        self.file.whole(&self.key(name))
    }

    /// A whole number that must be there.
    pub(super) fn required_whole(&self, name: &str) -> Result<u64> {
        self.whole(name)?.ok_or_else(|| self.file.unexpected(&self.key(name), "a whole number"))
    }

    /// A number.
    pub(super) fn number(&self, name: &str) -> Result<Option<f64>> {
        self.file.number(&self.key(name))
    }

    /// A number that must be there.
    pub(super) fn required_number(&self, name: &str) -> Result<f64> {
        self.number(name)?.ok_or_else(|| self.file.unexpected(&self.key(name), "a number"))
    }

    /// Whether there is such a tensor.
    pub(super) fn has_tensor(&self, name: &str) -> bool {
        self.file.tensor(name).is_some()
    }
}
