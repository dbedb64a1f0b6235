//! The manifest file, `corpora.yaml`.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::study::{nearest, yaml_fault};

use super::error::ManifestError;

/// Version of the format that this program writes and reads.
pub const VERSION: u32 = 1;

/// The domains that a team has, with their sizes and places.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this format: 1.
    pub mixopt_corpora: u32,
    /// The training tokenizer, under which `tokens` are counted: a name, or the path of a `tokenizer.json`, a model
    /// folder or a GGUF file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<String>,
    /// The domains by name.
    pub domains: IndexMap<String, ManifestDomain>,
    /// Where it was read from, for errors and for relative paths.
    #[serde(skip)]
    pub file: PathBuf,
}

/// One domain.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestDomain {
    /// Files, folders or patterns with its text, relative to the manifest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Field of the text in its records, where it is not one of the usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_field: Option<String>,
    /// What each trainer calls the domain: paths, prefixes or dataset ids by trainer.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub trainers: IndexMap<String, Vec<String>>,
    /// Tokens that there are, under the manifest's tokenizer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Standard error of `tokens` where they were counted on a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_standard_error: Option<f64>,
    /// Unicode code points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub characters: Option<u64>,
    /// Bytes of UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documents: Option<u64>,
    /// Licence, as SPDX has it where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Languages of its text (BCP 47) or programming languages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Tags that constraints can name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The most epochs over this domain, before the one for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_epochs: Option<f64>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`ManifestError`] with the file and what is wrong in it.
    pub fn read(file: &Path) -> Result<Self, ManifestError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| ManifestError::Unreadable { file: file.to_path_buf(), source })?;
        Self::parse(file, &text)
    }

    /// Reads text; `file` is named in errors.
    pub fn parse(file: &Path, text: &str) -> Result<Self, ManifestError> {
        let malformed = |found: String, expected: &str| ManifestError::Malformed {
            file: file.to_path_buf(),
            found,
            expected: expected.to_string(),
        };
        let mut manifest: Self = serde_saphyr::from_str(text)
            .map_err(|error| malformed(yaml_fault(&error), "a manifest as docs/corpora-manifest.md describes it"))?;
        if manifest.mixopt_corpora != VERSION {
            return Err(malformed(format!("format version {}", manifest.mixopt_corpora), "version 1"));
        }
        manifest.file = file.to_path_buf();
        Ok(manifest)
    }

    /// A domain by name.
    ///
    /// # Errors
    /// [`ManifestError::NoDomain`] with the nearest name.
    pub fn domain(&self, name: &str) -> Result<&ManifestDomain, ManifestError> {
        self.domains.get(name).ok_or_else(|| ManifestError::NoDomain {
            file: self.file.clone(),
            domain: name.to_string(),
            nearest: nearest(name, &self.domains.keys().cloned().collect::<Vec<_>>()),
        })
    }
}
