//! The files of a model's folder: which are there, and their text up to a greatest length.
//!
//! Only a name that is not there is absent. Whatever else cannot be read as a file (a broken link, a folder, a
//! pipe, a place without permission) is an error: taken for absent, it would change results without a word.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use mixopt_base::Place;

use crate::error::{ModelError, Result};

/// The most bytes of a file of settings.
pub const MOST_SETTINGS: u64 = 64 << 20;
/// The most bytes of a tokenizer.
pub const MOST_TOKENIZER: u64 = 1 << 30;

/// Whether a file of this name is there.
///
/// # Errors
/// [`ModelError::Malformed`] for something of this name that is no file, [`ModelError::Unreadable`] where that cannot be
/// told.
pub fn is_there(file: &Path) -> Result<bool> {
    let no_file = |found: String| {
        let expected = "a file, or nothing under this name; put the file there, or remove what is there";
        Err(ModelError::malformed(Place::file(file), found, expected))
    };
    match std::fs::symlink_metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(ModelError::unreadable(file, error)),
        Ok(_) => {}
    }
    match std::fs::metadata(file) {
        Ok(metadata) if metadata.is_file() => Ok(true),
        Ok(metadata) if metadata.is_dir() => no_file("a folder".to_string()),
        Ok(_) => no_file("neither a file nor a folder".to_string()),
        Err(error) if error.kind() == ErrorKind::NotFound => no_file(leads_nowhere(file)),
        Err(error) => Err(ModelError::unreadable(file, error)),
    }
}

/// Says of a link that what it leads to is not there.
pub fn leads_nowhere(link: &Path) -> String {
    match std::fs::read_link(link) {
        Ok(target) => format!("a link to {}, which does not exist", target.display()),
        Err(_) => "a broken link".to_string(),
    }
}

/// Opens a file that must be there.
///
/// # Errors
/// As [`is_there`], and [`ModelError::Unreadable`] where it is not there or cannot be opened.
pub fn open(file: &Path) -> Result<File> {
    // A pipe would be waited for.
    is_there(file)?;
    File::open(file).map_err(|source| ModelError::unreadable(file, source))
}

/// The text of a file that must be there and has `most` bytes at most; `expected` is what it should be.
///
/// # Errors
/// As [`open`], and [`ModelError::Malformed`] for a file that is longer or no UTF-8.
pub fn read_text(file: &Path, most: u64, expected: &str) -> Result<String> {
    let fault = |found: String| ModelError::malformed(Place::file(file), found, expected);
    let mut bytes = Vec::new();
    let read = open(file)?.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|source| ModelError::unreadable(file, source))?;
    if bytes.len() as u64 > most {
        return Err(fault(format!("more than {} MiB", most >> 20)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        fault(format!("not UTF-8 text (at byte {at})"))
    })
}
