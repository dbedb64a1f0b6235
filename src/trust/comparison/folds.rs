//! Families dealt to folds at random, several times.

use rand::seq::SliceRandom;

use mixopt_fit::{Fold, FoldFault};

use crate::resampling::draws::{Purpose, generator};

/// Folds of one or several ways to hold families out.
#[derive(Debug, Clone, PartialEq)]
pub struct Folds {
    /// The folds of each repeat.
    pub repeats: Vec<Vec<Fold>>,
    /// Folds that could not be used.
    pub skipped: Vec<SkippedFold>,
    /// Folds that the families of each repeat are dealt to: as asked for, or as many as there are families.
    pub folds: usize,
}

/// Families that were not held out together, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SkippedFold {
    /// Repeat, from 0.
    pub repeat: usize,
    /// Families (positions).
    pub families: Vec<usize>,
    /// Why.
    pub reason: FoldFault,
}

/// Holds each family out once.
///
/// # Shapes
/// `families`, `target`: models; families are numbered from 0.
pub fn single_families(families: &[usize], target: &[f64]) -> Folds {
    let present = by_models(families);
    let dealt: Vec<Vec<usize>> = present.iter().map(|&(family, _)| vec![family]).collect();
    let mut folds = Folds { repeats: Vec::new(), skipped: Vec::new(), folds: dealt.len() };
    // The number of such a fold is that of the family, as in `family_folds`.
    folds.add(&dealt, |index| present[index].0 as u64, families, target);
    folds
}

/// Deals whole families to `folds` folds at random, `repeats` times.
///
/// In each repeat the families are shuffled, and each in turn goes to the fold that has the fewest models so far. Where there are fewer families than folds, there are as many folds as
/// families ([`Folds::folds`]). Folds that leave fewer than three models or a constant target to fit on are skipped. Repeat `r`
/// has a random stream of its own, so more repeats leave the first ones as they are.
///
/// # Shapes
/// `families`, `target`: models; families are numbered from 0. `folds` below 2 counts as 2.
pub fn repeated_folds(families: &[usize], target: &[f64], folds: usize, repeats: usize, seed: u64) -> Folds {
    let present = by_models(families);
    let count = folds.max(2).min(present.len());
    let mut made = Folds { repeats: Vec::new(), skipped: Vec::new(), folds: count };
    let first = families.iter().max().map_or(0, |last| last + 1);
    for repeat in 0..repeats {
        let mut shuffled = present.clone();
        shuffled.shuffle(&mut generator(seed, Purpose::Folds, repeat as u64));
        let mut dealt: Vec<(usize, Vec<usize>)> = vec![(0, Vec::new()); count];
        for (family, models) in shuffled {
            if let Some((sum, fold)) = dealt.iter_mut().min_by_key(|(sum, _)| *sum) {
                *sum += models;
                fold.push(family);
            }
        }
        let dealt: Vec<Vec<usize>> = dealt
            .into_iter()
            .map(|(_, mut families)| {
                families.sort_unstable();
                families
            })
            .collect();
        made.add(&dealt, |index| (first + repeat * count + index) as u64, families, target);
    }
    made
}

impl Folds {
    /// Adds a repeat of the folds that can be used.
    fn add(&mut self, dealt: &[Vec<usize>], number: impl Fn(usize) -> u64, families: &[usize], target: &[f64]) {
        let repeat = self.repeats.len();
        let mut usable = Vec::new();
        for (index, held_out) in dealt.iter().enumerate() {
            match Fold::new(number(index), held_out, families, target) {
                Ok(fold) => usable.push(fold),
                Err(reason) => self.skipped.push(SkippedFold { repeat, families: held_out.clone(), reason }),
            }
        }
        self.repeats.push(usable);
    }
}

/// Families that have models, with how many.
fn by_models(families: &[usize]) -> Vec<(usize, usize)> {
    let mut models = vec![0; families.iter().max().map_or(0, |last| last + 1)];
    families.iter().for_each(|&family| models[family] += 1);
    models.into_iter().enumerate().filter(|(_, models)| *models > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mixopt_fit::family_folds;

    fn data() -> (Vec<usize>, Vec<f64>) {
        // Eleven families of one to three models.
        let families: Vec<usize> = (0..11).flat_map(|family| std::iter::repeat_n(family, 1 + family % 3)).collect();
        let target = (0..families.len()).map(|i| ((i * 7) % 10) as f64).collect();
        (families, target)
    }

    #[test]
    fn every_family_is_held_out_once_a_repeat_and_folds_are_even() {
        let (families, target) = data();
        let folds = repeated_folds(&families, &target, 5, 10, 3);
        assert_eq!((folds.repeats.len(), folds.folds, folds.skipped.len()), (10, 5, 0));
        let mut numbers = std::collections::HashSet::new();
        for repeat in &folds.repeats {
            let mut held_out: Vec<usize> = repeat.iter().flat_map(|fold| fold.families.clone()).collect();
            held_out.sort_unstable();
            assert_eq!(held_out, (0..11).collect::<Vec<_>>());
            let sizes: Vec<usize> = repeat.iter().map(|fold| fold.test.len()).collect();
            // A greedy deal is never further apart than the largest family.
            assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 3, "{sizes:?}");
            assert!(repeat.iter().all(|fold| numbers.insert(fold.number) && fold.number >= 11));
        }
        assert_ne!(folds.repeats[0][0].families, folds.repeats[1][0].families);
        assert_eq!(folds.repeats[..3], repeated_folds(&families, &target, 5, 3, 3).repeats);
        assert_ne!(folds, repeated_folds(&families, &target, 5, 10, 4));
    }

    #[test]
    fn few_families_make_few_folds_and_what_cannot_be_fitted_is_told() {
        let (families, target) = (vec![0, 0, 1, 1, 2, 2, 2], vec![0.1, 0.2, 0.3, 0.3, 0.3, 0.3, 0.3]);
        let folds = repeated_folds(&families, &target, 5, 2, 0);
        assert_eq!((folds.folds, folds.repeats[0].len()), (3, 2));
        let without_first = |repeat| SkippedFold { repeat, families: vec![0], reason: FoldFault::ConstantTarget };
        assert_eq!(folds.skipped, [without_first(0), without_first(1)]);
        let one = repeated_folds(&[0, 0, 0], &[1.0, 2.0, 3.0], 5, 1, 0);
        assert_eq!((one.folds, one.skipped[0].reason), (1, FoldFault::TooFewModels));
        assert!(repeated_folds(&[], &[], 5, 1, 0).repeats[0].is_empty());
    }

    #[test]
    fn single_families_are_the_folds_of_a_fit() {
        let (families, target) = data();
        assert_eq!(single_families(&families, &target).repeats, [family_folds(&families, &target)]);
    }
}
