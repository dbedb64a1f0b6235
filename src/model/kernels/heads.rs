//! Heads out of rows, and their rotation.

use candle_core::{Device, Result, Tensor};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::with_numbers;
use crate::architecture::rotary::{Angles, Rotary};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::rotary::Scaling;

    const WIDTH: usize = 12;
    const ROWS: usize = 5;

    fn rotated(interleaved: bool, first: usize) -> (Vec<f32>, Vec<f32>) {
        let rotary = Rotary { width: 8, base: 100.0, interleaved, scaling: Scaling::None };
        let numbers: Vec<f32> = (0..ROWS * WIDTH).map(|i| ((i * 37 + 11) % 23) as f32 / 7.0 - 1.5).collect();
        let x = Tensor::from_slice(&numbers, (1, ROWS, WIDTH), &Device::Cpu).expect("a tensor");
        let y = rotate(&x, &rotary.angles(first + ROWS), &rotary, first).expect("a rotation");
        (numbers, y.flatten_all().and_then(|y| y.to_vec1()).expect("numbers"))
    }

    #[test]
    fn pairs_turn_by_their_angle() {
        for (interleaved, first) in [(false, 0), (true, 0), (false, 3), (true, 3)] {
            let (x, y) = rotated(interleaved, first);
            for row in 0..ROWS {
                let (x, y) = (&x[row * WIDTH..][..WIDTH], &y[row * WIDTH..][..WIDTH]);
                for pair in 0..4 {
                    let (a, b) = if interleaved { (2 * pair, 2 * pair + 1) } else { (pair, pair + 4) };
                    // The pair as a complex number, turned by position · base^(−2 pair / width).
                    let angle = (first + row) as f64 * 100f64.powf(-(pair as f64) / 4.0);
                    let (re, im) = (f64::from(x[a]), f64::from(x[b]));
                    assert!((f64::from(y[a]) - (re * angle.cos() - im * angle.sin())).abs() < 1e-5);
                    assert!((f64::from(y[b]) - (re * angle.sin() + im * angle.cos())).abs() < 1e-5);
                }
                assert_eq!(x[8..], y[8..], "what is not rotated stays");
            }
        }
    }
}
