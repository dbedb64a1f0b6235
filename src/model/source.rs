//! A model on disk, before and after it is loaded.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device};

use super::causal::{CausalModel, Encode};
use super::error::Result;

/// How a model is computed.
#[derive(Debug, Clone)]
pub struct Compute {
    /// Type of the weights and activations; sums, norms and the softmax are in 32 bits or better whatever it is.
    pub dtype: DType,
    /// Where.
    pub device: Device,
}

/// What tells two models apart, whatever their folder is called.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fingerprint {
    /// SHA-256 of the weights (of the files' names and SHA-256 where there are several), in hexadecimal.
    pub weights_sha256: String,
    /// SHA-256 of the tokenizer's files.
    pub tokenizer_sha256: String,
    /// SHA-256 of the configuration.
    pub configuration_sha256: String,
}

/// A model's files: a Hugging Face folder or a GGUF file.
#[derive(Debug, Clone)]
pub struct ModelSource {
    path: PathBuf,
}

/// A model that is ready to score.
pub struct LanguageModel {
    /// Log-probabilities.
    pub model: Box<dyn CausalModel>,
    /// Tokens.
    pub tokenizer: Box<dyn Encode>,
    /// Architecture as the configuration names it, for example `llama`.
    pub architecture: String,
    /// Number of parameters.
    pub parameters: u64,
}

impl ModelSource {
    /// Finds a model's files: `path` is a Hugging Face folder or a GGUF file.
    ///
    /// # Errors
    /// [`ModelError`](super::ModelError) where it is neither.
    pub fn find(path: &Path) -> Result<Self> {
        Ok(Self { path: path.to_path_buf() })
    }

    /// The path given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Name of the model: the folder's, or the file's without `.gguf`.
    pub fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Reads all files once and hashes them.
    ///
    /// # Errors
    /// [`ModelError`](super::ModelError) where one cannot be read.
    pub fn fingerprint(&self) -> Result<Fingerprint> {
        todo!()
    }

    /// Loads tokenizer and weights.
    ///
    /// # Errors
    /// [`ModelError`](super::ModelError) with the file and what is wrong with it.
    pub fn load(&self, _compute: &Compute) -> Result<LanguageModel> {
        todo!()
    }
}
