//! A GGUF file's weights under the names and in the shapes of Hugging Face.

use std::path::Path;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use indexmap::IndexMap;

use super::dequantise::StoredRows;
use super::file::GgufFile;
use super::header::tensor_error;
use super::parts::Part;
use crate::error::Result;
use crate::weights::tensors::TensorSource;

/// The weights of a GGUF file as Hugging Face names, shapes and orders them.
///
/// A tensor is converted to 32-bit floats when it is loaded, one at a time, and then to the type asked for.
#[derive(Clone)]
pub struct GgufTensors {
    file: Arc<GgufFile>,
    parts: Arc<IndexMap<String, Part>>,
}

impl GgufTensors {
    /// The weights of `file`.
    pub(super) fn new(file: Arc<GgufFile>, parts: Arc<IndexMap<String, Part>>) -> Self {
        Self { file, parts }
    }

    /// A tensor's numbers as 32-bit floats and its shape before rows and columns change places.
    fn values(&self, name: &str, part: &Part) -> Result<Vec<f32>> {
        let path = self.file.path();
        let Some(stored) = self.file.tensors().get(part.stored) else {
            return Err(tensor_error(path, name, "is missing", "a tensor of the file"));
        };
        let rows =
            StoredRows { bytes: self.file.tensor_bytes(stored), encoding: stored.encoding, columns: part.columns };
        let mut values = rows
            .read(part.rows, |row| part.first_row + part.order.source(row))
            .map_err(|problem| tensor_error(path, &stored.name, problem, "whole blocks of its type"))?;
        if !part.change.apply(&mut values) {
            return Err(tensor_error(path, &stored.name, "has a number that is not negative", "negative numbers"));
        }
        Ok(values)
    }
}

impl TensorSource for GgufTensors {
    fn names(&self) -> Vec<String> {
        self.parts.keys().cloned().collect()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.parts.get(name).map(|part| part.shape.clone())
    }

    fn load(&self, name: &str, dtype: DType, device: &Device) -> Result<Tensor> {
        let Some(part) = self.parts.get(name) else {
            let expected = format!("one of the file's {} tensors", self.parts.len());
            return Err(tensor_error(self.file.path(), name, "is missing", expected));
        };
        let values = self.values(name, part)?;
        let tensor = if part.transposed {
            Tensor::from_vec(values, (part.rows, part.columns), &Device::Cpu)?.t()?.contiguous()?
        } else {
            Tensor::from_vec(values, part.shape.as_slice(), &Device::Cpu)?
        };
        Ok(tensor.to_dtype(dtype)?.to_device(device)?)
    }

    fn file(&self, _name: &str) -> &Path {
        self.file.path()
    }
}
