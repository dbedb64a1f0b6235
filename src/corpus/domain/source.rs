//! A domain as a user names it.

use crate::error::{CorpusError, Result};

/// What to do with a line, row or file without a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFault {
    /// Stop with an error that names the place.
    #[default]
    Error,
    /// Count it and continue. A damaged file still stops the reading.
    Skip,
}

/// A domain: a name and where its text is.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainSource {
    /// Name of the domain.
    pub name: String,
    /// Files, directories and patterns (`data/web/*.jsonl.zst`, `**` for any depth).
    pub patterns: Vec<String>,
    /// Field or column of the text, dotted where nested (`document.text`). By default the first of `text`, `content`,
    /// `raw_content`, `body` and `code` that the first record has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_field: Option<String>,
    /// Field or column of the identifier. By default `id` if a record has it, else its place (`file:line`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_field: Option<String>,
    /// Fields or columns to copy along with each document, dotted where nested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<String>,
    /// What to do with lines and rows without a document.
    #[serde(default)]
    pub on_fault: OnFault,
}

impl DomainSource {
    /// A domain by name and patterns, with the default fields.
    pub fn new(name: impl Into<String>, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { name: name.into(), patterns: patterns.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// Reads `NAME=PATTERN[,PATTERN…]`. A comma within `{…}` belongs to its pattern.
    ///
    /// # Errors
    /// [`CorpusError::Setting`] where the name or a pattern is missing.
    pub fn parse(text: &str) -> Result<Self> {
        let fault = |problem: &str| fault("domain", text, problem, "NAME=PATH, such as web=data/web/*.jsonl.zst");
        let (name, patterns) = text.split_once('=').ok_or_else(|| fault("`=` is missing"))?;
        let source = Self::new(name.trim(), split_patterns(patterns).into_iter().map(str::trim));
        if source.patterns.iter().any(String::is_empty) {
            return Err(fault("a path is missing"));
        }
        source.check()?;
        Ok(source)
    }

    /// Refuses what no domain can be.
    pub(crate) fn check(&self) -> Result<()> {
        if self.name.is_empty() || self.name.contains(char::is_control) {
            return Err(fault("domain name", &self.name, "it is empty or not printable", "a name such as `web`"));
        }
        if self.patterns.iter().all(|pattern| pattern.trim().is_empty()) {
            return Err(fault("domain", &self.name, "it has no path", "at least one file, directory or pattern"));
        }
        for field in self.text_field.iter().chain(&self.id_field).chain(&self.metadata) {
            if field.is_empty() {
                return Err(fault("field of domain", &self.name, "a field has no name", "names of fields"));
            }
        }
        for (index, column) in self.metadata.iter().enumerate() {
            if self.metadata.iter().take(index).any(|other| other == column) {
                return Err(fault("metadata", column, "it is listed twice", "each column once"));
            }
        }
        Ok(())
    }
}

fn fault(setting: &'static str, found: &str, problem: &str, expected: &str) -> CorpusError {
    CorpusError::Setting {
        setting,
        found: found.to_string(),
        problem: problem.to_string(),
        expected: expected.to_string(),
    }
}

/// Parts between commas that stand in no braces.
fn split_patterns(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    text.split(|character| {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_read_from_an_argument() {
        let source = DomainSource::parse("web = data/web/*.jsonl.zst, more/{a,b}.parquet").unwrap();
        assert_eq!(source, DomainSource::new("web", ["data/web/*.jsonl.zst", "more/{a,b}.parquet"]));
        assert_eq!(DomainSource::parse("a=b=c").unwrap().patterns, ["b=c"]);
    }

    #[test]
    fn an_argument_without_name_or_path_is_refused() {
        for (text, expected) in [
            ("data/web", "domain `data/web`: `=` is missing; expected NAME=PATH, such as web=data/web/*.jsonl.zst"),
            ("web=", "domain `web=`: a path is missing; expected NAME=PATH, such as web=data/web/*.jsonl.zst"),
            ("web=a,", "domain `web=a,`: a path is missing; expected NAME=PATH, such as web=data/web/*.jsonl.zst"),
            ("=a", "domain name ``: it is empty or not printable; expected a name such as `web`"),
        ] {
            assert_eq!(DomainSource::parse(text).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn a_domain_stands_in_yaml_with_defaults_and_no_unknown_keys() {
        let source: DomainSource =
            serde_saphyr::from_str("name: web\npatterns: [a.jsonl]\nmetadata: [url]\non_fault: skip\n").unwrap();
        let expected = DomainSource {
            metadata: vec!["url".into()],
            on_fault: OnFault::Skip,
            ..DomainSource::new("web", ["a.jsonl"])
        };
        assert_eq!(source, expected);
        assert!(serde_saphyr::from_str::<DomainSource>("name: web\npatterns: [a]\ntext: body\n").is_err());
    }

    #[test]
    fn a_metadata_column_named_twice_is_refused() {
        let source = DomainSource { metadata: vec!["a".into(), "a".into()], ..DomainSource::new("web", ["a.jsonl"]) };
        assert_eq!(
            source.resolve().unwrap_err().to_string(),
            "metadata `a`: it is listed twice; expected each column once"
        );
    }
}
