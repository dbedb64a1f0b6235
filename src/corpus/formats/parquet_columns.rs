//! Which columns of a Parquet file make a document.

use polars_core::prelude::{ArrowDataType, ArrowField, ArrowSchema, DataFrame, DataType, Series};

use crate::domain::file::DomainFile;
use crate::error::{CorpusError, Result};
use crate::formats::fields::Fields;
use mixopt_base::Place;

/// The columns that a document is made of.
pub(crate) struct Columns {
    pub text: ColumnPath,
    /// `None` where the file has no such column and none was named.
    pub id: Option<ColumnPath>,
    /// In the order asked; `None` where the file lacks it.
    pub metadata: Vec<Option<ColumnPath>>,
    /// Names of the columns at the top, each once.
    pub projection: Vec<String>,
}

/// A column, or a field within a struct column.
#[derive(Debug, Clone)]
pub(crate) struct ColumnPath {
    /// Its name as asked for, dotted.
    pub name: String,
    root: String,
    inner: Vec<String>,
}

impl Columns {
    /// Chooses the columns of a file, and settles the domain's text field if it is the first.
    pub fn choose(file: &DomainFile, schema: &ArrowSchema, fields: &mut Fields) -> Result<Self> {
        let place = || Place::file(&file.path);
        let names: Vec<String> = schema.iter_names().map(|name| name.to_string()).collect();
        let find = |name: &str| schema.iter_values().find_map(|field| ColumnPath::find(field, name, name));
        let fault = |name: &str, kind: &ArrowDataType, expected: &str| {
            let found = format!("a column of {}", kind_name(kind));
            CorpusError::malformed(place().column(name), found, expected)
        };

        let candidates = fields.text_candidates();
        let Some((text, kind)) = candidates.iter().find_map(|name| find(name)) else {
            return Err(fields.no_text(place(), &names));
        };
        if !is_text(&kind) {
            return Err(fault(&text.name, &kind, "a column of text"));
        }
        let scalar = |(path, kind): (ColumnPath, ArrowDataType)| {
            if is_text(&kind) || is_number(&kind) {
                Ok(path)
            } else {
                Err(fault(&path.name, &kind, "a column of text, numbers or truth values"))
            }
        };
        let id = match find(fields.id()) {
            None if fields.id_is_named() => return Err(fields.no_field(fields.id(), place(), &names)),
            // Nobody asked for it.
            Some((_, kind)) if !fields.id_is_named() && !is_text(&kind) && !is_number(&kind) => None,
            found => found.map(scalar).transpose()?,
        };
        let metadata = fields.metadata().iter().map(|name| find(name).map(scalar).transpose());
        let metadata = metadata.collect::<Result<Vec<_>>>()?;

        let mut projection: Vec<String> = Vec::new();
        for path in std::iter::once(&text).chain(&id).chain(metadata.iter().flatten()) {
            if !projection.contains(&path.root) {
                projection.push(path.root.clone());
            }
        }
        let name = text.name.clone();
        fields.settle_text(&name);
        Ok(Self { text, id, metadata, projection })
    }
}

impl ColumnPath {
    /// The column of a field that a dotted name means, with its type.
    fn find(field: &ArrowField, path: &str, name: &str) -> Option<(Self, ArrowDataType)> {
        if field.name.as_str() == path {
            let column = Self { name: name.to_string(), root: field.name.to_string(), inner: Vec::new() };
            return Some((column, field.dtype.clone()));
        }
        let rest = path.strip_prefix(field.name.as_str())?.strip_prefix('.')?;
        let ArrowDataType::Struct(fields) = &field.dtype else {
            return None;
        };
        let (below, kind) = fields.iter().find_map(|field| Self::find(field, rest, name))?;
        let inner = std::iter::once(below.root).chain(below.inner).collect();
        Some((Self { name: below.name, root: field.name.to_string(), inner }, kind))
    }

    /// Its values in a slice.
    pub fn series(&self, frame: &DataFrame) -> Result<Series, String> {
        let fault = |error: polars_core::prelude::PolarsError| error.to_string();
        let mut series = frame.column(&self.root).map_err(fault)?.as_materialized_series().clone();
        for name in &self.inner {
            if !matches!(series.dtype(), DataType::Struct(_)) {
                return Err(format!("no fields in `{}`", series.name()));
            }
            series = series.struct_().map_err(fault)?.field_by_name(name).map_err(fault)?;
        }
        Ok(series)
    }
}

fn is_text(kind: &ArrowDataType) -> bool {
    use ArrowDataType::{Binary, BinaryView, LargeBinary, LargeUtf8, Null, Utf8, Utf8View};
    matches!(kind, Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView | Null)
}

fn is_number(kind: &ArrowDataType) -> bool {
    use ArrowDataType::{Boolean, Float32, Float64, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64};
    matches!(kind, Boolean | Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64 | Float32 | Float64)
}

/// A type in words.
fn kind_name(kind: &ArrowDataType) -> String {
    match kind {
        ArrowDataType::List(_) | ArrowDataType::LargeList(_) | ArrowDataType::FixedSizeList(_, _) => {
            "lists".to_string()
        }
        ArrowDataType::Struct(_) => "structs; name one of its fields, as `column.field`".to_string(),
        kind => {
            let name = format!("{kind:?}");
            name.split(['(', ' ']).next().unwrap_or("another type").to_string()
        }
    }
}
