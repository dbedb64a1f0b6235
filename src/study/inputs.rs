//! The files that a study was read from, with checksums.

use std::path::{Path, PathBuf};

use mixopt_base::sha256;

use super::error::{Result, StudyError};

/// One input of a study.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputFile {
    /// What it was used for: `compression`, `scores`, `models`, `aliases`, `targets`.
    pub role: String,
    /// The path as it was given, or `embedded:NAME/FILE`.
    pub file: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

impl InputFile {
    /// An input already in memory.
    pub fn of_bytes(role: &str, file: impl Into<String>, bytes: &[u8]) -> Self {
        Self { role: role.to_string(), file: file.into(), sha256: sha256(bytes) }
    }

    /// Reads a file and takes its checksum.
    pub fn of_file(role: &str, file: &Path) -> Result<Self> {
        let bytes =
            std::fs::read(file).map_err(|source| StudyError::Unreadable { file: PathBuf::from(file), source })?;
        Ok(Self::of_bytes(role, file.display().to_string(), &bytes))
    }
}
