//! The tensors of a model as its architecture asks for them: each must be there, of the right shape, and none left over.

use std::collections::HashSet;
use std::sync::Mutex;

use candle_core::{DType, Device, Tensor};

use crate::architecture::description::{Linear, Rows};
use crate::architecture::inventory::Inventory;
use crate::error::{ModelError, Result};
use crate::weights::tensors::TensorSource;
use crate::weights::unused::takes_no_part;

/// Loads tensors and keeps account of which were used.
pub struct Weights<'a> {
    source: &'a dyn TensorSource,
    inventory: Inventory,
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
            inventory: Inventory::of(source),
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
        let stored = self.inventory.require(name, shape)?;
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
        let Some(stored) = self.inventory.stored(name) else { return Ok(default) };
        let shape = if self.inventory.shape(&stored).is_some_and(<[usize]>::is_empty) { &[][..] } else { &[1][..] };
        let number = self.tensor_f32(name, shape)?.flatten_all()?.to_vec1::<f32>()?;
        Ok(number.first().map_or(default, |&number| f64::from(number)))
    }

    /// Numbers and bytes loaded so far.
    pub fn loaded(&self) -> (u64, u64) {
        *self.loaded.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn mark(&self, name: String) {
        self.used.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(name);
    }

    /// Counts a tensor as used without loading it, if it is there.
    pub fn tolerate(&self, name: &str) {
        if let Some(stored) = self.inventory.stored(name) {
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
                    let selection = Tensor::new(selection.rows(), self.device)?;
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

    /// The tensors that were not asked for and take no part in scoring, by name.
    ///
    /// # Errors
    /// [`ModelError::ExtraTensors`] where one could take part.
    pub fn unused(&self, architecture: &str, foreign: &[String]) -> Result<Vec<String>> {
        let used = self.used.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut left: Vec<String> = self.inventory.names().filter(|name| !used.contains(*name)).cloned().collect();
        left.sort();
        let (unused, extra): (Vec<String>, Vec<String>) = left
            .into_iter()
            .partition(|name| takes_no_part(name) || foreign.iter().any(|prefix| name.starts_with(prefix.as_str())));
        match extra.first() {
            None => Ok(unused),
            Some(first) => {
                let file = self.inventory.file(first).to_path_buf();
                Err(ModelError::ExtraTensors { file, architecture: architecture.to_string(), names: extra })
            }
        }
    }
}
