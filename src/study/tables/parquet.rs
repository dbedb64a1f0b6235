//! Tables of Parquet files: every number type becomes a number, every kind of text a text, and all else is passed over.

use std::io::Cursor;

use polars_core::prelude::{ArrowDataType, ArrowSchema, DataType, PolarsError, PolarsResult, Series};
use polars_io::parquet::metadata::FileMetadataRef;
use polars_io::prelude::{ParallelStrategy, ParquetReader, SerReader};

use super::column::{Column, Texts};
use super::parquet_pages::check_pages;
use super::size::check_size;
use mixopt_base::guard::guarded;

/// Digits of the longest decimals that the decoder reads: those of 128 bits.
const MOST_DIGITS: usize = 38;

/// Columns of a file by name, in its order.
pub(crate) type Columns = Vec<(String, Column)>;

/// The footer, without what writers say of their own types: of categories, for one, there remain the texts.
struct Footer {
    metadata: FileMetadataRef,
    schema: ArrowSchema,
    /// The types that the writer says there were; Parquet has none for durations.
    written: Option<ArrowSchema>,
}

impl Footer {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let written = quiet(|| Ok(ParquetReader::new(Cursor::new(bytes)).schema()?.as_ref().clone())).ok();
        quiet(|| {
            let mut reader = ParquetReader::new(Cursor::new(bytes));
            let mut metadata = reader.get_metadata()?.as_ref().clone();
            metadata.key_value_metadata = None;
            let metadata = FileMetadataRef::new(metadata);
            reader.set_metadata(metadata.clone());
            Ok(Self { metadata, schema: reader.schema()?.as_ref().clone(), written })
        })
    }

    /// Checks that all that the footer promises can be in the file.
    fn check(&self, bytes: u64) -> Result<(), String> {
        let mut rows = 0_usize;
        for group in &self.metadata.row_groups {
            rows = rows.saturating_add(group.num_rows());
            for column in group.parquet_columns() {
                let name = || column.descriptor().path_in_schema.join(".");
                let first = match column.dictionary_page_offset() {
                    Some(offset) if offset > 0 => offset.min(column.data_page_offset()),
                    _ => column.data_page_offset(),
                };
                let end = u64::try_from(first).ok().zip(u64::try_from(column.compressed_size()).ok());
                if end.and_then(|(first, length)| first.checked_add(length)).is_none_or(|end| end > bytes) {
                    return Err(format!("the column `{}` reaches beyond the end of the file", name()));
                }
                let is_flat = column.descriptor().descriptor.max_rep_level == 0;
                if is_flat && usize::try_from(column.num_values()) != Ok(group.num_rows()) {
                    let (values, rows) = (column.num_values(), group.num_rows());
                    return Err(format!("the column `{}` has {values} values in {rows} rows", name()));
                }
            }
        }
        if rows != self.metadata.num_rows {
            return Err(format!("{} rows in all but {rows} in its parts", self.metadata.num_rows));
        }
        Ok(())
    }

    /// Checks the pages of the columns that are read.
    fn check_pages(&self, bytes: &[u8], wanted: &[String]) -> Result<(), String> {
        let columns = self.metadata.row_groups.iter().flat_map(|group| group.parquet_columns());
        for column in columns {
            let path = &column.descriptor().path_in_schema;
            let Some(name) = path.first().filter(|name| wanted.iter().any(|wanted| wanted == name.as_str())) else {
                continue;
            };
            let range = column.byte_range();
            let own = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
            let own = own.and_then(|(start, end)| bytes.get(start..end));
            let values = u64::try_from(column.num_values()).ok();
            match own.zip(values) {
                Some((own, values)) => {
                    check_pages(own, values).map_err(|found| format!("the column `{name}` has {found}"))?
                }
                None => return Err(format!("the column `{name}` reaches beyond the end of the file")),
            }
        }
        Ok(())
    }

    /// What a column holds that is neither text nor number, in words.
    fn other(&self, name: &str, kind: &ArrowDataType) -> Option<String> {
        let written = self.written.as_ref().and_then(|schema| schema.get(name));
        match written.map(|field| &field.dtype) {
            Some(ArrowDataType::Duration(_)) => Some("durations".to_string()),
            _ => other(kind),
        }
    }

    /// Whether a column holds floats of 16 bits, which the decoder gives as their bytes.
    fn is_half(&self, name: &str) -> bool {
        let written = self.written.as_ref().and_then(|schema| schema.get(name));
        let is_pair = self.schema.get(name).is_some_and(|field| field.dtype == ArrowDataType::FixedSizeBinary(2));
        is_pair && written.is_some_and(|field| field.dtype == ArrowDataType::Float16)
    }
}

/// Names of the columns.
///
/// # Errors
/// What is wrong with the file.
pub(crate) fn column_names(bytes: &[u8]) -> Result<Vec<String>, String> {
    let footer = Footer::read(bytes)?;
    Ok(footer.schema.iter_names().map(|name| name.to_string()).collect())
}

