//! Norms over the last dimension.

use candle_core::{Device, Result, Tensor};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::with_numbers;
use crate::architecture::description::NormKind;

const LANES: usize = 16;

/// Norms rows of `x` and applies weight and bias. Sums are in 64 bits across lanes.
pub fn normalise(
    x: &Tensor,
    kind: NormKind,
    weight: Option<&[f32]>,
    bias: Option<&[f32]>,
    epsilon: f64,
) -> Result<Tensor> {
    let Some(&width) = x.dims().last() else { candle_core::bail!("a norm needs a dimension") };
    let arch = pulp::Arch::new();
    let mut out = vec![0.0_f32; x.elem_count()];
    with_numbers(x, |numbers| {
        out.par_chunks_mut(width).zip(numbers.par_chunks(width)).for_each(|(out, row)| {
            arch.dispatch(Row { out, row, kind, weight, bias, epsilon });
        });
        Ok(())
    })?;
    Tensor::from_vec(out, x.shape().clone(), &Device::Cpu)
}

/// One row, compiled for each kind of processor.
struct Row<'a> {
    out: &'a mut [f32],
    row: &'a [f32],
    kind: NormKind,
    weight: Option<&'a [f32]>,
    bias: Option<&'a [f32]>,
    epsilon: f64,
}

impl WithSimd for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (shift, factor) = shift_and_factor(self.row, self.kind, self.epsilon);
        match self.weight {
            Some(weight) => {
                for ((out, &x), &weight) in self.out.iter_mut().zip(self.row).zip(weight) {
                    *out = (x - shift) * factor * weight;
                }
            }
            None => {
                for (out, &x) in self.out.iter_mut().zip(self.row) {
                    *out = (x - shift) * factor;
                }
            }
        }
        if let Some(bias) = self.bias {
            for (out, &bias) in self.out.iter_mut().zip(bias) {
                *out += bias;
            }
        }
    }
}

#[inline(always)]
fn shift_and_factor(row: &[f32], kind: NormKind, epsilon: f64) -> (f32, f32) {
    let count = row.len() as f64;
    match kind {
        NormKind::RootMeanSquare => (0.0, factor(sum_of_squares(row, 0.0) / count, epsilon)),
        NormKind::Layer => {
            let shift = (sum(row) / count) as f32;
            (shift, factor(sum_of_squares(row, shift) / count, epsilon))
        }
    }
}

#[inline(always)]
fn factor(mean_square: f64, epsilon: f64) -> f32 {
    (1.0 / (mean_square + epsilon).sqrt()) as f32
}

#[inline(always)]
fn sum(row: &[f32]) -> f64 {
    let mut lanes = [0.0_f32; LANES];
    let mut chunks = row.chunks_exact(LANES);
    for chunk in &mut chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += x;
        }
    }
    chunks.remainder().iter().chain(&lanes).map(|&x| f64::from(x)).sum()
}

#[inline(always)]
fn sum_of_squares(row: &[f32], shift: f32) -> f64 {
    let mut lanes = [0.0_f32; LANES];
    let mut chunks = row.chunks_exact(LANES);
    for chunk in &mut chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += (x - shift) * (x - shift);
        }
    }
    let rest: f64 = chunks.remainder().iter().map(|&x| f64::from((x - shift) * (x - shift))).sum();
    lanes.iter().map(|&x| f64::from(x)).sum::<f64>() + rest
}
