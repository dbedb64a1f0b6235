//! The Hugging Face tensors that a GGUF file's tensors hold.

use indexmap::IndexMap;

use super::dimensions::Dimensions;
use super::family::Family;
use super::file::GgufFile;
use super::header::{StoredTensor, tensor_error};
use super::order::{Change, Order};
use crate::error::{ModelError, Result};
use crate::weights::unused::takes_no_part;

/// A Hugging Face tensor: which rows of which stored tensor, in which order, changed how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Index of the stored tensor.
    pub(super) stored: usize,
    /// Its first row. A tensor of one dimension has rows of one element where they are moved, one row otherwise.
    pub(super) first_row: usize,
    /// Its number of rows.
    pub(super) rows: usize,
    /// Elements of a row.
    pub(super) columns: usize,
    /// Order of the rows among themselves.
    pub(super) order: Order,
    /// What is done to the numbers.
    pub(super) change: Change,
    /// Whether rows and columns change places last.
    pub(super) transposed: bool,
    /// Shape in Hugging Face.
    pub(super) shape: Vec<usize>,
}

/// Stored tensors that are no weights: they go into the configuration, or say what is known anyway.
const NO_WEIGHTS: &[&str] = &["rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"];

/// The most experts or heads that are listed one by one.
const MOST_SLICES: usize = 1 << 16;

/// All Hugging Face tensors of `file` by name, in the file's order.
///
/// `keep_rope_factors` keeps `rope_freqs.weight` under this name, where the configuration cannot say what it says.
///
/// # Errors
/// [`ModelError::ExtraTensors`] where the file has tensors that the family does not have, [`ModelError::Tensor`] where one
/// cannot be what its name says.
pub(super) fn find(
    file: &GgufFile,
    family: Family,
    dimensions: &Dimensions,
    keep_rope_factors: bool,
) -> Result<IndexMap<String, Part>> {
    let layout = family.layout(file);
    let mut parts = IndexMap::new();
    let mut unknown = Vec::new();
    for (index, tensor) in file.tensors().iter().enumerate() {
        let whole = Part::whole(index, tensor);
        if NO_WEIGHTS.contains(&tensor.name.as_str()) {
            if keep_rope_factors && tensor.name == "rope_freqs.weight" {
                parts.insert(tensor.name.clone(), whole);
            }
            continue;
        }
        let (base, suffix) = split_suffix(&tensor.name);
        // Rotary tables, which old files carry and nobody reads.
        if base.ends_with(".attn_rot_embd") {
            continue;
        }
        let part_name = base.rsplit('.').next().unwrap_or(base);
        let name = layout.name(base);
        if let (None, "attn_qkv", Some(query)) = (&name, part_name, layout.name(&base.replace("attn_qkv", "attn_q"))) {
            for (name, part) in split_attention(file, tensor, whole, family, dimensions, &query)? {
                parts.insert(format!("{name}{suffix}"), part);
            }
            continue;
        }
        let Some(name) = name else {
            if takes_no_part(&tensor.name) {
                parts.insert(tensor.name.clone(), whole);
            } else {
                unknown.push(tensor.name.clone());
            }
            continue;
        };
        if let Some((before, after)) = name.split_once("{e}") {
            for (expert, part) in whole.slices(tensor, file)?.into_iter().enumerate() {
                parts.insert(format!("{before}{expert}{after}{suffix}"), part);
            }
            continue;
        }
        let part = whole.converted(file, tensor, family, dimensions, part_name, suffix)?;
        parts.insert(format!("{name}{suffix}"), part);
    }
    if unknown.is_empty() {
        Ok(parts)
    } else {
        let architecture = family.name().to_string();
        Err(ModelError::ExtraTensors { file: file.path().to_path_buf(), architecture, names: unknown })
    }
}

/// The name and its `.weight` or `.bias`, where it has one.
fn split_suffix(name: &str) -> (&str, &str) {
    for suffix in [".weight", ".bias"] {
        if let Some(base) = name.strip_suffix(suffix) {
            return (base, suffix);
        }
    }
    (name, "")
}

