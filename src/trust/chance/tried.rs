//! Significance where several targets were tried.

use rayon::prelude::*;

use crate::chance::exchange::Exchange;
use crate::chance::permutation::{Parts, PermutationError, PermutationSettings, Plan, TIE};
use mixopt_base::Observer;
use mixopt_fit::{Refitter, Sample};

/// Significance of one of the targets tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TriedTarget {
    /// Best correlation on the data; `None` where none is defined (too few scores, constant scores), and then nothing else
    /// is and the target counts for no correction.
    pub observed: Option<f64>,
    /// Models with a score.
    pub models: usize,
    /// Share of arrangements, the data among them, with a best correlation at least as large: this target alone.
    pub p_value: Option<f64>,
    /// The same corrected for having tried all targets, by the least p-value in each permutation: never below `p_value`,
    /// in the same order.
    pub adjusted: Option<f64>,
    /// The correction of Holm (1979), which knows nothing of how targets go together, and needs no permutations.
    pub holm: Option<f64>,
}

/// Significance of all targets tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// In the order given.
    pub targets: Vec<TriedTarget>,
    /// Arrangements besides the data.
    pub permutations: usize,
    /// Whether these are all there are.
    pub exact: bool,
}

/// Why there is no correction for several targets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TriedError {
    /// The permutations.
    #[error(transparent)]
    Permutation(#[from] PermutationError),
    /// A target has scores of another number of models.
    #[error("target {target} (counted from zero) has {scores} scores for {models} models")]
    OtherModels {
        /// Position of the target.
        target: usize,
        /// Its scores, missing ones included.
        scores: usize,
        /// Models of the problem.
        models: usize,
    },
    /// A score is infinite or not a number.
    #[error("target {target} has no finite score of model {model} (both counted from zero); leave it out as missing")]
    NotFinite {
        /// Position of the target.
        target: usize,
        /// Position of the model.
        model: usize,
    },
    /// Families' means do not move with rows of scores.
    #[error("rows of scores with missing entries cannot be exchanged by family means; exchange families as blocks")]
    FamilyMeans,
}

/// Least models with a score, beyond the constant and the controls, for a correlation that is not near ±1 by itself.
const LEAST_DEGREES: usize = 3;

/// Tests the best correlation with each of several targets, of which one will be or has been picked, and corrects for the
/// choice.
///
/// # Equation
/// The rows of scores are permuted over models, the same permutation for all targets, missing scores travelling with their
/// row; every target's best mixture is found anew on the models that then have a score. With `T_bk` the best correlation
/// with target k in arrangement b (b = 0 the data) and `B` permutations,
///
/// - `p_bk = #{b': T_b'k ≥ T_bk} / (1 + B)`, of which `p_0k` is the raw p-value,
/// - `p̃_k = #{b: min_l p_bl ≤ p_0k} / (1 + B)`, the single-step minP correction (Westfall and Young 1993, with the p-values
///   of permutations from the same permutations as Ge, Dudoit and Speed 2003).
///
/// Where no target has to do with compression and rows are exchangeable, the probability that any `p̃_k ≤ α` is at most α,
/// whatever ties the targets to each other and whichever is picked. That the family-wise error also holds where some
/// targets do and others do not needs that the joint distribution of the latter is that of the null (subset pivotality).
///
/// Controls are handled as in [`permutation_test`](crate::permutation_test), on the models that have a score.
/// `targets` of the problem are not looked at; the objective, its constraints and its bits are.
///
/// # Shapes
/// `targets`: one after the other, each with an entry for every model of the problem, higher is better.
///
/// # Errors
/// See [`TriedError`].
pub fn tried(
    refitter: &Refitter,
    targets: &[Vec<Option<f64>>],
    settings: PermutationSettings,
    observer: &dyn Observer,
) -> Result<Tried, TriedError> {
    let families = &refitter.problem().families;
    check(targets, families.len(), settings.exchange)?;
    let plan = Plan::new(settings, families)?;
    let rows: Vec<Row> = targets.iter().map(|target| Row::new(target, settings.controls)).collect();
    let stay: Vec<usize> = (0..families.len()).collect();
    let values_of = |source: &[usize]| -> Vec<Option<f64>> {
        rows.iter().map(|row| row.best_value(refitter, source, settings.controls)).collect()
    };
    let observed = values_of(&stay);
    observer.begin("permutations of all targets", plan.permutations as u64, "permutations");
    let mut by_arrangement = vec![observed.clone()];
    by_arrangement.par_extend((0..plan.permutations).into_par_iter().map(|index| {
        let values = values_of(plan.arrangement(index).source());
        observer.advance(1);
        values
    }));

    let usable: Vec<usize> = (0..targets.len()).filter(|&target| observed[target].is_some()).collect();
    // An undefined value counts as large, which can only raise p-values of the data.
    let values: Vec<Vec<f64>> = usable
        .iter()
        .map(|&target| by_arrangement.iter().map(|values| values[target].unwrap_or(f64::INFINITY)).collect())
        .collect();
    let counts: Vec<Vec<usize>> = values.iter().map(|values| at_least_as_large(values)).collect();
    let adjusted = minimum_p(&counts);
    let all = (1 + plan.permutations) as f64;
    let raw: Vec<f64> = counts.iter().map(|counts| counts[0] as f64 / all).collect();
    let holm = holm(&raw);
    let mut found: Vec<TriedTarget> = observed
        .iter()
        .zip(&rows)
        .map(|(&observed, row)| TriedTarget { observed, models: row.models, p_value: None, adjusted: None, holm: None })
        .collect();
    for (index, &target) in usable.iter().enumerate() {
        found[target].p_value = Some(raw[index]);
        found[target].adjusted = Some(adjusted[index] as f64 / all);
        found[target].holm = Some(holm[index]);
    }
    Ok(Tried { targets: found, permutations: plan.permutations, exact: plan.exact })
}

