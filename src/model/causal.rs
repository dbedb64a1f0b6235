//! What scoring asks of a model and of its tokenizer.

use super::error::Result;

/// A run of tokens of which the last few are scored.
///
/// `inputs[i]` is followed by `targets[i + targets.len() - inputs.len()]`: the targets belong to the last
/// `targets.len()` inputs, and `targets.len() <= inputs.len()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window<'a> {
    /// What the model sees.
    pub inputs: &'a [u32],
    /// The tokens that follow the last inputs.
    pub targets: &'a [u32],
}

/// A language model that gives a probability to every next token.
pub trait CausalModel: Send + Sync {
    /// Natural logarithm of the probability of every target, by window.
    ///
    /// A window's result does not depend on the other windows beyond the rounding of the products.
    ///
    /// # Errors
    /// [`ModelError`](super::ModelError): a token beyond the vocabulary, a window beyond the model's positions, memory that
    /// does not suffice ([`is_out_of_memory`](super::ModelError::is_out_of_memory): fewer windows at once may do).
    fn log_probabilities(&self, windows: &[Window<'_>]) -> Result<Vec<Vec<f32>>>;

    /// Number of rows of the vocabulary; every token must be below it.
    fn vocabulary(&self) -> usize;

    /// The most inputs that the model can take at all (learned positions); `None` where nothing but its training limits it.
    fn most_positions(&self) -> Option<usize>;

    /// The length that the model was trained for, where its configuration says so.
    fn trained_positions(&self) -> Option<usize>;

    /// Weights held, in bytes.
    fn weight_bytes(&self) -> u64;

    /// Bytes needed beside the weights to score windows of `context` inputs, at most `batch` inputs of them at once: an
    /// estimate.
    fn working_bytes(&self, context: usize, batch: usize) -> u64;

    /// Floating-point operations to score one window with so many inputs and scored positions, for estimates of time.
    fn operations(&self, inputs: usize, scored: usize) -> f64;
}

/// A tokenizer: text to tokens.
pub trait Encode: Send + Sync {
    /// Tokens of a document, with the special tokens that the tokenizer itself adds.
    ///
    /// # Errors
    /// [`ModelError`](super::ModelError) where the text cannot be encoded.
    fn encode(&self, text: &str) -> Result<Vec<u32>>;

    /// Whether [`encode`](Self::encode) begins every document with a special token (BOS).
    fn begins_with_special(&self) -> bool;

    /// What a document's first token is conditioned on where the tokenizer adds nothing: BOS, or EOS where there is none.
    fn document_start(&self) -> Option<u32>;
}
