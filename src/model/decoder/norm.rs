//! Norms, computed in 32 bits whatever the type of the weights.

use candle_core::{DType, Device, Result as Computed, Tensor};

use super::super::error::Result;
use super::super::kernels;
use super::linear::EXACT;
use crate::architecture::description::{self as architecture, NormKind};
use crate::weights::mapped::Weights;

/// A norm over the last dimension.
#[derive(Debug, Clone)]
pub struct Norm {
    kind: NormKind,
    epsilon: f64,
    weight: Option<Tensor>,
    bias: Option<Tensor>,
    /// The same numbers at hand for the kernels.
    on_host: (Option<Vec<f32>>, Option<Vec<f32>>),
}

impl Norm {
    /// Loads weight and bias.
    pub fn load(norm: &architecture::Norm, weights: &Weights<'_>) -> Result<Self> {
        let vector =
            |name: &Option<String>| name.as_ref().map(|name| weights.tensor_f32(name, &[norm.width])).transpose();
        Self::new(norm, vector(&norm.weight)?, vector(&norm.bias)?, weights)
    }

    /// Loads as many norms without bias as one matrix has rows.
    pub fn load_rows(norm: &architecture::Norm, count: usize, weights: &Weights<'_>) -> Result<Vec<Self>> {
        let rows = match &norm.weight {
            Some(name) => Some(weights.tensor_f32(name, &[count, norm.width])?),
            None => None,
        };
        (0..count)
            .map(|row| Self::new(norm, rows.as_ref().map(|rows| rows.get(row)).transpose()?, None, weights))
            .collect()
    }

    fn new(
        norm: &architecture::Norm,
        weight: Option<Tensor>,
        bias: Option<Tensor>,
        weights: &Weights<'_>,
    ) -> Result<Self> {
        let weight = match weight {
            Some(weight) if norm.plus_one => Some((weight + 1.0)?),
            weight => weight,
        };
        let host = |tensor: &Option<Tensor>| tensor.as_ref().map(|tensor| tensor.to_vec1::<f32>()).transpose();
        let on_host =
            if matches!(weights.device(), Device::Cpu) { (host(&weight)?, host(&bias)?) } else { (None, None) };
        Ok(Self { kind: norm.kind, epsilon: norm.epsilon, weight, bias, on_host })
    }

    /// Norms the last dimension.
    pub fn forward(&self, x: &Tensor) -> Computed<Tensor> {
        if kernels::apply_to(x) {
            let (weight, bias) = &self.on_host;
            return kernels::normalise(x, self.kind, weight.as_deref(), bias.as_deref(), self.epsilon);
        }
        let dtype = x.dtype();
        let x = x.to_dtype(EXACT)?;
        let x = match self.kind {
            NormKind::RootMeanSquare => x,
            NormKind::Layer => x.broadcast_sub(&x.mean_keepdim(candle_core::D::Minus1)?)?,
        };
        let square = x.sqr()?.mean_keepdim(candle_core::D::Minus1)?;
        let mut y = x.broadcast_div(&(square + self.epsilon)?.sqrt()?)?;
        if let Some(weight) = &self.weight {
            y = y.broadcast_mul(weight)?;
        }
        if let Some(bias) = &self.bias {
            y = y.broadcast_add(bias)?;
        }
        if dtype == DType::F32 { Ok(y) } else { y.to_dtype(dtype) }
    }
}
