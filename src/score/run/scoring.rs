//! A whole run: models × domains, in order, with a plan before and what failed after.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mixopt_model::LanguageModel;

use crate::error::{Result, ScoreError};
use crate::inputs::domain::{Domain, ModelProvider};
use crate::results::journal::Journal;
use crate::run::cell::score_cell;
use crate::run::observer::RunObserver;
use crate::run::plan::{Plan, plan_model, unplanned};
use crate::windows::batch::Batcher;
use crate::windows::protocol::Layout;

/// How a run goes about its work; nothing here changes a result.
#[derive(Debug, Clone, Copy)]
pub struct Conduct {
    /// Maximum inputs per batch.
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
    observer: &dyn RunObserver,
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
        // Told before hours of work on other models.
        if let Err(fault) = check_context(provider.name(), provider.most_positions(), layout) {
            outcome.faults.push(fault);
            work.push(Work { provider, rest: Vec::new(), loaded: None, fails: true });
            continue;
        }
        let mut rest = Vec::new();
        for domain in domains.iter().filter(|domain| domain.characters > 0) {
            if journal.cell(provider.name(), domain.name())?.finished()?.is_none() {
                rest.push(domain);
            }
        }
        work.push(Work { provider, rest, loaded: None, fails: false });
    }
    if conduct.plan || conduct.only_plan {
        let mut faults = Vec::new();
        outcome.plan = plan(&mut work, domains, layout, conduct, journal, &mut faults, observer)?;
        outcome.faults.extend(faults.into_iter().rev());
        observer.planned(&outcome.plan);
    }
    if conduct.only_plan {
        return Ok(outcome);
    }
    // Cells that are still to be scored; what fails is told at once only where there is something to wait for.
    let mut left: usize = work.iter().map(|model| model.rest.len()).sum();
    if left > 0 {
        outcome.faults.iter().for_each(|fault| observer.failed(fault));
    }
    for Work { provider, rest, loaded, .. } in work {
        if rest.is_empty() {
            continue;
        }
        let model = match loaded {
            Some(model) => model,
            // What a plan has told of the model is not told again.
            None => match load(provider, layout, observer, !conduct.plan) {
                Ok(model) => model,
                Err(fault) => {
                    left -= rest.len();
                    if left > 0 {
                        observer.failed(&fault);
                    }
                    keep_local(fault, &mut outcome.faults)?;
                    continue;
                }
            },
        };
        let mut batcher = Batcher::new(conduct.batch_tokens);
        for domain in rest {
            let name = domain.name();
            let planned = outcome.plan.cells.iter().find(|cell| cell.model == provider.name() && cell.domain == name);
            observer.scoring(provider.name(), name, planned.and_then(|cell| cell.inputs).unwrap_or(0));
            let parts = journal.cell(provider.name(), name)?;
            let scored = guarded(provider.name(), &format!("scoring domain `{name}`"), || {
                score_cell(&parts, &model, domain.source.as_ref(), layout, &mut batcher, observer)
            });
            left -= 1;
            if let Err(fault) = scored {
                if left > 0 {
                    observer.failed(&fault);
                }
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
    /// Whether it is known already that it cannot be scored.
    fails: bool,
}

/// Weights of models that stay in memory from the plan to their turn, in bytes, beside those of the first.
const KEPT_BYTES: u64 = 1 << 30;

/// Plans from the last model to the first: the first to be scored is the last to be loaded, and stays so, as do small ones.
/// So the faults found are in that order too.
fn plan(
    work: &mut Vec<Work<'_>>,
    domains: &[Domain],
    layout: Layout,
    conduct: Conduct,
    journal: &Journal,
    faults: &mut Vec<ScoreError>,
    observer: &dyn RunObserver,
) -> Result<Plan> {
    let mut planned = Vec::new();
    let mut room = KEPT_BYTES;
    let first = work.iter().position(|model| !model.rest.is_empty());
    for (index, model) in work.iter_mut().enumerate().rev() {
        let name = model.provider.name();
        let mut cells: Vec<_> = domains
            .iter()
            .map(|domain| {
                let rest = model.rest.iter().any(|rest| std::ptr::eq(*rest, domain));
                unplanned(name, domain, domain.characters > 0 && !rest && !model.fails)
            })
            .collect();
        if model.rest.is_empty() {
            planned.push((None, cells));
            continue;
        }
        if observer.interrupted() {
            return Err(ScoreError::Interrupted);
        }
        match load(model.provider, layout, observer, true) {
            Ok(loaded) => {
                let mut rest = Vec::new();
                for &domain in &model.rest {
                    rest.push((domain, journal.cell(name, domain.name())?.kept_inputs()?));
                }
                observer.preparing(&format!("measuring {name}"));
                let planning = || Ok(plan_model(name, &loaded, &rest, layout, conduct.batch_tokens));
                let (figures, estimates) = match guarded(name, "a first measurement", planning) {
                    Ok(planned) => planned,
                    Err(fault) => {
                        keep_local(fault, faults)?;
                        model.rest.clear();
                        planned.push((None, cells));
                        continue;
                    }
                };
                for estimate in estimates {
                    if let Some(cell) = cells.iter_mut().find(|cell| cell.domain == estimate.domain) {
                        *cell = estimate;
                    }
                }
                let left = room.checked_sub(figures.weight_bytes);
                planned.push((Some(figures), cells));
                if !conduct.only_plan && (Some(index) == first || left.is_some()) {
                    model.loaded = Some(loaded);
                    room = left.unwrap_or(0);
                }
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

/// Loads a model; `tells` what there is to note of it.
fn load(
    provider: &dyn ModelProvider,
    layout: Layout,
    observer: &dyn RunObserver,
    tells: bool,
) -> Result<LanguageModel> {
    let name = provider.name().to_string();
    observer.preparing(&format!("loading {name}"));
    let loaded = guarded(&name, "loading it", || {
        provider.load().map_err(|source| ScoreError::Model { model: name.clone(), source })
    })?;
    check_context(&name, loaded.model.most_positions(), layout)?;
    if !tells {
        return Ok(loaded);
    }
    for note in &loaded.notes {
        observer.note(&format!("{name}: {note}"));
    }
    let context = layout.extent.context();
    if let Some(trained) = loaded.model.trained_positions().filter(|&trained| trained < context) {
        observer.note(&format!("{name} was trained on {trained} positions, fewer than the context of {context}"));
    }
    Ok(loaded)
}

fn check_context(model: &str, most: Option<usize>, layout: Layout) -> Result<()> {
    let context = layout.extent.context();
    match most.filter(|&most| most < context) {
        Some(most) => Err(ScoreError::ContextTooLong { model: model.to_string(), context, most }),
        None => Ok(()),
    }
}

/// Does a part of the work; a panic in it, such as over a damaged file, is a fault of this model only.
fn guarded<T>(model: &str, part: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(ScoreError::panicked(model, part, panic.as_ref())))
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
