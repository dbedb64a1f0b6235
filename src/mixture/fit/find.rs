//! From a study and settings to findings.

use indexmap::IndexMap;
use nalgebra::DMatrix;

use mixopt_base::{Observer, each_once};
use mixopt_fit::statistics::pearson;
use mixopt_fit::{Analysis, Assessed, Objective, ParetoPoint, Problem, Refitter, TradeOffPoint, analyse, mixed_bits};
use mixopt_study::{JoinedStudy, Study};
use mixopt_trust::{Calibration, ComparedMethod, Comparison};

use crate::settings::criterion::Criterion;
use crate::error::FitError;
use crate::fit::findings::{
    Baselines, Figures, Findings, HeldOutBaselines, HeldOutFindings, OptimumFindings, Pair, ParetoFindings,
    PredictionFindings, Program, RecommendedFindings, RidgeFindings, TargetFindings, Tracked, TradeOff, Weights,
};
use crate::fit::verdict::verdict;
use crate::settings::fit_settings::FitSettings;
use crate::setup::case::Case;
use crate::trust::examine::{Examined, trust};
use crate::trust::held_out::{compared, families_held_out};

/// Fewest models with a score for which a benchmark is reported.
const LEAST_MODELS_TO_TRACK: usize = 5;
/// Mixtures may break constraints by rounding.
const ALLOWED: f64 = 1e-9;

/// Fits a study. Reads the manifest and the prior that the settings name.
///
/// # Errors
/// [`FitError`] where the study, the target, a name, a constraint, the manifest or the prior cannot be used.
pub fn find(study: &Study, settings: &FitSettings, observer: &dyn Observer) -> Result<Findings, FitError> {
    let case = Case::new(study, settings)?;
    let Case { joined, ground, problem, .. } = &case;
    let mut messages = case.messages.clone();
    let domains = joined.domains.len();
    let fit_settings = settings.analysis();
    let refitter = Refitter::new(problem, &fit_settings);
    let analysis = analyse(&refitter);
    if !analysis.searched.is_empty() && analysis.searched.len() < joined.domains.len() {
        messages.push(format!(
            "the rank search moved {} of {} domains: those of the Pearson optimum and the best alone",
            analysis.searched.len(),
            joined.domains.len()
        ));
    }
    if FitSettings::are_many(domains) && settings.refits != Some(0) {
        messages.push(format!(
            "{domains} domains make refits dear: {} are made for intervals, and fewer folds and ranges than for less \
             (`--refits` sets the number)",
            settings.refits_of(domains)
        ));
    }
    let comparison = compared(&case, settings, &refitter, None, observer);
    let examined = Examined {
        study,
        case: &case,
        settings,
        refitter: &refitter,
        analysis: &analysis,
        comparison: &comparison,
        given: None,
        criterion: Criterion::of_recommended(settings.objective, case.recommended_control.as_ref()),
    };
    let trust = trust(&examined, observer)?;
    let names = Names { case: &case, analysis: &analysis, comparison: &comparison };
    each_once(&mut messages);
    let mut findings = Findings {
        target: settings.target.clone(),
        benchmarks: case.benchmarks.clone(),
        study: study.name.clone(),
        unit: ground.unit,
        models: joined.models.len(),
        families: case.family_names.len(),
        verdict: Vec::new(),
        optimum: names.optimum(settings.objective),
        recommended: names.recommended(settings.objective),
        baselines: names.baselines(),
        held_out: names.held_out(),
        by_target: names.by_target(),
        pareto: names.pareto(),
        trade_off: names.trade_off(),
        tracked: tracked(study, joined, &problem.bits, &analysis, &problem.center),
        trust,
        supply: ground.supply(&joined.domains, &analysis.recommended.weights),
        prediction: (settings.objective != Objective::Worst).then(|| prediction(problem, &analysis, &comparison)),
        constant_domains: analysis.constant_domains.iter().map(|&d| joined.domains[d].clone()).collect(),
        model_names: joined.models.clone(),
        family_names: case.family_names.clone(),
        dropped_models: joined.dropped_models.clone(),
        dropped_domains: joined.dropped_domains.clone(),
        messages,
        settings: settings.clone(),
        inputs: case.inputs.clone(),
        program: Program::this(),
    };
    findings.verdict = verdict(&findings);
    Ok(findings)
}

