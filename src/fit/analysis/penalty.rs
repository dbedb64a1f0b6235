//! How much to shrink: the largest penalty that does as well as the best on families left out.

use rayon::prelude::*;

use crate::analysis::criterion::Criterion;
use crate::analysis::problem::Problem;
use crate::constraints::linear::Constraints;
use crate::data::columns::CompressionColumns;
use crate::data::design::Design;
use crate::data::moments::Moments;
use crate::data::statistics::{LinearLaw, mean};
use crate::objectives::marginal::marginal_mixture;
use crate::objectives::ridge::Ridge;

/// The penalty of a ridge, and how it was chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct PenaltyChoice {
    /// The penalty λ; infinite where the mixture that it shrinks toward stands as it is.
    pub lambda: f64,
    /// The penalties tried, descending; empty where one was given.
    pub path: Vec<PenaltyPoint>,
}

/// One penalty on families left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PenaltyPoint {
    /// The penalty; infinite at one end, zero at the other.
    pub lambda: f64,
    /// (Partial) correlation of predicted and true scores.
    pub correlation: f64,
    /// By how much it is below the best, and the standard error of that difference.
    pub below_best: f64,
    /// Standard error of the difference, both on the same families.
    pub standard_error: f64,
}

/// Penalties tried between none and infinite: from 100 down to 1e-4, two to a factor of ten.
const HALF_DECADES: std::ops::RangeInclusive<i32> = -8..=4;
/// Families are dealt to so many folds at most.
const MOST_FOLDS: usize = 5;
/// With fewer families left out there is no standard error to go by.
const LEAST_FAMILIES: usize = 3;

/// The penalties tried, descending.
pub(crate) fn penalties() -> Vec<f64> {
    std::iter::once(f64::INFINITY)
        .chain(HALF_DECADES.rev().map(|step| 10_f64.powf(0.5 * f64::from(step))))
        .chain([0.0])
        .collect()
}

/// Predicted scores of the models of a fold, for each penalty and target.
type ByPenalty = Vec<Vec<Vec<f64>>>;
/// The (least) correlation of a penalty, and that without each family.
type Worth = (f64, Vec<Option<f64>>);

impl Problem {
    /// The mixture that a ridge shrinks toward on the models of a view: the one that is named, or the marginal mixture of
    /// those models; the center where no domain correlates positively.
    pub(crate) fn shrinks_toward(&self, design: &Design) -> Vec<f64> {
        if self.shrink_to_center {
            return self.center.clone();
        }
        marginal_mixture(design).unwrap_or_else(|| self.center.clone())
    }
}

