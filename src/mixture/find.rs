//! From a study and settings to findings.

use indexmap::IndexMap;

use crate::fit::{Analysis, Assessed, Objective, Problem, Progress, analyse};
use crate::study::{JoinedStudy, Study, StudyError, Target};

use super::error::FitError;
use super::findings::{
    Baselines, Figures, Findings, HeldOutBaselines, HeldOutFindings, OptimumFindings, Program, RecommendedFindings,
    Weights,
};
use super::settings::{Control, FitSettings};
use super::verdict::verdict;

/// Fewest models for which the recommendation controls for model size on its own.
const LEAST_MODELS_TO_CONTROL: usize = 10;
/// The control that a recommendation uses where sizes are known.
const SIZE: &str = "log_parameters";

/// Fits a study.
///
/// # Errors
/// [`FitError`] where the study, the target, a name or the bounds cannot be used.
pub fn find(study: &Study, settings: &FitSettings, progress: &dyn Progress) -> Result<Findings, FitError> {
    let target = Target::resolve(&settings.target, &study.definitions, &study.scores)?;
    let joined = study.join(&target, &settings.selection()?)?;
    let bounds = settings.bounds_for(&joined.domains)?;
    let mut messages = study.compression.messages.clone();
    messages.extend(study.scores.messages.iter().cloned());
    messages.extend(joined.messages.iter().cloned());
    messages.extend(target.cautions.iter().map(|caution| format!("caution: {caution}")));
    let (optimum_control, recommended_control) = controls(study, &joined, settings, &mut messages)?;
    let values = |control: &Option<(String, Vec<f64>)>| control.iter().map(|(_, values)| values.clone()).collect();
    let (families, family_names) = joined.family_numbers();
    let problem = Problem {
        bits: joined.bits.clone(),
        target: joined.target.clone(),
        families,
        optimum_controls: values(&optimum_control),
        recommended_controls: values(&recommended_control),
        constraints: bounds.into(),
    };
    let analysis = analyse(&problem, &settings.analysis(), progress);
    if !analysis.searched.is_empty() && analysis.searched.len() < joined.domains.len() {
        messages.push(format!(
            "the rank search moved {} of {} domains: those of the Pearson optimum and the best alone",
            analysis.searched.len(),
            joined.domains.len()
        ));
    }
    let name_of = |control: &Option<(String, Vec<f64>)>| control.as_ref().map(|(name, _)| name.clone());
    let names =
        Names { joined: &joined, optimum: name_of(&optimum_control), recommended: name_of(&recommended_control) };
    let mut told = std::collections::HashSet::new();
    messages.retain(|message| told.insert(message.clone()));
    let mut findings = Findings {
        target: settings.target.clone(),
        benchmarks: target
            .columns
            .iter()
            .map(|&(column, weight)| (study.scores.benchmarks[column].name.clone(), weight))
            .collect(),
        study: study.name.clone(),
        unit: joined.unit.into(),
        models: joined.models.len(),
        families: family_names.len(),
        verdict: Vec::new(),
        optimum: names.optimum(&analysis, settings.objective),
        recommended: names.recommended(&analysis),
        baselines: Baselines {
            uniform: Figures::of(&analysis.uniform),
            single: names.by_domain(analysis.single.iter().map(Figures::of)),
        },
        held_out: names.held_out(&analysis),
        constant_domains: analysis.constant_domains.iter().map(|&d| joined.domains[d].clone()).collect(),
        model_names: joined.models.clone(),
        family_names,
        dropped_models: joined.dropped_models.clone(),
        dropped_domains: joined.dropped_domains.clone(),
        messages,
        settings: settings.clone(),
        inputs: study.inputs.clone(),
        program: Program::this(),
    };
    findings.verdict = verdict(&findings);
    Ok(findings)
}

/// A covariate with its name.
type Covariate = Option<(String, Vec<f64>)>;

