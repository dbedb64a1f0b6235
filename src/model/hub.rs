//! Folders as the cache of the Hugging Face hub has them (`models--acme--tiny/snapshots/REVISION`), and names of models
//! there.

use std::path::{Path, PathBuf};

use crate::error::{ModelError, Result};
use crate::files;
use crate::locate::Located;
use crate::source::{CONFIGURATION, Kind};

/// Holds a folder for every revision.
const SNAPSHOTS: &str = "snapshots";
/// Names the revision of the branch `main`.
const MAIN: &str = "refs/main";
/// The most bytes of such a name.
const MOST_REFERENCE: u64 = 4096;

/// The name of the model that a folder of the cache is for: `acme/tiny` of `models--acme--tiny`.
fn repository(folder: &Path) -> Option<String> {
    let name = folder.file_name()?.to_str()?.strip_prefix("models--")?.replace("--", "/");
    (!name.is_empty()).then_some(name)
}

/// The name of the model whose snapshot a folder is, with its revision.
pub fn snapshot_name(folder: &Path) -> Option<String> {
    let above = folder.parent().filter(|above| above.file_name().is_some_and(|name| name == SNAPSHOTS))?;
    let revision = folder.file_name()?.to_string_lossy();
    Some(format!("{}@{revision}", repository(above.parent()?)?))
}

/// The model in a folder of the cache: its snapshot of `main`, or the only one there is. `None` where `path` (from the
/// root: `whole`) is no such folder.
///
/// # Errors
/// [`ModelError::NoModel`] where it cannot be told which snapshot is meant, with those that are there.
pub fn cached(path: &Path, whole: &Path) -> Result<Option<Located>> {
    let snapshots = path.join(SNAPSHOTS);
    let Some(repository) = repository(whole).filter(|_| snapshots.is_dir()) else { return Ok(None) };
    let fault = |found: String, remedy: String| Err(ModelError::NoModel { path: path.to_path_buf(), found, remedy });
    let entries = std::fs::read_dir(&snapshots).map_err(|error| ModelError::unreadable(&snapshots, error))?;
    let mut there: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    there.sort();
    let main = path.join(MAIN);
    let revision = match files::is_there(&main)? {
        true => Some(files::read_text(&main, MOST_REFERENCE, "the name of a revision")?.trim().to_string()),
        false => None,
    };
    let one_of = || {
        let listed: Vec<String> = there.iter().map(|path| path.display().to_string()).collect();
        format!("give one of its snapshots: {}", listed.join(", "))
    };
    let folder = match (&revision, there.as_slice()) {
        (_, []) => {
            let remedy = format!("download it again: hf download {repository}");
            return fault(format!("the hub's cache has no snapshot of `{repository}`"), remedy);
        }
        (Some(revision), _) => {
            match there.iter().find(|path| path.file_name().is_some_and(|name| name == revision.as_str())) {
                Some(folder) => folder,
                None => return fault(format!("{MAIN} names the revision `{revision}`, which is missing"), one_of()),
            }
        }
        (None, [only]) => only,
        (None, _) => return fault(format!("no {MAIN}, and there are {} snapshots", there.len()), one_of()),
    };
    if files::is_there(&folder.join(CONFIGURATION))? {
        return Ok(Some(Located { path: folder.clone(), kind: Kind::Folder, name: repository }));
    }
    // What the snapshot is instead, such as an adapter or GGUF files, is told of the snapshot.
    crate::locate::locate(folder).map(|located| Some(Located { name: repository, ..located }))
}

/// What to do about a path that is not there and could be the name of a model on the hub.
pub fn hint(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    let name = text.rsplit('/').next()?;
    let is_part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
            && part.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
    };
    let is_file = Path::new(name).extension().is_some_and(|extension| {
        ["gguf", "json", "safetensors", "bin"].iter().any(|known| extension.eq_ignore_ascii_case(known))
    });
    let parts: Vec<&str> = text.split('/').collect();
    // `models/a` beside a folder `models` is a slip within it.
    let in_a_folder = parts.len() == 2 && Path::new(parts[0]).is_dir();
    if parts.len() > 2 || in_a_folder || is_file || !parts.into_iter().all(is_part) {
        return None;
    }
    Some(format!(
        "models are not downloaded; for one on the Hugging Face Hub: hf download {text} --local-dir {name}, and give that \
         folder"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_hub_are_told_from_paths() {
        let hint = |text: &str| hint(Path::new(text));
        let meant = hint("HuggingFaceTB/SmolLM2-135M").unwrap();
        assert!(meant.contains("hf download HuggingFaceTB/SmolLM2-135M --local-dir SmolLM2-135M"), "{meant}");
        assert!(hint("gpt2").is_some());
        for path in ["/models/a", "./a", "../a/b", "a/b/c", "acme/tiny.gguf", "a b", "", "acme/", "~/a"] {
            assert_eq!(hint(path), None, "{path}");
        }
    }

    #[test]
    fn a_snapshot_is_named_by_model_and_revision() {
        let name = |path: &str| snapshot_name(Path::new(path));
        assert_eq!(name("/c/hub/models--acme--tiny/snapshots/0a1b"), Some("acme/tiny@0a1b".to_string()));
        assert_eq!(name("/c/hub/models--gpt2/snapshots/0a1b"), Some("gpt2@0a1b".to_string()));
        assert_eq!(name("/c/models--acme--tiny/0a1b"), None);
        assert_eq!(name("/c/tiny/snapshots/0a1b"), None);
    }
}
