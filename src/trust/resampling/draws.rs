//! Random draws that are the same whatever runs beside them.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What a draw is for. Each purpose has streams of its own, so that one analysis never shares numbers with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Families (and documents) drawn with replacement.
    Bootstrap = 1,
    /// Scores permuted over models.
    Permutation = 2,
    /// Families dealt to folds.
    Folds = 3,
    /// Families drawn for differences of held-out figures.
    Difference = 4,
    /// Models simulated from the fitted law.
    Power = 5,
    /// Families left out for the learning curve.
    LearningCurve = 6,
}

/// The generator of replicate `replicate` of a purpose.
pub fn generator(seed: u64, purpose: Purpose, replicate: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    // Below 2⁵⁶ are the streams of the recommendation's standard errors, one range for each fold.
    generator.set_stream(((purpose as u64) << 56) + replicate);
    generator
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn purposes_and_replicates_share_no_numbers() {
        let first = |purpose, replicate| generator(7, purpose, replicate).next_u64();
        assert_eq!(first(Purpose::Bootstrap, 3), first(Purpose::Bootstrap, 3));
        let all = [
            first(Purpose::Bootstrap, 0),
            first(Purpose::Bootstrap, 1),
            first(Purpose::Permutation, 0),
            first(Purpose::Folds, 0),
            generator(8, Purpose::Bootstrap, 0).next_u64(),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|b| a != b));
        }
    }
}
