//! What a plan found, with names.

use indexmap::IndexMap;
use mixopt_base::ShareUnit;
use mixopt_fit::OptimumStatus;
use mixopt_study::InputFile;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::file::format::{MixtureFile, Stage, VERSION, exact};
use crate::plan::settings::PlanSettings;
use crate::report::figures::Pair;
use crate::settings::criterion::Criterion;
use crate::values::{Kind, Program, Supply, Weights};

/// What a plan found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanFindings {
    /// The answer in plain sentences.
    pub verdict: Vec<String>,
    /// What shares count: tokens.
    pub unit: ShareUnit,
    /// The stages in order.
    pub stages: Vec<StageFindings>,
    /// Minimum over stages of the correlation under the shared supply divided by the stage's best by itself, at the optimum.
    pub share_of_best: f64,
    /// No plan does better than this.
    pub bound: f64,
    /// How the optimum ended.
    pub status: OptimumStatus,
    /// Domains whose supply is used up, with the share of the best that one more epoch would gain.
    pub scarce: IndexMap<String, f64>,
    /// Shares over all stages.
    pub weights: Weights,
    /// What the whole training uses of each domain.
    pub supply: Supply,
    /// The tokenizer that tokens were counted with.
    pub tokenizer: Option<String>,
    /// The mixture that stages stay near.
    pub prior: String,
    /// Its shares.
    pub prior_weights: Weights,
    /// What the reader should know.
    pub messages: Vec<String>,
    /// Everything asked for.
    pub settings: PlanSettings,
    /// Embedded study, or `files`.
    pub study: String,
    /// Inputs with their checksums.
    pub inputs: Vec<InputFile>,
    /// Program and version.
    pub program: Program,
}

impl PlanFindings {
    /// The mixture file of the plan.
    pub fn file(&self) -> MixtureFile {
        MixtureFile {
            mixopt_mixture: VERSION,
            unit: self.unit,
            weights: exact(&self.weights),
            kind: Kind::Plan,
            name: None,
            source: None,
            tokenizer: self.tokenizer.clone(),
            stages: self
                .stages
                .iter()
                .map(|stage| Stage {
                    name: stage.name.clone(),
                    start: stage.start,
                    budget: stage.budget,
                    weights: exact(&stage.weights),
                })
                .collect(),
            supply: Some(self.supply.clone()),
            fit: None,
            plan: Some(crate::file::plan_record::PlanRecord::of(self)),
            program: Some(self.program.clone()),
        }
    }
}

/// One stage of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageFindings {
    /// Its name.
    pub name: String,
    /// Its target.
    pub target: String,
    /// Tokens trained before it.
    pub start: u64,
    /// Its tokens.
    pub budget: u64,
    /// Models that its target was fitted on.
    pub models: usize,
    /// What is maximised: `pearson`, or the partial correlation given a column.
    pub criterion: Criterion,
    /// The best value with the whole supply to itself.
    pub alone: f64,
    /// The value at the optimum of the plan.
    pub optimum_correlation: f64,
    /// The value required of the recommended mixture.
    pub threshold: f64,
    /// The value it has.
    pub correlation: Option<f64>,
    /// The recommended mixture: nearest to the prior.
    pub weights: Weights,
    /// The mixture at the optimum of the plan.
    pub optimum_weights: Weights,
    /// Plain correlation of the recommended mixture, in and out of sample.
    pub recommended: Pair,
    /// The same for the optimum.
    pub optimum: Pair,
    /// The same for the prior.
    pub prior: Pair,
}
