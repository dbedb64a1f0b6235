//! Gated feed-forward parts, and the activations.

use candle_core::{Result as Computed, Tensor};

use super::super::error::Result;
use super::super::kernels;
use super::linear::Linear;
use crate::architecture::description::{self as architecture, Activation};
use crate::weights::mapped::Weights;

/// A loaded gated part.
#[derive(Debug)]
pub struct Gated {
    gate_up: Linear,
    activation: Activation,
    down: Linear,
}

impl Gated {
    /// Loads its weights.
    pub fn load(gated: &architecture::Gated, weights: &Weights<'_>) -> Result<Self> {
        Ok(Self {
            gate_up: Linear::load(&gated.gate_up, weights)?,
            activation: gated.activation,
            down: Linear::load(&gated.down, weights)?,
        })
    }

    /// Takes maps that are loaded.
    pub fn of(gate_up: Linear, activation: Activation, down: Linear) -> Self {
        Self { gate_up, activation, down }
    }

    /// `[rows, hidden]` to `[rows, hidden]`.
    pub fn forward(&self, x: &Tensor) -> Computed<Tensor> {
        let gate_up = self.gate_up.forward(x)?;
        if kernels::apply_to(&gate_up) {
            return self.down.forward(&kernels::gate(&gate_up, self.activation)?);
        }
        let width = gate_up.dim(1)? / 2;
        let gate = activate(&gate_up.narrow(1, 0, width)?.contiguous()?, self.activation)?;
        self.down.forward(&(gate * gate_up.narrow(1, width, width)?)?)
    }
}

/// The activation of every number.
pub fn activate(x: &Tensor, activation: Activation) -> Computed<Tensor> {
    if kernels::apply_to(x) {
        return kernels::activate(x, activation);
    }
    match activation {
        Activation::Silu => x.silu(),
        Activation::Gelu => x.gelu_erf(),
        Activation::GeluTanh => x.gelu(),
        Activation::Relu => x.relu(),
        Activation::ReluSquared => x.relu()?.sqr(),
    }
}
