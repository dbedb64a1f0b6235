//! Causal attention weights from raw scores, in place.

use candle_core::{CpuStorage, InplaceOp1, Layout, Result};
use half::bf16;
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::exponential::exp;
use super::log_sum::greatest;
use crate::architecture::description::Alibi;

/// Which keys a block of queries sees, and what is done to the scores first.
#[derive(Debug, Clone)]
pub struct Mask<'a> {
    /// Position of the first query.
    pub first_query: usize,
    /// Queries.
    pub queries: usize,
    /// Position of the first key.
    pub first_key: usize,
    /// Keys that a query sees, itself included.
    pub window: Option<usize>,
    /// Factor on the scores.
    pub scale: f64,
    /// `c tanh(scores / c)`, after the factor.
    pub soft_cap: Option<f64>,
    /// Bias by distance, after that.
    pub alibi: Option<&'a Alibi>,
    /// Query heads, for the biases.
    pub heads: usize,
}

impl Mask<'_> {
    /// Keys that the query at a position sees, as columns of `keys` columns.
    #[inline(always)]
    pub fn seen(&self, query: usize, keys: usize) -> std::ops::Range<usize> {
        let end = (query + 1).saturating_sub(self.first_key).min(keys);
        let start = match self.window {
            Some(window) => (query + 1).saturating_sub(window).saturating_sub(self.first_key),
            None => 0,
        };
        start.min(end)..end
    }

    /// Bias of a head on a key position.
    #[inline(always)]
    pub fn bias(&self, alibi: &Alibi, head: usize, key: usize) -> f32 {
        let slope = alibi.slopes.get(head).copied().unwrap_or(0.0);
        if alibi.before_scale {
            let bias = bf16::from_f32(bf16::from_f64(slope).to_f32() * bf16::from_f32(key as f32).to_f32());
            (f64::from(bias.to_f32()) * self.scale) as f32
        } else {
            (slope * key as f64) as f32
        }
    }
}

/// Turns scores `[rows, keys]` into weights. Rows run over batch and heads, and within each over the queries; heads that
/// share a key head follow each other.
pub struct CausalSoftmax<'a>(pub Mask<'a>);

impl InplaceOp1 for CausalSoftmax<'_> {
    fn name(&self) -> &'static str {
        "causal-softmax"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let CpuStorage::F32(numbers) = storage else { candle_core::bail!("32-bit scores were expected") };
        let Some((start, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("contiguous scores were expected")
        };
        let Some(&keys) = layout.dims().last() else { candle_core::bail!("scores have no dimension") };
        let mask = &self.0;
        // Biases by head and key, once for all queries.
        let biases: Option<Vec<f32>> = mask.alibi.map(|alibi| {
            (0..mask.heads)
                .flat_map(|head| (0..keys).map(move |key| (head, key)))
                .map(|(head, key)| mask.bias(alibi, head, mask.first_key + key))
                .collect()
        });
        let arch = pulp::Arch::new();
        numbers[start..end].par_chunks_mut(keys).enumerate().for_each(|(row, scores)| {
            let seen = mask.seen(mask.first_query + row % mask.queries, keys);
            let head = row / mask.queries % mask.heads;
            let biases = biases.as_ref().map(|biases| &biases[head * keys..(head + 1) * keys]);
            let scale = mask.scale as f32;
            arch.dispatch(Row { scores, seen, scale, soft_cap: mask.soft_cap, biases });
        });
        Ok(())
    }
}

/// One row, compiled for each kind of processor.
struct Row<'a> {
    scores: &'a mut [f32],
    seen: std::ops::Range<usize>,
    scale: f32,
    soft_cap: Option<f64>,
    biases: Option<&'a [f32]>,
}

impl WithSimd for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        weigh(self.scores, self.seen, self.scale, self.soft_cap, self.biases);
    }
}

#[inline(always)]
fn weigh(row: &mut [f32], seen: std::ops::Range<usize>, scale: f32, soft_cap: Option<f64>, biases: Option<&[f32]>) {
    const LANES: usize = 16;
    let (start, end) = (seen.start, seen.end);
    row[..start].fill(0.0);
    row[end..].fill(0.0);
    let scores = &mut row[start..end];
    for score in scores.iter_mut() {
        *score *= scale;
    }
    if let Some(cap) = soft_cap {
        let cap = cap as f32;
        for score in scores.iter_mut() {
            *score = cap * tanh(*score / cap);
        }
    }
    if let Some(biases) = biases {
        for (score, bias) in scores.iter_mut().zip(&biases[start..end]) {
            *score += bias;
        }
    }
    let greatest = greatest(scores);
    let mut lanes = [0.0_f32; LANES];
    let mut chunks = scores.chunks_exact_mut(LANES);
    for chunk in &mut chunks {
        for (lane, score) in lanes.iter_mut().zip(chunk) {
            *score = exp(*score - greatest);
            *lane += *score;
        }
    }
    let mut sum = lanes.iter().sum::<f32>();
    for score in chunks.into_remainder() {
        *score = exp(*score - greatest);
        sum += *score;
    }
    let inverse = 1.0 / sum;
    for score in scores.iter_mut() {
        *score *= inverse;
    }
}

/// Hyperbolic tangent by the exponential of twice the argument; exact enough for soft caps, whose arguments are small, by
/// the series where the difference would cancel.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let square = x * x;
    let series = x * (1.0 + square * (-1.0 / 3.0 + square * (2.0 / 15.0 + square * (-17.0 / 315.0))));
    let small = exp(-2.0 * x.abs());
    let whole = (1.0 - small) / (1.0 + small);
    let signed = if x < 0.0 { -whole } else { whole };
    if square < 0.01 {
        series
    } else if x.is_nan() {
        x
    } else {
        signed
    }
}

#[cfg(test)]
mod tests {
    use super::tanh;

    #[test]
    fn tanh_agrees_with_the_standard_library() {
        for step in -4000..=4000 {
            let x = step as f32 * 0.003;
            let exact = f64::from(x).tanh();
            let error = (f64::from(tanh(x)) - exact).abs();
            assert!(error <= 4e-7 * exact.abs().max(1e-3), "{x}: {error:e}");
        }
        assert_eq!(tanh(100.0), 1.0);
        assert_eq!(tanh(-100.0), -1.0);
        assert!(tanh(f32::NAN).is_nan());
    }
}
