//! The header of a GGUF file: what it says of itself and where its tensors are, checked before any of it is used.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use super::cursor::Cursor;
use super::encoding::{Encoding, READABLE};
use super::value::Value;
use crate::error::{ModelError, Result};
use mixopt_base::Place;

/// Where tensors begin is a multiple of this, unless `general.alignment` says otherwise.
const DEFAULT_ALIGNMENT: u64 = 32;
/// The least alignment that the format allows.
const LEAST_ALIGNMENT: u64 = 8;
/// Dimensions that GGML has.
const MOST_DIMENSIONS: u32 = 4;
/// The least bytes of a key and its value: length of the key, type, value.
const LEAST_ENTRY: u64 = 8 + 4 + 1;
/// The least bytes of a tensor's description: length of the name, number of dimensions, one dimension, type, offset.
const LEAST_TENSOR: u64 = 8 + 4 + 8 + 4 + 8;

/// A header.
#[derive(Debug)]
pub(super) struct Header {
    /// Values by key.
    pub(super) values: HashMap<String, Value>,
    /// Tensors in the file's order.
    pub(super) tensors: Vec<StoredTensor>,
}

/// A tensor as the file stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredTensor {
    /// Name in the file, such as `blk.0.attn_q.weight`.
    pub(super) name: String,
    /// Shape, the slowest dimension first (the file lists the fastest first).
    pub(super) shape: Vec<usize>,
    /// How its numbers are stored.
    pub(super) encoding: Encoding,
    /// Where they are in the file.
    pub(super) bytes: Range<usize>,
}

impl StoredTensor {
    /// Elements of a row: the fastest dimension.
    pub(super) fn columns(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }
}

impl Header {
    /// Reads and checks the header of `file`, whose bytes are `bytes`.
    ///
    /// # Errors
    /// [`ModelError::Malformed`] and [`ModelError::Tensor`] with the key or tensor, what was found and what was expected.
    pub(super) fn read(bytes: &[u8], file: &Path) -> Result<Self> {
        let mut cursor = Cursor::new(bytes, file);
        let malformed = |key: &str, found: String, expected: &str| {
            Err(ModelError::malformed(Place::file(file).column(key), found, expected))
        };

        let magic = cursor.take(4, "magic")?;
        if magic != b"GGUF" {
            let found = format!("a file that begins with `{}`", magic.escape_ascii());
            return Err(ModelError::malformed(Place::file(file), found, "a GGUF file, which begins with `GGUF`"));
        }
        let version = cursor.u32("version")?;
        match version {
            2 | 3 => {}
            1 => return malformed("version", "GGUF version 1".into(), "version 2 or 3; convert the model again"),
            other if (1..=3).contains(&other.swap_bytes()) => {
                let expected =
                    "a little-endian file; convert the model again with `--outtype` on a little-endian machine";
                return malformed("version", "a big-endian file".into(), expected);
            }
            other => return malformed("version", format!("GGUF version {other}"), "version 2 or 3"),
        }
        let tensor_count = cursor.u64("tensor_count")?;
        let value_count = cursor.u64("metadata_kv_count")?;
        for (what, count, least) in
            [("tensor_count", tensor_count, LEAST_TENSOR), ("metadata_kv_count", value_count, LEAST_ENTRY)]
        {
            if count.checked_mul(least).is_none_or(|bytes| bytes > cursor.remaining() as u64) {
                let found = format!("{count}, with {} bytes left in the file", cursor.remaining());
                return malformed(what, found, "a number that fits into the file; this one is truncated or damaged");
            }
        }

        let mut values = HashMap::new();
        for _ in 0..value_count {
            let key = cursor.text("key")?.to_string();
            let value = Value::read(&mut cursor, file, &key)?;
            if values.insert(key.clone(), value).is_some() {
                return malformed(&key, "a second value".into(), "every key once");
            }
        }
        let alignment = read_alignment(&values, file)?;

        let mut described = Vec::new();
        for _ in 0..tensor_count {
            described.push(Description::read(&mut cursor, file)?);
        }
        let Some(data_start) = (cursor.position() as u64).checked_next_multiple_of(alignment) else {
            return malformed("general.alignment", alignment.to_string(), "an alignment that fits into the file");
        };
        let mut names = HashMap::new();
        let mut tensors = Vec::new();
        for description in described {
            if names.insert(description.name.clone(), ()).is_some() {
                let found = "appears twice in the file".to_string();
                return Err(tensor_error(file, &description.name, found, "every name once"));
            }
            tensors.push(description.place(file, data_start, alignment, bytes.len())?);
        }
        check_overlaps(&tensors, file)?;
        Ok(Self { values, tensors })
    }
}

