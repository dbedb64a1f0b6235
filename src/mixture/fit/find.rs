//! From a study and settings to findings.

use indexmap::IndexMap;
use mixopt_base::{Observer, Setting, each_once};
use mixopt_fit::{Analysis, Assessed, Objective, ParetoPoint, Problem, Refitter, TradeOffPoint, analyse, mixed_bits};
use mixopt_study::Study;
use mixopt_trust::{Calibration, ComparedMethod, Comparison};

use crate::error::FitError;
use crate::fit::decision::decide;
use crate::fit::findings::{
    FitAnswer, FitReport, OptimumFindings, ParetoFindings, PredictionFindings, RecommendedFindings, RidgeFindings,
    TargetFindings, TradeOff,
};
use crate::fit::kept::with_center_kept;
use crate::fit::verdict::verdict;
use crate::fit::warnings::warnings;
use crate::report::figures::{Figures, Pair};
use crate::report::names::Names;
use crate::settings::criterion::Criterion;
use crate::settings::fit_settings::FitSettings;
use crate::setup::case::Case;
use crate::trust::examine::trust;
use crate::trust::held_out::compared;
use crate::trust::input::Examined;

/// Fits a study. Reads the manifest and the prior that the settings name.
///
/// # Errors
/// [`FitError`] where the study, the target, a name, a constraint, the manifest or the prior cannot be used.
pub fn find(study: &Study, settings: &FitSettings, observer: &dyn Observer) -> Result<FitReport, FitError> {
    let case = Case::new(study, settings)?;
    let Case { joined, ground, problem, .. } = &case;
    let mut messages = case.messages.clone();
    let domains = joined.domains.len();
    let fit_settings = settings.analysis();
    let refitter = Refitter::new(problem, &fit_settings)?;
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
             (`{}` sets the number)",
            settings.refits_of(domains),
            Setting::Refits
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
    let found = (analysis.recommended.weights.as_slice(), analysis.optimum.weights.as_deref());
    let decision = decide(&case, settings, &refitter, found, &comparison, trust.significance.as_ref());
    let kept = decision.train_on.keeps.then(|| with_center_kept(&analysis, &refitter));
    let candidate = kept.is_some().then(|| analysis.recommended.weights.clone());
    let analysis = kept.unwrap_or(analysis);
    // Equal shares or the prior: both are the center, and one of them is compared.
    let recommended_method = match (&candidate, comparison.leave_one_family_out.of(ComparedMethod::Prior)) {
        (None, _) => ComparedMethod::Recommended,
        (Some(_), Some(_)) => ComparedMethod::Prior,
        (Some(_), None) => ComparedMethod::Uniform,
    };
    let names = Names { case: &case, analysis: &analysis, comparison: &comparison, recommended_method };
    each_once(&mut messages);
    let mut report = FitReport {
        question: case.question(study, settings),
        verdict: Vec::new(),
        warnings: Vec::new(),
        answer: FitAnswer {
            optimum: names.optimum(settings.objective),
            decision,
            recommended: names.recommended(settings.objective),
            candidate: candidate.map(|shares| names.weights(&shares)),
            by_target: names.by_target(),
            pareto: names.pareto(),
            trade_off: names.trade_off(),
            supply: ground.supply(&joined.domains, &analysis.recommended.weights),
            prediction: (settings.objective != Objective::Worst)
                .then(|| prediction(problem, &analysis, &comparison, recommended_method)),
        },
        baselines: names.baselines(),
        held_out: names.held_out(),
        tracked: names.tracked(study, None),
        trust,
        constant_domains: names.constant_domains(),
        record: case.record(settings, messages),
    };
    report.verdict = verdict(&report);
    report.warnings = warnings(&report);
    Ok(report)
}

/// What predictions from the two mixtures stand on: held-out predictions with the mixture chosen anew in every fold.
fn prediction(
    problem: &Problem,
    analysis: &Analysis,
    comparison: &Comparison,
    recommended_method: ComparedMethod,
) -> PredictionFindings {
    let calibration = |weights: &[f64], method: ComparedMethod| {
        let bits = mixed_bits(&problem.bits, weights);
        let held_out = comparison.leave_one_family_out.held_out(method)?;
        Calibration::new(&bits, &problem.target, &problem.families, held_out)
    };
    let optimum = analysis.optimum.weights.as_ref();
    PredictionFindings {
        recommended: calibration(&analysis.recommended.weights, recommended_method),
        optimum: optimum.and_then(|weights| calibration(weights, ComparedMethod::Optimum)),
    }
}

impl Names<'_> {
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
            toward: recommended.toward.as_ref().map(|shares| self.weights(shares)),
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
                recommended: pair(&analysis.recommended_assessed, self.recommended_method, position)?,
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
