//! Where a model's weights come from.

use std::path::Path;

use candle_core::{DType, Device, Tensor};

use crate::error::Result;

/// Named tensors of a model's files, under the names and shapes that Hugging Face transformers gives them.
pub trait TensorSource: Send + Sync {
    /// All names.
    fn names(&self) -> Vec<String>;

    /// Shape of a tensor; `None` where there is none of that name.
    fn shape(&self, name: &str) -> Option<Vec<usize>>;

    /// Reads a tensor, in row-major order, as `dtype` on `device`.
    ///
    /// # Errors
    /// [`ModelError`](crate::ModelError) where the file cannot be read or holds a type that cannot be converted.
    fn load(&self, name: &str, dtype: DType, device: &Device) -> Result<Tensor>;

    /// The file that holds a tensor, or the model's folder where it does not exist: for errors.
    fn file(&self, name: &str) -> &Path;
}
