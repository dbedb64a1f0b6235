//! Activations, alone or with the product of a gated part.

use candle_core::{Device, Result, Tensor};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::exponential::exp;
use super::softmax::tanh;
use super::with_numbers;
use crate::architecture::description::Activation;

#[inline(always)]
fn silu(x: f32) -> f32 {
    x / (1.0 + exp(-x))
}

#[inline(always)]
fn gelu_tanh(x: f32) -> f32 {
    // Hendrycks and Gimpel, arXiv 1606.08415.
    0.5 * x * (1.0 + tanh(0.797_884_6 * (0.044_715 * x * x * x + x)))
}

/// `erf` by the exponential integral form of Abramowitz and Stegun is not exact enough; the standard one is.
fn gelu(x: f32) -> f32 {
    let x = f64::from(x);
    (0.5 * x * (1.0 + candle_core::cpu::erf::erf_f64(x * std::f64::consts::FRAC_1_SQRT_2))) as f32
}

#[inline(always)]
fn relu(x: f32) -> f32 {
    // A comparison, not `max`: that would turn not-a-number into 0.
    if x < 0.0 { 0.0 } else { x }
}

#[inline(always)]
fn relu_squared(x: f32) -> f32 {
    relu(x) * relu(x)
}

/// `activation(x)` for `x` `[rows, width]`.
pub fn activate(x: &Tensor, activation: Activation) -> Result<Tensor> {
    let (rows, width) = x.dims2()?;
    let arch = pulp::Arch::new();
    let mut out = vec![0.0_f32; rows * width];
    with_numbers(x, |numbers| {
        out.par_chunks_mut(width).zip(numbers.par_chunks(width)).for_each(|(out, x)| {
            arch.dispatch(Row { out, x, factor: None, activation });
        });
        Ok(())
    })?;
    Tensor::from_vec(out, (rows, width), &Device::Cpu)
}

/// `activation(gate) · up` for gate and up side by side, `[rows, 2 width]` to `[rows, width]`.
pub fn gate(gate_up: &Tensor, activation: Activation) -> Result<Tensor> {
    let (rows, both) = gate_up.dims2()?;
    let width = both / 2;
    let arch = pulp::Arch::new();
    let mut out = vec![0.0_f32; rows * width];
    with_numbers(gate_up, |numbers| {
        out.par_chunks_mut(width).zip(numbers.par_chunks(both)).for_each(|(out, row)| {
            let (x, up) = row.split_at(width);
            arch.dispatch(Row { out, x, factor: Some(up), activation });
        });
        Ok(())
    })?;
    Tensor::from_vec(out, (rows, width), &Device::Cpu)
}

/// One row, compiled for each kind of processor.
struct Row<'a> {
    out: &'a mut [f32],
    x: &'a [f32],
    factor: Option<&'a [f32]>,
    activation: Activation,
}

impl WithSimd for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        // One loop for each, so that each is compiled for its own function.
        macro_rules! each {
            ($function:expr) => {
                for (out, &x) in self.out.iter_mut().zip(self.x) {
                    *out = $function(x);
                }
            };
        }
        match self.activation {
            Activation::Silu => each!(silu),
            Activation::GeluTanh => each!(gelu_tanh),
            Activation::Gelu => each!(gelu),
            Activation::Relu => each!(relu),
            Activation::ReluSquared => each!(relu_squared),
        }
        if let Some(factor) = self.factor {
            for (out, &factor) in self.out.iter_mut().zip(factor) {
                *out *= factor;
            }
        }
    }
}
