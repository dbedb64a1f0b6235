//! The two tables on disk: a row for each model and domain, and a row for every document beside it.

use std::io::Write;
use std::path::{Path, PathBuf};

use polars_core::prelude::{Column, DataFrame, DataType, Field, PolarsError, PolarsResult, Schema};
use polars_io::parquet::write::BatchedWriter;
use polars_io::prelude::ParquetWriter;

use mixopt_base::Setting;
use mixopt_base::whole_file::{WriteError, write_whole_with};

use crate::error::{Result, ScoreError};
use crate::inputs::domain::{Domain, ModelProvider};
use crate::results::journal::{Deciding, Journal};
use crate::results::rows::{CellRow, DocumentRow, read_cell};

/// Rows that are held before they are written.
const ROW_GROUP: usize = 32_768;

/// Format of the tables, by the ending of their name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma-separated values.
    Csv,
    /// Parquet.
    Parquet,
}

impl TableFormat {
    /// The format that a file's name asks for.
    ///
    /// # Errors
    /// [`ScoreError::Setting`] for any other ending.
    pub fn of(file: &Path) -> Result<Self> {
        match file.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("parquet") => Ok(Self::Parquet),
            _ => Err(ScoreError::Setting {
                setting: Setting::Out,
                found: file.display().to_string(),
                problem: "unknown extension".to_string(),
                expected: "a name ending in .parquet or .csv".to_string(),
            }),
        }
    }
}

/// The table of documents beside a table: `bpc.documents.parquet` beside `bpc.parquet`.
pub fn documents_file(table: &Path) -> PathBuf {
    let ending = table.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    table.with_extension(format!("documents.{ending}"))
}

/// Writes both tables of all finished cells, in the order of models and domains, and returns the rows of the first.
/// Nothing is written where no cell is finished.
///
/// # Errors
/// Parts that cannot be read; a file that cannot be written. Each file is whole or as it was before.
pub fn write_tables(
    table: &Path,
    models: &[&dyn ModelProvider],
    domains: &[Domain],
    settings: &Deciding,
    journal: &Journal,
) -> Result<Vec<CellRow>> {
    let format = TableFormat::of(table)?;
    let mut cells = Vec::new();
    for &model in models {
        for domain in domains {
            let parts = journal.cell(model.name(), domain.name())?;
            if parts.finished()?.is_some() {
                cells.push((model, domain, parts));
            }
        }
    }
    if cells.is_empty() {
        return Ok(Vec::new());
    }
    let metadata = metadata_columns(domains);
    let file = documents_file(table);
    let rows = write_whole_with(&file, |out| {
        let mut writer = TableWriter::new(out, &file, format, document_columns(&metadata))?;
        let mut rows = Vec::new();
        for (model, domain, parts) in &cells {
            let places: Vec<Option<usize>> =
                metadata.iter().map(|name| domain.metadata.iter().position(|own| own == name)).collect();
            let row = read_cell(parts, model.fingerprint(), domain, settings, |document| {
                writer.row(document_values(model.name(), domain.name(), document, &places))
            })?;
            rows.extend(row);
        }
        writer.finish()?;
        Ok::<_, ScoreError>(rows)
    })?;
    write_whole_with(table, |out| {
        let mut writer = TableWriter::new(out, table, format, cell_columns())?;
        for row in &rows {
            writer.row(cell_values(row))?;
        }
        writer.finish()
    })?;
    Ok(rows)
}

/// Metadata columns of all domains, each once, in the order found.
fn metadata_columns(domains: &[Domain]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in domains.iter().flat_map(|domain| &domain.metadata) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Count,
    Number,
}

/// One cell of a table.
#[derive(Debug, Clone)]
enum Value {
    Text(Option<String>),
    Count(u64),
    Number(f64),
}

impl Value {
    fn text(text: &str) -> Self {
        Self::Text(Some(text.to_string()))
    }
}

