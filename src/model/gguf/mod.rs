//! GGUF files, the format of llama.cpp: one file with a model's sizes, its weights (mostly quantised) and its vocabulary.
//!
//! A file is read as if it were a Hugging Face folder: [`GgufModel::configuration`] is its `config.json`,
//! [`GgufModel::tensors`] its weights under Hugging Face's names, in its shapes and its order of rows, converted to
//! floating point, and [`GgufModel::tokenizer`] its `tokenizer.json`.
//!
//! The header is checked before anything of it is used: a file that is cut off, damaged or made to mislead is an error
//! that names the key or the tensor.

mod configuration;
mod cursor;
mod dequantise;
mod dimensions;
mod encoding;
mod family;
mod file;
mod header;
mod keys;
mod layout;
mod order;
mod parts;
mod rope;
mod tensors;
mod tokenizer;
mod value;

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use tokenizers::Tokenizer;

use super::error::Result;
use dimensions::Dimensions;
use family::Family;
use file::GgufFile;
use mixopt_base::guard::guarded;
use parts::Part;
pub use tensors::GgufTensors;
pub use tokenizer::SpecialTokens;

/// The tokenizer of a GGUF file, which may hold a vocabulary alone; `encode(text, false)` adds no special tokens.
///
/// # Errors
/// [`ModelError`](super::ModelError) where the file cannot be read, is damaged, or its tokenizer is not supported.
pub fn read_tokenizer(path: &Path) -> Result<Tokenizer> {
    guarded_tokenizer(&GgufFile::open(path)?)
}

/// Builds a tokenizer; what the library panics over is an error.
fn guarded_tokenizer(file: &GgufFile) -> Result<Tokenizer> {
    guarded(|| tokenizer::build(file)).unwrap_or_else(|reason| Err(tokenizer::failed(file, &reason)))
}

/// A model in a GGUF file.
#[derive(Clone)]
pub struct GgufModel {
    file: Arc<GgufFile>,
    configuration: Arc<serde_json::Value>,
    parts: Arc<IndexMap<String, Part>>,
}

impl GgufModel {
    /// Opens a file and checks it; weights are not read yet.
    ///
    /// # Errors
    /// [`ModelError`](super::ModelError) where the file cannot be read, is damaged, holds an architecture or a stored type
    /// that is not supported, or tensors that its architecture does not have.
    pub fn open(path: &Path) -> Result<Self> {
        let file = GgufFile::open(path)?;
        let family = Family::of(&file)?;
        let dimensions = Dimensions::of(&file, family)?;
        let configuration = configuration::build(&file, family, &dimensions)?;
        let parts = parts::find(&file, family, &dimensions, configuration.keep_rope_factors)?;
        Ok(Self { file: Arc::new(file), configuration: Arc::new(configuration.values), parts: Arc::new(parts) })
    }

    /// The model's sizes and settings, as in a Hugging Face `config.json`.
    ///
    /// Values that the format has no key for (activations, scales of the scores, layers without positions) are those of
    /// the architecture's published models. Numbers are the decimals that were rounded to 32 bits on the way into the file.
    pub fn configuration(&self) -> &serde_json::Value {
        &self.configuration
    }

    /// The weights, under Hugging Face's names.
    ///
    /// Rotary factors that `rope_scaling` cannot express appear as a tensor named `rope_freqs.weight`.
    pub fn tensors(&self) -> GgufTensors {
        GgufTensors::new(Arc::clone(&self.file), Arc::clone(&self.parts))
    }

    /// The tokens for the beginning and the end of a document.
    ///
    /// # Errors
    /// [`ModelError`](super::ModelError) where the file's tokenizer is not supported or contradicts itself.
    pub fn special_tokens(&self) -> Result<SpecialTokens> {
        tokenizer::special_tokens(&self.file)
    }

    /// The tokenizer; `encode(text, true)` adds the special tokens that the file says are added.
    ///
    /// # Errors
    /// [`ModelError`](super::ModelError) where the file's tokenizer is not supported or contradicts itself.
    pub fn tokenizer(&self) -> Result<Tokenizer> {
        guarded_tokenizer(&self.file)
    }
}
