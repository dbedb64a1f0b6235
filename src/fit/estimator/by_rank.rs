//! Estimates from the order of bits: columns sorted in blocks, summed one by one.

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::block::{Block, LANES, MOST_MODELS};
use super::concordance::Counter;
use super::order::{Order, Sorter};
use super::pair_signs::{Covariation, PairSigns};

/// Blocks that one thread takes at least: below, starting it costs more than it saves.
const LEAST_BLOCKS: usize = 32;

/// `value` of each domain's `Σ s_i t_i`; not a number where bits are not finite.
pub(super) fn by_covariation(
    bits: &DMatrix<f64>,
    signs: &PairSigns,
    value: impl Fn(Covariation) -> f64 + Sync,
) -> Vec<f64> {
    // Places are the errors' signs only where no errors tie.
    let quick = |_: &mut Counter, _: &Block, _: usize, covariation: f64| {
        (!signs.is_tied()).then(|| value(signs.covariation_without_ties(covariation)))
    };
    each(bits, signs, quick, |_, order| value(signs.covary(order)))
}

/// `value` of each domain's `Σ sgn(e_g − e_k) sgn(x_g − x_k)`; not a number where bits are not finite.
pub(super) fn by_concordance(bits: &DMatrix<f64>, signs: &PairSigns, value: impl Fn(i64) -> f64 + Sync) -> Vec<f64> {
    let quick = |counter: &mut Counter, block: &Block, lane: usize, _: f64| {
        (!signs.is_tied()).then(|| value(counter.concordance_without_ties(block.places(lane))))
    };
    each(bits, signs, quick, |counter, order| value(counter.concordance(order, signs)))
}

/// What a thread keeps from block to block.
struct Scratch {
    block: Block,
    sorter: Sorter,
    counter: Counter,
}

/// Every column's value: `quick` where all its bits differ, if that has one, otherwise `careful`.
fn each(
    bits: &DMatrix<f64>,
    signs: &PairSigns,
    quick: impl Fn(&mut Counter, &Block, usize, f64) -> Option<f64> + Sync,
    careful: impl Fn(&mut Counter, &Order) -> f64 + Sync,
) -> Vec<f64> {
    let models = bits.nrows();
    let arch = pulp::Arch::new();
    let scratch = || Scratch {
        block: Block::new(models.min(MOST_MODELS)),
        sorter: Sorter::new(models),
        counter: Counter::new(models),
    };
    let mut estimates = vec![0.0; bits.ncols()];
    estimates
        .par_chunks_mut(LANES)
        .zip(bits.as_slice().par_chunks(LANES * models))
        .with_min_len(LEAST_BLOCKS)
        .for_each_init(scratch, |Scratch { block, sorter, counter }, (estimates, columns)| {
            if models > MOST_MODELS {
                for (estimate, column) in estimates.iter_mut().zip(columns.chunks(models)) {
                    *estimate = sorter.sort(column).map_or(f64::NAN, |order| careful(counter, &order));
                }
                return;
            }
            let sorted = block.sort(columns, signs.models(), arch);
            for (lane, (estimate, column)) in estimates.iter_mut().zip(columns.chunks(models)).enumerate() {
                if !sorted.finite[lane] {
                    *estimate = f64::NAN;
                    continue;
                }
                let value =
                    sorted.distinct[lane].then(|| quick(counter, block, lane, sorted.covariation[lane])).flatten();
                *estimate = value.unwrap_or_else(|| {
                    let order = block.places(lane).map(|place| signs.models()[place]);
                    careful(counter, &sorter.settle(order, column))
                });
            }
        });
    estimates
}
