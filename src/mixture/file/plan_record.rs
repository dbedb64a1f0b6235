//! What a mixture file says of the plan that its stages come from.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use mixopt_fit::OptimumStatus;
use mixopt_study::InputFile;

use crate::plan::settings::PlanSettings;
use crate::report::figures::Pair;
use crate::settings::criterion::Criterion;

/// The plan behind the stages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRecord {
    /// Each stage's target and how it is tracked.
    pub stages: IndexMap<String, StageRecord>,
    /// Minimum over stages of the correlation divided by the stage's best by itself, at the plan's optimum.
    pub share_of_best: f64,
    /// No plan does better than this (rounded up).
    pub bound: f64,
    /// How the optimum ended.
    pub status: OptimumStatus,
    /// Domains whose supply is used up at the optimum, with the share of the best that one more epoch would gain.
    pub scarce: IndexMap<String, f64>,
    /// The mixture that stages stay near.
    pub prior: String,
    /// All settings.
    pub settings: PlanSettings,
    /// Embedded study, or `files`.
    pub study: String,
    /// Inputs with their SHA-256.
    pub inputs: Vec<InputFile>,
}

/// One stage, rounded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageRecord {
    /// The target expression.
    pub target: String,
    /// What is maximised.
    pub criterion: Criterion,
    /// Best value with the whole supply.
    pub alone: f64,
    /// Value at the plan's optimum.
    pub optimum: f64,
    /// Value of the recommended mixture.
    pub correlation: Option<f64>,
    /// Plain correlation of the recommended mixture, in and out of sample.
    pub recommended: Pair,
    /// That of the prior.
    pub prior: Pair,
}
