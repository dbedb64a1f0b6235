//! From a study and settings to findings.

use indexmap::IndexMap;
use nalgebra::DMatrix;

use crate::fit::statistics::pearson;
use crate::fit::{Analysis, Assessed, Objective, ParetoPoint, Problem, Progress, TradeOffPoint, analyse, mixed_bits};
use crate::study::{JoinedStudy, Study, StudyError, Target, parse_expression};

use crate::trust::Calibration;

use super::error::FitError;
use super::findings::{
    Baselines, Figures, Findings, HeldOutBaselines, HeldOutFindings, OptimumFindings, Pair, ParetoFindings,
    PredictionFindings, Program, RecommendedFindings, RidgeFindings, TargetFindings, Tracked, TradeOff, Weights,
};
use super::ground::Ground;
use super::settings::{Control, FitSettings, Prior};
use super::verdict::verdict;

/// Fewest models for which the recommendation controls for model size on its own.
const LEAST_MODELS_TO_CONTROL: usize = 10;
/// Fewest models with a score for which a benchmark is reported.
const LEAST_MODELS_TO_TRACK: usize = 5;
/// Mixtures may break constraints by rounding.
const ALLOWED: f64 = 1e-9;
/// The control that a recommendation uses where sizes are known.
const SIZE: &str = "log_parameters";

