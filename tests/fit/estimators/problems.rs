//! Seeded random problems, and comparison of vectors.

use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Bits (models × domains) and errors of the models.
#[derive(Debug, Clone)]
pub struct Problem {
    pub bits: DMatrix<f64>,
    pub error: Vec<f64>,
}

/// Shapes with one word of places, whole words, and more models than a block sorts.
pub const SHAPES: [(usize, usize); 9] =
    [(2, 3), (3, 7), (10, 6), (63, 4), (64, 4), (90, 300), (128, 5), (300, 3), (1100, 2)];

pub fn generator(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Values from 0 to 1, on a grid of `levels` where given, so that they tie.
pub fn value(random: &mut ChaCha8Rng, levels: Option<u32>) -> f64 {
    let value: f64 = random.random();
    levels.map_or(value, |levels| (value * f64::from(levels)).floor() / f64::from(levels))
}

pub fn problem(seed: u64, models: usize, domains: usize, levels: Option<u32>) -> Problem {
    let mut random = generator(seed);
    let error: Vec<f64> = (0..models).map(|_| value(&mut random, levels)).collect();
    let bits = DMatrix::from_fn(models, domains, |model, domain| {
        let own = value(&mut random, levels);
        let common = if domain % 3 == 0 { error[model] } else { 0.0 };
        0.5 + own + common
    });
    Problem { bits, error }
}

/// A random order of `0..count` (Fisher and Yates).
pub fn permutation(random: &mut ChaCha8Rng, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, random.random_range(0..=last));
    }
    order
}

/// Largest difference; lengths must agree.
pub fn difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, |most, next| if next <= most { most } else { next })
}
