//! Result files for tests.

use std::path::{Path, PathBuf};

use polars_core::prelude::{Column, DataFrame};
use polars_io::prelude::ParquetWriter;

/// A folder of files that goes away after the test.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, with the folders above it.
    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a folder above")).expect("folders");
        std::fs::write(&file, text).expect("a file");
        file
    }
}

/// Writes columns of text as a Parquet file of one row.
pub(super) fn parquet_row(file: &Path, cells: &[(&str, &str)]) {
    let columns = cells.iter().map(|(name, cell)| Column::new((*name).into(), [*cell])).collect();
    let mut frame = DataFrame::new(1, columns).expect("a table");
    ParquetWriter::new(std::fs::File::create(file).expect("a file")).finish(&mut frame).expect("a Parquet file");
}

/// Asserts that a file's scores cannot be read, with a message that begins with the file and ends as expected.
pub(super) fn fault(name: &str, text: &str, expected: &str) {
    let folder = Folder::new();
    let file = folder.write(name, text);
    check(&file, super::read_scores(&file).expect_err(text), expected);
}

/// Asserts that a file's only entry of a score is no number, with what stands there.
pub(super) fn no_number(name: &str, text: &str, expected: &str) {
    let folder = Folder::new();
    let found = super::read_scores(&folder.write(name, text)).expect(text).expect("a known layout");
    let [record] = &found.records[..] else { panic!("{:?}", found.records) };
    assert!(record.value.is_nan(), "{record:?}");
    assert_eq!(record.no_number.as_deref(), Some(expected), "{text}");
    assert!(found.messages.iter().any(|message| message.contains(expected)), "{:?}", found.messages);
}

/// Asserts the same of a file's bits as [`fault`] of its scores.
pub(super) fn fault_in_bits(name: &str, text: &str, expected: &str) {
    let folder = Folder::new();
    let file = folder.write(name, text);
    check(&file, super::read_bits(&file).expect_err(text), expected);
}

fn check(file: &Path, error: super::super::StudyError, expected: &str) {
    let message = error.to_string();
    assert!(message.starts_with(&file.display().to_string()), "{message}");
    let is_start = expected.ends_with(' ');
    assert!(if is_start { message.contains(expected) } else { message.ends_with(expected) }, "{message}\n{expected}");
}
