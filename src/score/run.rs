//! A whole run: models × domains, in order, with a plan before and what failed after.

use crate::model::LanguageModel;

use super::batch::Batcher;
use super::cell::{Layout, score_cell};
use super::domain::{Domain, ModelProvider};
use super::error::{Result, ScoreError};
use super::journal::Journal;
use super::plan::{Plan, plan_model, unplanned};
use super::watch::Watch;

/// How a run goes about its work; nothing here changes a result.
#[derive(Debug, Clone, Copy)]
pub struct Conduct {
    /// The most inputs handed to a model at once.
    pub batch_tokens: usize,
    /// Whether to estimate and measure before.
    pub plan: bool,
    /// Whether to stop after the plan.
    pub only_plan: bool,
}

/// What a run left.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was planned; without estimates where none was asked for.
    pub plan: Plan,
    /// Models and domains that could not be scored, in the order found.
    pub faults: Vec<ScoreError>,
}

/// Scores all models on all domains into a journal. A model or domain that fails does not stop the others.
///
/// # Errors
/// What stops all: an interruption, a full disk, other settings than the journal's.
pub fn run(
    models: &[&dyn ModelProvider],
    domains: &[Domain],
    layout: Layout,
    conduct: Conduct,
    journal: &mut Journal,
    watch: &dyn Watch,
) -> Result<Outcome> {
    for model in models {
        journal.admit_model(model.name(), model.fingerprint())?;
    }
    let mut outcome = Outcome::default();
    for domain in domains {
        journal.admit_domain(domain.name(), &domain.sha256)?;
        if domain.characters == 0 {
            outcome.faults.push(ScoreError::NoText { domain: domain.name().to_string() });
        }
    }
    let mut work = Vec::new();
    for &provider in models {
        let mut rest = Vec::new();
        for domain in domains.iter().filter(|domain| domain.characters > 0) {
            if journal.cell(provider.name(), domain.name())?.finished()?.is_none() {
                rest.push(domain);
            }
        }
        work.push(Work { provider, rest, loaded: None });
    }
    if conduct.plan || conduct.only_plan {
        outcome.plan = plan(&mut work, domains, layout, conduct, journal, &mut outcome.faults, watch)?;
        watch.planned(&outcome.plan);
    }
    if conduct.only_plan {
        return Ok(outcome);
    }
    for Work { provider, rest, loaded } in work {
        if rest.is_empty() {
            continue;
        }
        let model = match loaded {
            Some(model) => model,
            None => match load(provider, layout, watch) {
                Ok(model) => model,
                Err(fault) => {
                    keep_local(fault, &mut outcome.faults)?;
                    continue;
                }
            },
        };
        let mut batcher = Batcher::new(conduct.batch_tokens);
        for domain in rest {
            let name = domain.name();
            let planned = outcome.plan.cells.iter().find(|cell| cell.model == provider.name() && cell.domain == name);
            watch.begin(provider.name(), name, planned.and_then(|cell| cell.inputs).unwrap_or(0));
            let parts = journal.cell(provider.name(), name)?;
            let scored = score_cell(&parts, &model, domain.source.as_ref(), layout, &mut batcher, watch);
            if let Err(fault) = scored {
                keep_local(fault, &mut outcome.faults)?;
            }
        }
    }
    Ok(outcome)
}

/// A model with the domains that it is not finished on.
struct Work<'a> {
    provider: &'a dyn ModelProvider,
    rest: Vec<&'a Domain>,
    loaded: Option<LanguageModel>,
}

/// Plans from the last model to the first: the first to be scored is the last to be loaded, and stays so.
fn plan(
    work: &mut Vec<Work<'_>>,
    domains: &[Domain],
    layout: Layout,
    conduct: Conduct,
    journal: &Journal,
    faults: &mut Vec<ScoreError>,
    watch: &dyn Watch,
) -> Result<Plan> {
    let mut planned = Vec::new();
    let first = work.iter().position(|model| !model.rest.is_empty());
    for (index, model) in work.iter_mut().enumerate().rev() {
        let name = model.provider.name();
        let mut cells: Vec<_> = domains
            .iter()
            .map(|domain| {
                let rest = model.rest.iter().any(|rest| std::ptr::eq(*rest, domain));
                unplanned(name, domain, domain.characters > 0 && !rest)
            })
            .collect();
        if model.rest.is_empty() {
            planned.push((None, cells));
            continue;
        }
        if watch.interrupted() {
            return Err(ScoreError::Interrupted);
        }
        match load(model.provider, layout, watch) {
            Ok(loaded) => {
                let mut rest = Vec::new();
                for &domain in &model.rest {
                    rest.push((domain, journal.cell(name, domain.name())?.kept_inputs()?));
                }
                let (figures, estimates) = plan_model(name, &loaded, &rest, layout, conduct.batch_tokens);
                for estimate in estimates {
                    if let Some(cell) = cells.iter_mut().find(|cell| cell.domain == estimate.domain) {
                        *cell = estimate;
                    }
                }
                planned.push((Some(figures), cells));
                model.loaded = (Some(index) == first && !conduct.only_plan).then_some(loaded);
            }
            Err(fault) => {
                keep_local(fault, faults)?;
                // It is not tried again.
                model.rest.clear();
                planned.push((None, cells));
            }
        }
    }
    let mut plan = Plan::default();
    for (figures, cells) in planned.into_iter().rev() {
        plan.models.extend(figures);
        plan.cells.extend(cells);
    }
    Ok(plan)
}

fn load(provider: &dyn ModelProvider, layout: Layout, watch: &dyn Watch) -> Result<LanguageModel> {
    let name = provider.name().to_string();
    watch.preparing(&format!("loading {name}"));
    let loaded = provider.load().map_err(|source| ScoreError::Model { model: name.clone(), source })?;
    let context = layout.extent.context();
    if let Some(most) = loaded.model.most_positions().filter(|&most| most < context) {
        return Err(ScoreError::ContextTooLong { model: name, context, most });
    }
    if let Some(trained) = loaded.model.trained_positions().filter(|&trained| trained < context) {
        watch.note(&format!("{name} was trained on {trained} positions, fewer than the context of {context}"));
    }
    Ok(loaded)
}

/// Keeps a fault of one model or domain; any other stops the run.
fn keep_local(fault: ScoreError, faults: &mut Vec<ScoreError>) -> Result<()> {
    if fault.is_local() {
        faults.push(fault);
        Ok(())
    } else {
        Err(fault)
    }
}
