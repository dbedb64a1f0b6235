//! The recurrence of a selective state space and the convolution before it.

use candle_core::{Device, Result, Tensor};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::exponential::exp;
use super::with_numbers;

/// What the recurrence reads, all of one sequence of `length` steps.
pub struct Scan<'a> {
    /// Inner stream `[length, inner]`.
    pub stream: &'a [f32],
    /// Time step before its softplus `[length, inner]`.
    pub time_step: &'a [f32],
    /// Input vectors of the state, then output vectors: columns of `[length, columns]`.
    pub selection: &'a [f32],
    /// Columns of `selection`.
    pub columns: usize,
    /// First column of the input vectors; the output vectors follow.
    pub input_column: usize,
    /// Decay `−exp(log decay)` `[inner, states]`.
    pub decay: &'a [f32],
    /// Direct path `[inner]`.
    pub direct: &'a [f32],
    /// Width of the inner stream.
    pub inner: usize,
    /// States a channel.
    pub states: usize,
}

/// Channels that one task runs through the whole sequence.
const CHANNELS: usize = 16;

/// `hₜ = exp(Δₜ A) hₜ₋₁ + Δₜ Bₜ xₜ`, `yₜ = Cₜ hₜ + D xₜ` (arXiv 2312.00752, equation 2 and section 3.2), `[length, inner]`.
pub fn scan(scan: &Scan<'_>) -> Vec<f32> {
    let length = scan.stream.len() / scan.inner.max(1);
    let arch = pulp::Arch::new();
    let blocks: Vec<(usize, Vec<f32>)> = (0..scan.inner)
        .into_par_iter()
        .step_by(CHANNELS)
        .map(|first| {
            let width = CHANNELS.min(scan.inner - first);
            let mut out = vec![0.0_f32; length * width];
            arch.dispatch(Channels { scan, first, width, out: &mut out });
            (first, out)
        })
        .collect();
    let mut out = vec![0.0_f32; length * scan.inner];
    for (first, block) in blocks {
        let width = CHANNELS.min(scan.inner - first);
        for (step, row) in block.chunks_exact(width).enumerate() {
            let start = step * scan.inner + first;
            out[start..start + width].copy_from_slice(row);
        }
    }
    out
}

/// A few channels, compiled for each kind of processor.
struct Channels<'a> {
    scan: &'a Scan<'a>,
    first: usize,
    width: usize,
    out: &'a mut [f32],
}

impl WithSimd for Channels<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        run(self.scan, self.first, self.width, self.out);
    }
}

#[inline(always)]
fn run(scan: &Scan<'_>, first: usize, width: usize, out: &mut [f32]) {
    let states = scan.states;
    // The state runs through the whole sequence: in 64 bits its errors do not add up.
    let mut state = vec![0.0_f64; width * states];
    for (step, out) in out.chunks_exact_mut(width).enumerate() {
        let row = &scan.selection[step * scan.columns + scan.input_column..][..2 * states];
        let (input, output) = row.split_at(states);
        for (channel, out) in out.iter_mut().enumerate() {
            let index = first + channel;
            let x = scan.stream[step * scan.inner + index];
            let time_step = softplus(scan.time_step[step * scan.inner + index]);
            let decay = &scan.decay[index * states..(index + 1) * states];
            let state = &mut state[channel * states..(channel + 1) * states];
            let mut sum = 0.0_f64;
            for ((state, &decay), (&input, &output)) in state.iter_mut().zip(decay).zip(input.iter().zip(output)) {
                *state = f64::from(exp(time_step * decay)) * *state + f64::from(time_step * input * x);
                sum += *state * f64::from(output);
            }
            *out = (sum + f64::from(scan.direct[index] * x)) as f32;
        }
    }
}

#[inline(always)]
fn softplus(x: f32) -> f32 {
    // Beyond this the logarithm is the argument itself to all digits.
    if x > 20.0 { x } else { x.exp().ln_1p() }
}

/// Depthwise convolution over the steps that end at each step, with bias and then SiLU, for one sequence: `x`
/// `[length, inner]`, weight `[inner, kernel]`.
pub fn causal_convolution(x: &Tensor, weight: &[f32], bias: Option<&[f32]>, kernel: usize) -> Result<Tensor> {
    let (length, inner) = x.dims2()?;
    let mut out = vec![0.0_f32; length * inner];
    with_numbers(x, |numbers| {
        out.par_chunks_mut(inner).enumerate().for_each(|(step, out)| {
            for (channel, out) in out.iter_mut().enumerate() {
                let mut sum = bias.map_or(0.0, |bias| bias[channel]);
                for tap in 0..kernel.min(step + 1) {
                    sum += weight[channel * kernel + kernel - 1 - tap] * numbers[(step - tap) * inner + channel];
                }
                *out = sum / (1.0 + exp(-sum));
            }
        });
        Ok(())
    })?;
    Tensor::from_vec(out, (length, inner), &Device::Cpu)
}
