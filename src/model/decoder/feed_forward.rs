//! Feed-forward parts.

use candle_core::{DType, Result as Computed, Tensor};
use rayon::prelude::*;

use super::super::error::Result;
use super::experts::Experts;
use super::gated::{Gated, activate};
use super::linear::Linear;
use crate::architecture::description::{self as architecture, Activation};
use crate::weights::mapped::Weights;

/// A loaded feed-forward part.
#[derive(Debug)]
pub enum FeedForward {
    /// Up, activation, down.
    Plain { up: Linear, activation: Activation, down: Linear },
    /// With a gate.
    Gated(Gated),
    /// Experts.
    Experts(Box<Experts>),
    /// Up, a trained activation, down.
    Xielu { up: Linear, activation: Xielu, down: Linear },
}

/// A loaded xIELU.
#[derive(Debug, Clone, Copy)]
pub struct Xielu {
    above: f64,
    below: f64,
    linear: f64,
    greatest: f64,
}

impl Xielu {
    fn load(part: &architecture::Xielu, weights: &Weights<'_>) -> Result<Self> {
        let softplus = |name: &str| -> Result<f64> {
            let number = weights.tensor_f32(name, &[1])?.to_vec1::<f32>()?;
            Ok(number.first().map_or(f64::NAN, |&number| f64::from(number).exp().ln_1p()))
        };
        let linear = weights.number_or(&part.linear, 0.5)?;
        let greatest = weights.number_or(&part.greatest, -1e-6)?;
        Ok(Self { above: softplus(&part.above)?, below: linear + softplus(&part.below)?, linear, greatest })
    }

    fn at(self, x: f64) -> f64 {
        let bent = if x > 0.0 { self.above * x * x } else { self.below * (x.min(self.greatest).exp_m1() - x) };
        bent + self.linear * x
    }

    /// Computed on the host in 64 bits, wherever `x` lies.
    fn forward(self, x: &Tensor) -> Computed<Tensor> {
        let numbers = x.flatten_all()?.to_dtype(DType::F32)?.to_vec1::<f32>()?;
        let numbers: Vec<f32> = numbers.into_par_iter().map(|x| self.at(f64::from(x)) as f32).collect();
        Tensor::from_vec(numbers, x.shape().clone(), x.device())?.to_dtype(x.dtype())
    }
}

impl FeedForward {
    /// Loads its weights.
    pub fn load(part: &architecture::FeedForward, weights: &Weights<'_>) -> Result<Self> {
        Ok(match part {
            architecture::FeedForward::Plain { up, activation, down } => Self::Plain {
                up: Linear::load(up, weights)?,
                activation: *activation,
                down: Linear::load(down, weights)?,
            },
            architecture::FeedForward::Gated(gated) => Self::Gated(Gated::load(gated, weights)?),
            architecture::FeedForward::Xielu { up, activation, down } => Self::Xielu {
                up: Linear::load(up, weights)?,
                activation: Xielu::load(activation, weights)?,
                down: Linear::load(down, weights)?,
            },
            architecture::FeedForward::Experts(experts) => Self::Experts(Box::new(Experts::load(experts, weights)?)),
        })
    }

    /// `[rows, hidden]` to `[rows, hidden]`.
    pub fn forward(&self, x: &Tensor) -> Computed<Tensor> {
        match self {
            Self::Plain { up, activation, down } => down.forward(&activate(&up.forward(x)?, *activation)?),
            Self::Gated(gated) => gated.forward(x),
            Self::Experts(experts) => experts.forward(x),
            Self::Xielu { up, activation, down } => down.forward(&activation.forward(&up.forward(x)?)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xielu_is_smooth_and_bends_as_published() {
        let xielu = Xielu { above: 0.8, below: 1.3, linear: 0.5, greatest: -1e-6 };
        // Values of the published formula: 0.8 · 4 + 0.5 · 2, and 1.3 (e⁻² − 1 + 2) − 0.5 · 2.
        assert!((xielu.at(2.0) - 4.2).abs() < 1e-12);
        assert!((xielu.at(-2.0) - (1.3 * ((-2.0_f64).exp() + 1.0) - 1.0)).abs() < 1e-12);
        // Either side comes to 0 with the slope β.
        for x in [1e-3, -1e-3] {
            assert!((xielu.at(x) / x - 0.5).abs() < 1e-2);
        }
    }
}
