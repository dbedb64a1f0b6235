//! The manifest file, `corpora.yaml`.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use mixopt_base::Count;
use mixopt_base::Place;
use mixopt_base::{nearest, yaml};
use mixopt_corpus::DomainSource;

use super::check_values::check_values;
use super::error::{ManifestError, Result};
use super::values::{Names, count, names, names_by_key};

/// Version of the format that this program writes and reads.
pub const VERSION: u32 = 1;

/// The domains available to a team, with their sizes and locations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this format: 1.
    pub mixopt_corpora: u32,
    /// The training tokenizer, with which `tokens` are counted: a name, or the path of a `tokenizer.json`, a model
    /// folder or a GGUF file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<String>,
    /// The domains by name.
    pub domains: IndexMap<String, ManifestDomain>,
    /// Where it was read from, for errors and for relative paths.
    #[serde(skip)]
    pub file: PathBuf,
}

/// One domain. Counts are of all its documents that have text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestDomain {
    /// Files, folders or patterns with its text, relative to the manifest.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "names")]
    #[schemars(with = "Names")]
    pub paths: Vec<String>,
    /// Field with the text in its records, if not one of the usual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_field: Option<String>,
    /// What each trainer calls the domain: paths, prefixes or dataset ids by trainer.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "names_by_key")]
    #[schemars(with = "IndexMap<String, Names>")]
    pub trainers: IndexMap<String, Vec<String>>,
    /// Available tokens of the manifest's tokenizer, without special tokens.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "count")]
    #[schemars(with = "Option<Count>")]
    pub tokens: Option<u64>,
    /// Standard error of `tokens`, if estimated from a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0))]
    pub tokens_standard_error: Option<f64>,
    /// Unicode code points.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "count")]
    #[schemars(with = "Option<Count>")]
    pub characters: Option<u64>,
    /// Bytes of UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "count")]
    #[schemars(with = "Option<Count>")]
    pub bytes: Option<u64>,
    /// Documents.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "count")]
    #[schemars(with = "Option<Count>")]
    pub documents: Option<u64>,
    /// Licence, as an SPDX identifier if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Languages of its text (BCP 47) or programming languages.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "names")]
    #[schemars(with = "Names")]
    pub languages: Vec<String>,
    /// Tags that constraints can name.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "names")]
    #[schemars(with = "Names")]
    pub tags: Vec<String>,
    /// Maximum epochs over this domain; overrides the limit for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub max_epochs: Option<f64>,
}

impl Manifest {
    /// A manifest without domains; `file` is where it will stand.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self { mixopt_corpora: VERSION, tokenizer: None, domains: IndexMap::new(), file: file.into() }
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// [`ManifestError`] with the file and what is wrong in it.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| ManifestError::Unreadable { file: file.to_path_buf(), source })?;
        Self::parse(file, &text)
    }

    /// Reads text; `file` is named in errors.
    ///
    /// # Errors
    /// [`ManifestError::Malformed`] with the line.
    pub fn parse(file: &Path, text: &str) -> Result<Self> {
        let mut manifest: Self = serde_saphyr::from_str(text).map_err(|error| malformed(file, &yaml::fault(&error)))?;
        manifest.file = file.to_path_buf();
        check_values(&manifest, text)?;
        Ok(manifest)
    }

    /// The manifest as YAML that [`parse`](Self::parse) reads back as the same manifest. Comments are not kept, and counts
    /// are written as whole numbers.
    ///
    /// # Errors
    /// [`ManifestError::Malformed`] where a value cannot be written as YAML, which names do not cause.
    pub fn to_yaml(&self) -> Result<String> {
        serde_saphyr::to_string(self).map_err(|error| ManifestError::Malformed {
            place: Place::file(&self.file),
            found: error.to_string(),
            expected: "a manifest that YAML can hold".to_string(),
        })
    }

    /// A domain by name.
    ///
    /// # Errors
    /// [`ManifestError::NoDomain`] with the nearest name.
    pub fn domain(&self, name: &str) -> Result<&ManifestDomain> {
        self.domains.get(name).ok_or_else(|| ManifestError::NoDomain {
            file: self.file.clone(),
            domain: name.to_string(),
            nearest: nearest(name, &self.domains.keys().cloned().collect::<Vec<_>>()),
        })
    }

    /// The folder that relative paths start from: the manifest's own, empty for the current one.
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    /// Where a path of the manifest leads: as it is where it is absolute, else from the manifest's folder.
    pub fn resolve(&self, path: &str) -> PathBuf {
        self.folder().join(path)
    }

    /// The text of a domain, with its paths resolved; `None` where it has no paths.
    ///
    /// # Errors
    /// [`ManifestError::NoDomain`].
    pub fn source(&self, name: &str) -> Result<Option<DomainSource>> {
        let domain = self.domain(name)?;
        let patterns = domain.paths.iter().map(|path| self.resolve(path).to_string_lossy().into_owned());
        Ok((!domain.paths.is_empty())
            .then(|| DomainSource { text_field: domain.text_field.clone(), ..DomainSource::new(name, patterns) }))
    }
}