/// Fits a study. Reads the manifest and the prior that the settings name.
///
/// # Errors
/// [`FitError`] where the study, the target, a name, a constraint, the manifest or the prior cannot be used.
pub fn find(study: &Study, settings: &FitSettings, progress: &dyn Progress) -> Result<Findings, FitError> {
    settings.check()?;
    let target = Target::resolve(&settings.target, &study.definitions, &study.scores)?;
    let joined = study.join(&target, &settings.selection()?)?;
    let mut inputs = study.inputs.clone();
    let ground = Ground::new(settings, &joined.domains, joined.unit.into(), &mut inputs)?;
    let mut messages = study.compression.messages.clone();
    messages.extend(study.scores.messages.iter().cloned());
    messages.extend(joined.messages.iter().cloned());
    messages.extend(target.cautions.iter().map(|caution| format!("caution: {caution}")));
    messages.extend(ground.messages.iter().cloned());
    let (optimum_control, recommended_control) = controls(study, &joined, settings, &mut messages)?;
    let values = |control: &Option<(String, Vec<f64>)>| control.iter().map(|(_, values)| values.clone()).collect();
    let (families, family_names) = joined.family_numbers();
    let several = match settings.objective {
        Objective::Worst => several_targets(study, &joined, &settings.target)?,
        _ => Vec::new(),
    };
    let mut bits = joined.bits.clone();
    for (mut column, rate) in bits.column_iter_mut().zip(&ground.per_measured) {
        column /= *rate;
    }
    let problem = Problem {
        bits,
        target: if several.is_empty() { joined.target.clone() } else { standardised_mean(&several) },
        targets: several.iter().map(|(_, values)| values.clone()).collect(),
        families,
        optimum_controls: values(&optimum_control),
        recommended_controls: values(&recommended_control),
        constraints: ground.constraints.constraints.clone(),
        center: ground.prior.shares.clone(),
        most_domains: settings.most_domains,
    };
    let domains = joined.domains.len();
    let analysis = analyse(&problem, &settings.analysis(), progress);
    if !analysis.searched.is_empty() && analysis.searched.len() < joined.domains.len() {
        messages.push(format!(
            "the rank search moved {} of {} domains: those of the Pearson optimum and the best alone",
            analysis.searched.len(),
            joined.domains.len()
        ));
    }
    let name_of = |control: &Option<(String, Vec<f64>)>| control.as_ref().map(|(name, _)| name.clone());
    let names = Names {
        joined: &joined,
        ground: &ground,
        target_names: several.iter().map(|(name, _)| name.clone()).collect(),
        has_prior: settings.prior != Prior::Uniform,
        optimum: name_of(&optimum_control),
        recommended: name_of(&recommended_control),
    };
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
        unit: ground.unit,
        models: joined.models.len(),
        families: family_names.len(),
        verdict: Vec::new(),
        optimum: names.optimum(&analysis, settings.objective),
        recommended: names.recommended(&analysis, settings.objective),
        baselines: Baselines {
            uniform: Figures::of(&analysis.uniform),
            prior: names.has_prior.then(|| Figures::of(&analysis.center)),
            uniform_is_allowed: problem.constraints.contain(&vec![1.0 / domains as f64; domains], ALLOWED),
            prior_is_allowed: problem.constraints.contain(&problem.center, ALLOWED),
            single: names.by_domain(analysis.single.iter().map(Figures::of)),
        },
        held_out: names.held_out(&analysis),
        by_target: names.by_target(&analysis),
        pareto: names.pareto(&analysis),
        trade_off: names.trade_off(&analysis),
        tracked: tracked(study, &joined, &problem.bits, &analysis, &problem.center),
        supply: ground.supply(&joined.domains, &analysis.recommended.weights),
        prediction: (settings.objective != Objective::Worst).then(|| prediction(&problem, &analysis)),
        constant_domains: analysis.constant_domains.iter().map(|&d| joined.domains[d].clone()).collect(),
        model_names: joined.models.clone(),
        family_names,
        dropped_models: joined.dropped_models.clone(),
        dropped_domains: joined.dropped_domains.clone(),
        messages,
        settings: settings.clone(),
        inputs,
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

/// A covariate with its name.
pub(super) type Covariate = Option<(String, Vec<f64>)>;

/// The controls of the optimum and of the recommendation.
pub(super) fn controls(
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
    ground: &'a Ground,
    target_names: Vec<String>,
    has_prior: bool,
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
        let has_bound = objective != Objective::Spearman;
        OptimumFindings {
            weights: optimum.weights.as_ref().map(|weights| self.weights(weights)),
            figures: analysis.optimum_assessed.as_ref().map(Figures::of).unwrap_or_default(),
            criterion: match objective {
                Objective::Spearman => "spearman".to_string(),
                objective => criterion(objective, &self.optimum),
            },
            correlation: optimum.correlation,
            bound: has_bound.then_some(optimum.bound),
            gap: has_bound.then(|| optimum.gap()),
            bound_holds_above_variation: optimum.bound_holds_above_variation,
            status: optimum.status,
            binding: match (&optimum.weights, &analysis.prices) {
                (Some(weights), Some(prices)) => self.ground.constraints.binding(&self.joined.domains, weights, prices),
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
            criterion: criterion(objective, &self.recommended),
            prior: self.ground.prior.name.clone(),
            prior_weights: self.weights(&self.ground.prior.shares),
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
                held_out_pearson: held_out.as_ref().and_then(|held_out| held_out.pearson),
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
        self.target_names.iter().enumerate().filter_map(name).collect()
    }

    fn pareto(&self, analysis: &Analysis) -> Vec<ParetoFindings> {
        let point = |point: &ParetoPoint| ParetoFindings {
            correlations: self.target_names.iter().cloned().zip(point.correlations).collect(),
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

fn criterion(objective: Objective, control: &Option<String>) -> String {
    let what = if objective == Objective::Worst { "least pearson" } else { "pearson" };
    match control {
        None => what.to_string(),
        Some(name) => format!("{what} given {name}"),
    }
}

/// The targets that an expression names, each on its own, for the models of the study.
fn several_targets(study: &Study, joined: &JoinedStudy, expression: &str) -> Result<Vec<(String, Vec<f64>)>, FitError> {
    let parts = parse_expression(expression)?;
    if parts.len() < 2 {
        return Err(FitError::Setting {
            option: "--objective",
            found: "worst".to_string(),
            expected: "two or more targets (`--target a,b`)",
        });
    }
    if parts.iter().any(|part| part.weight != 1.0) {
        return Err(FitError::Setting {
            option: "--target",
            found: expression.to_string(),
            expected: "targets without weights for `--objective worst`, which takes the least of their correlations",
        });
    }
    parts
        .iter()
        .map(|part| {
            let target = Target::resolve(&part.name, &study.definitions, &study.scores)?;
            let values: Vec<f64> =
                joined.score_rows.iter().map(|&row| target.value(&study.scores, row).unwrap_or(f64::NAN)).collect();
            if crate::fit::statistics::is_constant(&values) {
                return Err(FitError::Study(StudyError::ConstantTarget {
                    target: part.name.clone(),
                    value: values.first().copied().unwrap_or(0.0),
                    models: values.len(),
                }));
            }
            Ok((part.name.clone(), values))
        })
        .collect()
}

/// The mean of the targets, each at mean zero and standard deviation one.
fn standardised_mean(targets: &[(String, Vec<f64>)]) -> Vec<f64> {
    let mut sum = vec![0.0; targets.first().map_or(0, |(_, values)| values.len())];
    for (_, values) in targets {
        let mean = crate::fit::statistics::mean(values);
        let spread = crate::fit::statistics::standard_deviation(values).unwrap_or(1.0);
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += (value - mean) / spread / targets.len() as f64);
    }
    sum
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
    let mut tracked = IndexMap::new();
    for (column, benchmark) in study.scores.benchmarks.iter().enumerate() {
        let scores: Vec<f64> = joined.score_rows.iter().map(|&row| study.scores.matrix.values[(row, column)]).collect();
        let there: Vec<usize> = (0..scores.len()).filter(|&i| !scores[i].is_nan()).collect();
        if there.len() < LEAST_MODELS_TO_TRACK {
            continue;
        }
        let pick = |values: &[f64]| -> Vec<f64> { there.iter().map(|&i| values[i]).collect() };
        let truth = pick(&scores);
        let of = |mixed: &[f64]| pearson(&pick(mixed), &truth).map(|r| -r);
        let figures = Tracked {
            models: there.len(),
            recommended: of(&recommended),
            optimum: optimum.as_deref().and_then(of),
            prior: of(&prior),
        };
        tracked.insert(benchmark.name.clone(), figures);
    }
    tracked
}
