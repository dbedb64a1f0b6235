//! Which scores may take each other's place when there is nothing to find.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::chance::strata::Strata;

/// What is exchangeable under the null hypothesis that scores have nothing to do with compression.
///
/// # Level
/// Models of a family resemble each other in score and in compression, so models are not exchangeable one by one. Share of
/// null data sets with p ≤ 0.05 for 30 models of 10 families and 3 domains, by the share of the variance of scores and of
/// bits that lies between families (2,000 data sets, standard error 0.005; `study_of_families` in
/// `tests/trust/permutation.rs`, which has 40 domains too):
///
/// | family sizes | between families | models | family blocks | family means |
/// | --- | --- | --- | --- | --- |
/// | 10 of 3 | 0 | 0.048 | 0.049 | 0.050 |
/// | 10 of 3 | 0.5 | 0.109 | 0.050 | 0.051 |
/// | 10 of 3 | 0.8 | 0.231 | 0.043 | 0.043 |
/// | 1, 1, 1, 1, 2, 2, 3, 4, 6, 9 | 0 | 0.048 | 0.050 | 0.046 |
/// | 1, 1, 1, 1, 2, 2, 3, 4, 6, 9 | 0.5 | 0.144 | 0.045 | 0.041 |
/// | 1, 1, 1, 1, 2, 2, 3, 4, 6, 9 | 0.8 | 0.308 | 0.048 | 0.048 |
///
/// So where models come in families, permuting models one by one finds significance two to six times too often; both
/// exchanges by family hold the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exchange<'a> {
    /// Any two models. Exact where models are independent.
    #[default]
    Models,
    /// Models of the same stratum. Exact where these are independent given the stratum.
    WithinStrata(&'a Strata),
    /// Families of the same number of models as wholes, and the models within each family (multi-level block permutation,
    /// Winkler, Webster, Vidaurre, Nichols and Smith 2015). Exact where families are independent and the models of one
    /// exchangeable among themselves. A family whose size no other has stays where it is, which costs power.
    FamilyBlocks,
    /// The families' mean scores among all families, and the models' deviations from them within each family:
    /// `y*_i = ȳ_π(f) + (y_σ(i) − ȳ_f)`. Serves families of any sizes. Exact where all families have the same size and
    /// family effects are independent of the deviations; else the means of small families vary more than those of
    /// large ones, and the level is only approximate (0.041 to 0.048 in place of 0.05 above).
    FamilyMeans,
}

/// The sets of models and of families that a permutation shuffles.
pub(crate) struct Arranger {
    /// Positions of models that are shuffled among themselves. With families: the members of each, by family.
    within: Vec<Vec<usize>>,
    /// Families that are shuffled among themselves; none where models are exchanged without regard to families.
    between: Vec<Vec<usize>>,
    /// Whether families' means move alone and deviations stay.
    means: bool,
    models: usize,
}

/// One way of exchanging scores.
pub(crate) struct Arrangement {
    /// The model whose score (or deviation from its family's mean) each model gets.
    source: Vec<usize>,
    /// The family whose mean each family gets; empty where means do not move alone.
    family_source: Vec<usize>,
}

impl Arranger {
    /// `families`: number of each model's family.
    pub fn new(exchange: Exchange, families: &[usize]) -> Self {
        let models = families.len();
        let mut members = vec![Vec::new(); families.iter().max().map_or(0, |last| last + 1)];
        families.iter().enumerate().for_each(|(model, &family)| members[family].push(model));
        members.retain(|models| !models.is_empty());
        let (within, between, means) = match exchange {
            Exchange::Models => (vec![(0..models).collect()], Vec::new(), false),
            Exchange::WithinStrata(strata) => (strata.members().to_vec(), Vec::new(), false),
            Exchange::FamilyMeans => {
                let all = (0..members.len()).collect();
                (members, vec![all], true)
            }
            Exchange::FamilyBlocks => {
                let largest = members.iter().map(Vec::len).max().unwrap_or(0);
                let by_size = (1..=largest)
                    .map(|size| (0..members.len()).filter(|&family| members[family].len() == size).collect());
                let by_size = by_size.filter(|families: &Vec<usize>| !families.is_empty()).collect();
                (members, by_size, false)
            }
        };
        Self { within, between, means, models }
    }

    /// How many arrangements there are, the data as they are included; `None` above the largest number.
    pub fn count(&self) -> Option<u64> {
        self.within.iter().chain(&self.between).try_fold(1_u64, |count, set| count.checked_mul(factorial(set.len())?))
    }

    /// A random arrangement, all equally likely.
    pub fn draw(&self, generator: &mut ChaCha8Rng) -> Arrangement {
        self.arrange(|set| {
            let mut shuffled = set.to_vec();
            shuffled.shuffle(generator);
            shuffled
        })
    }

    /// Arrangement `number` of all; number 0 leaves the data as they are.
    pub fn numbered(&self, number: u64) -> Arrangement {
        let mut rest = number;
        self.arrange(|set| {
            // Digits of the number in the factorial system choose what comes next.
            let mut left = set.to_vec();
            let mut order = Vec::with_capacity(set.len());
            while !left.is_empty() {
                let choices = left.len() as u64;
                order.push(left.remove((rest % choices) as usize));
                rest /= choices;
            }
            order
        })
    }

