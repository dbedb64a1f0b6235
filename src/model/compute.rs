//! Where a model is computed, and in which type.

use candle_core::{DType, Device};

/// How a model is computed.
#[derive(Debug, Clone)]
pub struct Compute {
    /// Type of the weights and activations; sums, norms and the softmax are in 32 bits or better whatever it is.
    pub dtype: DType,
    /// Where.
    pub device: Device,
}
