//! A mixture that is given, told as a fit tells of the one that it recommends.

use std::path::Path;

use mixopt_base::{Observer, each_once, nearest};
use mixopt_fit::{Assessed, Objective, Refitter, analyse, evaluate as evaluate_bits, mixed_bits, total_variation};
use mixopt_manifest::Manifest;
use mixopt_study::Study;
use mixopt_trust::Calibration;

use crate::error::{FitError, UnknownDomain};
use crate::evaluate::findings::{
    ChosenOn, CriterionFindings, EvaluationAnswer, EvaluationReport, GivenMixture, OtherMixture,
};
use crate::evaluate::verdict::verdict;
use crate::file::conversion::weights_in_unit;
use crate::file::format::MixtureFile;
use crate::report::figures::Figures;
use crate::report::names::Names;
use crate::settings::criterion::Criterion;
use crate::settings::fit_settings::FitSettings;
use crate::setup::case::Case;
use crate::trust::examine::trust;
use crate::trust::held_out::compared;
use crate::trust::input::Examined;

/// How far below the threshold a value still counts as on it: shares of files are rounded to six decimals.
const ROUNDING: f64 = 1e-6;

/// Evaluates a mixture on a study. Its shares stay as they are: what is fitted is the line from bits to scores.
///
/// `name` is what the mixture is called in findings and errors. A domain of the study that the mixture does not name has
/// no share. Shares in another unit are converted by the manifest that the settings name.
///
/// # Errors
/// [`FitError`] where [`find`](crate::find()) has one, a domain with a share that the study lacks or leaves out, and
/// counts that a conversion needs.
pub fn evaluate(
    study: &Study,
    settings: &FitSettings,
    name: &str,
    mixture: &MixtureFile,
    observer: &dyn Observer,
) -> Result<EvaluationReport, FitError> {
    let case = Case::new(study, settings)?;
    let Case { ground, problem, .. } = &case;
    let weights = shares(&case, settings.corpora.as_deref(), name, mixture)?;
    let fit_settings = settings.analysis();
    let refitter = Refitter::new(problem, &fit_settings)?;
    let analysis = analyse(&refitter);
    let comparison = compared(&case, settings, &refitter, Some(&weights), observer);
    let examined = Examined {
        study,
        case: &case,
        settings,
        refitter: &refitter,
        analysis: &analysis,
        comparison: &comparison,
        given: Some(&weights),
        criterion: Criterion::of_recommended(settings.objective, case.recommended_control.as_ref()),
    };
    let trust = trust(&examined, observer)?;
    let bits = mixed_bits(&problem.bits, &weights);
    let recommended_method = mixopt_trust::ComparedMethod::Recommended;
    let names = Names { case: &case, analysis: &analysis, comparison: &comparison, recommended_method };
    let mut messages = case.messages.clone();
    if !mixture.stages.is_empty() {
        messages.push(format!("{name} has stages; its shares over all of them are evaluated"));
    }
    each_once(&mut messages);
    let value = |weights: &[f64]| refitter.value(Default::default(), weights).filter(|value| value.is_finite());
    let given = value(&weights);
    let recommended = &analysis.recommended;
    let other = |others: &[f64], assessed: &Assessed| OtherMixture {
        weights: names.weights(others),
        figures: Figures::of(&assessed.evaluation),
        criterion: value(others),
        total_variation: total_variation(&weights, others),
    };
    let optimum = analysis.optimum.weights.as_ref().zip(analysis.optimum_assessed.as_ref());
    let mut report = EvaluationReport {
        question: case.question(study, settings),
        verdict: Vec::new(),
        warnings: Vec::new(),
        answer: EvaluationAnswer {
            mixture: GivenMixture {
                given: name.to_string(),
                name: mixture.name.clone(),
                kind: mixture.kind,
                weights: names.weights(&weights),
                figures: Figures::of(&evaluate_bits(&bits, &problem.target)),
                chosen_on: chosen_on(&case, mixture),
            },
            criterion: CriterionFindings {
                name: examined.criterion.clone(),
                value: given,
                best: recommended.best,
                standard_error: recommended.standard_error,
                threshold: recommended.threshold,
                is_within: recommended.threshold.zip(given).map(|(threshold, value)| value >= threshold - ROUNDING),
            },
            optimum: optimum.map(|(weights, assessed)| other(weights, assessed)),
            recommended: other(&recommended.weights, &analysis.recommended_assessed),
            prior: ground.prior.name.clone(),
            prior_weights: names.weights(&ground.prior.shares),
            prediction: examined
                .held_out()
                .filter(|_| settings.objective != Objective::Worst)
                .and_then(|held_out| Calibration::new(&bits, &problem.target, &problem.families, held_out)),
        },
        baselines: names.baselines(),
        held_out: names.held_out(),
        tracked: names.tracked(study, Some(&weights)),
        trust,
        constant_domains: names.constant_domains(),
        record: case.record(settings, messages),
    };
    report.verdict = verdict(&report);
    Ok(report)
}

/// The mixture's shares of the case's domains in the case's unit.
fn shares(case: &Case, corpora: Option<&str>, name: &str, mixture: &MixtureFile) -> Result<Vec<f64>, FitError> {
    let joined = &case.joined;
    let unknown: Vec<UnknownDomain> = mixture
        .weights
        .iter()
        .filter(|(domain, share)| **share > 0.0 && !joined.domains.contains(domain))
        .map(|(domain, _)| {
            let left_out = joined.dropped_domains.iter().find(|dropped| dropped.name == *domain);
            let left_out = left_out.map(|dropped| dropped.reason.clone());
            let nearest = if left_out.is_none() { nearest(domain, &joined.domains) } else { None };
            UnknownDomain { name: domain.clone(), left_out, nearest }
        })
        .collect();
    if !unknown.is_empty() {
        return Err(FitError::MixtureDomains { mixture: name.to_string(), unknown, known: joined.domains.clone() });
    }
    let unit = case.ground.unit;
    // Units that agree need no counts, so a manifest that lacks them is no fault then.
    let manifest = match corpora {
        Some(file) if mixture.unit != unit => Some(Manifest::read(Path::new(file))?),
        _ => None,
    };
    let there = mixture.weights.iter().filter(|(_, share)| **share > 0.0);
    let there = there.map(|(domain, share)| (domain.clone(), *share)).collect();
    let converted = weights_in_unit(&there, mixture.unit, unit, manifest.as_ref())?;
    Ok(joined.domains.iter().map(|domain| converted.get(domain).copied().unwrap_or(0.0)).collect())
}

/// The mixture's own fit, where it used models of this case.
fn chosen_on(case: &Case, mixture: &MixtureFile) -> Option<ChosenOn> {
    let fit = mixture.fit.as_ref()?;
    let models = case.joined.models.iter().filter(|model| fit.models.contains(model)).count();
    (models > 0).then(|| ChosenOn {
        target: fit.target.clone(),
        models,
        same_scores: fit.benchmarks.keys().any(|benchmark| case.benchmarks.contains_key(benchmark)),
    })
}