fn check(targets: &[Vec<Option<f64>>], models: usize, exchange: Exchange) -> Result<(), TriedError> {
    if matches!(exchange, Exchange::FamilyMeans) {
        return Err(TriedError::FamilyMeans);
    }
    for (target, scores) in targets.iter().enumerate() {
        if scores.len() != models {
            return Err(TriedError::OtherModels { target, scores: scores.len(), models });
        }
        if let Some(model) = scores.iter().position(|score| score.is_some_and(|score| !score.is_finite())) {
            return Err(TriedError::NotFinite { target, model });
        }
    }
    Ok(())
}

/// One target's scores.
struct Row {
    parts: Parts,
    /// One for models with a score, else zero.
    counts: Vec<f64>,
    models: usize,
}

impl Row {
    fn new(scores: &[Option<f64>], controls: &[Vec<f64>]) -> Self {
        let counts: Vec<f64> = scores.iter().map(|score| f64::from(u8::from(score.is_some()))).collect();
        let values: Vec<f64> = scores.iter().map(|score| score.unwrap_or(0.0)).collect();
        let models = scores.iter().flatten().count();
        Self { parts: Parts::new(&values, Some(&counts), controls), counts, models }
    }

    fn best_value(&self, refitter: &Refitter, source: &[usize], controls: &[Vec<f64>]) -> Option<f64> {
        if self.models < LEAST_DEGREES + 1 + controls.len() {
            return None;
        }
        let residuals: Vec<f64> = source.iter().map(|&from| self.parts.residuals[from]).collect();
        let counts: Vec<f64> = source.iter().map(|&from| self.counts[from]).collect();
        let target = [self.parts.joined(&residuals)];
        let sample = Sample { model_weights: Some(&counts), targets: Some(&target), ..Sample::default() };
        refitter.best_value_under(sample, controls)
    }
}

/// For every value how many, itself among them, are at least as large (ties by rounding count).
fn at_least_as_large(values: &[f64]) -> Vec<usize> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    values.iter().map(|value| sorted.len() - sorted.partition_point(|other| *other < value - TIE)).collect()
}

/// Single-step minP from the counts of each target (outer) in each arrangement (inner, the data first): in how many
/// arrangements the least count of any target is no larger than the target's own on the data.
fn minimum_p(counts: &[Vec<usize>]) -> Vec<usize> {
    let arrangements = counts.first().map_or(0, Vec::len);
    let least: Vec<usize> =
        (0..arrangements).map(|b| counts.iter().map(|counts| counts[b]).min().unwrap_or(arrangements)).collect();
    counts.iter().map(|counts| least.iter().filter(|&&least| least <= counts[0]).count()).collect()
}

/// Holm's step-down correction of p-values.
fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut so_far = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        so_far = so_far.max((p_values.len() - rank) as f64 * p_values[index]).min(1.0);
        adjusted[index] = so_far;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holm_agrees_with_statsmodels() {
        // statsmodels 0.15.0: stats.multitest.multipletests([0.01, 0.04, 0.03, 0.005], method="holm")[1], and [0.9, 0.8] below.
        let found = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (a, b) in found.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((a - b).abs() < 1e-15, "{found:?}");
        }
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
    }

    #[test]
    fn the_least_p_values_are_those_counted_by_hand() {
        // Data first. Target 0 is best of five, target 1 second of five; another arrangement is best in target 1.
        let first = at_least_as_large(&[0.9, 0.1, 0.5, 0.3, 0.7]);
        let second = at_least_as_large(&[0.6, 0.8, 0.2, 0.1, 0.1 + 1e-12]);
        assert_eq!(first, [1, 5, 3, 4, 2]);
        assert_eq!(second, [2, 1, 3, 5, 5]);
        // Least by arrangement: 1, 1, 3, 4, 2.
        assert_eq!(minimum_p(&[first, second]), [2, 3]);
    }
}
