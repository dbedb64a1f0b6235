//! Sizes of a model that both its configuration and its tensors need.

use super::family::Family;
use super::file::GgufFile;
use crate::error::Result;

/// More layers than any model has: a list of them is made.
const MOST_LAYERS: usize = 1 << 16;
/// More heads, or numbers in one, than any model has: a product of two fits into 64 bits.
const MOST: usize = 1 << 24;

/// Sizes of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dimensions {
    /// Numbers per position between layers.
    pub(super) hidden: usize,
    /// Layers.
    pub(super) layers: usize,
    /// Query heads; 0 where there is no attention.
    pub(super) heads: usize,
    /// Key/value heads.
    pub(super) key_value_heads: usize,
    /// Numbers per head; 0 where there is no attention.
    pub(super) head: usize,
    /// Rows of the embeddings.
    pub(super) vocabulary: usize,
}

impl Dimensions {
    /// The sizes that `file` states.
    pub(super) fn of(file: &GgufFile, family: Family) -> Result<Self> {
        let key = |name: &str| format!("{}.{name}", family.name());
        let required = |name: &str| {
            let key = key(name);
            let value = file.whole(&key)?.and_then(|value| usize::try_from(value).ok());
            let most = if name == "block_count" { MOST_LAYERS } else { MOST };
            value
                .filter(|&value| value <= most)
                .ok_or_else(|| file.unexpected(&key, &format!("a whole number up to {most}")))
        };
        let optional = |name: &str| -> Result<Option<usize>> {
            match file.whole(&key(name))?.map(usize::try_from) {
                None => Ok(None),
                Some(Ok(value)) if value <= MOST => Ok(Some(value)),
                Some(_) => Err(file.unexpected(&key(name), &format!("a whole number up to {MOST}"))),
            }
        };
        let hidden = required("embedding_length")?;
        let layers = required("block_count")?;
        let vocabulary = match file.tensor("token_embd.weight").map(|tensor| tensor.shape.as_slice()) {
            Some(&[rows, columns]) if columns == hidden => rows,
            Some(shape) => {
                let expected = format!("{hidden} columns, as `{}` says", key("embedding_length"));
                let found = format!("has the shape {shape:?}");
                return Err(super::header::tensor_error(file.path(), "token_embd.weight", found, expected));
            }
            None => {
                let expected = "a file with a model's weights, not only a vocabulary or an adapter";
                return Err(super::header::tensor_error(file.path(), "token_embd.weight", "is missing", expected));
            }
        };
        if family == Family::Mamba {
            return Ok(Self { hidden, layers, heads: 0, key_value_heads: 0, head: 0, vocabulary });
        }
        let heads = required("attention.head_count")?;
        if heads == 0 {
            return Err(file.unexpected(&key("attention.head_count"), "1 or more heads"));
        }
        let key_value_heads = optional("attention.head_count_kv")?.unwrap_or(heads);
        if key_value_heads == 0 || !heads.is_multiple_of(key_value_heads) {
            return Err(file.unexpected(&key("attention.head_count_kv"), "a divisor of the number of heads"));
        }
        let head = match optional("attention.key_length")? {
            Some(head) => head,
            None => hidden / heads,
        };
        let value = optional("attention.value_length")?;
        if head == 0 || value.is_some_and(|value| value != head) {
            return Err(file.unexpected(
                &key("attention.value_length"),
                "heads of one size: keys and values of different length are not supported",
            ));
        }
        Ok(Self { hidden, layers, heads, key_value_heads, head, vocabulary })
    }
}