    fn arrange(&self, mut shuffle: impl FnMut(&[usize]) -> Vec<usize>) -> Arrangement {
        let mut family_source: Vec<usize> = (0..self.within.len()).collect();
        for set in &self.between {
            for (&to, from) in set.iter().zip(shuffle(set)) {
                family_source[to] = from;
            }
        }
        let mut source: Vec<usize> = (0..self.models).collect();
        for (set, &from_family) in self.within.iter().zip(&family_source) {
            // Families that take each other's place as wholes have the same size.
            let from = if self.means { set } else { &self.within[from_family] };
            for (&to, from) in set.iter().zip(shuffle(from)) {
                source[to] = from;
            }
        }
        if !self.means {
            family_source.clear();
        }
        Arrangement { source, family_source }
    }

    /// Values over models after an arrangement.
    pub fn apply(&self, arrangement: &Arrangement, values: &[f64]) -> Vec<f64> {
        let mut arranged: Vec<f64> = arrangement.source.iter().map(|&from| values[from]).collect();
        if self.means {
            let means: Vec<f64> = self
                .within
                .iter()
                .map(|set| set.iter().map(|&model| values[model]).sum::<f64>() / set.len() as f64)
                .collect();
            for (family, set) in self.within.iter().enumerate() {
                let moved = means[arrangement.family_source[family]] - means[family];
                set.iter().for_each(|&model| arranged[model] += moved);
            }
        }
        arranged
    }
}

impl Arrangement {
    /// The model whose row each model gets, where no means move alone.
    pub fn source(&self) -> &[usize] {
        &self.source
    }
}

fn factorial(number: usize) -> Option<u64> {
    (1..=number as u64).try_fold(1_u64, u64::checked_mul)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{Purpose, generator};

    const FAMILIES: [usize; 7] = [0, 0, 1, 1, 2, 3, 3];

    fn all(exchange: Exchange, values: &[f64]) -> (u64, BTreeSet<Vec<u64>>) {
        let arranger = Arranger::new(exchange, &FAMILIES);
        let count = arranger.count().unwrap();
        let bits = |values: Vec<f64>| values.iter().map(|value| value.to_bits()).collect::<Vec<u64>>();
        let distinct = (0..count).map(|number| bits(arranger.apply(&arranger.numbered(number), values))).collect();
        assert_eq!(arranger.apply(&arranger.numbered(0), values), values, "the first changes nothing");
        (count, distinct)
    }

    #[test]
    fn every_arrangement_is_numbered_once() {
        // Sums of these are exact and no two subsets agree.
        let values = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
        let strata = Strata::new(&[0, 0, 0, 1, 1, 2, 2]).unwrap();
        for (exchange, expected) in [
            (Exchange::Models, 5040),
            (Exchange::WithinStrata(&strata), 6 * 2 * 2),
            (Exchange::FamilyBlocks, 6 * 8),
            (Exchange::FamilyMeans, 24 * 8),
        ] {
            let (count, distinct) = all(exchange, &values);
            assert_eq!((count, distinct.len()), (expected, expected as usize), "{exchange:?}");
        }
    }

    #[test]
    fn blocks_stay_together() {
        let arranger = Arranger::new(Exchange::FamilyBlocks, &FAMILIES);
        for replicate in 0..50 {
            let arrangement = arranger.draw(&mut generator(1, Purpose::Permutation, replicate));
            let from: Vec<usize> = arrangement.source().iter().map(|&model| FAMILIES[model]).collect();
            assert!(from[0] == from[1] && from[2] == from[3] && from[5] == from[6] && from[4] == 2, "{from:?}");
        }
    }

    #[test]
    fn means_move_and_deviations_stay() {
        let values = [1.0, 3.0, 10.0, 14.0, 100.0, 50.0, 51.0];
        let arranger = Arranger::new(Exchange::FamilyMeans, &FAMILIES);
        let mut moved = 0;
        for replicate in 0..50 {
            let arrangement = arranger.draw(&mut generator(1, Purpose::Permutation, replicate));
            let arranged = arranger.apply(&arrangement, &values);
            let gaps = [(0, 2.0), (2, 4.0), (5, 1.0)];
            assert!(gaps.iter().all(|&(first, gap)| (arranged[first] - arranged[first + 1]).abs() == gap));
            let mut means = [
                (arranged[0] + arranged[1]) / 2.0,
                (arranged[2] + arranged[3]) / 2.0,
                arranged[4],
                (arranged[5] + arranged[6]) / 2.0,
            ];
            moved += usize::from(means[2] != 100.0);
            means.sort_by(f64::total_cmp);
            assert_eq!(means, [2.0, 12.0, 50.5, 100.0]);
        }
        assert!((25..50).contains(&moved), "{moved}");
    }

    #[test]
    fn many_models_have_more_arrangements_than_numbers() {
        assert_eq!(Arranger::new(Exchange::Models, &[0; 25]).count(), None);
    }
}
