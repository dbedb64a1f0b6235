//! Documents of a Parquet file, a slice of a row group at a time.

use std::fs::File;

use polars_core::prelude::{AnyValue, DataFrame, PolarsResult, Series};
use polars_io::parquet::metadata::FileMetadataRef;
use polars_io::prelude::{ParallelStrategy, ParquetReader, SerReader};

use crate::document::Document;
use crate::domain::file::DomainFile;
use crate::error::{CorpusError, Result};
use crate::formats::byte_stream::too_long;
use crate::formats::fault::Fault;
use crate::formats::fields::Fields;
use crate::formats::parquet_columns::{ColumnPath, Columns};
use mixopt_base::{Place, guard};

/// Bytes of the wanted columns, before packing, that a slice aims at.
const SLICE_BYTES: u64 = 16 << 20;
const GREATEST_SLICE: usize = 1 << 16;
const WHOLE_FILE: &str = "a complete Parquet file";

/// Reads one file.
pub(crate) struct ParquetRows<'file> {
    file: &'file DomainFile,
    footer: FileMetadataRef,
    columns: Columns,
    /// The next row group.
    group: usize,
    /// The footer with one row group alone, which is read as if it were the file, and the rows taken of it.
    current: Option<(FileMetadataRef, usize)>,
    slice: Slice,
    /// Rows given out.
    rows: u64,
    /// The most bytes of a cell.
    most: usize,
}

/// Rows that have been read and not yet given out.
#[derive(Default)]
struct Slice {
    text: Option<Series>,
    id: Option<Series>,
    metadata: Vec<Option<Series>>,
    next: usize,
    rows: usize,
}

impl<'file> ParquetRows<'file> {
    pub fn open(file: &'file DomainFile, fields: &mut Fields, most: usize) -> Result<Self> {
        let fault = |found: String| CorpusError::malformed(Place::file(&file.path), found, WHOLE_FILE);
        let handle = File::open(&file.path).map_err(|source| CorpusError::unreadable(&file.path, source))?;
        let (footer, schema) = guarded(|| {
            let mut reader = ParquetReader::new(handle);
            let mut footer = reader.get_metadata()?.as_ref().clone();
            // Writers leave their own types here (categories, for one); without them columns have Parquet's types.
            footer.key_value_metadata = None;
            let footer = FileMetadataRef::new(footer);
            reader.set_metadata(footer.clone());
            Ok((footer, reader.schema()?))
        })
        .map_err(fault)?;
        let columns = Columns::choose(file, &schema, fields)?;
        Ok(Self { file, footer, columns, group: 0, current: None, slice: Slice::default(), rows: 0, most })
    }

    /// Bytes of the file read so far, by its rows.
    pub fn consumed(&self) -> u64 {
        let rows = u128::from(self.rows.min(self.footer.num_rows as u64));
        (u128::from(self.file.bytes) * rows / (self.footer.num_rows.max(1) as u128)) as u64
    }

    /// The next document, which may be empty; `None` at the end.
    pub fn next(&mut self, fields: &mut Fields) -> Option<Result<Document, Fault>> {
        while self.slice.next >= self.slice.rows {
            match self.read_slice() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(Fault::of_file(error))),
            }
        }
        let index = self.slice.next;
        self.slice.next += 1;
        self.rows += 1;
        Some(self.document(index, fields).map_err(Fault::of_document))
    }

    fn document(&self, index: usize, fields: &Fields) -> Result<Document> {
        let fault = |column: &str, found: &str, expected: &str| {
            let place = Place::file(&self.file.path).row(format!("row {}", self.rows)).column(column);
            CorpusError::malformed(place, found, expected)
        };
        let cell = |series: &Option<Series>, path: &ColumnPath| match series {
            None => Ok(None),
            Some(series) if length(series, index) > self.most => {
                let place = Place::file(&self.file.path).row(format!("row {}", self.rows)).column(&path.name);
                Err(too_long(place, self.most))
            }
            Some(series) => cell(series, index).map_err(|found| fault(&path.name, &found, "text in UTF-8")),
        };
        let text = cell(&self.slice.text, &self.columns.text)?.unwrap_or_default();
        let id = match &self.columns.id {
            Some(path) => cell(&self.slice.id, path)?.filter(|id| !id.is_empty()),
            None => None,
        };
        let id = match id {
            Some(id) => id,
            None if fields.id_is_named() => return Err(fault(fields.id(), "not an identifier", "text or a number")),
            None => format!("{}:{}", self.file.label, self.rows),
        };
        let metadata = self.columns.metadata.iter().zip(&self.slice.metadata).map(|(path, series)| match path {
            Some(path) => cell(series, path),
            None => Ok(None),
        });
        Ok(Document { id, text, metadata: metadata.collect::<Result<_>>()? })
    }

    /// Reads the next slice; false at the end of the file.
    fn read_slice(&mut self) -> Result<bool> {
        let (group, start) = match self.current.take() {
            Some((group, start)) if start < group.num_rows => (group, start),
            _ => {
                let Some(row_group) = self.footer.row_groups.get(self.group) else {
                    return Ok(false);
                };
                let mut alone = self.footer.as_ref().clone();
                alone.num_rows = row_group.num_rows();
                alone.row_groups = vec![row_group.clone()];
                self.group += 1;
                (FileMetadataRef::new(alone), 0)
            }
        };
        let rows = self.rows_of_slice(&group).min(group.num_rows - start);
        if rows > 0 {
            let place = || {
                let first = self.rows + 1;
                Place::file(&self.file.path).row(format!("rows {first} to {}", self.rows + rows as u64))
            };
            let fault = |found: String| CorpusError::malformed(place(), found, WHOLE_FILE);
            let handle =
                File::open(&self.file.path).map_err(|source| CorpusError::unreadable(&self.file.path, source))?;
            let frame = guarded(|| {
                let mut reader = ParquetReader::new(handle);
                reader.set_metadata(group.clone());
                reader
                    .with_columns(Some(self.columns.projection.clone()))
                    .with_slice(Some((start, rows)))
                    .read_parallel(ParallelStrategy::None)
                    .finish()
            })
            .map_err(fault)?;
            if frame.height() != rows {
                return Err(fault(format!("{} rows", frame.height())));
            }
            self.slice = self.columns.slice(&frame).map_err(fault)?;
        }
        self.current = Some((group, start + rows));
        Ok(true)
    }

    fn rows_of_slice(&self, group: &FileMetadataRef) -> usize {
        let wanted = group.row_groups.iter().flat_map(|group| group.parquet_columns()).filter(|column| {
            let root = column.descriptor().path_in_schema.first();
            root.is_some_and(|root| self.columns.projection.iter().any(|name| name.as_str() == root.as_str()))
        });
        let bytes: u64 = wanted.map(|column| u64::try_from(column.uncompressed_size()).unwrap_or(0)).sum();
        let rows = (group.num_rows as u64).saturating_mul(SLICE_BYTES) / bytes.max(1);
        usize::try_from(rows).unwrap_or(GREATEST_SLICE).clamp(1, GREATEST_SLICE)
    }
}

