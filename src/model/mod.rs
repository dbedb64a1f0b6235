//! Causal language models: what they are (configuration), their weights and tokenizer, and the log-probabilities that they
//! give to the tokens of a text.

mod causal;
mod error;
mod gguf;
mod source;
mod tensors;

pub use causal::{CausalModel, Encode, Window};
pub use error::{ModelError, Result};
pub use gguf::{GgufModel, GgufTensors, SpecialTokens};
pub use source::{Compute, Fingerprint, LanguageModel, ModelSource};
pub use tensors::TensorSource;