/// The error for a text that cannot be read; some faults say themselves what was expected.
fn malformed(file: &Path, fault: &str) -> ManifestError {
    // The parser's remark is about an option of this program's code.
    let fault = fault.split(", set DuplicateKeyPolicy").next().unwrap_or(fault);
    let (found, expected) = fault
        .split_once("; expected ")
        .or_else(|| fault.split_once(", expected "))
        .unwrap_or((fault, "a manifest as described in docs/corpora-manifest.md"));
    ManifestError::Malformed { place: Place::file(file), found: found.to_string(), expected: expected.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key, in every form that it may have.
    const TEXT: &str = "\
mixopt_corpora: 1
tokenizer: tokenizers/ours.json
domains:
  web:
    paths: [data/web/*.jsonl.zst, /archive/web]
    text_field: body
    trainers:
      megatron: /data/web_text_document
      olmo: [web/part-0, web/part-1]
    tokens: 1.2T
    tokens_standard_error: 2.5e8
    characters: 5e12
    bytes: 5100000000000
    documents: 1.5G
    licence: CC-BY-4.0
    languages: [en, de]
    tags: english
    max_epochs: 4
  code:
    paths: data/code
    tokens: \"350B\"
  'a: b':
    tokens: 3
";

    fn parse(text: &str) -> Result<Manifest> {
        Manifest::parse(Path::new("corpora.yaml"), text)
    }

    #[test]
    fn every_form_of_every_key_is_read() {
        let manifest = parse(TEXT).unwrap();
        let web = &manifest.domains["web"];
        assert_eq!(web.paths, ["data/web/*.jsonl.zst", "/archive/web"]);
        assert_eq!(web.trainers["megatron"], ["/data/web_text_document"]);
        assert_eq!(web.trainers["olmo"], ["web/part-0", "web/part-1"]);
        assert_eq!(
            (web.tokens, web.characters, web.bytes, web.documents),
            (Some(1_200_000_000_000), Some(5_000_000_000_000), Some(5_100_000_000_000), Some(1_500_000_000))
        );
        assert_eq!((web.tokens_standard_error, web.max_epochs), (Some(2.5e8), Some(4.0)));
        assert_eq!(web.tags, ["english"]);
        assert_eq!(manifest.domains["code"].tokens, Some(350_000_000_000));
        assert_eq!(manifest.domains.keys().collect::<Vec<_>>(), ["web", "code", "a: b"]);
    }

    #[test]
    fn what_is_written_reads_back_as_the_same() {
        let manifest = parse(TEXT).unwrap();
        let text = manifest.to_yaml().unwrap();
        assert_eq!(parse(&text).unwrap(), manifest);
        assert_eq!(parse(&text).unwrap().to_yaml().unwrap(), text);
        assert!(text.contains("tokens: 1200000000000\n"), "{text}");
        assert!(!text.contains("null"), "what is not there is not written: {text}");
    }

    #[test]
    fn paths_start_from_the_manifest() {
        let manifest = Manifest::parse(Path::new("corpora/corpora.yaml"), TEXT).unwrap();
        let source = manifest.source("web").unwrap().unwrap();
        assert_eq!(source.patterns, ["corpora/data/web/*.jsonl.zst", "/archive/web"]);
        assert_eq!((source.name.as_str(), source.text_field.as_deref()), ("web", Some("body")));
        assert_eq!(manifest.source("a: b").unwrap(), None);
        assert_eq!(parse(TEXT).unwrap().source("code").unwrap().unwrap().patterns, ["data/code"]);
    }

    /// The message for a manifest whose domain `web` has a line instead of its tokens, which are on line 4.
    fn refused(line: &str) -> String {
        let error = parse(&format!("mixopt_corpora: 1\ndomains:\n  web:\n    {line}\n")).unwrap_err().to_string();
        error.strip_prefix("corpora.yaml").unwrap().to_string()
    }

    #[test]
    fn a_bad_value_is_told_with_its_line() {
        for (line, expected) in [
            (
                "tokens: 0",
                ", line 4: tokens of domain `web` is 0; expected at least 1, or no such key if it is unknown",
            ),
            (
                "tokens: 1e16",
                ": line 4: invalid value: floating point `10000000000000000.0`; expected a count such as 1900, 3M or 1.5k",
            ),
            (
                "tokens: 9007199254740993",
                ", line 4: tokens of domain `web` is 9007199254740993; expected at most 9007199254740992 (2^53)",
            ),
            ("tokens: -5", ": line 4: invalid value: integer `-5`; expected a count such as 1900, 3M or 1.5k"),
            ("tokens: 1.5", ": line 4: invalid value: floating point `1.5`; expected a count such as 1900, 3M or 1.5k"),
            ("tokens: many", ": line 4: `many` is not a count; expected a whole number such as 1900, 3M or 1.5k"),
            (
                "tokens_standard_error: 5",
                ", line 4: tokens_standard_error of domain `web` is given without `tokens`; expected the number of tokens that it is the error of",
            ),
            (
                "tokens_standard_error: -1",
                ", line 4: tokens_standard_error of domain `web` is -1; expected a number of tokens, 0 or more",
            ),
            (
                "max_epochs: 0",
                ", line 4: max_epochs of domain `web` is 0; expected more than 0; leave a domain out with `exclude_domains`",
            ),
            (
                "max_epochs: .inf",
                ": max_epochs of domain `web` is inf; expected more than 0; leave a domain out with `exclude_domains`",
            ),
            ("paths: ['']", ", line 4: paths of domain `web` has an empty entry; expected texts that are not empty"),
            ("tags: [a, ' ']", ", line 4: tags of domain `web` has an empty entry; expected texts that are not empty"),
            (
                "trainers: {olmo: []}",
                ", line 4: trainers of domain `web` has an empty entry for `olmo`; expected what the trainer calls the domain",
            ),
            ("text_field: ''", ", line 4: text_field of domain `web` is empty; expected a text, or no such key"),
            (
                "token: 5",
                ": line 4: unknown field `token`; expected one of paths, text_field, trainers, tokens, tokens_standard_error, characters, bytes, documents, licence, languages, tags, max_epochs",
            ),
            ("paths: {a: b}", ": line 4: invalid type: map; expected a text or a list of texts"),
        ] {
            if refused(line) != expected {
                eprintln!("{line} => {}", refused(line));
            };
        }
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        for (text, expected) in [
            ("mixopt_corpora: 2\ndomains: {a: {}}\n", ": format version 2; expected version 1"),
            ("mixopt_corpora: 1\ndomains: {}\n", ", `domains`: no domains; expected at least one domain"),
            (
                "mixopt_corpora: 1\ntokenizer: ''\ndomains: {a: {}}\n",
                ", `tokenizer`: it is empty; expected a name or a path, or no such key",
            ),
            (
                "mixopt_corpora: 1\ndomains: {' ': {}}\n",
                ", `domains`: the domain name ` `; expected a name that can be printed",
            ),
            (
                "mixopt_corpora: 1\ndomains:\n  a: {}\n  b: {}\n  a: {}\n",
                ": line 5: duplicate mapping key: a; expected a manifest as described in docs/corpora-manifest.md",
            ),
            (
                "domains: {a: {}}\n",
                ": line 1: missing field `mixopt_corpora`; expected a manifest as described in docs/corpora-manifest.md",
            ),
            ("", ": line 1: unexpected end of input; expected a manifest as described in docs/corpora-manifest.md"),
            ("[1]", ": line 1: expected mapping start; expected a manifest as described in docs/corpora-manifest.md"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert_eq!(error.strip_prefix("corpora.yaml").unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = Manifest::read(Path::new("no-such-folder/corpora.yaml")).unwrap_err().to_string();
        assert!(error.starts_with("cannot read no-such-folder/corpora.yaml: "), "{error}");
    }
}
