//! What a long run tells while it works, and how it is stopped.

use mixopt_base::{Observer, Silent};

use crate::error::ScoreError;
use crate::run::plan::Plan;

/// Follows a run and says when it is to stop ([`Observer::interrupted`]).
pub trait RunObserver: Observer {
    /// The plan is made; work follows.
    fn planned(&self, plan: &Plan) {
        let _ = plan;
    }

    /// Work on a model and domain begins, with about so many inputs to score.
    fn scoring(&self, model: &str, domain: &str, inputs: u64) {
        let _ = (model, domain, inputs);
    }

    /// A step that takes a while begins, such as loading a model.
    fn preparing(&self, what: &str) {
        let _ = what;
    }

    /// The model has scored windows with so many inputs.
    fn scored(&self, windows: u64, inputs: u64) {
        let _ = (windows, inputs);
    }

    /// Windows with so many inputs were scored by an earlier run.
    fn kept(&self, windows: u64, inputs: u64) {
        let _ = (windows, inputs);
    }

    /// A model or domain cannot be scored; the work on others goes on.
    fn failed(&self, fault: &ScoreError) {
        let _ = fault;
    }

    /// Something the user should know.
    fn note(&self, text: &str) {
        let _ = text;
    }
}

impl RunObserver for Silent {}