/// A tensor as the header describes it, not yet checked against the file.
struct Description {
    name: String,
    shape: Vec<usize>,
    encoding: Encoding,
    offset: u64,
}

impl Description {
    fn read(cursor: &mut Cursor<'_>, file: &Path) -> Result<Self> {
        let name = cursor.text("name of a tensor")?.to_string();
        let dimensions = cursor.u32(&name)?;
        if !(1..=MOST_DIMENSIONS).contains(&dimensions) {
            return Err(tensor_error(file, &name, format!("has {dimensions} dimensions"), "1 to 4"));
        }
        let mut shape = Vec::new();
        for _ in 0..dimensions {
            let length = cursor.u64(&name)?;
            match usize::try_from(length) {
                Ok(length) if length > 0 => shape.push(length),
                _ => return Err(tensor_error(file, &name, format!("has a dimension of {length}"), "1 or more")),
            }
        }
        shape.reverse();
        let number = cursor.u32(&name)?;
        let encoding = Encoding::numbered(number).map_err(|kind| {
            tensor_error(file, &name, format!("is stored as {kind}, which cannot be read here"), READABLE)
        })?;
        let offset = cursor.u64(&name)?;
        Ok(Self { name, shape, encoding, offset })
    }

    /// Where the tensor is in a file of `length` bytes.
    fn place(self, file: &Path, data_start: u64, alignment: u64, length: usize) -> Result<StoredTensor> {
        let Self { name, shape, encoding, offset } = self;
        let columns = shape.last().copied().unwrap_or(1);
        if !columns.is_multiple_of(encoding.block_elements()) {
            let found = format!("has rows of {columns} elements");
            let expected = format!("a multiple of {}, the block of {}", encoding.block_elements(), encoding.name());
            return Err(tensor_error(file, &name, found, expected));
        }
        if !offset.is_multiple_of(alignment) {
            let expected = format!("a multiple of the alignment {alignment}");
            return Err(tensor_error(file, &name, format!("begins at {offset} of the data"), expected));
        }
        let elements = shape.iter().try_fold(1usize, |product, &length| product.checked_mul(length));
        // As 32-bit floats, the tensor must also fit into memory.
        let elements = elements.filter(|&elements| elements <= isize::MAX as usize / 4);
        let Some(elements) = elements else {
            let found = format!("has the shape {shape:?}");
            return Err(tensor_error(file, &name, found, "a product of dimensions that fits into memory"));
        };
        let size = (elements / encoding.block_elements()).checked_mul(encoding.block_bytes());
        let start = data_start.checked_add(offset).and_then(|start| usize::try_from(start).ok());
        let range = start.zip(size).and_then(|(start, size)| Some(start..start.checked_add(size)?));
        match range {
            Some(bytes) if bytes.end <= length => Ok(StoredTensor { name, shape, encoding, bytes }),
            _ => {
                let found = format!(
                    "of shape {shape:?} and type {} begins at {offset} of the data, which begins at byte {data_start}",
                    encoding.name()
                );
                let expected = format!("a tensor inside the file's {length} bytes; this file is truncated or damaged");
                Err(tensor_error(file, &name, found, expected))
            }
        }
    }
}

fn read_alignment(values: &HashMap<String, Value>, file: &Path) -> Result<u64> {
    let Some(value) = values.get("general.alignment") else { return Ok(DEFAULT_ALIGNMENT) };
    if let Value::Whole(alignment) = value
        && let Ok(alignment) = u64::try_from(*alignment)
        && alignment >= LEAST_ALIGNMENT
        && alignment.is_power_of_two()
    {
        return Ok(alignment);
    }
    let place = Place::file(file).column("general.alignment");
    Err(ModelError::malformed(place, value.describe(), "a power of two of at least 8"))
}

fn check_overlaps(tensors: &[StoredTensor], file: &Path) -> Result<()> {
    let mut ordered: Vec<&StoredTensor> = tensors.iter().collect();
    ordered.sort_by_key(|tensor| tensor.bytes.start);
    for (first, second) in ordered.iter().zip(ordered.iter().skip(1)) {
        if second.bytes.start < first.bytes.end {
            let found = format!("begins at byte {}, inside the tensor `{}`", second.bytes.start, first.name);
            return Err(tensor_error(file, &second.name, found, "tensors that do not overlap"));
        }
    }
    Ok(())
}

/// A tensor that is not what it should be.
pub(super) fn tensor_error(
    file: &Path,
    name: &str,
    found: impl Into<String>,
    expected: impl Into<String>,
) -> ModelError {
    ModelError::Tensor {
        file: file.to_path_buf(),
        name: name.to_string(),
        found: found.into(),
        expected: expected.into(),
    }
}
