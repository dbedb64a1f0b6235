//! Reading little-endian numbers and strings, each checked against the end of the file.

use std::path::Path;

use crate::error::{ModelError, Result};
use mixopt_base::Place;

/// A position in the bytes of a file.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
    file: &'a Path,
}

impl<'a> Cursor<'a> {
    /// At the beginning of `bytes`, which are those of `file`.
    pub(super) fn new(bytes: &'a [u8], file: &'a Path) -> Self {
        Self { bytes, position: 0, file }
    }

    /// Bytes before this position.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Bytes after this position.
    pub(super) fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    /// The next `count` bytes, which hold `what`.
    ///
    /// # Errors
    /// [`ModelError::Malformed`] where the file ends before.
    pub(super) fn take(&mut self, count: u64, what: &str) -> Result<&'a [u8]> {
        let rest = &self.bytes[self.position..];
        let taken = usize::try_from(count).ok().and_then(|count| rest.get(..count));
        let Some(taken) = taken else {
            return Err(ModelError::malformed(
                Place::file(self.file).column(what),
                format!("{count} bytes at byte {}, but only {} are left", self.position, rest.len()),
                "a complete GGUF file; this one is truncated or damaged: download it again and compare its SHA-256",
            ));
        };
        self.position += taken.len();
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let taken = self.take(N as u64, what)?;
        let mut array = [0; N];
        array.copy_from_slice(taken);
        Ok(array)
    }

    /// The next 32-bit number.
    pub(super) fn u32(&mut self, what: &str) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    /// The next 64-bit number.
    pub(super) fn u64(&mut self, what: &str) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }

    /// The next string: its length in 64 bits, then UTF-8.
    pub(super) fn text(&mut self, what: &str) -> Result<&'a str> {
        let length = self.u64(what)?;
        let start = self.position;
        let bytes = self.take(length, what)?;
        std::str::from_utf8(bytes).map_err(|error| {
            ModelError::malformed(
                Place::file(self.file).column(what),
                format!("text at byte {start} that is not UTF-8: {error}"),
                "UTF-8",
            )
        })
    }
}
