//! How far one mixture is ahead of another on held-out families, and whether that is more than chance.

use std::collections::BTreeSet;

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::agreement::Paired;
use super::held_out::HeldOut;
use super::statistics::standard_deviation;

/// Stream of the draws made here, apart from those of all fits.
const STREAM: u64 = 1 << 63;

/// Difference of two held-out correlations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lead {
    /// Held-out Pearson correlation of the first less that of the second.
    pub difference: f64,
    /// Standard error of the difference: bootstrap over families of the paired predictions. `None` where too few
    /// families are left for one.
    pub standard_error: Option<f64>,
}

/// Compares two sets of held-out predictions of the same models.
///
/// The predictions stand as they are; families are drawn with replacement and both correlations taken on the same draw, so
/// what is common to both cancels out. It tells the chance in which families there are to be predicted, not that of
/// refitting.
///
/// `None` where either correlation is not defined.
pub fn lead(
    ours: &HeldOut,
    theirs: &HeldOut,
    target: &[f64],
    families: &[usize],
    replicates: usize,
    seed: u64,
) -> Option<Lead> {
    let difference = ours.agreement.pearson? - theirs.agreement.pearson?;
    let members =
        |held_out: &HeldOut| -> Vec<usize> { held_out.predictions.iter().map(|&(i, _)| families[i]).collect() };
    assert_eq!(members(ours), members(theirs), "predictions of the same folds");
    let groups = dense(&members(ours));
    let paired = |held_out: &HeldOut| -> Option<Paired> {
        let (predicted, truth): (Vec<f64>, Vec<f64>) =
            held_out.predictions.iter().map(|&(i, p)| (p, target[i])).unzip();
        Paired::new(&predicted, &truth, &groups)
    };
    let (our, their) = (paired(ours)?, paired(theirs)?);
    let differences: Vec<Option<f64>> = (0..replicates as u64)
        .into_par_iter()
        .map(|replicate| {
            let mut generator = ChaCha8Rng::seed_from_u64(seed);
            generator.set_stream(STREAM + replicate);
            let times = drawn_with_replacement(our.groups(), &mut generator);
            Some(our.pearson(&times)? - their.pearson(&times)?)
        })
        .collect();
    let usable: Vec<f64> = differences.into_iter().flatten().collect();
    Some(Lead { difference, standard_error: standard_deviation(&usable) })
}

/// Groups renumbered from 0 without gaps, in the order of their numbers.
pub fn dense(groups: &[usize]) -> Vec<usize> {
    let present: BTreeSet<usize> = groups.iter().copied().collect();
    groups.iter().map(|group| present.range(..group).count()).collect()
}

/// As many draws with replacement as there are groups: how often each is drawn.
pub fn drawn_with_replacement(groups: usize, generator: &mut ChaCha8Rng) -> Vec<f64> {
    let mut times = vec![0.0; groups];
    (0..groups).for_each(|_| times[generator.random_range(0..groups)] += 1.0);
    times
}

#[cfg(test)]
mod tests {
    use super::super::agreement::Agreement;
    use super::*;

    fn predictions(values: &[f64], target: &[f64]) -> HeldOut {
        HeldOut {
            agreement: Agreement::of(values, target).unwrap(),
            predictions: values.iter().copied().enumerate().collect(),
            leverages: vec![0.0; values.len()],
            folds_without_answer: 0,
        }
    }

    #[test]
    fn the_same_predictions_have_no_lead_and_no_doubt() {
        let target = [0.1, 0.4, 0.2, 0.9, 0.5, 0.7];
        let ours = predictions(&[0.2, 0.3, 0.3, 0.8, 0.4, 0.9], &target);
        let lead = lead(&ours, &ours, &target, &[0, 0, 1, 1, 2, 2], 200, 1).unwrap();
        assert_eq!(lead, Lead { difference: 0.0, standard_error: Some(0.0) });
    }

    #[test]
    fn a_lead_that_hangs_on_one_family_is_in_doubt() {
        let target: Vec<f64> = (0..12).map(|i| i as f64).collect();
        let families: Vec<usize> = (0..12).map(|i| i / 2).collect();
        let mut worse = target.clone();
        worse.swap(0, 11);
        let (good, bad) = (predictions(&target, &target), predictions(&worse, &target));
        let found = lead(&good, &bad, &target, &families, 500, 7).unwrap();
        assert!(found.difference > 0.5);
        assert!(found.standard_error.unwrap() > 0.1);
        assert_eq!(lead(&bad, &good, &target, &families, 500, 7).unwrap().difference, -found.difference);
    }
}
