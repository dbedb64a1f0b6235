//! Differences of held-out figures on the same predictions, with intervals over families.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use mixopt_fit::statistics::standard_deviation;
use mixopt_fit::{Agreement, Paired};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::resampling::draws::{Purpose, generator};
use crate::resampling::interval::Interval;
use crate::resampling::interval::LEAST_FAMILIES;

/// Why a difference has no interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoInterval {
    /// Fewer than [`LEAST_FAMILIES`] families were predicted.
    TooFewFamilies,
    /// In half of the replicates or more a figure is not defined.
    NotDefined,
    /// The figure itself is not defined for one of the two.
    NoFigure,
}

/// A figure of the first method less that of another.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureDifference {
    /// The difference; `None` where one of the two is not defined.
    pub difference: Option<f64>,
    /// Standard deviation over replicates; `None` where there is no interval.
    pub standard_error: Option<f64>,
    /// Expanded percentile interval over replicates.
    pub interval: Option<Interval>,
    /// The interval excludes zero.
    pub is_clear: bool,
    /// Why there is no interval.
    pub no_interval: Option<NoInterval>,
}

/// Differences of all figures. For the root mean square error less is better, so there the first method is ahead
/// where the difference is negative.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Differences {
    /// Of Pearson's correlations.
    pub pearson: FigureDifference,
    /// Of the correlations given what is controlled for; no figure where nothing is.
    pub partial: FigureDifference,
    /// Of Spearman's correlations.
    pub spearman: FigureDifference,
    /// Of root mean square errors, in units of the score.
    pub rmse: FigureDifference,
    /// Of the shares of pairs in the right order.
    pub order_accuracy: FigureDifference,
}

/// How replicates are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DifferenceSettings {
    /// Share of replicates within an interval, above 0 and below 1.
    pub confidence: f64,
    /// Draws of families.
    pub replicates: usize,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for DifferenceSettings {
    fn default() -> Self {
        Self { confidence: 0.9, replicates: 1000, seed: 0 }
    }
}

/// Predictions of one method: of each repeat, the models (positions) and their predicted scores.
pub type Repeats = Vec<Vec<(usize, f64)>>;

/// Figures of several methods on the same predictions, and on the same draws of families.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    /// Agreement of each method; `None` where it has none.
    pub agreements: Vec<Option<Agreement>>,
    /// The same on each draw.
    drawn: Vec<Vec<Option<Agreement>>>,
    families: usize,
    settings: DifferenceSettings,
}

impl Figures {
    /// Takes all figures of all methods.
    ///
    /// # Method
    /// Predictions stand as they are. Each replicate draws as many families as were predicted, with replacement, and takes
    /// all figures of all methods on that one draw, so that what is common to two methods cancels out; with several repeats
    /// it takes their mean. So an interval tells the chance in which families there are to be predicted, not that of
    /// fitting anew on other families.
    ///
    /// # Shapes
    /// `methods`: one or more; one that predicts other models than the first, or in another order, has no figures.
    /// `target`, `families`, each control: models.
    pub fn new(
        methods: &[Repeats],
        target: &[f64],
        families: &[usize],
        controls: &[Vec<f64>],
        settings: DifferenceSettings,
    ) -> Self {
        let models = |repeats: &Repeats| -> Vec<Vec<usize>> {
            repeats.iter().map(|predictions| predictions.iter().map(|&(model, _)| model).collect()).collect()
        };
        let first = methods.first().map(models).unwrap_or_default();
        // One numbering of families for all repeats, for one may have skipped some.
        let predicted: BTreeSet<usize> = first.concat().into_iter().collect();
        let numbers = dense(&predicted.iter().map(|&model| families[model]).collect::<Vec<_>>());
        let group: BTreeMap<usize, usize> = predicted.iter().copied().zip(numbers).collect();
        let count = group.values().max().map_or(0, |last| last + 1);
        let paired: Vec<Option<Vec<Paired>>> = methods
            .iter()
            .map(|repeats| {
                let is_same = models(repeats) == first;
                let of = |predictions: &Vec<(usize, f64)>| pair(predictions, target, controls, &group);
                repeats.iter().map(|predictions| of(predictions).filter(|_| is_same)).collect()
            })
            .collect();
        let all = |times: &[f64]| -> Vec<Option<Agreement>> {
            paired.iter().map(|repeats| mean(repeats.as_ref()?, times)).collect()
        };
        let draws = if count < LEAST_FAMILIES { 0 } else { settings.replicates };
        let drawn = (0..draws as u64)
            .into_par_iter()
            .map(|replicate| {
                all(&drawn_with_replacement(count, &mut generator(settings.seed, Purpose::Difference, replicate)))
            })
            .collect();
        Self { agreements: all(&vec![1.0; count]), drawn, families: count, settings }
    }

