//! Names that people type: nearest matches, patterns and aliases.

use std::collections::HashMap;
use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use super::error::{Result, StudyError};
use crate::tables::table::Table;
use mixopt_base::{Place, Setting, nearest};

/// The error for a name that is not among those known.
pub fn unknown(kind: &'static str, name: &str, known: &[String]) -> StudyError {
    StudyError::Unknown { kind, name: name.to_string(), nearest: nearest(name, known), known: known.to_vec() }
}

/// A model's name in one form, and the commit where it is a snapshot in a cache of the hub.
///
/// `./models//tiny/` is `models/tiny`; `…/models--acme--tiny/snapshots/0123abc` is `acme/tiny` of the commit `0123abc`.
pub(crate) fn normalised(name: &str) -> (String, Option<String>) {
    let name = name.trim();
    let is_absolute = name.starts_with('/');
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let cached = parts.iter().rposition(|part| part.starts_with("models--"));
    if let Some(at) = cached
        && let Some((organisation, model)) = parts[at]["models--".len()..].split_once("--")
    {
        let commit = (parts.get(at + 1) == Some(&"snapshots")).then(|| parts.get(at + 2)).flatten();
        return (format!("{organisation}/{model}"), commit.map(|commit| commit.to_string()));
    }
    if parts.is_empty() {
        return (name.to_string(), None);
    }
    (format!("{}{}", if is_absolute { "/" } else { "" }, parts.join("/")), None)
}

/// A name or a pattern with `*` and `?`, matched against whole names.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

impl Pattern {
    /// Reads a pattern; `setting` is named in the error.
    pub fn parse(setting: Setting, text: &str) -> Result<Self> {
        // Brackets and braces occur in domain names: only `*` and `?` are special.
        let escaped: String = text
            .chars()
            .flat_map(|c| if matches!(c, '[' | ']' | '{' | '}' | '\\') { vec!['\\', c] } else { vec![c] })
            .collect();
        let glob = GlobBuilder::new(&escaped).backslash_escape(true).build().map_err(|error| StudyError::Setting {
            setting,
            found: text.to_string(),
            problem: error.kind().to_string(),
            expected: "a name, or a pattern with `*` and `?`".to_string(),
        })?;
        Ok(Self { text: text.to_string(), matcher: glob.compile_matcher() })
    }

    /// Whether `name` is meant.
    pub fn matches(&self, name: &str) -> bool {
        self.text == name || self.matcher.is_match(name)
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Which of `names` are meant; an error where none is, since a typing mistake would go unseen.
    pub fn select(&self, kind: &'static str, names: &[String]) -> Result<Vec<bool>> {
        let chosen: Vec<bool> = names.iter().map(|name| self.matches(name)).collect();
        if chosen.contains(&true) { Ok(chosen) } else { Err(unknown(kind, &self.text, names)) }
    }
}

/// Other names of models or domains: the name in some table, and the name that the study uses.
#[derive(Debug, Clone, Default)]
pub struct Aliases(HashMap<String, String>);

impl Aliases {
    /// Reads a table with the columns `alias` and `model`.
    ///
    /// # Errors
    /// A table that cannot be read or lacks a column, a name that is missing, an alias that appears twice.
    pub fn read(file: &Path) -> Result<Self> {
        Self::of(file, "model")
    }

    /// Reads a table with the columns `alias` and `domain`.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn of_domains(file: &Path) -> Result<Self> {
        Self::of(file, "domain")
    }

    fn of(file: &Path, kind: &'static str) -> Result<Self> {
        let table = Table::read(file)?;
        let column = |name: &str| {
            table.find_column(&[name]).ok_or_else(|| {
                let found = format!("columns {}", table.columns().join(", "));
                StudyError::malformed(Place::file(file), found, format!("the columns `alias` and `{kind}`"))
            })
        };
        let (alias_column, model_column) = (column("alias")?, column(kind)?);
        let aliases = table.names(&alias_column, kind)?;
        let models = table.names(&model_column, kind)?;
        let mut names = HashMap::new();
        for (row, (alias, model)) in aliases.into_iter().zip(models).enumerate() {
            if names.insert(alias.clone(), model).is_some() {
                return Err(StudyError::Duplicate {
                    place: table.place(row, &alias_column),
                    kind: "alias",
                    name: alias,
                });
            }
        }
        Ok(Self(names))
    }

    /// The study's name of the model or domain that a table calls `name`.
    pub fn resolve(&self, name: &str) -> String {
        self.0.get(name).cloned().unwrap_or_else(|| name.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_names() {
        let names: Vec<String> = ["Qwen-7b", "Qwen-72b", "Yi-6b"].map(String::from).to_vec();
        let pattern = Pattern::parse(Setting::ExcludeModels, "Qwen-*").unwrap();
        assert_eq!(pattern.select("model", &names).unwrap(), [true, true, false]);
        let error = Pattern::parse(Setting::ExcludeModels, "Qwen").unwrap().select("model", &names).unwrap_err();
        assert!(error.to_string().starts_with("unknown model `Qwen`"), "{error}");
        assert!(Pattern::parse(Setting::ExcludeDomains, "a[b]").unwrap().matches("a[b]"));
    }
}
