//! Eight domains sorted at once.

use pulp::{Simd, WithSimd};

/// Domains in a block: as many doubles as the widest vector register holds.
pub(super) const LANES: usize = 8;

/// Most models for which a block is faster than sorting one column after another: a network's work grows with the
/// square of the logarithm.
pub(super) const MOST_MODELS: usize = 1024;

/// Row `p` holds what is in place `p` of each column.
type Row = [f64; LANES];

/// The places of models in ascending order of bits, for eight domains.
///
/// # Method
/// A sorting network compares the same places whatever the values, so that eight columns go through it side by side in
/// vector registers, without branches (Batcher's merge exchange, for any number of models; Knuth, The Art of Computer
/// Programming 5.2.2, algorithm M). The lowest bits of each value make room for its model's place in the order of errors,
/// 7 of 52 for 90 models. Where that leaves two values alike, the column says so, and its order is settled by the values
/// themselves.
pub(super) struct Block {
    rows: Vec<Row>,
    index_mask: u64,
}

/// What a sorted block tells of its columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sorted {
    /// All values of the column are finite; otherwise nothing else holds.
    pub(super) finite: [bool; LANES],
    /// All values of the column differ, so that the order is final; otherwise like ones may be in any order.
    pub(super) distinct: [bool; LANES],
    /// `Σ (2 place − N + 1)(2 rank − N + 1)` over models, both from 0: exact, since below 2⁵³ for [`MOST_MODELS`].
    pub(super) covariation: Row,
}

impl Block {
    /// For columns of this many models.
    pub(super) fn new(models: usize) -> Self {
        let index_bits = usize::BITS - models.saturating_sub(1).leading_zeros();
        Self { rows: vec![[0.0; LANES]; models], index_mask: (1 << index_bits) - 1 }
    }

    /// Sorts up to eight columns, one after another in `columns`; with fewer, the last stands in for the others.
    ///
    /// `models`: the model in each place of the order of errors.
    pub(super) fn sort(&mut self, columns: &[f64], models: &[usize], arch: pulp::Arch) -> Sorted {
        arch.dispatch(Sort { rows: &mut self.rows, index_mask: self.index_mask, columns, models })
    }

    /// Places in the order of errors, in ascending order of bits.
    pub(super) fn places(&self, lane: usize) -> impl Iterator<Item = usize> {
        self.rows.iter().map(move |row| (row[lane].to_bits() & self.index_mask) as usize)
    }
}

/// Compiled for each kind of processor.
struct Sort<'a> {
    rows: &'a mut [Row],
    index_mask: u64,
    columns: &'a [f64],
    models: &'a [usize],
}

impl WithSimd for Sort<'_> {
    type Output = Sorted;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Sorted {
        let Self { rows, index_mask, columns, models } = self;
        let finite = load(rows, index_mask, columns, models);
        network(rows);
        let mut like = [0_u64; LANES];
        for (a, b) in rows.iter().zip(rows.iter().skip(1)) {
            for lane in 0..LANES {
                like[lane] |= u64::from((a[lane].to_bits() ^ b[lane].to_bits()) & !index_mask == 0);
            }
        }
        Sorted { finite, distinct: like.map(|like| like == 0), covariation: covariation(rows, index_mask) }
    }
}

/// Fills the rows in the order of errors, each value with its place in the lowest bits, and tells which columns are
/// finite.
#[inline(always)]
fn load(rows: &mut [Row], index_mask: u64, columns: &[f64], models: &[usize]) -> [bool; LANES] {
    let count = models.len();
    let last = columns.len().saturating_sub(count);
    // Zero times a finite value is zero, times any other not a number.
    let mut check = [0.0_f64; LANES];
    for lane in 0..LANES {
        let column = &columns[(lane * count).min(last)..][..count];
        for ((row, &model), place) in rows.iter_mut().zip(models).zip(0_u64..) {
            // Adding zero makes one value of both zeros.
            let value = column[model] + 0.0;
            check[lane] += 0.0 * value;
            row[lane] = f64::from_bits((value.to_bits() & !index_mask) | place);
        }
    }
    check.map(|check| check == 0.0)
}

/// Sorts every column of the rows.
#[inline(always)]
fn network(rows: &mut [Row]) {
    let count = rows.len();
    if count < 2 {
        return;
    }
    let top = count.next_power_of_two() / 2;
    let mut step = top;
    while step > 0 {
        let (mut reach, mut start, mut distance) = (top, 0, step);
        loop {
            // Runs of `step` places that are compared with those `distance` further on; a run is never longer than that.
            let mut run = start;
            while run + distance < count {
                let (low, high) = rows.split_at_mut(run + distance);
                let length = step.min(high.len());
                for (a, b) in low[run..].iter_mut().zip(high).take(length) {
                    exchange(a, b);
                }
                run += 2 * step;
            }
            if reach == step {
                break;
            }
            distance = reach - step;
            reach /= 2;
            start = step;
        }
        step /= 2;
    }
}

/// Puts the smaller value of each column into `a`. Both expressions are one instruction of a processor each.
#[inline(always)]
fn exchange(a: &mut Row, b: &mut Row) {
    for lane in 0..LANES {
        let (x, y) = (a[lane], b[lane]);
        a[lane] = if x < y { x } else { y };
        b[lane] = if y > x { y } else { x };
    }
}

#[inline(always)]
fn covariation(rows: &[Row], index_mask: u64) -> Row {
    /// A double whose lowest bits count in ones.
    const ONES: u64 = (1023 + 52) << 52;
    let middle = rows.len() as f64 - 1.0;
    let mut sums = [0.0; LANES];
    let mut rank = -middle;
    for row in rows {
        for lane in 0..LANES {
            let place = f64::from_bits((row[lane].to_bits() & index_mask) | ONES) - f64::from_bits(ONES);
            sums[lane] += (2.0 * place - middle) * rank;
        }
        rank += 2.0;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_sorts_any_number_of_models() {
        for count in 1..=130 {
            let mut block = Block::new(count);
            let models: Vec<usize> = (0..count).rev().collect();
            // 7919 is prime, so that values repeat in no column.
            let columns: Vec<f64> = (0..LANES * count).map(|k| ((k * 7919 + 13) % 100_003) as f64 - 50_000.0).collect();
            let sorted = block.sort(&columns, &models, pulp::Arch::new());
            assert_eq!((sorted.finite, sorted.distinct), ([true; LANES], [true; LANES]));
            for (lane, column) in columns.chunks(count).enumerate() {
                let order: Vec<f64> = block.places(lane).map(|place| column[models[place]]).collect();
                assert!(order.is_sorted(), "{count} models: {order:?}");
                assert_eq!(order.len(), count);
            }
        }
    }

    #[test]
    fn like_values_and_values_that_are_not_finite_are_told() {
        let mut columns = vec![0.0; 4 * LANES];
        columns.iter_mut().zip(0..).for_each(|(value, k)| *value = f64::from(k % 4) - 1.5);
        columns[4] = f64::from_bits(columns[5].to_bits() + 1);
        columns[10] = f64::NAN;
        columns[31] = f64::NEG_INFINITY;
        columns[12] = -0.0;
        columns[13] = 0.0;
        let sorted = Block::new(4).sort(&columns, &[0, 1, 2, 3], pulp::Arch::new());
        assert_eq!(sorted.finite, [true, true, false, true, true, true, true, false]);
        assert!(sorted.distinct[0] && !sorted.distinct[1] && !sorted.distinct[3] && sorted.distinct[4]);
    }
}
