//! How methods of choosing a mixture do on families that they have not seen.

use crate::comparison::given::Given;
use rayon::prelude::*;

use mixopt_base::Observer;
use mixopt_fit::{Agreement, AnalysisSettings, Fold, HeldOut, Refitter, held_out_of, held_out_single};

use crate::comparison::difference::{DifferenceSettings, Differences, Figures, Repeats};
use crate::comparison::folds::{Folds, SkippedFold, repeated_folds, single_families};
use crate::comparison::method::ComparedMethod;

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

/// One method on families that it has not seen.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodFigures {
    /// The method.
    pub method: ComparedMethod,
    /// Predictions pooled over the folds of each repeat; empty where no family can be held out.
    pub held_out: Vec<HeldOut>,
    /// The same of the first repeat for each of several targets; empty where there is one.
    pub by_target: Vec<HeldOut>,
    /// Agreement of predicted and true scores; with repeats the mean over them. `None` where no family can be held out.
    pub agreement: Option<Agreement>,
    /// Folds, of all repeats, in which the method had no answer and equal shares stood in.
    pub folds_without_answer: usize,
    /// The first method's figures less this one's; `None` for the first method itself.
    pub first_less_this: Option<Differences>,
    /// The optimum's figures less this one's; `None` for the optimum itself.
    pub optimum_less_this: Option<Differences>,
}

/// Figures of all methods under one way to hold families out.
#[derive(Debug, Clone, PartialEq)]
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

impl ProtocolFigures {
    /// The figures of a method, where it was compared.
    pub fn of(&self, method: ComparedMethod) -> Option<&MethodFigures> {
        self.methods.iter().find(|figures| figures.method == method)
    }

    /// The predictions of a method in the first repeat.
    pub fn held_out(&self, method: ComparedMethod) -> Option<&HeldOut> {
        self.of(method)?.held_out.first()
    }
}

/// All that is known of how mixtures do on families that they were not fitted on.
///
/// # Pooled figures are low
/// A fold's line runs through the mean of its training models, so where the families held out score high its predictions
/// are low: pooled correlations are biased downward, on pure noise below zero. Both ways to hold families out show it, and
/// so do all methods.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Each family held out in turn.
    pub leave_one_family_out: ProtocolFigures,
    /// Families dealt to folds at random, several times.
    pub repeated_folds: ProtocolFigures,
    /// Each domain alone, each family held out in turn. `None` where no family can be held out.
    pub single: Vec<Option<HeldOut>>,
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
/// Where a given mixture has another number of domains.
pub fn compare(
    refitter: &Refitter,
    given: &Given,
    comparison: ComparisonSettings,
    observer: &dyn Observer,
) -> Comparison {
    let (problem, settings) = (refitter.problem(), refitter.settings());
    let quick =
        AnalysisSettings { replicates: settings.replicates.min(comparison.recommendation_replicates), ..*settings };
    let (families, target) = (&problem.families, &problem.target);
    let seed = comparison.differences.seed;
    let single = single_families(families, target);
    let repeated = repeated_folds(families, target, comparison.folds, comparison.repeats, seed);
    let count = |folds: &Folds| folds.repeats.iter().map(Vec::len).sum::<usize>() as u64;
    observer.begin("held-out families", count(&single) + count(&repeated), "folds");
    let folds = single.repeats.concat();
    let alone = |d: usize| {
        let bits: Vec<f64> = problem.bits.column(d).iter().copied().collect();
        held_out_single(&bits, target, &folds)
    };
    Comparison {
        single: (0..problem.bits.ncols()).into_par_iter().map(alone).collect(),
        leave_one_family_out: protocol(refitter, given, single, comparison.differences, observer),
        repeated_folds: protocol(&refitter.with(&quick), given, repeated, comparison.differences, observer),
    }
}