fn cell_columns() -> Vec<(String, Kind)> {
    use Kind::{Count, Number, Text};
    [
        ("model", Text),
        ("domain", Text),
        ("bits", Number),
        ("characters", Count),
        ("bytes", Count),
        ("documents", Count),
        ("empty_documents", Count),
        ("tokens", Count),
        ("scored_tokens", Count),
        ("bits_per_character", Number),
        ("bits_per_byte", Number),
        ("protocol", Text),
        ("context", Count),
        ("stride", Count),
        ("dtype", Text),
        ("device", Text),
        ("seed", Count),
        ("architecture", Text),
        ("parameters", Count),
        ("weights_sha256", Text),
        ("tokenizer_sha256", Text),
        ("corpus_sha256", Text),
        ("program_version", Text),
    ]
    .map(|(name, kind)| (name.to_string(), kind))
    .to_vec()
}

fn cell_values(row: &CellRow) -> Vec<Value> {
    vec![
        Value::text(&row.model),
        Value::text(&row.domain),
        Value::Number(row.bits),
        Value::Count(row.characters),
        Value::Count(row.bytes),
        Value::Count(row.documents),
        Value::Count(row.empty_documents),
        Value::Count(row.tokens),
        Value::Count(row.scored_tokens),
        Value::Number(row.bits_per_character),
        Value::Number(row.bits_per_byte),
        Value::text(row.protocol.name()),
        Value::Count(row.context),
        Value::Count(row.stride),
        Value::text(&row.dtype),
        Value::text(&row.device),
        Value::Count(row.seed),
        Value::text(&row.architecture),
        Value::Count(row.parameters),
        Value::text(&row.weights_sha256),
        Value::text(&row.tokenizer_sha256),
        Value::text(&row.corpus_sha256),
        Value::text(&row.program_version),
    ]
}

fn document_columns(metadata: &[String]) -> Vec<(String, Kind)> {
    use Kind::{Count, Number, Text};
    let own = [
        ("model", Text),
        ("domain", Text),
        ("id", Text),
        ("bits", Number),
        ("characters", Count),
        ("bytes", Count),
        ("tokens", Count),
        ("scored_tokens", Count),
    ];
    let mut columns: Vec<(String, Kind)> = own.map(|(name, kind)| (name.to_string(), kind)).to_vec();
    for name in metadata {
        // A name that a column of ours has already would make a table that nobody can read.
        let mut name = name.clone();
        while columns.iter().any(|(other, _)| *other == name) {
            name = format!("metadata_{name}");
        }
        columns.push((name, Text));
    }
    columns
}

fn document_values(model: &str, domain: &str, document: DocumentRow, places: &[Option<usize>]) -> Vec<Value> {
    let mut values = vec![
        Value::text(model),
        Value::text(domain),
        Value::Text(Some(document.id)),
        Value::Number(document.bits),
        Value::Count(document.characters),
        Value::Count(document.bytes),
        Value::Count(document.tokens),
        Value::Count(document.scored_tokens),
    ];
    let mut metadata = document.metadata;
    values.extend(places.iter().map(|place| {
        let value = place.and_then(|place| metadata.get_mut(place)).and_then(Option::take);
        Value::Text(value)
    }));
    values
}

/// A table that is written row by row; Parquet in groups of rows, so that memory does not grow with the table.
struct TableWriter<'a> {
    file: &'a Path,
    columns: Vec<(String, Kind)>,
    sink: Sink<'a>,
}

