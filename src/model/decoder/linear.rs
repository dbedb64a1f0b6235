//! Linear maps.

use candle_core::{DType, Result as Computed, Tensor};

use super::super::error::Result;
use crate::architecture::description as architecture;
use crate::weights::mapped::Weights;

/// The type in which what is not a weight is computed: 32 bits for reductions.
pub const EXACT: DType = DType::F32;

/// `x Wᵀ + b`.
#[derive(Debug, Clone)]
pub struct Linear {
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    /// Loads weight and bias.
    pub fn load(linear: &architecture::Linear, weights: &Weights<'_>) -> Result<Self> {
        let (weight, bias) = weights.linear(linear)?;
        Ok(Self { weight, bias })
    }

    /// Takes a weight that is loaded, `[outputs, inputs]`.
    pub fn of(weight: Tensor) -> Self {
        Self { weight, bias: None }
    }

    /// `[rows, inputs]` to `[rows, outputs]`.
    pub fn forward(&self, x: &Tensor) -> Computed<Tensor> {
        let y = x.matmul(&self.weight.t()?)?;
        match &self.bias {
            Some(bias) => y.broadcast_add(bias),
            None => Ok(y),
        }
    }
}
