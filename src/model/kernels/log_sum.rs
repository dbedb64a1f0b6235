//! The logarithm of a sum of exponentials, row by row.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::exponential::exp;

/// Numbers summed in 32 bits before the sum goes on in 64.
const BLOCK: usize = 512;
const LANES: usize = 16;

/// A running `log Σ eˣ`: greatest number and the sum of the rest relative to it.
#[derive(Debug, Clone, Copy)]
pub struct LogSum {
    greatest: f32,
    sum: f64,
}

impl LogSum {
    /// The sum of nothing.
    pub const NONE: Self = Self { greatest: f32::NEG_INFINITY, sum: 0.0 };

    /// A sum relative to its greatest number.
    pub fn of(greatest: f32, sum: f64) -> Self {
        Self { greatest, sum }
    }

    /// Joins two sums.
    pub fn join(self, other: Self) -> Self {
        let (large, small) = if self.greatest >= other.greatest { (self, other) } else { (other, self) };
        if small.sum == 0.0 {
            return large;
        }
        let scale = f64::from(small.greatest - large.greatest).exp();
        Self { greatest: large.greatest, sum: large.sum + small.sum * scale }
    }

    /// The logarithm.
    pub fn value(self) -> f64 {
        f64::from(self.greatest) + self.sum.ln()
    }
}

/// [`LogSum`] of every row of `rows × width` numbers; not-a-number and infinities come out as not-a-number.
pub fn log_sums(numbers: &[f32], width: usize) -> Vec<LogSum> {
    let arch = pulp::Arch::new();
    numbers.par_chunks(width).map(|row| arch.dispatch(Row(row))).collect()
}

/// One row, compiled for each kind of processor. (Closures are not always inlined into the code for one.)
struct Row<'a>(&'a [f32]);

impl WithSimd for Row<'_> {
    type Output = LogSum;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> LogSum {
        log_sum(self.0)
    }
}

#[inline(always)]
fn log_sum(row: &[f32]) -> LogSum {
    let greatest = greatest(row);
    let mut sum = 0.0_f64;
    for block in row.chunks(BLOCK) {
        let mut lanes = [0.0_f32; LANES];
        let mut chunks = block.chunks_exact(LANES);
        for chunk in &mut chunks {
            for (lane, &x) in lanes.iter_mut().zip(chunk) {
                *lane += exp(x - greatest);
            }
        }
        let rest: f32 = chunks.remainder().iter().map(|&x| exp(x - greatest)).sum();
        sum += f64::from(lanes.iter().sum::<f32>()) + f64::from(rest);
    }
    LogSum { greatest, sum }
}

/// The greatest number of a row, passing over what is not a number.
#[inline(always)]
pub fn greatest(row: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let mut chunks = row.chunks_exact(LANES);
    for chunk in &mut chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = if x > *lane { x } else { *lane };
        }
    }
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let rest = chunks.remainder().iter().copied().fold(f32::NEG_INFINITY, larger);
    lanes.iter().copied().fold(rest, larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_double_precision_and_joins() {
        let row: Vec<f32> = (0..5003).map(|i| ((i * 7919 % 1000) as f32 - 500.0) * 0.03).collect();
        let exact = row.iter().map(|&x| f64::from(x).exp()).sum::<f64>().ln();
        let whole = log_sums(&row, row.len())[0];
        assert!((whole.value() - exact).abs() < 1e-6, "{} {exact}", whole.value());
        let (left, right) = row.split_at(1234);
        let joined = log_sums(left, left.len())[0].join(log_sums(right, right.len())[0]).join(LogSum::NONE);
        assert!((joined.value() - exact).abs() < 1e-6);
    }

    #[test]
    fn tells_what_is_no_number() {
        assert!(log_sums(&[1.0, f32::NAN, 2.0], 3)[0].value().is_nan());
        assert!(log_sums(&[1.0, f32::INFINITY], 2)[0].value().is_nan());
        assert!(log_sums(&[f32::NEG_INFINITY, f32::NEG_INFINITY], 2)[0].value().is_nan());
        assert!((log_sums(&[0.0, f32::NEG_INFINITY], 2)[0].value()).abs() < 1e-9);
    }
}