enum Sink<'a> {
    Csv(Box<csv::Writer<&'a mut dyn Write>>),
    Parquet { writer: Box<BatchedWriter<&'a mut dyn Write>>, rows: Vec<Vec<Value>> },
}

impl<'a> TableWriter<'a> {
    fn new(out: &'a mut dyn Write, file: &'a Path, format: TableFormat, columns: Vec<(String, Kind)>) -> Result<Self> {
        let sink = match format {
            TableFormat::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                let header = columns.iter().map(|(name, _)| name);
                writer.write_record(header).map_err(|error| csv_fault(file, error))?;
                Sink::Csv(Box::new(writer))
            }
            TableFormat::Parquet => {
                let fields = columns.iter().map(|(name, kind)| {
                    let dtype = match kind {
                        Kind::Text => DataType::String,
                        Kind::Count => DataType::UInt64,
                        Kind::Number => DataType::Float64,
                    };
                    Field::new(name.as_str().into(), dtype)
                });
                let schema = Schema::from_iter(fields);
                let writer = ParquetWriter::new(out).set_parallel(false).batched(&schema);
                let writer = writer.map_err(|error| parquet_fault(file, error))?;
                Sink::Parquet { writer: Box::new(writer), rows: Vec::new() }
            }
        };
        Ok(Self { file, columns, sink })
    }

    fn row(&mut self, values: Vec<Value>) -> Result<()> {
        match &mut self.sink {
            Sink::Csv(writer) => {
                let texts = values.into_iter().map(|value| match value {
                    Value::Text(text) => text.unwrap_or_default(),
                    Value::Count(count) => count.to_string(),
                    // The shortest text that reads back as the same number.
                    Value::Number(number) => number.to_string(),
                });
                writer.write_record(texts).map_err(|error| csv_fault(self.file, error))
            }
            Sink::Parquet { writer, rows } => {
                rows.push(values);
                if rows.len() < ROW_GROUP {
                    return Ok(());
                }
                write_group(writer, &self.columns, rows).map_err(|error| parquet_fault(self.file, error))
            }
        }
    }

    fn finish(self) -> Result<()> {
        let fault = |error| parquet_fault(self.file, error);
        match self.sink {
            Sink::Csv(mut writer) => writer.flush().map_err(|error| WriteError::new(self.file, error).into()),
            Sink::Parquet { mut writer, mut rows } => {
                if !rows.is_empty() {
                    write_group(&mut writer, &self.columns, &mut rows).map_err(fault)?;
                }
                writer.finish().map(|_| ()).map_err(fault)
            }
        }
    }
}

/// Writes the rows that are held as one group and lets go of them.
fn write_group(
    writer: &mut BatchedWriter<&mut dyn Write>,
    columns: &[(String, Kind)],
    rows: &mut Vec<Vec<Value>>,
) -> PolarsResult<()> {
    let height = rows.len();
    let mut cells: Vec<std::vec::IntoIter<Value>> = rows.drain(..).map(Vec::into_iter).collect();
    let columns = columns.iter().map(|(name, kind)| {
        let values = cells.iter_mut().map(Iterator::next);
        let name = name.as_str().into();
        match kind {
            Kind::Text => {
                let texts = values.map(|value| match value {
                    Some(Value::Text(text)) => text,
                    _ => None,
                });
                Column::new(name, texts.collect::<Vec<Option<String>>>())
            }
            Kind::Count => {
                let counts = values.map(|value| match value {
                    Some(Value::Count(count)) => Some(count),
                    _ => None,
                });
                Column::new(name, counts.collect::<Vec<Option<u64>>>())
            }
            Kind::Number => {
                let numbers = values.map(|value| match value {
                    Some(Value::Number(number)) => Some(number),
                    _ => None,
                });
                Column::new(name, numbers.collect::<Vec<Option<f64>>>())
            }
        }
    });
    let frame = DataFrame::new(height, columns.collect())?;
    writer.write_batch(&frame)
}

fn csv_fault(file: &Path, error: csv::Error) -> ScoreError {
    let source = match error.into_kind() {
        csv::ErrorKind::Io(source) => source,
        other => std::io::Error::other(format!("{other:?}")),
    };
    WriteError::new(file, source).into()
}

fn parquet_fault(file: &Path, error: PolarsError) -> ScoreError {
    let source = match error {
        PolarsError::IO { error, .. } => std::io::Error::new(error.kind(), error.to_string()),
        other => std::io::Error::other(other.to_string()),
    };
    WriteError::new(file, source).into()
}
