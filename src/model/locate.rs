//! Where a model's files lie and what the model is called, from the path that a user gives.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use crate::adapter;
use crate::error::{ModelError, Result};
use crate::files;
use crate::hub;
use crate::source::{CONFIGURATION, Kind, is_gguf};

/// A model's place.
#[derive(Debug, Clone)]
pub struct Located {
    /// The folder or GGUF file.
    pub path: PathBuf,
    /// Which of them it is.
    pub kind: Kind,
    /// What the model is called.
    pub name: String,
}

const WHAT: &str = "give a Hugging Face folder (config.json, tokenizer.json, safetensors) or a GGUF file";

/// Finds the files of the model at `path`.
///
/// # Errors
/// [`ModelError::NoModel`] where there is none, with what may have been meant; [`ModelError::Unreadable`].
pub fn locate(path: &Path) -> Result<Located> {
    let fault = |found: String, remedy: String| Err(ModelError::NoModel { path: path.to_path_buf(), found, remedy });
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if std::fs::symlink_metadata(path).is_ok_and(|link| link.is_symlink()) {
                return fault(files::leads_nowhere(path), WHAT.to_string());
            }
            let remedy = hub::hint(path).unwrap_or_else(|| WHAT.to_string());
            return fault("no such file or folder".to_string(), remedy);
        }
        Err(error) => return Err(ModelError::unreadable(path, error)),
    };
    let whole = whole(path);
    if metadata.is_file() {
        let named = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"));
        if named || is_gguf(path)? {
            return Ok(Located { path: path.to_path_buf(), kind: Kind::Gguf, name: file_name(&whole) });
        }
        return fault("not a GGUF file".to_string(), WHAT.to_string());
    }
    if !metadata.is_dir() {
        return fault("neither a file nor a folder".to_string(), WHAT.to_string());
    }
    if files::is_there(&path.join(CONFIGURATION))? {
        let name = hub::snapshot_name(&whole).unwrap_or_else(|| folder_name(&whole));
        return Ok(Located { path: path.to_path_buf(), kind: Kind::Folder, name });
    }
    if let Some(cached) = hub::cached(path, &whole)? {
        return Ok(cached);
    }
    if let Some(fault) = adapter::fault(path)? {
        return Err(fault);
    }
    let found = format!("the folder has no {CONFIGURATION}");
    match gguf_in(path) {
        Some(file) => fault(found, format!("give its GGUF file {}", file.display())),
        None => fault(found, WHAT.to_string()),
    }
}

/// The first GGUF file of a folder, by name.
fn gguf_in(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    entries.filter(|file| file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))).min()
}

/// The path from the root, without `.` and `..`. Links keep their own names: what a model is called is up to who put it
/// there, and the hub's cache has links to files that are named by their digests.
fn whole(path: &Path) -> PathBuf {
    let goes_up = path.components().any(|component| component == Component::ParentDir);
    let whole = if goes_up { path.canonicalize() } else { std::path::absolute(path) };
    whole.unwrap_or_else(|_| path.to_path_buf())
}

fn folder_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The name of a file without `.gguf`.
fn file_name(path: &Path) -> String {
    let gguf = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"));
    let name = if gguf { path.file_stem() } else { path.file_name() };
    name.unwrap_or_default().to_string_lossy().into_owned()
}
