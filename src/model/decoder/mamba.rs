//! Mamba layers.

use candle_core::{Device, Result as Computed, Tensor};
use mixopt_base::Setting;

use super::super::error::{ModelError, Result};
use super::super::kernels::{self, Scan};
use super::linear::{EXACT, Linear};
use super::norm::Norm;
use super::pack::Pack;
use crate::architecture::description::{Activation, MambaLayer};
use crate::weights::mapped::Weights;

/// A loaded Mamba layer.
#[derive(Debug)]
pub struct Mamba {
    norm: Norm,
    input: Linear,
    selection: Linear,
    time_step: Linear,
    output: Linear,
    convolution: Vec<f32>,
    convolution_bias: Option<Vec<f32>>,
    decay: Vec<f32>,
    direct: Vec<f32>,
    inner: usize,
    states: usize,
    kernel: usize,
    rank: usize,
}

impl Mamba {
    /// Loads its weights.
    pub fn load(layer: &MambaLayer, weights: &Weights<'_>) -> Result<Self> {
        if !matches!(weights.device(), Device::Cpu) {
            let problem = format!("the recurrence of Mamba runs on the CPU only; use `{} cpu`", Setting::Device);
            return Err(ModelError::Compute(candle_core::Error::msg(problem)));
        }
        let vector = |name: &str, shape: &[usize]| -> Result<Vec<f32>> {
            Ok(weights.tensor_f32(name, shape)?.flatten_all()?.to_vec1::<f32>()?)
        };
        let decay = vector(&layer.log_decay, &[layer.inner, layer.states])?;
        Ok(Self {
            norm: Norm::load(&layer.norm, weights)?,
            input: Linear::load(&layer.input, weights)?,
            selection: Linear::load(&layer.selection, weights)?,
            time_step: Linear::load(&layer.time_step, weights)?,
            output: Linear::load(&layer.output, weights)?,
            convolution: vector(&layer.convolution, &[layer.inner, 1, layer.kernel])?,
            convolution_bias: layer.convolution_bias.as_ref().map(|name| vector(name, &[layer.inner])).transpose()?,
            decay: decay.into_iter().map(|log| -log.exp()).collect(),
            direct: vector(&layer.direct, &[layer.inner])?,
            inner: layer.inner,
            states: layer.states,
            kernel: layer.kernel,
            rank: layer.rank,
        })
    }

    /// `[rows, hidden]` to `[rows, hidden]`, the sum with the input included.
    pub fn forward(&self, x: &Tensor, pack: &Pack) -> Computed<Tensor> {
        let dtype = x.dtype();
        let both = self.input.forward(&self.norm.forward(x)?)?;
        let gate = both.narrow(1, self.inner, self.inner)?.contiguous()?.to_dtype(EXACT)?;
        let stream = both.narrow(1, 0, self.inner)?.contiguous()?.to_dtype(EXACT)?;
        let mut parts = Vec::new();
        for run in &pack.runs {
            for window in 0..run.windows {
                let rows = stream.narrow(0, run.row + window * run.length, run.length)?;
                parts.push(self.sequence(&rows, dtype)?);
            }
        }
        let mixed = match parts.as_slice() {
            [one] => one.clone(),
            several => Tensor::cat(several, 0)?,
        };
        let gated = (mixed * kernels::activate(&gate, Activation::Silu)?)?.to_dtype(dtype)?;
        x + self.output.forward(&gated)?
    }

    /// One sequence through convolution and recurrence.
    fn sequence(&self, stream: &Tensor, dtype: candle_core::DType) -> Computed<Tensor> {
        let length = stream.dim(0)?;
        let stream =
            kernels::causal_convolution(stream, &self.convolution, self.convolution_bias.as_deref(), self.kernel)?;
        let selection = self.selection.forward(&stream.to_dtype(dtype)?)?;
        let time_step = self.time_step.forward(&selection.narrow(1, 0, self.rank)?.contiguous()?)?.to_dtype(EXACT)?;
        let selection = selection.to_dtype(EXACT)?;
        let columns = selection.dim(1)?;
        let out = kernels::with_numbers(&stream, |stream| {
            kernels::with_numbers(&time_step, |time_step| {
                kernels::with_numbers(&selection, |selection| {
                    Ok(kernels::scan(&Scan {
                        stream,
                        time_step,
                        selection,
                        columns,
                        input_column: self.rank,
                        decay: &self.decay,
                        direct: &self.direct,
                        inner: self.inner,
                        states: self.states,
                    }))
                })
            })
        })?;
        Tensor::from_vec(out, (length, self.inner), &Device::Cpu)
    }
}
