//! Estimates that are weighted sums over models: bound by how fast the matrix comes from memory.

use nalgebra::DMatrix;
use rayon::prelude::*;

/// Domains that are read side by side.
const STREAMS: usize = 8;
/// Domains that a thread takes at a time: below, starting it costs more than it saves.
const DOMAINS_AT_ONCE: usize = 1024;
/// Partial sums of one domain, enough for the widest vector register.
const LANES: usize = 8;

/// From where the values of a column are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Zero.
    Zero,
    /// Its first value, so that constant bits give zero exactly for weights that add up to zero, and the common level of bits
    /// costs no digits.
    FirstValue,
}

/// `value` of each domain's `Σ_i weights_i (x_i − origin)`.
///
/// # Method
/// A processor fetches ahead along each run of memory that it sees, and within a page: eight columns far apart, read in
/// step, keep about twice as many bytes on their way as one after the other. Each column has eight partial sums of its own
/// in a fixed order, whatever is read beside it.
pub(super) fn by_weight(
    bits: &DMatrix<f64>,
    weights: &[f64],
    origin: Origin,
    value: impl Fn(f64) -> f64 + Sync,
) -> Vec<f64> {
    let models = bits.nrows();
    let mut estimates = vec![0.0; bits.ncols()];
    estimates.par_chunks_mut(DOMAINS_AT_ONCE).zip(bits.as_slice().par_chunks(DOMAINS_AT_ONCE * models)).for_each(
        |(estimates, columns)| {
            let apart = estimates.len() / STREAMS;
            let column = |index: usize| &columns[index * models..(index + 1) * models];
            for first in 0..apart {
                let side_by_side = std::array::from_fn(|stream| column(stream * apart + first));
                let sums = weigh::<STREAMS>(side_by_side, weights, origin);
                for (stream, sum) in sums.into_iter().enumerate() {
                    estimates[stream * apart + first] = value(sum);
                }
            }
            for (index, estimate) in estimates.iter_mut().enumerate().skip(STREAMS * apart) {
                let [sum] = weigh([column(index)], weights, origin);
                *estimate = value(sum);
            }
        },
    );
    estimates
}

/// The weighted sums of some columns.
#[inline(always)]
fn weigh<const COLUMNS: usize>(columns: [&[f64]; COLUMNS], weights: &[f64], origin: Origin) -> [f64; COLUMNS] {
    let origins = columns.map(|column| match origin {
        Origin::Zero => 0.0,
        Origin::FirstValue => column.first().copied().unwrap_or(0.0),
    });
    let (blocks, weights_rest) = weights.as_chunks::<LANES>();
    let split = columns.map(|column| column.as_chunks::<LANES>());
    let mut partial = [[0.0_f64; LANES]; COLUMNS];
    for (block, weights) in blocks.iter().enumerate() {
        for stream in 0..COLUMNS {
            let values = &split[stream].0[block];
            for lane in 0..LANES {
                partial[stream][lane] += weights[lane] * (values[lane] - origins[stream]);
            }
        }
    }
    std::array::from_fn(|stream| {
        let sums = &partial[stream];
        let rest: f64 = split[stream].1.iter().zip(weights_rest).map(|(x, s)| s * (x - origins[stream])).sum();
        ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])) + rest
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::vector::dot;

    #[test]
    fn sums_do_not_depend_on_what_is_read_beside_them() {
        for (models, domains) in [(2, 1), (7, 9), (8, 64), (90, 1500)] {
            let bits = DMatrix::from_fn(models, domains, |i, d| 0.1 + ((i * 37 + d * 101) % 997) as f64 / 997.0);
            let weights: Vec<f64> = (0..models).map(|i| ((i * 29) % 31) as f64 - 14.5).collect();
            let plain = by_weight(&bits, &weights, Origin::Zero, |sum| sum);
            let moved = by_weight(&bits, &weights, Origin::FirstValue, |sum| 2.0 * sum);
            for (domain, (plain, moved)) in plain.iter().zip(&moved).enumerate() {
                let column: Vec<f64> = bits.column(domain).iter().copied().collect();
                assert_eq!(*plain, dot(&column, &weights));
                let from_first: Vec<f64> = column.iter().map(|x| x - column[0]).collect();
                assert_eq!(*moved, 2.0 * dot(&from_first, &weights));
            }
        }
    }
}
