//! The errors as all estimators but one see them: through the signs of their differences.

use super::order::{Order, Sorter};

/// How each model's error stands among the others.
pub(super) struct PairSigns {
    /// `s_i = Σ_k sgn(e_i − e_k)`: models with a smaller error less those with a larger one.
    sums: Vec<i64>,
    /// The same, for products with bits.
    weights: Vec<f64>,
    /// `Σ_i s_i²`.
    squares: i128,
    places: Vec<Place>,
    /// The model in each place.
    models: Vec<usize>,
    tied: bool,
}

/// A model's place among all in ascending order of errors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Models with a smaller error.
    pub(super) below: usize,
    /// Models with this error or a smaller one.
    pub(super) not_above: usize,
    /// Its own place, from `below` to `not_above`, no other model's.
    pub(super) own: usize,
}

/// `Σ_i s_i t_i` of errors and bits, with both sums of squares; all exact.
pub(super) struct Covariation {
    pub(super) sum: i128,
    error_squares: i128,
    bits_squares: i128,
}

impl PairSigns {
    /// Of finite errors; there is no answer for others, which the caller has refused.
    pub(super) fn new(error: &[f64]) -> Self {
        let models = error.len();
        let mut places = vec![Place { below: 0, not_above: models, own: 0 }; models];
        let mut tied = false;
        if let Some(order) = Sorter::new(models).sort(error) {
            tied = order.is_tied();
            let mut below = 0;
            for group in order.groups() {
                let not_above = below + group.len();
                for (own, model) in (below..).zip(group) {
                    places[model] = Place { below, not_above, own };
                }
                below = not_above;
            }
        }
        let mut in_order = vec![0; models];
        for (model, place) in places.iter().enumerate() {
            in_order[place.own] = model;
        }
        let sums: Vec<i64> = places.iter().map(|p| (p.below + p.not_above) as i64 - models as i64).collect();
        let weights = sums.iter().map(|&sum| sum as f64).collect();
        let squares = sums.iter().map(|&sum| i128::from(sum) * i128::from(sum)).sum();
        Self { sums, weights, squares, places, models: in_order, tied }
    }

    /// Place of a model.
    pub(super) fn place(&self, model: usize) -> Place {
        self.places[model]
    }

    /// The model in each place, in ascending order of errors.
    pub(super) fn models(&self) -> &[usize] {
        &self.models
    }

    /// Whether any two models have the same error.
    pub(super) fn is_tied(&self) -> bool {
        self.tied
    }

    /// `s_i` for products with bits: `Σ_i s_i x_i` is the sum of `sgn(e_g − e_k)(x_g − x_k)` over pairs. They add up to zero,
    /// so any origin of `x` gives the same.
    pub(super) fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The covariation whose sum is known, of bits without ties.
    pub(super) fn covariation_without_ties(&self, sum: f64) -> Covariation {
        let all = self.sums.len() as i128;
        Covariation { sum: sum as i128, error_squares: self.squares, bits_squares: (all * all * all - all) / 3 }
    }

    /// `Σ_i s_i t_i` with the bits' order.
    pub(super) fn covary(&self, order: &Order) -> Covariation {
        let models = order.len();
        let all = models as i128;
        // Σ t² without ties; a group of g tied models takes (g³ − g)/3 away.
        let mut bits_squares = (all * all * all - all) / 3;
        let mut sum = 0_i128;
        if order.is_tied() {
            let mut below = 0;
            for group in order.groups() {
                let size = group.len();
                let signs: i64 = group.map(|model| self.sums[model]).sum();
                sum += i128::from(signs) * ((2 * below + size) as i128 - all);
                let tied = size as i128;
                bits_squares -= (tied * tied * tied - tied) / 3;
                below += size;
            }
        } else if models < MOST_IN_64_BITS {
            let first = 1 - models as i64;
            let short: i64 =
                order.models().zip(0_i64..).map(|(model, place)| self.sums[model] * (first + 2 * place)).sum();
            sum = i128::from(short);
        } else {
            let first = 1 - all;
            sum = order.models().zip(0_i128..).map(|(m, place)| i128::from(self.sums[m]) * (first + 2 * place)).sum();
        }
        Covariation { sum, error_squares: self.squares, bits_squares }
    }
}

/// Below so many models `Σ |s_i t_i| < N³` fits 64 bits.
const MOST_IN_64_BITS: usize = 1 << 21;

impl Covariation {
    /// Pearson's correlation of the ranks; zero where one side is constant.
    pub(super) fn correlation(&self) -> f64 {
        if self.error_squares == 0 || self.bits_squares == 0 {
            return 0.0;
        }
        let scale = if self.error_squares == self.bits_squares {
            self.error_squares as f64
        } else {
            (self.error_squares as f64).sqrt() * (self.bits_squares as f64).sqrt()
        };
        (self.sum as f64 / scale).clamp(-1.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::statistics::average_ranks;

    #[test]
    fn sums_of_signs_are_ranks_moved_and_doubled() {
        let error = [0.5, 0.25, 0.5, 0.75, 0.125, 0.5];
        let signs = PairSigns::new(&error);
        let ranks = average_ranks(&error);
        for (sum, rank) in signs.sums.iter().zip(ranks) {
            assert_eq!(*sum as f64, 2.0 * rank - 7.0);
        }
        assert!(signs.is_tied());
        assert!(!PairSigns::new(&[3.0, 1.0, 2.0]).is_tied());
    }

    #[test]
    fn every_model_has_a_place_of_its_own() {
        let signs = PairSigns::new(&[0.5, 0.25, 0.5, 0.5]);
        let mut own: Vec<usize> = signs.places.iter().map(|place| place.own).collect();
        own.sort_unstable();
        assert_eq!(own, [0, 1, 2, 3]);
        assert_eq!((signs.place(2).below, signs.place(2).not_above), (1, 4));
    }
}