/// The columns and how many rows they have.
///
/// # Errors
/// What is wrong with the file.
pub(crate) fn read(bytes: &[u8]) -> Result<(Columns, usize), String> {
    let footer = Footer::read(bytes)?;
    quiet(|| Ok(footer.check(bytes.len() as u64))).and_then(|checked| checked)?;
    let rows = footer.metadata.num_rows;
    let kinds: Vec<(String, Option<String>)> = footer
        .schema
        .iter_values()
        .map(|field| (field.name.to_string(), footer.other(&field.name, &field.dtype)))
        .collect();
    let wanted: Vec<String> = kinds.iter().filter(|(_, other)| other.is_none()).map(|(name, _)| name.clone()).collect();
    check_size(rows, wanted.len(), bytes.len() as u64)?;
    quiet(|| Ok(footer.check_pages(bytes, &wanted))).and_then(|checked| checked)?;
    if rows == 0 || wanted.is_empty() {
        let empty = |(name, other): (String, Option<String>)| (name, Column::Other(other.unwrap_or_default()));
        return Ok((kinds.into_iter().map(empty).collect(), rows));
    }
    let frame = quiet(|| {
        let mut reader = ParquetReader::new(Cursor::new(bytes));
        reader.set_metadata(footer.metadata.clone());
        // On this thread: what panics on another one would be printed.
        reader.with_columns(Some(wanted)).read_parallel(ParallelStrategy::None).finish()
    })?;
    let columns = kinds.into_iter().map(|(name, other)| {
        let column = match other {
            Some(kind) => Column::Other(kind),
            None => {
                let series = frame.column(&name).map_err(|error| first_line(&error))?.as_materialized_series();
                if series.len() != rows {
                    return Err(format!("the column `{name}` has {} values in {rows} rows", series.len()));
                }
                quiet(|| if footer.is_half(&name) { halves(series) } else { column(series) })?
            }
        };
        Ok((name, column))
    });
    Ok((columns.collect::<Result<_, String>>()?, rows))
}

/// What a type is that is neither text nor number, in words.
fn other(kind: &ArrowDataType) -> Option<String> {
    use ArrowDataType as Kind;
    let name = match kind {
        Kind::Null | Kind::Float16 | Kind::Float32 | Kind::Float64 => return None,
        Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64 => return None,
        Kind::UInt8 | Kind::UInt16 | Kind::UInt32 | Kind::UInt64 => return None,
        Kind::Utf8 | Kind::LargeUtf8 | Kind::Utf8View | Kind::Binary | Kind::LargeBinary | Kind::BinaryView => {
            return None;
        }
        Kind::Decimal(digits, _) if *digits > MOST_DIGITS => "decimals of more than 38 digits",
        Kind::Decimal256(..) => "decimals of more than 38 digits",
        Kind::FixedSizeBinary(_) | Kind::Decimal(..) | Kind::Decimal32(..) | Kind::Decimal64(..) => return None,
        Kind::Boolean => "truth values",
        Kind::Date32 | Kind::Date64 => "dates",
        Kind::Timestamp(..) => "points in time",
        Kind::Time32(_) | Kind::Time64(_) => "times of day",
        Kind::Duration(_) | Kind::Interval(_) => "durations",
        Kind::List(_) | Kind::LargeList(_) | Kind::FixedSizeList(..) => "lists",
        Kind::Struct(_) => "structs",
        kind => {
            let name = format!("{kind:?}");
            return Some(format!("the type {}", name.split(['(', ' ']).next().unwrap_or_default()));
        }
    };
    Some(name.to_string())
}

fn column(series: &Series) -> PolarsResult<Column> {
    Ok(match series.dtype() {
        DataType::Null => Column::of_nothing(series.len()),
        DataType::String => {
            let mut texts = Texts::default();
            series.str()?.iter().for_each(|text| texts.push(text));
            texts.column()
        }
        DataType::Binary => {
            let mut texts = Texts::default();
            for bytes in series.binary()?.iter() {
                match bytes.map(std::str::from_utf8).transpose() {
                    Ok(text) => texts.push(text),
                    Err(_) => return Ok(Column::Other("bytes that are not UTF-8".to_string())),
                }
            }
            texts.column()
        }
        DataType::Decimal(_, scale) => {
            // Read as text, so that they are rounded once.
            let number = |digits: i128| format!("{digits}e-{scale}").parse().unwrap_or(f64::NAN);
            let digits = series.decimal()?.physical();
            Column::numbers(digits.iter().map(|digits| digits.map_or(f64::NAN, number)).collect())
        }
        DataType::Float64 => Column::numbers(series.f64()?.iter().map(|value| value.unwrap_or(f64::NAN)).collect()),
        DataType::Float32 | DataType::Float16 => {
            let floats = series.cast(&DataType::Float32)?;
            let values = floats.f32()?.iter().map(|value| value.map_or(f64::NAN, f64::from)).collect();
            Column::Numbers { values, is_single: true }
        }
        DataType::UInt64 => {
            let values: Vec<Option<i128>> = series.u64()?.iter().map(|value| value.map(i128::from)).collect();
            Column::integers(&values)
        }
        kind if kind.is_integer() => {
            let integers = series.cast(&DataType::Int64)?;
            let values: Vec<Option<i128>> = integers.i64()?.iter().map(|value| value.map(i128::from)).collect();
            Column::integers(&values)
        }
        kind => Column::Other(format!("the type {kind}")),
    })
}

fn halves(series: &Series) -> PolarsResult<Column> {
    let number = |bytes: Option<&[u8]>| match bytes {
        Some(&[low, high]) => half(u16::from_le_bytes([low, high])),
        _ => f64::NAN,
    };
    Ok(Column::Numbers { values: series.binary()?.iter().map(number).collect(), is_single: true })
}

/// A float of 16 bits (IEEE 754 binary16): a sign, 5 bits of exponent, 10 of fraction.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2_f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// Runs the decoder, which panics over some damaged files, and gives what is wrong.
fn quiet<T>(read: impl FnOnce() -> PolarsResult<T>) -> Result<T, String> {
    match guarded(read) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(first_line(&error)),
        Err(_) => Err("data that the Parquet decoder cannot read".to_string()),
    }
}

fn first_line(error: &PolarsError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_those_of_the_standard() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x3C00, 1.0),
            (0xC000, -2.0),
            (0x3555, 0.333_251_953_125),
            (0x7BFF, 65504.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x7C00, f64::INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:04x}");
        }
        assert!(half(0x7E00).is_nan());
    }
}
