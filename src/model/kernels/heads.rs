//! Heads out of rows, and their rotation.

use candle_core::{Device, Result, Tensor};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::super::rotary::{Angles, Rotary};
use super::with_numbers;

/// Which part of a matrix of rows belongs to a set of heads.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// First row.
    pub row: usize,
    /// Sequences of equal length, one after the other.
    pub sequences: usize,
    /// Rows of a sequence.
    pub length: usize,
    /// First row of each sequence that is wanted.
    pub from: usize,
    /// First column.
    pub column: usize,
    /// Heads.
    pub heads: usize,
    /// Width of a head.
    pub width: usize,
}

/// Copies heads out of `x` `[rows, columns]` into `[sequences · heads, length − from, width]`.
pub fn split_heads(x: &Tensor, part: Part) -> Result<Tensor> {
    let (_, columns) = x.dims2()?;
    let kept = part.length - part.from;
    let mut out = vec![0.0_f32; part.sequences * part.heads * kept * part.width];
    with_numbers(x, |numbers| {
        out.par_chunks_mut(kept * part.width).enumerate().for_each(|(index, out)| {
            let (sequence, head) = (index / part.heads, index % part.heads);
            let first = part.row + sequence * part.length + part.from;
            let column = part.column + head * part.width;
            for (row, out) in out.chunks_exact_mut(part.width).enumerate() {
                let start = (first + row) * columns + column;
                out.copy_from_slice(&numbers[start..start + part.width]);
            }
        });
        Ok(())
    })?;
    Tensor::from_vec(out, (part.sequences * part.heads, kept, part.width), &Device::Cpu)
}

/// Rotates the leading numbers of every head of `x` `[.., length, width]`. `first` is the position of row 0.
pub fn rotate(x: &Tensor, angles: &Angles, rotary: &Rotary, first: usize) -> Result<Tensor> {
    let (_, length, width) = x.dims3()?;
    let arch = pulp::Arch::new();
    let mut out = with_numbers(x, |numbers| Ok(numbers.to_vec()))?;
    out.par_chunks_mut(length * width).for_each(|rows| {
        arch.dispatch(Rotation { rows, width, angles, rotary, first });
    });
    Tensor::from_vec(out, x.shape().clone(), &Device::Cpu)
}

/// One head of a sequence, compiled for each kind of processor.
struct Rotation<'a> {
    rows: &'a mut [f32],
    width: usize,
    angles: &'a Angles,
    rotary: &'a Rotary,
    first: usize,
}

impl WithSimd for Rotation<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let half = self.rotary.width / 2;
        for (row, x) in self.rows.chunks_exact_mut(self.width).enumerate() {
            let at = (self.first + row) * half;
            let (cosines, sines) = (&self.angles.cosines[at..at + half], &self.angles.sines[at..at + half]);
            if self.rotary.interleaved {
                for ((pair, &cosine), &sine) in x.chunks_exact_mut(2).zip(cosines).zip(sines) {
                    let (a, b) = (pair[0], pair[1]);
                    pair[0] = a * cosine - b * sine;
                    pair[1] = b * cosine + a * sine;
                }
                continue;
            }
            let (left, right) = x[..2 * half].split_at_mut(half);
            for (((left, right), &cosine), &sine) in left.iter_mut().zip(right).zip(cosines).zip(sines) {
                let (a, b) = (*left, *right);
                *left = a * cosine - b * sine;
                *right = b * cosine + a * sine;
            }
        }
    }
}