    /// What one method is ahead of another.
    pub fn difference(&self, one: usize, other: usize) -> Differences {
        let of = |figure: fn(&Agreement) -> Option<f64>| {
            let less =
                |row: &[Option<Agreement>]| Some(figure(row.get(one)?.as_ref()?)? - figure(row.get(other)?.as_ref()?)?);
            let replicates = self.drawn.iter().filter_map(|row| less(row)).collect();
            summary(less(&self.agreements), replicates, self.families, self.settings)
        };
        Differences {
            pearson: of(|agreement| agreement.pearson),
            partial: of(|agreement| agreement.partial),
            spearman: of(|agreement| agreement.spearman),
            rmse: of(|agreement| Some(agreement.rmse)),
            order_accuracy: of(|agreement| agreement.order_accuracy),
        }
    }
}

fn pair(
    predictions: &[(usize, f64)],
    target: &[f64],
    controls: &[Vec<f64>],
    group: &BTreeMap<usize, usize>,
) -> Option<Paired> {
    let (predicted, truth): (Vec<f64>, Vec<f64>) = predictions.iter().map(|&(i, p)| (p, target[i])).unzip();
    let groups: Vec<usize> = predictions.iter().map(|(model, _)| group.get(model).copied()).collect::<Option<_>>()?;
    let given: Vec<Vec<f64>> =
        controls.iter().map(|control| predictions.iter().map(|&(model, _)| control[model]).collect()).collect();
    Some(Paired::new(&predicted, &truth, &groups)?.given(&given))
}

fn mean(repeats: &[Paired], times: &[f64]) -> Option<Agreement> {
    Agreement::mean(&repeats.iter().map(|paired| paired.agreement(times)).collect::<Option<Vec<_>>>()?)
}

/// Groups renumbered from 0 without gaps, in the order of their numbers.
fn dense(groups: &[usize]) -> Vec<usize> {
    let present: BTreeSet<usize> = groups.iter().copied().collect();
    groups.iter().map(|group| present.range(..group).count()).collect()
}

/// As many draws with replacement as there are groups: how often each is drawn.
fn drawn_with_replacement(groups: usize, generator: &mut ChaCha8Rng) -> Vec<f64> {
    let mut times = vec![0.0; groups];
    (0..groups).for_each(|_| times[generator.random_range(0..groups)] += 1.0);
    times
}