/// What predictions from the two mixtures stand on: held-out predictions with the mixture chosen anew in every fold.
fn prediction(problem: &Problem, analysis: &Analysis, comparison: &Comparison) -> PredictionFindings {
    let calibration = |weights: &[f64], method: ComparedMethod| {
        let bits = mixed_bits(&problem.bits, weights);
        let held_out = comparison.leave_one_family_out.held_out(method)?;
        Calibration::new(&bits, &problem.target, &problem.families, held_out)
    };
    let optimum = analysis.optimum.weights.as_ref();
    PredictionFindings {
        recommended: calibration(&analysis.recommended.weights, ComparedMethod::Recommended),
        optimum: optimum.and_then(|weights| calibration(weights, ComparedMethod::Optimum)),
    }
}

/// Gives names to what an analysis and a comparison number.
pub(crate) struct Names<'a> {
    pub case: &'a Case,
    pub analysis: &'a Analysis,
    pub comparison: &'a Comparison,
}

impl Names<'_> {
    pub fn by_domain<T>(&self, values: impl Iterator<Item = T>) -> IndexMap<String, T> {
        self.case.joined.domains.iter().cloned().zip(values).collect()
    }

    pub fn weights(&self, weights: &[f64]) -> Weights {
        self.by_domain(weights.iter().copied())
    }

    /// Whether there is another prior than equal shares, which then is one of the mixtures compared.
    fn has_prior(&self) -> bool {
        self.comparison.leave_one_family_out.of(ComparedMethod::Prior).is_some()
    }

    /// What to compare with, in sample.
    pub(crate) fn baselines(&self) -> Baselines {
        let (problem, analysis) = (&self.case.problem, self.analysis);
        let domains = problem.bits.ncols();
        Baselines {
            uniform: Figures::of(&analysis.uniform.evaluation),
            prior: self.has_prior().then(|| Figures::of(&analysis.center.evaluation)),
            uniform_is_allowed: problem.constraints.contain(&vec![1.0 / domains as f64; domains], ALLOWED),
            prior_is_allowed: problem.constraints.contain(&problem.center, ALLOWED),
            single: self.by_domain(analysis.single.iter().map(Figures::of)),
        }
    }

    /// Everything on families held out in turn.
    pub(crate) fn held_out(&self) -> HeldOutFindings {
        let compared = &self.comparison.leave_one_family_out;
        let figures = |method| compared.held_out(method).map(Into::into);
        HeldOutFindings {
            protocol: "leave_one_family_out".to_string(),
            folds: families_held_out(compared),
            mixture: figures(ComparedMethod::Given),
            optimum: figures(ComparedMethod::Optimum).filter(|_| self.analysis.optimum.weights.is_some()),
            recommended: figures(ComparedMethod::Recommended),
            best_single: figures(ComparedMethod::BestSingle),
            baselines: HeldOutBaselines {
                uniform: figures(ComparedMethod::Uniform),
                prior: figures(ComparedMethod::Prior),
                single: self.by_domain(self.comparison.single.iter().map(|found| found.as_ref().map(Into::into))),
            },
        }
    }

    fn optimum(&self, objective: Objective) -> OptimumFindings {
        let analysis = self.analysis;
        let optimum = &analysis.optimum;
        let has_bound = objective != Objective::Spearman;
        OptimumFindings {
            weights: optimum.weights.as_ref().map(|weights| self.weights(weights)),
            figures: analysis.optimum_assessed.as_ref().map(|found| Figures::of(&found.evaluation)).unwrap_or_default(),
            criterion: Criterion::of_optimum(objective, self.case.optimum_control.as_ref()),
            correlation: optimum.correlation,
            bound: has_bound.then_some(optimum.bound),
            gap: has_bound.then(|| optimum.gap()),
            bound_holds_above_variation: optimum.bound_holds_above_variation,
            status: optimum.status,
            binding: match (&optimum.weights, &analysis.prices) {
                (Some(weights), Some(prices)) => {
                    self.case.ground.constraints.binding(&self.case.joined.domains, weights, prices)
                }
                _ => Vec::new(),
            },
            uniqueness: analysis.alternatives.as_ref().map(|found| found.uniqueness),
            nearly_as_good: analysis
                .alternatives
                .as_ref()
                .and_then(|found| found.nearly_as_good.as_ref())
                .map(|weights| self.weights(weights)),
        }
    }

    fn recommended(&self, objective: Objective) -> RecommendedFindings {
        let recommended = &self.analysis.recommended;
        RecommendedFindings {
            weights: self.weights(&recommended.weights),
            figures: Figures::of(&self.analysis.recommended_assessed.evaluation),
            criterion: Criterion::of_recommended(objective, self.case.recommended_control.as_ref()),
            prior: self.case.ground.prior.name.clone(),
            prior_weights: self.weights(&self.case.ground.prior.shares),
            status: recommended.status,
            best: recommended.best,
            standard_error: recommended.standard_error,
            threshold: recommended.threshold,
            correlation: recommended.correlation,
            unusable_replicates: recommended.unusable_replicates,
            ridge: recommended.ridge.as_ref().map(RidgeFindings::of),
        }
    }

    fn by_target(&self) -> IndexMap<String, TargetFindings> {
        let pair = |assessed: &Assessed, method: ComparedMethod, position: usize| -> Option<Pair> {
            let held_out =
                self.comparison.leave_one_family_out.of(method).and_then(|found| found.by_target.get(position));
            Some(Pair {
                pearson: assessed.by_target.get(position)?.pearson,
                held_out_pearson: held_out.and_then(|held_out| held_out.agreement.pearson),
            })
        };
        let analysis = self.analysis;
        let name = |(position, name): (usize, &String)| -> Option<(String, TargetFindings)> {
            let optimum = analysis.optimum_assessed.as_ref();
            let figures = TargetFindings {
                optimum: optimum.and_then(|assessed| pair(assessed, ComparedMethod::Optimum, position)),
                recommended: pair(&analysis.recommended_assessed, ComparedMethod::Recommended, position)?,
                uniform: pair(&analysis.uniform, ComparedMethod::Uniform, position)?,
            };
            Some((name.clone(), figures))
        };
        self.case.target_names.iter().enumerate().filter_map(name).collect()
    }

    fn pareto(&self) -> Vec<ParetoFindings> {
        let point = |point: &ParetoPoint| ParetoFindings {
            correlations: self.case.target_names.iter().cloned().zip(point.correlations).collect(),
            gap: point.bound_gap,
            weights: self.weights(&point.weights),
        };
        self.analysis.pareto.iter().map(point).collect()
    }

    fn trade_off(&self) -> Vec<TradeOff> {
        let point = |point: &TradeOffPoint| TradeOff {
            correlation: point.correlation,
            distance: point.distance,
            weights: self.weights(&point.weights),
        };
        self.analysis.trade_off.iter().map(point).collect()
    }
}