/// Queries, keys and values of a family that has them apart, from a file that has them in one.
fn split_attention(
    file: &GgufFile,
    tensor: &StoredTensor,
    whole: Part,
    family: Family,
    dimensions: &Dimensions,
    query: &str,
) -> Result<Vec<(String, Part)>> {
    let whole = whole.by_rows(tensor);
    let sizes = [
        ("q_proj", "attn_q", dimensions.heads),
        ("k_proj", "attn_k", dimensions.key_value_heads),
        ("v_proj", "attn_v", dimensions.key_value_heads),
    ];
    let mut parts = Vec::new();
    let mut first_row = 0;
    for (name, part_name, heads) in sizes {
        let rows = heads * dimensions.head;
        let mut shape = tensor.shape.clone();
        if let Some(length) = shape.first_mut() {
            *length = rows;
        }
        let part = Part { first_row, rows, shape, ..whole.clone() };
        let part = part.ordered(file, tensor, order(family, dimensions, part_name))?;
        parts.push((query.replace("q_proj", name), part));
        first_row += rows;
    }
    if first_row != whole.rows {
        let found = format!("has {} rows", whole.rows);
        let expected = format!("{first_row}: those of queries, keys and values");
        return Err(tensor_error(file.path(), &tensor.name, found, expected));
    }
    Ok(parts)
}

/// The order of a part's rows in Hugging Face.
fn order(family: Family, dimensions: &Dimensions, part_name: &str) -> Order {
    let Dimensions { heads, key_value_heads, head, .. } = *dimensions;
    match (family, part_name) {
        (family, "attn_q" | "attn_k") if family.has_rotary_pairs() => Order::RotaryHalves { head },
        (Family::Bloom | Family::GptNeox, "attn_qkv") => Order::Grouped { groups: heads, queries: 1, head },
        (Family::Falcon, "attn_qkv") => {
            Order::Grouped { groups: key_value_heads, queries: heads / key_value_heads, head }
        }
        _ => Order::Stored,
    }
}

impl Part {
    /// The whole tensor as it is stored.
    fn whole(stored: usize, tensor: &StoredTensor) -> Self {
        let columns = tensor.columns();
        Self {
            stored,
            first_row: 0,
            rows: tensor.shape.iter().rev().skip(1).product(),
            columns,
            order: Order::Stored,
            change: Change::None,
            transposed: false,
            shape: tensor.shape.clone(),
        }
    }

    /// With rows of one element where the tensor has one dimension.
    fn by_rows(mut self, tensor: &StoredTensor) -> Self {
        if tensor.shape.len() == 1 {
            (self.rows, self.columns) = (self.columns, 1);
        }
        self
    }

    fn ordered(mut self, file: &GgufFile, tensor: &StoredTensor, order: Order) -> Result<Self> {
        let blocks_fit = self.columns.is_multiple_of(tensor.encoding.block_elements());
        if !order.fits(self.rows) || !blocks_fit {
            let found = format!("has the shape {:?} and the type {}", tensor.shape, tensor.encoding.name());
            return Err(tensor_error(
                file.path(),
                &tensor.name,
                found,
                "rows of whole heads, as the header counts them",
            ));
        }
        self.order = order;
        Ok(self)
    }

    /// As Hugging Face has the part that the file calls `part_name`.
    fn converted(
        mut self,
        file: &GgufFile,
        tensor: &StoredTensor,
        family: Family,
        dimensions: &Dimensions,
        part_name: &str,
        suffix: &str,
    ) -> Result<Self> {
        let order = order(family, dimensions, part_name);
        if order != Order::Stored {
            self = self.by_rows(tensor).ordered(file, tensor, order)?;
        }
        if family.has_shifted_norms() && part_name.ends_with("norm") && suffix == ".weight" {
            self.change = Change::SubtractOne;
        }
        if family == Family::Gpt2
            && matches!(part_name, "attn_qkv" | "attn_output" | "ffn_up" | "ffn_down")
            && suffix == ".weight"
        {
            self.transposed = true;
            self.shape.reverse();
        }
        match part_name {
            "ssm_a" => self.change = Change::LogNegated,
            "ssm_conv1d" if suffix == ".weight" && self.shape.len() == 2 => self.shape.insert(1, 1),
            "ffn_gate_inp_shexp" if self.shape.len() == 1 => self.shape.insert(0, 1),
            _ => {}
        }
        Ok(self)
    }

    /// The tensors that are stacked in this one.
    fn slices(self, tensor: &StoredTensor, file: &GgufFile) -> Result<Vec<Self>> {
        let [count, shape @ ..] = tensor.shape.as_slice() else { return Ok(Vec::new()) };
        if shape.is_empty() {
            let expected = "two or three dimensions: one tensor for each expert or head";
            return Err(tensor_error(file.path(), &tensor.name, format!("has the shape {:?}", tensor.shape), expected));
        }
        if *count > MOST_SLICES {
            let expected = format!("{MOST_SLICES} experts or heads at most");
            return Err(tensor_error(file.path(), &tensor.name, format!("has the shape {:?}", tensor.shape), expected));
        }
        let rows = self.rows / count;
        Ok((0..*count)
            .map(|index| Self { first_row: index * rows, rows, shape: shape.to_vec(), ..self.clone() })
            .collect())
    }
}
