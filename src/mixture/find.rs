//! From a study and settings to findings.

use indexmap::IndexMap;
use nalgebra::DMatrix;

use mixopt_base::Observer;
use mixopt_fit::statistics::pearson;
use mixopt_fit::{Analysis, Assessed, Objective, ParetoPoint, Problem, Refitter, TradeOffPoint, analyse, mixed_bits};
use mixopt_study::{JoinedStudy, Study};
use mixopt_trust::Calibration;

use super::case::Case;
use super::error::FitError;
use super::findings::{
    Baselines, Figures, Findings, HeldOutBaselines, HeldOutFindings, OptimumFindings, Pair, ParetoFindings,
    PredictionFindings, Program, RecommendedFindings, RidgeFindings, TargetFindings, Tracked, TradeOff, Weights,
};
use super::settings::{FitSettings, Prior};
use super::trust::{Examined, trust};
use super::verdict::verdict;

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
    let analysis = analyse(problem, &settings.analysis(), observer);
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
    let fit_settings = settings.analysis();
    let refitter = Refitter::new(problem, &fit_settings);
    let examined = Examined {
        study,
        case: &case,
        settings,
        refitter: &refitter,
        analysis: &analysis,
        given: None,
        criterion: &criterion(settings.objective, &case.recommended_control),
    };
    let trust = trust(&examined, observer)?;
    let names = Names { case: &case, has_prior: settings.prior != Prior::Uniform };
    let mut told = std::collections::HashSet::new();
    messages.retain(|message| told.insert(message.clone()));
    let mut findings = Findings {
        target: settings.target.clone(),
        benchmarks: case.benchmarks.clone(),
        study: study.name.clone(),
        unit: ground.unit,
        models: joined.models.len(),
        families: case.family_names.len(),
        verdict: Vec::new(),
        optimum: names.optimum(&analysis, settings.objective),
        recommended: names.recommended(&analysis, settings.objective),
        baselines: names.baselines(&analysis),
        held_out: names.held_out(&analysis),
        by_target: names.by_target(&analysis),
        pareto: names.pareto(&analysis),
        trade_off: names.trade_off(&analysis),
        tracked: tracked(study, joined, &problem.bits, &analysis, &problem.center),
        trust,
        supply: ground.supply(&joined.domains, &analysis.recommended.weights),
        prediction: (settings.objective != Objective::Worst).then(|| prediction(problem, &analysis)),
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
fn prediction(problem: &Problem, analysis: &Analysis) -> PredictionFindings {
    let calibration = |weights: &[f64], assessed: &Assessed| {
        let bits = mixed_bits(&problem.bits, weights);
        Calibration::new(&bits, &problem.target, &problem.families, assessed.held_out.as_ref()?)
    };
    let optimum = analysis.optimum.weights.as_ref().zip(analysis.optimum_assessed.as_ref());
    PredictionFindings {
        recommended: calibration(&analysis.recommended.weights, &analysis.recommended_assessed),
        optimum: optimum.and_then(|(weights, assessed)| calibration(weights, assessed)),
    }
}

/// Gives names to what the analysis numbers.
pub(super) struct Names<'a> {
    pub case: &'a Case,
    pub has_prior: bool,
}