/// Correlation of the mixtures with every benchmark of the study.
fn tracked(
    study: &Study,
    joined: &JoinedStudy,
    bits: &DMatrix<f64>,
    analysis: &Analysis,
    prior: &[f64],
) -> IndexMap<String, Tracked> {
    let recommended = mixed_bits(bits, &analysis.recommended.weights);
    let optimum = analysis.optimum.weights.as_ref().map(|weights| mixed_bits(bits, weights));
    let prior = mixed_bits(bits, prior);
    by_benchmark(study, joined, |models, correlation| Tracked {
        models,
        recommended: correlation(&recommended),
        optimum: optimum.as_deref().and_then(correlation),
        prior: correlation(&prior),
    })
}

/// Figures for every benchmark that enough models have a score on: from how many have one and what gives the correlation
/// of −bits with it over these.
pub(crate) fn by_benchmark<T>(
    study: &Study,
    joined: &JoinedStudy,
    figures: impl Fn(usize, &dyn Fn(&[f64]) -> Option<f64>) -> T,
) -> IndexMap<String, T> {
    let mut found = IndexMap::new();
    for (column, benchmark) in study.scores.benchmarks.iter().enumerate() {
        let scores: Vec<f64> = joined.score_rows.iter().map(|&row| study.scores.matrix.values[(row, column)]).collect();
        let there: Vec<usize> = (0..scores.len()).filter(|&i| !scores[i].is_nan()).collect();
        if there.len() < LEAST_MODELS_TO_TRACK {
            continue;
        }
        let pick = |values: &[f64]| -> Vec<f64> { there.iter().map(|&i| values[i]).collect() };
        let truth = pick(&scores);
        let correlation = |mixed: &[f64]| pearson(&pick(mixed), &truth).map(|r| -r);
        found.insert(benchmark.name.clone(), figures(there.len(), &correlation));
    }
    found
}