impl Columns {
    fn slice(&self, frame: &DataFrame) -> Result<Slice, String> {
        let series = |path: &ColumnPath| path.series(frame);
        let metadata = self.metadata.iter().map(|path| path.as_ref().map(series).transpose());
        Ok(Slice {
            text: Some(series(&self.text)?),
            id: self.id.as_ref().map(series).transpose()?,
            metadata: metadata.collect::<Result<_, _>>()?,
            next: 0,
            rows: frame.height(),
        })
    }
}

/// Bytes of a cell of text.
fn length(series: &Series, index: usize) -> usize {
    match series.get(index) {
        Ok(AnyValue::String(text)) => text.len(),
        Ok(AnyValue::StringOwned(text)) => text.len(),
        Ok(AnyValue::Binary(bytes)) => bytes.len(),
        _ => 0,
    }
}

/// A cell as text: numbers and truth values as JSON writes them.
fn cell(series: &Series, index: usize) -> Result<Option<String>, String> {
    let value = series.get(index).map_err(|error| error.to_string())?;
    Ok(Some(match value {
        AnyValue::Null => return Ok(None),
        AnyValue::String(text) => text.to_string(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Binary(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_string(),
            Err(error) => return Err(format!("bytes that are not UTF-8, after byte {}", error.valid_up_to())),
        },
        // Displayed, table cells are rounded.
        AnyValue::Float64(value) => serde_json::Value::from(value).to_string(),
        AnyValue::Float32(value) => value.to_string(),
        value => value.to_string(),
    }))
}

/// Runs the Parquet decoder, which may panic over damaged files, and gives what is wrong.
fn guarded<T>(read: impl FnOnce() -> PolarsResult<T>) -> Result<T, String> {
    match guard::guarded(read) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            let message = error.to_string();
            Err(format!("data that are not Parquet ({})", message.lines().next().unwrap_or_default()))
        }
        Err(_) => Err("data that the Parquet decoder cannot read".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use polars_core::prelude::Column;
    use polars_io::prelude::ParquetWriter;

    use super::*;
    use crate::DomainSource;
    use crate::formats::file_format::FileFormat;

    #[test]
    fn a_cell_beyond_the_limit_is_a_fault_of_its_row() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let mut frame = DataFrame::new(3, vec![Column::new("text".into(), ["12345", "123456", "1"])]).unwrap();
        ParquetWriter::new(File::create(&path).unwrap()).finish(&mut frame).unwrap();
        let bytes = path.metadata().unwrap().len();
        let file = DomainFile { path, label: "a".to_string(), bytes, format: FileFormat::Parquet };
        let mut fields = Fields::of(&DomainSource::new("web", ["a"]));
        let mut rows = ParquetRows::open(&file, &mut fields, 5).unwrap();
        let mut next = || rows.next(&mut fields).map(|row| row.map(|document| document.text));
        assert_eq!(next().unwrap().unwrap(), "12345");
        let fault = next().unwrap().unwrap_err();
        assert!(fault.of_one_document);
        let message = fault.error.to_string();
        assert!(message.contains("a.parquet, row 2, `text`: a document of more than 5 bytes"), "{message}");
        assert_eq!(next().unwrap().unwrap(), "1");
        assert!(next().is_none());
    }
}
