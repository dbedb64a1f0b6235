//! `key: !include other.yaml`, by which configurations take a value from a file beside them.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::document::Document;
use super::error::ImportError;

/// Puts the values of included files in their places.
///
/// An include is looked up beside the file that names it, and `<<: !include base.yaml` takes the keys of another file
/// that are not there, as in draccus, which reads the configurations of Levanter (dlwh/draccus, README.md, "Inclusion of
/// Config Files", 1ba184de).
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
            let base = values.get(MERGE).and_then(Value::as_str).filter(|named| includes.contains(&(MERGE, *named)));
            if let Some(base) = base {
                let Value::Object(base) = included(file, base, chain)? else {
                    return Err(ImportError::Include {
                        file: file.to_path_buf(),
                        included: beside(file, base),
                        problem: "which has no keys to merge; expected an object".to_string(),
                    });
                };
                values.remove(MERGE);
                for (key, value) in base {
                    values.entry(key).or_insert(value);
                }
            }
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

/// The key under which a file's keys are merged into those around it.
const MERGE: &str = "<<";

/// The text with the key of a merged include in quotes, so that it is read as a key like others.
pub(super) fn parsable(text: &str) -> Cow<'_, str> {
    let merges = |line: &str| include(line).is_some_and(|(key, _)| key == MERGE);
    if !text.lines().any(merges) {
        return Cow::Borrowed(text);
    }
    let quoted = |line: &str| if merges(line) { line.replacen(MERGE, "\"<<\"", 1) } else { line.to_string() };
    Cow::Owned(text.lines().map(|line| quoted(line) + "\n").collect())
}

fn beside(file: &Path, named: &str) -> PathBuf {
    file.parent().unwrap_or_else(|| Path::new("")).join(named)
}

fn included(file: &Path, named: &str, chain: &[PathBuf]) -> Result<Value, ImportError> {
    let other = beside(file, named);
    let fault = |problem: String| ImportError::Include { file: file.to_path_buf(), included: other.clone(), problem };
    if chain.contains(&canonical(&other)) {
        return Err(fault("which includes itself; expected a file that does not include it again".to_string()));
    }
    let text = std::fs::read_to_string(&other).map_err(|source| {
        fault(format!("which cannot be read ({source}); expected a file next to the one that includes it"))
    })?;
    let document = Document::parse(&other, text);
    let mut value = document.root()?.value.clone();
    resolve(&other, &document.text, &mut value, chain)?;
    Ok(value)
}