/// The controls of the optimum and of the recommendation.
fn controls(
    study: &Study,
    joined: &JoinedStudy,
    settings: &FitSettings,
    messages: &mut Vec<String>,
) -> Result<(Covariate, Covariate), StudyError> {
    let named = |name: &str| -> Result<Vec<f64>, StudyError> {
        let table = study.models.as_ref().ok_or_else(|| StudyError::Option {
            option: "--control",
            found: name.to_string(),
            problem: "there is no models table".to_string(),
            expected: "`--models FILE` with that column, or `--control none`".to_string(),
        })?;
        table.covariate(name, &joined.models)
    };
    let without = |values: &[f64]| -> Vec<String> {
        joined.models.iter().zip(values).filter(|(_, value)| value.is_nan()).map(|(model, _)| model.clone()).collect()
    };
    match &settings.control {
        Control::None => Ok((None, None)),
        Control::Column(name) => {
            let values = named(name)?;
            let lacking = without(&values);
            if !lacking.is_empty() {
                return Err(StudyError::Option {
                    option: "--control",
                    found: name.clone(),
                    problem: format!("no value for {}", crate::study::list(&lacking)),
                    expected:
                        "a column that every model has; fill it or leave these models out with `--exclude-models`"
                            .to_string(),
                });
            }
            let control = Some((name.clone(), values));
            Ok((control.clone(), control))
        }
        Control::Automatic => {
            let Ok(values) = named(SIZE) else {
                messages.push(
                    "model sizes are not known, so the recommendation does not control for them (a models table with \
                     `parameters` would change that)"
                        .to_string(),
                );
                return Ok((None, None));
            };
            let lacking = without(&values);
            if !lacking.is_empty() {
                messages.push(format!(
                    "the recommendation does not control for size: no parameters are known for {}",
                    crate::study::list(&lacking)
                ));
                return Ok((None, None));
            }
            if joined.models.len() < LEAST_MODELS_TO_CONTROL {
                messages.push(format!(
                    "the recommendation does not control for size: {} models are too few, {LEAST_MODELS_TO_CONTROL} are needed",
                    joined.models.len()
                ));
                return Ok((None, None));
            }
            Ok((None, Some((SIZE.to_string(), values))))
        }
    }
}

/// Gives names to what the analysis numbers.
struct Names<'a> {
    joined: &'a JoinedStudy,
    optimum: Option<String>,
    recommended: Option<String>,
}

impl Names<'_> {
    fn by_domain<T>(&self, values: impl Iterator<Item = T>) -> IndexMap<String, T> {
        self.joined.domains.iter().cloned().zip(values).collect()
    }

    fn weights(&self, weights: &[f64]) -> Weights {
        self.by_domain(weights.iter().copied())
    }

    fn optimum(&self, analysis: &Analysis, objective: Objective) -> OptimumFindings {
        let optimum = &analysis.optimum;
        let has_bound = objective == Objective::Pearson;
        OptimumFindings {
            weights: optimum.weights.as_ref().map(|weights| self.weights(weights)),
            figures: analysis.optimum_assessed.as_ref().map(Figures::of).unwrap_or_default(),
            criterion: match objective {
                Objective::Pearson => criterion(&self.optimum),
                Objective::Spearman => "spearman".to_string(),
            },
            correlation: optimum.correlation,
            bound: has_bound.then_some(optimum.bound),
            gap: has_bound.then(|| optimum.gap()),
            bound_holds_above_variation: optimum.bound_holds_above_variation,
            status: optimum.status,
            uniqueness: analysis.alternatives.as_ref().map(|found| found.uniqueness),
            nearly_as_good: analysis
                .alternatives
                .as_ref()
                .and_then(|found| found.nearly_as_good.as_ref())
                .map(|weights| self.weights(weights)),
        }
    }

    fn recommended(&self, analysis: &Analysis) -> RecommendedFindings {
        let recommended = &analysis.recommended;
        RecommendedFindings {
            weights: self.weights(&recommended.weights),
            figures: Figures::of(&analysis.recommended_assessed),
            criterion: criterion(&self.recommended),
            center: "uniform".to_string(),
            status: recommended.status,
            best: recommended.best,
            standard_error: recommended.standard_error,
            threshold: recommended.threshold,
            correlation: recommended.correlation,
            unusable_replicates: recommended.unusable_replicates,
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
                single: self.by_domain(analysis.single.iter().map(figures)),
            },
            lead_over_uniform: analysis.lead_over_uniform.map(Into::into),
            lead_over_best_single: analysis.lead_over_best_single.map(Into::into),
            optimum_lead_over_uniform: analysis.optimum_lead_over_uniform.map(Into::into),
        }
    }
}

fn criterion(control: &Option<String>) -> String {
    match control {
        None => "pearson".to_string(),
        Some(name) => format!("pearson given {name}"),
    }
}
