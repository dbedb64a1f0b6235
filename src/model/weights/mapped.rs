//! The tensors of a model as its architecture asks for them: each must be there, of the right shape, and none left over.

use std::collections::HashSet;
use std::sync::Mutex;

use candle_core::{DType, Device, Tensor};

use crate::architecture::description::{Linear, Rows};
use crate::error::{ModelError, Result};
use crate::weights::tensors::TensorSource;

/// Buffers that older checkpoints store beside the weights and that are computed anew.
const BUFFERS: [&str; 7] = [
    "rotary_emb.inv_freq",
    ".attn.bias",
    ".attn.masked_bias",
    ".attn.causal_mask",
    ".attention.bias",
    ".attention.masked_bias",
    "position_ids",
];

/// Loads tensors and keeps account of which were used.
pub struct Weights<'a> {
    source: &'a dyn TensorSource,
    names: HashSet<String>,
    used: Mutex<HashSet<String>>,
    /// Numbers and bytes loaded.
    loaded: Mutex<(u64, u64)>,
    dtype: DType,
    device: &'a Device,
}

impl<'a> Weights<'a> {
    /// All tensors are loaded as `dtype` on `device`.
    pub fn new(source: &'a dyn TensorSource, dtype: DType, device: &'a Device) -> Self {
        Self {
            source,
            names: source.names().into_iter().collect(),
            used: Mutex::default(),
            loaded: Mutex::default(),
            dtype,
            device,
        }
    }

    /// The device.
    pub fn device(&self) -> &Device {
        self.device
    }

    /// Loads a tensor of a given shape in the weights' type.
    ///
    /// # Errors
    /// [`ModelError::Tensor`] where it is missing or of another shape.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        self.tensor_as(name, shape, self.dtype)
    }

    /// Loads a tensor in 32 bits: for norms and everything else that is not a product.
    pub fn tensor_f32(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        self.tensor_as(name, shape, DType::F32)
    }

    fn tensor_as(&self, name: &str, shape: &[usize], dtype: DType) -> Result<Tensor> {
        let stored = self.stored(name).ok_or_else(|| ModelError::Tensor {
            file: self.source.file(name).to_path_buf(),
            name: name.to_string(),
            found: "is missing".to_string(),
            expected: format!("one of shape {shape:?}"),
        })?;
        let found = self.source.shape(&stored).unwrap_or_default();
        if found != shape {
            return Err(ModelError::Tensor {
                file: self.source.file(&stored).to_path_buf(),
                name: stored,
                found: format!("has the shape {found:?}"),
                expected: format!("{shape:?}, by the configuration"),
            });
        }
        let tensor = self.source.load(&stored, dtype, self.device)?;
        self.mark(stored);
        let count = tensor.elem_count() as u64;
        let mut loaded = self.loaded.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        loaded.0 += count;
        loaded.1 += count * dtype.size_in_bytes() as u64;
        Ok(tensor)
    }

    /// A tensor of one number, or a default where it is absent.
    pub fn number_or(&self, name: &str, default: f64) -> Result<f64> {
        let Some(stored) = self.stored(name) else { return Ok(default) };
        let shape = if self.source.shape(&stored).is_some_and(|shape| shape.is_empty()) { &[][..] } else { &[1][..] };
        let number = self.tensor_f32(name, shape)?.flatten_all()?.to_vec1::<f32>()?;
        Ok(number.first().map_or(default, |&number| f64::from(number)))
    }

    /// Numbers and bytes loaded so far.
    pub fn loaded(&self) -> (u64, u64) {
        *self.loaded.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The stored name of a tensor: checkpoints of a bare model leave the first part out, those of a model with vision put
    /// one before it.
    fn stored(&self, name: &str) -> Option<String> {
        if self.names.contains(name) {
            return Some(name.to_string());
        }
        let above = ["language_model.", "model.language_model."];
        let bare = name.split_once('.').map(|(_, rest)| rest);
        let inner = name.strip_prefix("model.").map(|rest| format!("model.language_model.{rest}"));
        above
            .iter()
            .map(|above| format!("{above}{name}"))
            .chain(inner)
            .chain(bare.map(str::to_string))
            .find(|candidate| self.names.contains(candidate))
    }

    fn mark(&self, name: String) {
        self.used.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(name);
    }

    /// Counts a tensor as used without loading it, if it is there.
    pub fn tolerate(&self, name: &str) {
        if let Some(stored) = self.stored(name) {
            self.mark(stored);
        }
    }

    /// Weight `[outputs, inputs]` and bias `[outputs]` of a linear map.
    pub fn linear(&self, linear: &Linear) -> Result<(Tensor, Option<Tensor>)> {
        let weight = self.rows(&linear.weight, Some(linear.inputs))?;
        let bias = linear.bias.as_ref().map(|bias| self.rows(bias, None)).transpose()?;
        Ok((weight, bias))
    }

    fn rows(&self, parts: &[Rows], inputs: Option<usize>) -> Result<Tensor> {
        let mut tensors = Vec::with_capacity(parts.len());
        for part in parts {
            let tensor = match inputs {
                Some(inputs) if part.transposed => self.tensor(&part.tensor, &[inputs, part.of])?.t()?,
                Some(inputs) => self.tensor(&part.tensor, &[part.of, inputs])?,
                None => self.tensor(&part.tensor, &[part.of])?,
            };
            tensors.push(match &part.selection {
                Some(selection) => {
                    let selection = Tensor::from_slice(selection.as_slice(), selection.len(), self.device)?;
                    tensor.contiguous()?.index_select(&selection, 0)?
                }
                None => tensor.contiguous()?,
            });
        }
        Ok(match tensors.as_slice() {
            [one] => one.clone(),
            several => Tensor::cat(several, 0)?,
        })
    }

    /// Checks that no tensor is left over.
    ///
    /// # Errors
    /// [`ModelError::ExtraTensors`].
    pub fn refuse_unused(&self, architecture: &str, foreign: &[String]) -> Result<()> {
        let used = self.used.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut names: Vec<String> = self
            .names
            .iter()
            .filter(|name| !used.contains(*name))
            .filter(|name| !BUFFERS.iter().any(|buffer| name.ends_with(buffer)))
            .filter(|name| !foreign.iter().any(|prefix| name.starts_with(prefix.as_str())))
            .cloned()
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        names.sort();
        let file = self.source.file(&names[0]).to_path_buf();
        Err(ModelError::ExtraTensors { file, architecture: architecture.to_string(), names })
    }
}
