//! One file of a domain.

use std::path::PathBuf;

use crate::formats::file_format::FileFormat;

/// A file of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainFile {
    /// Where it is, from what the user named.
    pub path: PathBuf,
    /// Its path below what the user named; the path itself where two files of the domain would share it.
    pub label: String,
    /// Its size on disk in bytes.
    pub bytes: u64,
    /// How its documents are read.
    pub format: FileFormat,
}
