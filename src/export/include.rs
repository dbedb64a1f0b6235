//! `key: !include other.yaml`, by which configurations take a value from a file beside them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::document::Document;
use super::error::ImportError;

/// Puts the values of included files in their places.
///
/// An include is looked up beside the file that names it, as draccus does, which reads the configurations of Levanter
/// (stanford-crfm/draccus, draccus/parsers/config.py and its `!include` constructor).
///
/// # Errors
/// [`ImportError::Include`] for a file that cannot be read or that includes itself, and the fault of one that is not JSON
/// or YAML.
pub(super) fn resolve(file: &Path, text: &str, value: &mut Value, above: &[PathBuf]) -> Result<(), ImportError> {
    let includes: Vec<(&str, &str)> = text.lines().filter_map(include).collect();
    if includes.is_empty() {
        return Ok(());
    }
    let mut chain = above.to_vec();
    chain.push(canonical(file));
    fill(file, &includes, value, &chain)
}

fn canonical(file: &Path) -> PathBuf {
    file.canonicalize().unwrap_or_else(|_| file.to_path_buf())
}

/// The key and the file of a line `key: !include file`.
fn include(line: &str) -> Option<(&str, &str)> {
    let (key, rest) = line.split_once(':')?;
    let named = rest.trim_start().strip_prefix("!include")?;
    let named = if named.starts_with(char::is_whitespace) { named.trim_start() } else { return None };
    let named = match named.chars().next()? {
        quote @ ('"' | '\'') => named.strip_prefix(quote)?.split_once(quote)?.0,
        _ => named.split(" #").next()?.trim_end(),
    };
    Some((key.trim().trim_start_matches("- ").trim().trim_matches(['"', '\'']), named))
}

fn fill(file: &Path, includes: &[(&str, &str)], value: &mut Value, chain: &[PathBuf]) -> Result<(), ImportError> {
    match value {
        Value::Object(values) => {
            for (key, value) in values {
                match value.as_str().filter(|named| includes.contains(&(key.as_str(), *named))) {
                    Some(named) => *value = included(file, named, chain)?,
                    None => fill(file, includes, value, chain)?,
                }
            }
            Ok(())
        }
        Value::Array(values) => values.iter_mut().try_for_each(|value| fill(file, includes, value, chain)),
        _ => Ok(()),
    }
}

fn included(file: &Path, named: &str, chain: &[PathBuf]) -> Result<Value, ImportError> {
    let other = file.parent().unwrap_or_else(|| Path::new("")).join(named);
    let fault = |problem: String| ImportError::Include { file: file.to_path_buf(), included: other.clone(), problem };
    if chain.contains(&canonical(&other)) {
        return Err(fault("which includes itself; expected a file that does not lead back".to_string()));
    }
    let text = std::fs::read_to_string(&other).map_err(|source| {
        fault(format!("which cannot be read ({source}); expected a file beside the one that names it"))
    })?;
    let document = Document::parse(&other, text);
    let mut value = document.root()?.value.clone();
    resolve(&other, &document.text, &mut value, chain)?;
    Ok(value)
}