impl Names<'_> {
    pub fn by_domain<T>(&self, values: impl Iterator<Item = T>) -> IndexMap<String, T> {
        self.case.joined.domains.iter().cloned().zip(values).collect()
    }

    pub fn weights(&self, weights: &[f64]) -> Weights {
        self.by_domain(weights.iter().copied())
    }

    /// What to compare with, in sample.
    pub(super) fn baselines(&self, analysis: &Analysis) -> Baselines {
        let problem = &self.case.problem;
        let domains = problem.bits.ncols();
        Baselines {
            uniform: Figures::of(&analysis.uniform),
            prior: self.has_prior.then(|| Figures::of(&analysis.center)),
            uniform_is_allowed: problem.constraints.contain(&vec![1.0 / domains as f64; domains], ALLOWED),
            prior_is_allowed: problem.constraints.contain(&problem.center, ALLOWED),
            single: self.by_domain(analysis.single.iter().map(Figures::of)),
        }
    }

    fn optimum(&self, analysis: &Analysis, objective: Objective) -> OptimumFindings {
        let optimum = &analysis.optimum;
        let has_bound = objective != Objective::Spearman;
        OptimumFindings {
            weights: optimum.weights.as_ref().map(|weights| self.weights(weights)),
            figures: analysis.optimum_assessed.as_ref().map(Figures::of).unwrap_or_default(),
            criterion: match objective {
                Objective::Spearman => "spearman".to_string(),
                objective => criterion(objective, &self.case.optimum_control),
            },
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

    fn recommended(&self, analysis: &Analysis, objective: Objective) -> RecommendedFindings {
        let recommended = &analysis.recommended;
        RecommendedFindings {
            weights: self.weights(&recommended.weights),
            figures: Figures::of(&analysis.recommended_assessed),
            criterion: criterion(objective, &self.case.recommended_control),
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

    fn held_out(&self, analysis: &Analysis) -> HeldOutFindings {
        let figures = |assessed: &Assessed| assessed.held_out.as_ref().map(Into::into);
        HeldOutFindings {
            protocol: "leave_one_family_out".to_string(),
            folds: analysis.folds,
            optimum: analysis.optimum_assessed.as_ref().and_then(figures),
            recommended: figures(&analysis.recommended_assessed),
            best_single: analysis.best_single.as_ref().map(Into::into),
            baselines: HeldOutBaselines {
                uniform: figures(&analysis.uniform),
                prior: figures(&analysis.center).filter(|_| self.has_prior),
                single: self.by_domain(analysis.single.iter().map(figures)),
            },
            lead_over_uniform: analysis.lead_over_uniform.map(Into::into),
            lead_over_prior: analysis.lead_over_center.filter(|_| self.has_prior).map(Into::into),
            lead_over_best_single: analysis.lead_over_best_single.map(Into::into),
            optimum_lead_over_uniform: analysis.optimum_lead_over_uniform.map(Into::into),
        }
    }

    fn by_target(&self, analysis: &Analysis) -> IndexMap<String, TargetFindings> {
        let pair = |assessed: &Assessed, position: usize| -> Option<Pair> {
            let (evaluation, held_out) = assessed.by_target.get(position)?;
            Some(Pair {
                pearson: evaluation.pearson,
                held_out_pearson: held_out.as_ref().and_then(|held_out| held_out.agreement.pearson),
            })
        };
        let name = |(position, name): (usize, &String)| -> Option<(String, TargetFindings)> {
            let figures = TargetFindings {
                optimum: analysis.optimum_assessed.as_ref().and_then(|assessed| pair(assessed, position)),
                recommended: pair(&analysis.recommended_assessed, position)?,
                uniform: pair(&analysis.uniform, position)?,
            };
            Some((name.clone(), figures))
        };
        self.case.target_names.iter().enumerate().filter_map(name).collect()
    }

    fn pareto(&self, analysis: &Analysis) -> Vec<ParetoFindings> {
        let point = |point: &ParetoPoint| ParetoFindings {
            correlations: self.case.target_names.iter().cloned().zip(point.correlations).collect(),
            gap: point.bound_gap,
            weights: self.weights(&point.weights),
        };
        analysis.pareto.iter().map(point).collect()
    }

    fn trade_off(&self, analysis: &Analysis) -> Vec<TradeOff> {
        let point = |point: &TradeOffPoint| TradeOff {
            correlation: point.correlation,
            distance: point.distance,
            weights: self.weights(&point.weights),
        };
        analysis.trade_off.iter().map(point).collect()
    }
}

/// What the recommendation is chosen by, in words.
pub(super) fn criterion(objective: Objective, control: &Option<String>) -> String {
    let what = if objective == Objective::Worst { "least pearson" } else { "pearson" };
    match control {
        None => what.to_string(),
        Some(name) => format!("{what} given {name}"),
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
pub(super) fn by_benchmark<T>(
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