/// Puts an interval around a difference.
fn summary(
    difference: Option<f64>,
    replicates: Vec<f64>,
    families: usize,
    settings: DifferenceSettings,
) -> FigureDifference {
    let no_interval = if difference.is_none() {
        Some(NoInterval::NoFigure)
    } else if families < LEAST_FAMILIES {
        Some(NoInterval::TooFewFamilies)
    } else if replicates.len() < 2 || 2 * replicates.len() <= settings.replicates {
        Some(NoInterval::NotDefined)
    } else {
        None
    };
    let usable = no_interval.is_none().then_some(replicates);
    let interval = usable.as_ref().and_then(|values| Interval::expanded(values, settings.confidence, families));
    FigureDifference {
        difference,
        standard_error: usable.as_ref().and_then(|values| standard_deviation(values)),
        interval,
        is_clear: interval.is_some_and(|interval| !interval.contains(0.0)),
        no_interval,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mixopt_fit::statistics::pearson;
    use rand::RngExt;

    fn settings(replicates: usize) -> DifferenceSettings {
        DifferenceSettings { replicates, seed: 5, ..DifferenceSettings::default() }
    }

    /// Models with their predicted scores.
    type Predicted = Vec<(usize, f64)>;

    /// Thirty models of ten families; predictions that are the truth with more or less noise.
    fn data() -> (Vec<f64>, Vec<usize>, impl FnMut(f64) -> Predicted) {
        let target: Vec<f64> = (0..30).map(|i| ((i * 11) % 30) as f64 / 30.0).collect();
        let mut generator = generator(1, Purpose::Bootstrap, 0);
        let truth = target.clone();
        let noisy = move |size: f64| {
            truth.iter().enumerate().map(|(i, y)| (i, y + size * (generator.random::<f64>() - 0.5))).collect()
        };
        (target, (0..30).map(|i| i / 3).collect(), noisy)
    }

    #[test]
    fn a_good_method_is_clearly_ahead_of_a_bad_one_and_not_of_itself() {
        let (target, families, mut noisy) = data();
        let (good, bad) = (vec![noisy(0.05)], vec![noisy(3.0)]);
        let found = Figures::new(&[good.clone(), bad, good], &target, &families, &[], settings(300));
        let found = [found.difference(0, 1), found.difference(0, 2)];
        assert_eq!(found[0].partial.no_interval, Some(NoInterval::NoFigure));
        let ahead = &found[0];
        assert!(
            ahead.pearson.is_clear && ahead.spearman.is_clear && ahead.rmse.is_clear && ahead.order_accuracy.is_clear
        );
        assert!(ahead.pearson.difference.unwrap() > 0.2 && ahead.rmse.difference.unwrap() < -0.3);
        assert!(ahead.pearson.interval.unwrap().contains(ahead.pearson.difference.unwrap()));
        let same = found[1].order_accuracy;
        assert_eq!((same.difference, same.standard_error, same.is_clear), (Some(0.0), Some(0.0), false));
    }

    /// The same draws, made by copying models, give the same replicates.
    #[test]
    fn replicates_are_draws_of_whole_families() {
        let (target, families, mut noisy) = data();
        let (ours, theirs) = (noisy(0.4), noisy(0.6));
        let mut expected = Vec::new();
        for replicate in 0..50 {
            let times = drawn_with_replacement(10, &mut generator(5, Purpose::Difference, replicate));
            let copies: Vec<usize> =
                (0..30).flat_map(|i| std::iter::repeat_n(i, times[families[i]] as usize)).collect();
            let of = |predictions: &[(usize, f64)]| {
                let predicted: Vec<f64> = copies.iter().map(|&i| predictions[i].1).collect();
                pearson(&predicted, &copies.iter().map(|&i| target[i]).collect::<Vec<_>>()).unwrap()
            };
            expected.push(of(&ours) - of(&theirs));
        }
        let found =
            Figures::new(&[vec![ours], vec![theirs]], &target, &families, &[], settings(50)).difference(0, 1).pearson;
        assert!((found.standard_error.unwrap() - standard_deviation(&expected).unwrap()).abs() < 1e-13);
        let interval = Interval::expanded(&expected, 0.9, 10).unwrap();
        assert!((interval.lower - found.interval.unwrap().lower).abs() < 1e-13);
    }

    #[test]
    fn repeats_are_averaged_on_one_draw() {
        let (target, families, mut noisy) = data();
        let (a, b, other) = (noisy(0.4), noisy(0.8), noisy(1.0));
        let alone = |ours: &Vec<(usize, f64)>| {
            Figures::new(&[vec![ours.clone()], vec![other.clone()]], &target, &families, &[], settings(0))
                .difference(0, 1)
                .pearson
                .difference
                .unwrap()
        };
        let both = [vec![a.clone(), b.clone()], vec![other.clone(), other.clone()]];
        let found = Figures::new(&both, &target, &families, &[], settings(0)).difference(0, 1).pearson;
        assert!((found.difference.unwrap() - (alone(&a) + alone(&b)) / 2.0).abs() < 1e-14);
        assert_eq!((found.interval, found.no_interval), (None, Some(NoInterval::NotDefined)));
    }

    #[test]
    fn few_families_have_no_interval() {
        let (target, _, mut noisy) = data();
        let families: Vec<usize> = (0..30).map(|i| i % 4).collect();
        let found = Figures::new(&[vec![noisy(0.1)], vec![noisy(0.2)]], &target, &families, &[], settings(100))
            .difference(0, 1)
            .rmse;
        assert!(found.difference.is_some() && !found.is_clear);
        assert_eq!((found.interval, found.no_interval), (None, Some(NoInterval::TooFewFamilies)));
        assert_eq!(found.standard_error, None);
        let flat: Vec<(usize, f64)> = (0..30).map(|i| (i, 0.5)).collect();
        let found = Figures::new(&[vec![flat], vec![noisy(0.2)]], &target, &families, &[], settings(100))
            .difference(0, 1)
            .pearson;
        assert_eq!((found.difference, found.no_interval), (None, Some(NoInterval::NoFigure)));
    }
}
