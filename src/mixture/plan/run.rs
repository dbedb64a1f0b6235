//! A plan of several stages of training that share what text there is.

use std::path::Path;

use nalgebra::DMatrix;
use rayon::prelude::*;

use mixopt_base::Observer;
use mixopt_base::ShareUnit;
use mixopt_base::each_once;
use mixopt_fit::{
    CompressionColumns, Constraints, Design, Fold, Objective, Population, StageProblem, StagesOptimum, best_stages,
    chosen_weights, evaluate, family_bootstrap, family_folds, held_out_of, mixed_bits, nearest_stages,
};
use mixopt_manifest::Manifest;
use mixopt_study::{Aliases, InputFile, JoinedStudy, Study, StudyError, Target};

use crate::error::FitError;
use crate::file::shares::apportion;
use crate::plan::findings::{PlanFindings, StageFindings};
use crate::plan::settings::PlanSettings;
use crate::report::figures::Pair;
use crate::report::report::CAUTION;
use crate::settings::criterion::Criterion;
use crate::setup::constraint_set::ConstraintSet;
use crate::setup::controls::{Covariate, controls};
use crate::setup::document_noise::measurement_messages;
use crate::values::{DomainSupply, Supply};
use crate::values::{Program, Weights};

/// What a stage is fitted from.
struct StageData {
    joined: JoinedStudy,
    bits: DMatrix<f64>,
    columns: CompressionColumns,
    families: Vec<usize>,
    control: Covariate,
    constraints: Constraints,
}

impl StageData {
    fn design(&self, without: Option<&str>) -> Option<Design<'_>> {
        let weights: Option<Vec<f64>> =
            without.map(|family| self.joined.families.iter().map(|f| f64::from(u8::from(f != family))).collect());
        let controls: Vec<Vec<f64>> = self.control.iter().map(|(_, values)| values.clone()).collect();
        Design::new(&self.columns, &self.joined.target, weights.as_deref(), &controls).ok()
    }
}

/// What all stages share.
struct Shared<'a> {
    settings: &'a PlanSettings,
    stages: Vec<StageData>,
    budgets: Vec<f64>,
    /// Tokens of each domain times its epochs.
    supply: Vec<f64>,
    prior: Vec<f64>,
}

/// A plan fitted on all models, or without one family.
struct Solved {
    optimum: StagesOptimum,
    thresholds: Vec<f64>,
    recommended: Vec<Vec<f64>>,
}

impl Shared<'_> {
    /// Solves the plan; `None` where a target is constant without the family.
    fn solve(&self, without: Option<&str>, standard_errors: Option<&[Option<f64>]>) -> Option<Solved> {
        let designs: Vec<Design> = self.stages.iter().map(|stage| stage.design(without)).collect::<Option<_>>()?;
        let problems: Vec<StageProblem> = designs
            .iter()
            .zip(&self.stages)
            .zip(&self.budgets)
            .map(|((design, stage), &budget)| StageProblem { design, constraints: &stage.constraints, budget })
            .collect();
        let optimum = best_stages(&problems, &self.supply).ok()?;
        if optimum.weights.len() != problems.len() {
            return Some(Solved { optimum, thresholds: Vec::new(), recommended: Vec::new() });
        }
        let own: Vec<Option<f64>>;
        let errors = match standard_errors {
            Some(errors) => errors,
            None => {
                own = self.standard_errors(&optimum.weights, without);
                &own
            }
        };
        let thresholds: Vec<f64> = optimum
            .correlations
            .iter()
            .zip(errors)
            .map(|(&best, &error)| self.settings.within.threshold(best, error).unwrap_or(best))
            .collect();
        let centers = vec![self.prior.clone(); problems.len()];
        let recommended = nearest_stages(&problems, &self.supply, &centers, &thresholds, &optimum.weights)
            .unwrap_or_else(|| optimum.weights.clone());
        Some(Solved { optimum, thresholds, recommended })
    }

    /// Standard error of each stage's criterion, from the bootstrap over families.
    fn standard_errors(&self, weights: &[Vec<f64>], without: Option<&str>) -> Vec<Option<f64>> {
        self.stages
            .iter()
            .zip(weights)
            .map(|(stage, weights)| {
                let drawn: Vec<usize> = {
                    let mut kept: Vec<usize> = stage
                        .families
                        .iter()
                        .zip(&stage.joined.families)
                        .filter(|(_, name)| without.is_none_or(|family| family != name.as_str()))
                        .map(|(&number, _)| number)
                        .collect();
                    kept.sort_unstable();
                    kept.dedup();
                    kept
                };
                let controls: Vec<Vec<f64>> = stage.control.iter().map(|(_, values)| values.clone()).collect();
                let population = Population {
                    bits: &mixed_bits(&stage.bits, weights),
                    targets: std::slice::from_ref(&stage.joined.target),
                    families: &stage.families,
                    drawn: &drawn,
                    controls: &controls,
                };
                family_bootstrap(population, self.settings.replicates, self.settings.seed, 0).ok()?.standard_error()
            })
            .collect()
    }
}

