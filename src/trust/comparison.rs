//! How methods of choosing a mixture do on families that they have not seen.

use rayon::prelude::*;

use mixopt_fit::{Agreement, AnalysisSettings, Fold, HeldOut, Problem, Refitter, held_out_of};

use super::compared_method::ComparedMethod;
use super::difference::{DifferenceSettings, Differences, Repeats, differences};
use super::folds::{Folds, SkippedFold, repeated_folds, single_families};

/// Mixtures that a comparison is given. Length of each: domains.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    /// The mixture to evaluate; where there is one, it is the first method, else the recommendation is.
    pub mixture: Option<Vec<f64>>,
    /// Shares of the text that there is.
    pub natural: Option<Vec<f64>>,
    /// A prior other than equal shares.
    pub prior: Option<Vec<f64>>,
}

/// How methods are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComparisonSettings {
    /// Folds of a repeat.
    pub folds: usize,
    /// Repeats of the random folds.
    pub repeats: usize,
    /// Bootstrap replicates of the recommendation's standard error in each random fold, of which there are many. Those of
    /// single families use as many as the fit.
    pub recommendation_replicates: usize,
    /// Intervals of differences; its seed deals the folds, too.
    pub differences: DifferenceSettings,
}

impl Default for ComparisonSettings {
    fn default() -> Self {
        Self { folds: 5, repeats: 10, recommendation_replicates: 200, differences: DifferenceSettings::default() }
    }
}

/// Figures of one method.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MethodFigures {
    /// The method.
    pub method: ComparedMethod,
    /// Agreement of predicted and true scores, predictions pooled over folds; with repeats the mean over them. `None`
    /// where no family can be held out.
    pub agreement: Option<Agreement>,
    /// Folds, of all repeats, in which the method had no answer and equal shares stood in.
    pub folds_without_answer: usize,
    /// The first method's figures less this one's; `None` for the first method itself.
    pub first_less_this: Option<Differences>,
}

/// Figures of all methods under one way to hold families out.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProtocolFigures {
    /// Folds that families are dealt to in a repeat: as asked for, or as many as there are families.
    pub folds: usize,
    /// Repeats.
    pub repeats: usize,
    /// Families that could not be held out.
    pub skipped: Vec<SkippedFold>,
    /// Each method, in order, the first method first.
    pub methods: Vec<MethodFigures>,
}

/// Methods compared in two ways.
///
/// # Pooled figures are low
/// A fold's line runs through the mean of its training models, so where the families held out score high its predictions
/// are low: pooled correlations are biased downward, on pure noise below zero. Both ways to hold families out show it, and
/// so do all methods.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Each family held out in turn.
    pub leave_one_family_out: ProtocolFigures,
    /// Families dealt to folds at random, several times.
    pub repeated_folds: ProtocolFigures,
}

/// Compares all methods, each choosing its mixture anew on the training models of every fold.
///
/// The published estimators obey the problem's constraints; controls are not theirs. What a method chooses depends on the
/// fold's training models alone, as does the line from bits to scores.
///
/// # Shapes
/// `given`: mixtures over the problem's domains.
///
/// # Cost
/// The recommendation is the dear method: its standard error takes a bootstrap in every fold.
///
/// # Panics
/// Where [`Refitter`] does, or where a given mixture has another number of domains.
pub fn compare(
    problem: &Problem,
    settings: &AnalysisSettings,
    given: &Given,
    comparison: ComparisonSettings,
) -> Comparison {
    let quick =
        AnalysisSettings { replicates: settings.replicates.min(comparison.recommendation_replicates), ..*settings };
    let (families, target) = (&problem.families, &problem.target);
    let seed = comparison.differences.seed;
    let single = single_families(families, target);
    let repeated = repeated_folds(families, target, comparison.folds, comparison.repeats, seed);
    Comparison {
        leave_one_family_out: protocol(&Refitter::new(problem, settings), given, single, comparison.differences),
        repeated_folds: protocol(&Refitter::new(problem, &quick), given, repeated, comparison.differences),
    }
}

