//! Activations, alone or with the product of a gated part.

use candle_core::{Device, Result, Tensor};
use rayon::prelude::*;

use super::super::architecture::Activation;
use super::exponential::exp;
use super::softmax::tanh;
use super::with_numbers;

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

/// Calls a macro-like closure with the function of an activation, so that each loop is compiled for its own.
macro_rules! with_activation {
    ($activation:expr, $function:ident => $body:expr) => {
        match $activation {
            Activation::Silu => {
                let $function = silu;
                $body
            }
            Activation::GeluTanh => {
                let $function = gelu_tanh;
                $body
            }
            Activation::Gelu => {
                let $function = gelu;
                $body
            }
            Activation::Relu => {
                let $function = relu;
                $body
            }
            Activation::ReluSquared => {
                let $function = |x: f32| relu(x) * relu(x);
                $body
            }
        }
    };
}

/// `activation(x)` for `x` `[rows, width]`.
pub fn activate(x: &Tensor, activation: Activation) -> Result<Tensor> {
    let (rows, width) = x.dims2()?;
    let arch = pulp::Arch::new();
    let mut out = vec![0.0_f32; rows * width];
    with_numbers(x, |numbers| {
        out.par_chunks_mut(width).zip(numbers.par_chunks(width)).for_each(|(out, x)| {
            with_activation!(activation, function => arch.dispatch(
                #[inline(always)]
                || {
                    for (out, &x) in out.iter_mut().zip(x) {
                        *out = function(x);
                    }
                }
            ));
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
            let (gate, up) = row.split_at(width);
            with_activation!(activation, function => arch.dispatch(
                #[inline(always)]
                || {
                    for ((out, &gate), &up) in out.iter_mut().zip(gate).zip(up) {
                        *out = function(gate) * up;
                    }
                }
            ));
        });
        Ok(())
    })?;
    Tensor::from_vec(out, (rows, width), &Device::Cpu)
}