/// Chooses the penalty of a ridge on the models of `training`.
///
/// # Method
/// Families are dealt to folds, at most five, each in turn to the fold with the fewest models, the largest family first.
/// Without each fold the mixture that is shrunk toward, the ridge for every penalty and the linear law from its bits to the
/// score are made anew and the fold's scores are predicted. The correlation of all predictions with the scores (given the
/// controls, where there are any) is what a penalty is worth. Chosen is the largest penalty that is below the best by at
/// most one standard error *of the difference* (the rule of Breiman, Friedman, Olshen and Stone 1984, section 3.4.3, with
/// the error that two penalties do not share): the jackknife over families of the difference on the same predictions. An
/// error of the correlation itself would be mostly what all mixtures have in common.
///
/// # Edge cases
/// Folds whose absence leaves fewer than three models or a target that is constant (given the controls) are not left out.
/// `None` where fewer than three families are, or no penalty has a correlation.
pub(crate) fn choose_penalty(
    problem: &Problem,
    constraints: &Constraints,
    columns: &CompressionColumns,
    training: &[usize],
) -> Option<PenaltyChoice> {
    let controls = &problem.recommended_controls;
    let one = std::slice::from_ref(&problem.target);
    let targets = if problem.targets.is_empty() { one } else { &problem.targets };
    let lambdas = penalties();
    let folds = deal(&problem.families, training);
    // Of each fold: its models, and their predicted scores for each penalty and target.
    let predicted: Vec<(Vec<usize>, ByPenalty)> = folds
        .par_iter()
        .filter_map(|fold| {
            let (test, train): (Vec<usize>, Vec<usize>) =
                training.iter().copied().partition(|&model| fold.contains(&problem.families[model]));
            let mut counts = vec![0.0; problem.target.len()];
            train.iter().for_each(|&model| counts[model] = 1.0);
            let designs = targets.iter().map(|target| Design::new(columns, target, Some(&counts), controls).ok());
            let criterion = Criterion::new(designs).filter(|_| train.len() >= 3 && !test.is_empty())?;
            // Where no mixture correlates positively with all targets, what is shrunk toward stands for all penalties.
            let design = criterion.single(constraints).unwrap_or_else(|| criterion.designs()[0].clone());
            let center = problem.shrinks_toward(&design);
            let nearest = constraints.nearest(&center)?;
            let ridge = Ridge::new(&design, constraints, &center);
            let scores: Vec<Vec<f64>> =
                targets.iter().map(|target| train.iter().map(|&model| target[model]).collect()).collect();
            let predictions = ridge.path(&lambdas).into_iter().map(|weights| {
                let mixed = columns.combination(weights.as_ref().unwrap_or(&nearest));
                let x: Vec<f64> = train.iter().map(|&model| mixed[model]).collect();
                let of = |scores: &Vec<f64>| {
                    let law = LinearLaw::fit(&x, scores);
                    let predicted = |&model: &usize| law.map_or_else(|| mean(scores), |law| law.predict(mixed[model]));
                    test.iter().map(predicted).collect()
                };
                scores.iter().map(of).collect()
            });
            let predictions = predictions.collect();
            Some((test, predictions))
        })
        .collect();
    let models: Vec<usize> = predicted.iter().flat_map(|(models, _)| models.iter().copied()).collect();
    let mut names: Vec<usize> = models.iter().map(|&model| problem.families[model]).collect();
    names.sort_unstable();
    names.dedup();
    let families = names.len();
    if families < LEAST_FAMILIES {
        return None;
    }
    let pick = |values: &[f64]| -> Vec<f64> { models.iter().map(|&model| values[model]).collect() };
    let given: Vec<Vec<f64>> = controls.iter().map(|control| pick(control)).collect();
    let truths: Vec<Vec<f64>> = targets.iter().map(|target| pick(target)).collect();
    let groups: Vec<usize> =
        models.iter().map(|&model| names.binary_search(&problem.families[model]).unwrap_or(0)).collect();
    // Of each penalty: its (least) correlation, and that without each family.
    let values: Vec<Option<Worth>> = (0..lambdas.len())
        .into_par_iter()
        .map(|index| {
            let moments = |target: usize| {
                let predictions: Vec<f64> =
                    predicted.iter().flat_map(|(_, found)| found[index][target].iter().copied()).collect();
                Moments::by_group(&predictions, &truths[target], &given, &groups, families)
            };
            let moments: Vec<Moments> = (0..targets.len()).map(moments).collect();
            let least = |of: &dyn Fn(&Moments) -> Option<f64>| {
                moments.iter().map(of).try_fold(f64::INFINITY, |least, value| value.map(|value| least.min(value)))
            };
            let without = (0..families).map(|family| least(&|of| of.correlation_without(family))).collect();
            Some((least(&Moments::correlation)?, without))
        })
        .collect();
    // Of equals the largest penalty.
    let (best, _) = values
        .iter()
        .enumerate()
        .filter_map(|(index, value)| value.as_ref().map(|(correlation, _)| (index, *correlation)))
        .reduce(|best, here| if here.1 > best.1 { here } else { best })?;
    let (top, without_best) = values[best].as_ref()?;
    let path: Vec<PenaltyPoint> = lambdas
        .iter()
        .zip(&values)
        .filter_map(|(&lambda, value)| {
            let (correlation, without) = value.as_ref()?;
            let differences: Option<Vec<f64>> =
                without_best.iter().zip(without).map(|(best, this)| Some((*best)? - (*this)?)).collect();
            let differences = differences?;
            let centre = mean(&differences);
            let spread: f64 = differences.iter().map(|difference| (difference - centre).powi(2)).sum();
            let count = families as f64;
            let standard_error = ((count - 1.0) / count * spread).sqrt();
            Some(PenaltyPoint { lambda, correlation: *correlation, below_best: top - correlation, standard_error })
        })
        .collect();
    let lambda = path.iter().find(|point| point.below_best <= point.standard_error)?.lambda;
    Some(PenaltyChoice { lambda, path })
}

/// The families of each fold.
fn deal(families: &[usize], training: &[usize]) -> Vec<Vec<usize>> {
    let mut models = vec![0_usize; families.iter().max().map_or(0, |last| last + 1)];
    training.iter().for_each(|&model| models[families[model]] += 1);
    let mut present: Vec<usize> = (0..models.len()).filter(|&family| models[family] > 0).collect();
    present.sort_by_key(|&family| (std::cmp::Reverse(models[family]), family));
    let mut folds: Vec<(usize, Vec<usize>)> = vec![(0, Vec::new()); MOST_FOLDS.min(present.len())];
    for family in present {
        if let Some((count, fold)) = folds.iter_mut().min_by_key(|(count, _)| *count) {
            *count += models[family];
            fold.push(family);
        }
    }
    folds.into_iter().map(|(_, families)| families).collect()
}