/// Plans stages jointly under the supply that they share.
///
/// # Errors
/// [`FitError`] where the study, a target, a constraint, the manifest or the prior cannot be used, or where the supply
/// cannot fill the budgets.
pub fn plan(study: &Study, settings: &PlanSettings, observer: &dyn Observer) -> Result<PlanFindings, FitError> {
    settings.check()?;
    let mut inputs = study.inputs.clone();
    let file = Path::new(&settings.corpora);
    let manifest = Manifest::read(file)?;
    inputs.push(InputFile::of_file("corpora", file)?);
    let mut messages = study.compression.messages.clone();
    messages.extend(measurement_messages(study));
    messages.extend(study.scores.messages.iter().cloned());

    let joined: Vec<JoinedStudy> = settings
        .stages
        .iter()
        .map(|stage| {
            let target = Target::resolve(&stage.target, &study.definitions, &study.scores)?;
            messages.extend(target.cautions.iter().map(|caution| format!("{CAUTION}{caution}")));
            study.join(&target, &settings.selection()?)
        })
        .collect::<Result<_, StudyError>>()?;
    let domains = joined.first().map(|joined| joined.domains.clone()).unwrap_or_default();
    let total: u64 = settings.stages.iter().map(|stage| stage.budget.0).sum();
    let available = manifest.supply(&domains, total, settings.max_epochs)?;
    let unit = ShareUnit::Tokens;
    let prior = settings.prior().resolve(&domains, unit, Some(&manifest), &Aliases::default())?;
    inputs.extend(prior.input.clone());
    messages.extend(prior.messages.clone());

    let mut stages = Vec::new();
    for (joined, stage) in joined.into_iter().zip(&settings.stages) {
        messages.extend(joined.messages.iter().cloned());
        if joined.domains != domains {
            return Err(FitError::StageDomains { stage: stage.name.clone() });
        }
        let rates = manifest.rates(&domains, &vec![1.0; domains.len()], joined.unit.into(), unit)?;
        let mut bits = joined.bits.clone();
        for (mut column, rate) in bits.column_iter_mut().zip(rates) {
            column /= rate;
        }
        let fit_settings = stage.fit_settings(settings)?;
        let set = ConstraintSet::new(&fit_settings, &domains, Some(&manifest), &prior.shares, &[])
            .map_err(|error| FitError::InStage { stage: stage.name.clone(), error: Box::new(error) })?;
        let (_, control) = controls(study, &joined, &fit_settings, &mut messages)?;
        let (families, _) = joined.family_numbers();
        let columns = CompressionColumns::new(&bits)?;
        stages.push(StageData { joined, bits, columns, families, control, constraints: set.constraints });
    }
    let shared = Shared {
        settings,
        stages,
        budgets: settings.stages.iter().map(|stage| stage.budget.0 as f64).collect(),
        supply: available
            .iter()
            .map(|domain| domain.max_epochs.map_or(f64::INFINITY, |epochs| epochs * domain.available as f64))
            .collect(),
        prior: prior.shares.clone(),
    };
    let Some(solved) = shared.solve(None, None) else {
        return Err(FitError::NoPlan {
            stage: String::new(),
            found: "a target that is not explained by its controls".to_string(),
        });
    };
    if solved.recommended.is_empty() {
        let stage = solved.optimum.alone.iter().position(|&alone| alone <= 0.0);
        return Err(match stage {
            Some(stage) => FitError::NoPlan {
                stage: settings.stages[stage].name.clone(),
                found: format!("no mixture correlates positively with `{}`", settings.stages[stage].target),
            },
            None => FitError::NoPlan {
                stage: String::new(),
                found: "no mixtures satisfy the constraints of all stages within the supply".to_string(),
            },
        });
    }
    let held_out = held_out(&shared, observer);

    let mut start = 0;
    let named = |weights: &[f64]| -> Weights { domains.iter().cloned().zip(weights.iter().copied()).collect() };
    let mut findings = Vec::new();
    for (index, (stage, data)) in settings.stages.iter().zip(&shared.stages).enumerate() {
        let design = data.design(None);
        let weights = &solved.recommended[index];
        let optimum_weights = &solved.optimum.weights[index];
        let pair = |weights: &[f64], chosen: &[Option<Vec<f64>>]| Pair {
            pearson: evaluate(&mixed_bits(&data.bits, weights), &data.joined.target).pearson,
            held_out_pearson: held_out_of(&data.bits, &data.joined.target, &held_out[index].folds, chosen)
                .and_then(|held_out| held_out.agreement.pearson),
        };
        let always = vec![Some(shared.prior.clone()); held_out[index].folds.len()];
        findings.push(StageFindings {
            name: stage.name.clone(),
            target: stage.target.clone(),
            start,
            budget: stage.budget.0,
            models: data.joined.models.len(),
            criterion: Criterion::of_recommended(Objective::Pearson, data.control.as_ref().map(|(name, _)| name)),
            alone: solved.optimum.alone[index],
            optimum_correlation: solved.optimum.correlations[index],
            threshold: solved.thresholds[index],
            correlation: design.and_then(|design| design.correlation(weights)),
            weights: named(weights),
            optimum_weights: named(optimum_weights),
            recommended: pair(weights, &held_out[index].recommended),
            optimum: pair(optimum_weights, &held_out[index].optimum),
            prior: pair(&shared.prior, &always),
        });
        start += stage.budget.0;
    }
    // Tokens by stage and domain are whole numbers that add up to each stage's budget.
    let mut tokens = vec![0_u64; domains.len()];
    for (stage, weights) in settings.stages.iter().zip(&solved.recommended) {
        for (sum, part) in tokens.iter_mut().zip(apportion(weights, stage.budget.0)) {
            *sum += part;
        }
    }
    let supply = Supply {
        budget: total,
        max_epochs: settings.max_epochs,
        domains: domains
            .iter()
            .zip(&available)
            .zip(&tokens)
            .map(|((name, domain), &tokens)| {
                (name.clone(), DomainSupply::new(tokens, domain.available, domain.max_epochs))
            })
            .collect(),
    };
    let scarce = domains
        .iter()
        .zip(&available)
        .zip(&solved.optimum.supply_prices)
        .map(|((name, domain), price)| (name.clone(), price * domain.available as f64))
        .filter(|(_, gain)| *gain > 1e-9)
        .collect();
    let overall: Vec<f64> = tokens.iter().map(|&tokens| tokens as f64 / total as f64).collect();
    each_once(&mut messages);
    let mut plan = PlanFindings {
        verdict: Vec::new(),
        unit,
        stages: findings,
        share_of_best: solved.optimum.share_of_best,
        bound: solved.optimum.bound,
        status: solved.optimum.status,
        scarce,
        weights: named(&overall),
        supply,
        tokenizer: manifest.tokenizer.clone(),
        prior: prior.name,
        prior_weights: named(&shared.prior),
        messages,
        settings: settings.clone(),
        study: study.name.clone(),
        inputs,
        program: Program::this(),
    };
    plan.verdict = crate::plan::verdict::verdict(&plan);
    Ok(plan)
}

