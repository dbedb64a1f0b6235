//! Values of a GGUF header.

use std::ops::Range;
use std::path::Path;

use super::cursor::Cursor;
use crate::error::{ModelError, Result};
use mixopt_base::Place;

/// A value of the header. Arrays stay where they are in the file: a vocabulary is not copied to be skipped.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Any integer type.
    Whole(i128),
    /// 32-bit float.
    Float(f32),
    /// 64-bit float.
    Double(f64),
    /// Boolean.
    Boolean(bool),
    /// Text.
    Text(String),
    /// Array.
    Array(Array),
}

/// An array of the header.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Array {
    kind: Kind,
    /// Number of elements.
    pub(super) count: usize,
    /// Where its elements stand in the file.
    bytes: Range<usize>,
}

/// Type of a value, numbered as in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Boolean,
    Text,
    Array,
    U64,
    I64,
    F64,
}

impl Kind {
    fn numbered(number: u32) -> Option<Self> {
        const KINDS: [Kind; 13] = [
            Kind::U8,
            Kind::I8,
            Kind::U16,
            Kind::I16,
            Kind::U32,
            Kind::I32,
            Kind::F32,
            Kind::Boolean,
            Kind::Text,
            Kind::Array,
            Kind::U64,
            Kind::I64,
            Kind::F64,
        ];
        KINDS.get(usize::try_from(number).ok()?).copied()
    }

    /// Bytes of a value, or the least of one that has no fixed size.
    fn least_bytes(self) -> u64 {
        match self {
            Self::U8 | Self::I8 | Self::Boolean => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 | Self::Text => 8,
            Self::Array => 12,
        }
    }
}

impl Value {
    /// Reads the value of `key`: its type and itself.
    pub(super) fn read(cursor: &mut Cursor<'_>, file: &Path, key: &str) -> Result<Self> {
        let kind = read_kind(cursor, file, key)?;
        if kind != Kind::Array {
            return Self::read_scalar(cursor, file, key, kind);
        }
        let kind = read_kind(cursor, file, key)?;
        let count = cursor.u64(key)?;
        let place = || Place::file(file).column(key);
        if kind == Kind::Array {
            return Err(ModelError::malformed(place(), "an array of arrays", "an array of numbers or texts"));
        }
        // Before anything is allocated: so many elements must fit into what is left of the file.
        let fits = count.checked_mul(kind.least_bytes()).is_some_and(|least| least <= cursor.remaining() as u64);
        let (true, Ok(count)) = (fits, usize::try_from(count)) else {
            return Err(ModelError::malformed(
                place(),
                format!("an array of {count} elements, with {} bytes left in the file", cursor.remaining()),
                "a complete GGUF file; this one is truncated or damaged",
            ));
        };
        let start = cursor.position();
        if kind == Kind::Text {
            for _ in 0..count {
                cursor.text(key)?;
            }
        } else {
            let bytes = cursor.take(kind.least_bytes() * count as u64, key)?;
            if let (Kind::Boolean, Some(other)) = (kind, bytes.iter().find(|&&byte| byte > 1)) {
                return Err(ModelError::malformed(place(), format!("a truth value of {other}"), "0 or 1"));
            }
        }
        Ok(Self::Array(Array { kind, count, bytes: start..cursor.position() }))
    }

    fn read_scalar(cursor: &mut Cursor<'_>, file: &Path, key: &str, kind: Kind) -> Result<Self> {
        if kind == Kind::Text {
            return Ok(Self::Text(cursor.text(key)?.to_string()));
        }
        let bytes = cursor.take(kind.least_bytes(), key)?;
        decode(kind, bytes).ok_or_else(|| {
            ModelError::malformed(Place::file(file).column(key), format!("{bytes:?} for a truth value"), "0 or 1")
        })
    }

    /// What this is, for errors.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Whole(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Double(value) => value.to_string(),
            Self::Boolean(value) => value.to_string(),
            Self::Text(value) => format!("`{value}`"),
            Self::Array(array) => format!("an array of {} elements", array.count),
        }
    }

    /// The number, as the decimal that was written to the file.
    ///
    /// Converters round a decimal (`1e-05`) to 32 bits; the shortest decimal that rounds to these 32 bits is the
    /// original one for all values of up to six digits.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Whole(value) => Some(*value as f64),
            Self::Float(value) => value.to_string().parse().ok(),
            Self::Double(value) => Some(*value),
            _ => None,
        }
    }
}

impl Array {
    /// The elements, read from the `file`'s bytes.
    pub(super) fn values<'a>(&'a self, file: &'a [u8]) -> impl Iterator<Item = Option<Value>> + 'a {
        let mut rest = file.get(self.bytes.clone()).unwrap_or_default();
        (0..self.count).map(move |_| {
            if self.kind == Kind::Text {
                let text = next_text(&mut rest)?;
                return Some(Value::Text(text.to_string()));
            }
            let (value, after) = rest.split_at_checked(usize::try_from(self.kind.least_bytes()).ok()?)?;
            rest = after;
            decode(self.kind, value)
        })
    }

    /// The elements where they are texts, without a copy.
    pub(super) fn texts<'a>(&self, file: &'a [u8]) -> Option<Vec<&'a str>> {
        if self.kind != Kind::Text {
            return None;
        }
        let mut rest = file.get(self.bytes.clone())?;
        (0..self.count).map(|_| next_text(&mut rest)).collect()
    }
}

fn read_kind(cursor: &mut Cursor<'_>, file: &Path, key: &str) -> Result<Kind> {
    let number = cursor.u32(key)?;
    Kind::numbered(number).ok_or_else(|| {
        ModelError::malformed(Place::file(file).column(key), format!("value type {number}"), "a value type of 0 to 12")
    })
}

fn next_text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let (length, after) = rest.split_first_chunk::<8>()?;
    let (text, after) = after.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    *rest = after;
    std::str::from_utf8(text).ok()
}

/// A value other than text or an array; `None` where the bytes do not hold one.
fn decode(kind: Kind, bytes: &[u8]) -> Option<Value> {
    Some(match kind {
        Kind::U8 => Value::Whole(u8::from_le_bytes(bytes.try_into().ok()?).into()),
        Kind::I8 => Value::Whole(i8::from_le_bytes(bytes.try_into().ok()?).into()),
        Kind::U16 => Value::Whole(u16::from_le_bytes(bytes.try_into().ok()?).into()),
        Kind::I16 => Value::Whole(i16::from_le_bytes(bytes.try_into().ok()?).into()),
        Kind::U32 => Value::Whole(u32::from_le_bytes(bytes.try_into().ok()?).into()),
        Kind::I32 => Value::Whole(i32::from_le_bytes(bytes.try_into().ok()?).into()),
        Kind::U64 => Value::Whole(u64::from_le_bytes(bytes.try_into().ok()?).into()),
        Kind::I64 => Value::Whole(i64::from_le_bytes(bytes.try_into().ok()?).into()),
        Kind::F32 => Value::Float(f32::from_le_bytes(bytes.try_into().ok()?)),
        Kind::F64 => Value::Double(f64::from_le_bytes(bytes.try_into().ok()?)),
        Kind::Boolean => match bytes {
            [0] => Value::Boolean(false),
            [1] => Value::Boolean(true),
            _ => return None,
        },
        Kind::Text | Kind::Array => return None,
    })
}
