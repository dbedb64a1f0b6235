//! The plan against what a run then does.

use mixopt_base::Observer;
use mixopt_score::{Protocol, RunObserver, ScoreError};

use super::mocks::{Provider, Setup, TOKENIZERS, domain, texts};

/// Stops after so many batches.
struct Stops(std::sync::atomic::AtomicI64);

impl Observer for Stops {
    fn interrupted(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::SeqCst) <= 0
    }
}

impl RunObserver for Stops {
    fn scored(&self, _windows: u64, _inputs: u64) {
        self.0.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
    }
}

/// A domain smaller than the sample that a plan encodes is planned exactly.
#[test]
fn a_plan_of_small_domains_is_exact() {
    for protocol in [Protocol::Paper, Protocol::Document] {
        for tokenizer in TOKENIZERS {
            let folder = tempfile::tempdir().unwrap();
            let setup = Setup { protocol, plan: true, ..Setup::default() };
            let domains = [domain("web", &texts()), domain("code", &texts()[4..])];
            let model = Provider::new("m", tokenizer);
            let (outcome, rows) = setup.score(folder.path(), "bpc.csv", &[&model], &domains).unwrap();
            let plan = outcome.plan;
            assert_eq!(plan.models[0].parameters, 42);
            let planned: u64 = plan.cells.iter().filter_map(|cell| cell.windows).sum();
            // The run without a plan says how many windows there are; the plan's own measurement adds some.
            let fresh = tempfile::tempdir().unwrap();
            let alone = Provider::new("m", tokenizer);
            Setup { plan: false, ..setup }.score(fresh.path(), "bpc.csv", &[&alone], &domains).unwrap();
            assert_eq!(planned, alone.windows(), "{protocol:?} {tokenizer:?}");
            for (cell, row) in plan.cells.iter().zip(&rows) {
                assert_eq!(
                    (&cell.domain, cell.characters, cell.documents),
                    (&row.domain, row.characters, row.documents)
                );
                assert_eq!(cell.tokens, Some(row.tokens));
                assert!(!cell.finished && cell.kept_inputs == 0 && cell.seconds.is_some());
            }
            assert!(plan.seconds().is_some());
        }
    }
}

#[test]
fn small_models_are_loaded_once_for_plan_and_work() {
    let folder = tempfile::tempdir().unwrap();
    let models = ["a", "b", "c"].map(|name| Provider::new(name, TOKENIZERS[1]));
    let all: Vec<&Provider> = models.iter().collect();
    let setup = Setup { plan: true, ..Setup::default() };
    let (outcome, rows) = setup.score(folder.path(), "bpc.csv", &all, &[domain("web", &texts())]).unwrap();
    assert_eq!((outcome.plan.models.len(), rows.len()), (3, 3));
    for model in &models {
        assert_eq!(model.calls.loads.load(std::sync::atomic::Ordering::Relaxed), 1, "{}", model.name);
    }
}

#[test]
fn what_is_done_is_not_planned_again() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup { plan: false, batch_tokens: 60, ..Setup::default() };
    let domains = [domain("web", &texts())];
    let model = Provider::new("m", TOKENIZERS[1]);
    let stopped = setup.score_watched(folder.path(), "bpc.csv", &[&model], &domains, &Stops(3.into()));
    assert!(matches!(stopped, Err(ScoreError::Interrupted)));
    let (outcome, _) = Setup { plan: true, ..setup }.score(folder.path(), "bpc.csv", &[&model], &domains).unwrap();
    // Three pieces of five windows of twelve inputs.
    assert_eq!(outcome.plan.cells[0].kept_inputs, 3 * 5 * 12);
}