/// What a stage's mixtures are without each family.
struct StageHeldOut {
    folds: Vec<Fold>,
    recommended: Vec<Option<Vec<f64>>>,
    optimum: Vec<Option<Vec<f64>>>,
}

/// Leaves every family out in turn, plans anew without it, and keeps what each stage would have been.
fn held_out(shared: &Shared, observer: &dyn Observer) -> Vec<StageHeldOut> {
    let mut names: Vec<&str> =
        shared.stages.iter().flat_map(|stage| stage.joined.families.iter().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    observer.begin("held-out families", names.len() as u64, "families");
    let solved: Vec<Option<Solved>> = names
        .par_iter()
        .map(|name| {
            let solved = shared.solve(Some(name), None).filter(|solved| !solved.recommended.is_empty());
            observer.advance(1);
            solved
        })
        .collect();
    shared
        .stages
        .iter()
        .enumerate()
        .map(|(index, stage)| {
            let (_, family_names) = stage.joined.family_numbers();
            let folds = family_folds(&stage.families, &stage.joined.target);
            let of = |pick: &(dyn Fn(&Solved) -> Vec<f64> + Sync)| {
                chosen_weights(
                    &folds,
                    &|fold| {
                        let name = family_names.get(*fold.families.first()?)?;
                        let position = names.iter().position(|other| other == name)?;
                        solved[position].as_ref().map(pick)
                    },
                    &|| (),
                )
            };
            StageHeldOut {
                recommended: of(&|solved| solved.recommended[index].clone()),
                optimum: of(&|solved| solved.optimum.weights[index].clone()),
                folds,
            }
        })
        .collect()
}