fn protocol(refitter: &Refitter, given: &Given, folds: Folds, settings: DifferenceSettings) -> ProtocolFigures {
    let problem = refitter.problem();
    let methods: Vec<ComparedMethod> =
        ComparedMethod::ALL.into_iter().filter(|method| method.is_there(given)).collect();
    let all: Vec<&Fold> = folds.repeats.iter().flatten().collect();
    // Folds side by side: each has all methods, dear and cheap ones.
    let chosen: Vec<Vec<Option<Vec<f64>>>> = all
        .par_iter()
        .map(|fold| methods.iter().map(|method| method.choose(refitter, given, fold)).collect())
        .collect();
    let held_out: Vec<Option<Vec<HeldOut>>> = (0..methods.len())
        .into_par_iter()
        .map(|method| {
            let mut rest = chosen.as_slice();
            let mut found = Vec::new();
            for repeat in folds.repeats.iter().filter(|repeat| !repeat.is_empty()) {
                let (here, later) = rest.split_at(repeat.len());
                rest = later;
                let here: Vec<Option<Vec<f64>>> = here.iter().map(|methods| methods[method].clone()).collect();
                found.push(held_out_of(&problem.bits, &problem.target, repeat, &here)?);
            }
            Some(found)
        })
        .collect();
    let repeats = |of: &Option<Vec<HeldOut>>| of.clone().unwrap_or_default();
    let predictions: Vec<Repeats> =
        held_out.iter().map(|of| repeats(of).into_iter().map(|found| found.predictions).collect()).collect();
    let compared = differences(&predictions, &problem.target, &problem.families, settings);
    let figures = methods.iter().enumerate().map(|(index, &method)| MethodFigures {
        method,
        agreement: Agreement::mean(&repeats(&held_out[index]).iter().map(|of| of.agreement).collect::<Vec<_>>()),
        folds_without_answer: chosen.iter().filter(|methods| methods[index].is_none()).count(),
        first_less_this: index.checked_sub(1).and_then(|other| compared.get(other)).copied(),
    });
    ProtocolFigures {
        folds: folds.folds,
        repeats: folds.repeats.len(),
        methods: figures.collect(),
        skipped: folds.skipped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mixopt_fit::estimator::Estimator;
    use mixopt_fit::{Bounds, Constraints, Within};
    use nalgebra::DMatrix;
    use rand::RngExt;
    use rand::seq::SliceRandom;

    use super::super::draws::{Purpose, generator};

    const MODELS: usize = 21;

    /// Twenty-one models of seven families on four domains under caps.
    fn problem(seed: u64) -> Problem {
        let mut generator = generator(seed, Purpose::Power, 0);
        let skill: Vec<f64> = (0..MODELS).map(|_| generator.random::<f64>()).collect();
        let bits =
            DMatrix::from_fn(MODELS, 4, |i, d| 1.2 - 0.2 * d as f64 * skill[i] + 0.15 * generator.random::<f64>());
        let target = skill.iter().map(|s| 0.2 + 0.5 * s + 0.1 * generator.random::<f64>()).collect();
        let mut problem = Problem::plain(bits, target, (0..MODELS).map(|i| i % 7).collect());
        let names: Vec<String> = (0..4).map(|d| d.to_string()).collect();
        problem.constraints = Constraints::from(Bounds::new(&names, vec![0.0; 4], vec![0.6; 4]).unwrap());
        problem
    }

    fn given() -> Given {
        Given {
            mixture: Some(vec![0.1, 0.2, 0.3, 0.4]),
            natural: Some(vec![0.7, 0.1, 0.1, 0.1]),
            prior: Some(vec![0.25, 0.5, 0.25, 0.0]),
        }
    }

    fn settings() -> (AnalysisSettings, ComparisonSettings) {
        let differences = DifferenceSettings { replicates: 50, ..DifferenceSettings::default() };
        let comparison =
            ComparisonSettings { repeats: 3, recommendation_replicates: 20, differences, ..Default::default() };
        (AnalysisSettings { replicates: 30, ..AnalysisSettings::default() }, comparison)
    }

    #[test]
    fn no_method_sees_the_scores_of_the_families_it_predicts() {
        let before = problem(1);
        let (settings, comparison) = settings();
        let single = single_families(&before.families, &before.target);
        let repeated = repeated_folds(&before.families, &before.target, 3, 1, comparison.differences.seed);
        for fold in single.repeats.iter().chain(&repeated.repeats).flatten() {
            let mut after = before.clone();
            fold.test.iter().for_each(|&i| after.target[i] = 7.0 - 9.0 * after.target[i] + i as f64);
            let (ours, theirs) = (Refitter::new(&before, &settings), Refitter::new(&after, &settings));
            for method in ComparedMethod::ALL {
                let chosen = method.choose(&ours, &given(), fold);
                assert!(chosen.is_some(), "{method:?}");
                assert_eq!(chosen, method.choose(&theirs, &given(), fold), "{method:?} {:?}", fold.families);
            }
        }
    }

    #[test]
    fn the_scores_of_the_training_models_matter() {
        // The test above can fail: where training scores are turned round, the methods that look at them choose otherwise.
        // `product` fills by the level of bits more than by the scores, so with caps it need not.
        let before = problem(1);
        let settings = AnalysisSettings { within: Within::Difference(0.0), ..settings().0 };
        let fold = single_families(&before.families, &before.target).repeats.concat().remove(0);
        let mut after = before.clone();
        fold.training.iter().for_each(|&i| after.target[i] = 1.0 - after.target[i]);
        let (ours, theirs) = (Refitter::new(&before, &settings), Refitter::new(&after, &settings));
        for method in ComparedMethod::ALL.into_iter().filter(|method| {
            matches!(method, ComparedMethod::Optimum | ComparedMethod::Recommended)
                || method.estimator().is_some_and(|(estimator, _)| estimator != Estimator::Product)
        }) {
            assert_ne!(method.choose(&ours, &given(), &fold), method.choose(&theirs, &given(), &fold), "{method:?}");
        }
    }

    #[test]
    fn the_order_of_models_changes_nothing() {
        let (settings, comparison) = settings();
        let first = problem(3);
        let mut order: Vec<usize> = (0..MODELS).collect();
        order.shuffle(&mut generator(9, Purpose::Power, 1));
        let mut second = first.clone();
        second.bits = first.bits.select_rows(&order);
        second.target = order.iter().map(|&i| first.target[i]).collect();
        second.families = order.iter().map(|&i| first.families[i]).collect();
        let (a, b) =
            (compare(&first, &settings, &given(), comparison), compare(&second, &settings, &given(), comparison));
        let close = |x: Option<f64>, y: Option<f64>| (x.unwrap() - y.unwrap()).abs() < 1e-7;
        for (a, b) in [(&a.leave_one_family_out, &b.leave_one_family_out), (&a.repeated_folds, &b.repeated_folds)] {
            assert_eq!(a.methods.len(), 17);
            for (a, b) in a.methods.iter().zip(&b.methods) {
                let (x, y) = (a.agreement.unwrap(), b.agreement.unwrap());
                assert!(close(x.pearson, y.pearson) && close(x.order_accuracy, y.order_accuracy), "{:?}", a.method);
                if let (Some(x), Some(y)) = (a.first_less_this, b.first_less_this) {
                    assert!(close(x.rmse.difference, y.rmse.difference), "{:?}", a.method);
                    assert!(close(x.pearson.standard_error, y.pearson.standard_error), "{:?}", a.method);
                }
            }
        }
    }

    #[test]
    fn the_figures_are_those_of_the_fit() {
        let problem = problem(4);
        let (settings, comparison) = settings();
        let analysis = mixopt_fit::analyse(&problem, &settings, &mixopt_base::Silent);
        let found = compare(&problem, &settings, &Given::default(), comparison).leave_one_family_out;
        let of = |method| found.methods.iter().find(|figures| figures.method == method).unwrap().agreement;
        let fitted = |held_out: &Option<HeldOut>| held_out.as_ref().map(|held_out| held_out.agreement);
        assert_eq!(found.methods[0].method, ComparedMethod::Recommended);
        assert_eq!(found.methods.len(), 14);
        assert_eq!(of(ComparedMethod::Recommended), fitted(&analysis.recommended_assessed.held_out));
        assert_eq!(of(ComparedMethod::Optimum), fitted(&analysis.optimum_assessed.unwrap().held_out));
        assert_eq!(of(ComparedMethod::Uniform), fitted(&analysis.uniform.held_out));
        assert_eq!(of(ComparedMethod::BestSingle), fitted(&analysis.best_single));
        let lead = analysis.lead_over_uniform.unwrap();
        let uniform = found.methods.iter().find(|figures| figures.method == ComparedMethod::Uniform).unwrap();
        assert_eq!(uniform.first_less_this.unwrap().pearson.difference, Some(lead.difference));
    }

    #[test]
    fn one_family_leaves_nothing_to_hold_out() {
        let mut problem = problem(5);
        problem.families = vec![0; MODELS];
        let (settings, comparison) = settings();
        let found = compare(&problem, &settings, &Given::default(), comparison);
        assert_eq!(found.leave_one_family_out.skipped.len(), 1);
        assert!(found.repeated_folds.methods.iter().all(|figures| figures.agreement.is_none()));
    }
}
