//! Norms over the last dimension.

use candle_core::{Device, Result, Tensor};
use rayon::prelude::*;

use super::super::architecture::NormKind;
use super::with_numbers;

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
            arch.dispatch(|| {
                let (shift, factor) = shift_and_factor(row, kind, epsilon);
                match weight {
                    Some(weight) => {
                        for ((out, &x), &weight) in out.iter_mut().zip(row).zip(weight) {
                            *out = (x - shift) * factor * weight;
                        }
                    }
                    None => {
                        for (out, &x) in out.iter_mut().zip(row) {
                            *out = (x - shift) * factor;
                        }
                    }
                }
                if let Some(bias) = bias {
                    for (out, &bias) in out.iter_mut().zip(bias) {
                        *out += bias;
                    }
                }
            });
        });
        Ok(())
    })?;
    Tensor::from_vec(out, x.shape().clone(), &Device::Cpu)
}

#[inline(always)]
fn shift_and_factor(row: &[f32], kind: NormKind, epsilon: f64) -> (f32, f32) {
    let count = row.len() as f64;
    let shift = match kind {
        NormKind::RootMeanSquare => 0.0,
        NormKind::Layer => (sum(row, |x| x) / count) as f32,
    };
    let square = sum(row, |x| (x - shift) * (x - shift)) / count;
    (shift, (1.0 / (square + epsilon).sqrt()) as f32)
}

#[inline(always)]
fn sum(row: &[f32], of: impl Fn(f32) -> f32) -> f64 {
    let mut lanes = [0.0_f32; LANES];
    let mut chunks = row.chunks_exact(LANES);
    for chunk in &mut chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += of(x);
        }
    }
    let rest: f64 = chunks.remainder().iter().map(|&x| f64::from(of(x))).sum();
    lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>() + rest
}
