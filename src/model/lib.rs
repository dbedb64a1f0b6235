//! Causal language models: what they are (configuration), their weights and tokenizer, and the log-probabilities that they
//! give to the tokens of a text.

mod adapter;
mod architecture;
mod causal;
mod compute;
mod decoder;
mod error;
mod families;
mod files;
mod gguf;
mod hub;
mod kernels;
mod locate;
mod note;
mod plain_tokenizer;
mod source;
mod tokenizer;
mod weights;

/// What [`Compute`] is made of, so that a caller needs no version of its own.
pub use candle_core::{DType, Device};

pub use architecture::configuration::Configuration;
pub use architecture::description::Architecture;
pub use causal::{CausalModel, Encode, Window};
pub use compute::Compute;
pub use decoder::Decoder;
pub use error::{ModelError, Result};
pub use gguf::{GgufModel, GgufTensors, SpecialTokens, read_tokenizer};
pub use note::ModelNote;
pub use plain_tokenizer::PlainTokenizer;
pub use source::{Fingerprint, LanguageModel, ModelSource};
pub use weights::tensors::TensorSource;