fn protocol(
    refitter: &Refitter,
    given: &Given,
    folds: Folds,
    settings: DifferenceSettings,
    observer: &dyn Observer,
) -> ProtocolFigures {
    let problem = refitter.problem();
    let methods: Vec<ComparedMethod> = ComparedMethod::all().filter(|method| method.is_there(given)).collect();
    let all: Vec<&Fold> = folds.repeats.iter().flatten().collect();
    // Folds side by side: each has all methods, dear and cheap ones.
    let chosen: Vec<Vec<Option<Vec<f64>>>> = all
        .par_iter()
        .map(|fold| {
            let chosen = methods.iter().map(|method| method.choose(refitter, given, fold)).collect();
            observer.advance(1);
            chosen
        })
        .collect();
    // Of each method: predictions of each repeat, and those of the first for each of several targets.
    let held_out: Vec<(Vec<HeldOut>, Vec<HeldOut>)> = (0..methods.len())
        .into_par_iter()
        .map(|method| {
            let mut rest = chosen.as_slice();
            let (mut found, mut by_target) = (Vec::new(), Vec::new());
            for repeat in folds.repeats.iter().filter(|repeat| !repeat.is_empty()) {
                let (here, later) = rest.split_at(repeat.len());
                rest = later;
                let here: Vec<Option<Vec<f64>>> = here.iter().map(|methods| methods[method].clone()).collect();
                let of = |target: &[f64]| held_out_of(&problem.bits, target, repeat, &here);
                if found.is_empty() {
                    by_target = problem.targets.iter().filter_map(|target| of(target)).collect();
                }
                found.extend(of(&problem.target));
            }
            (found, by_target)
        })
        .collect();
    let predictions: Vec<Repeats> =
        held_out.iter().map(|(repeats, _)| repeats.iter().map(|found| found.predictions.clone()).collect()).collect();
    let controls = &problem.recommended_controls;
    let compared = Figures::new(&predictions, &problem.target, &problem.families, controls, settings);
    let optimum = methods.iter().position(|method| *method == ComparedMethod::Optimum);
    let figures =
        methods.iter().zip(held_out).enumerate().map(|(index, (&method, (held_out, by_target)))| MethodFigures {
            method,
            agreement: compared.agreements[index],
            held_out,
            by_target,
            folds_without_answer: chosen.iter().filter(|methods| methods[index].is_none()).count(),
            first_less_this: (index > 0).then(|| compared.difference(0, index)),
            optimum_less_this: optimum
                .filter(|optimum| *optimum != index)
                .map(|optimum| compared.difference(optimum, index)),
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
    use mixopt_base::Silent;
    use mixopt_fit::estimator::Estimator;
    use mixopt_fit::{Bounds, Constraints, Problem, Within};
    use nalgebra::DMatrix;
    use rand::RngExt;
    use rand::seq::SliceRandom;

    use crate::resampling::draws::{Purpose, generator};

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
            let (ours, theirs) =
                (Refitter::new(&before, &settings).unwrap(), Refitter::new(&after, &settings).unwrap());
            for method in ComparedMethod::all() {
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
        let (ours, theirs) = (Refitter::new(&before, &settings).unwrap(), Refitter::new(&after, &settings).unwrap());
        for method in ComparedMethod::all().filter(|method| match method {
            ComparedMethod::Published(estimator, _) => *estimator != Estimator::Product,
            method => matches!(method, ComparedMethod::Optimum | ComparedMethod::Recommended),
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
        let compared =
            |problem: &Problem| compare(&Refitter::new(problem, &settings).unwrap(), &given(), comparison, &Silent);
        let (a, b) = (compared(&first), compared(&second));
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

    /// All on one domain, as a mixture that is given, goes through the matrix of all; a domain alone does not.
    #[test]
    fn a_domain_alone_is_the_mixture_with_all_on_it() {
        let problem = problem(4);
        let (settings, comparison) = settings();
        let refitter = Refitter::new(&problem, &settings).unwrap();
        for domain in 0..4 {
            let mixture = (0..4).map(|d| if d == domain { 1.0 } else { 0.0 }).collect();
            let given = Given { mixture: Some(mixture), ..Given::default() };
            let found = compare(&refitter, &given, comparison, &Silent);
            let protocol = &found.leave_one_family_out;
            assert_eq!(protocol.methods[0].method, ComparedMethod::Given);
            assert_eq!(protocol.held_out(ComparedMethod::Given), found.single[domain].as_ref());
            assert!(protocol.held_out(ComparedMethod::Given).is_some());
        }
    }

    #[test]
    fn one_family_leaves_nothing_to_hold_out() {
        let mut problem = problem(5);
        problem.families = vec![0; MODELS];
        let (settings, comparison) = settings();
        let found = compare(&Refitter::new(&problem, &settings).unwrap(), &Given::default(), comparison, &Silent);
        assert_eq!(found.leave_one_family_out.skipped.len(), 1);
        assert!(found.repeated_folds.methods.iter().all(|figures| figures.agreement.is_none()));
    }
}
