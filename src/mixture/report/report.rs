//! What `mixopt fit` and `mixopt evaluate` have in common: the question, the answer, what it is worth, and all that is
//! needed to ask again.

use indexmap::IndexMap;
use mixopt_base::ShareUnit;
use mixopt_study::{Dropped, InputFile, StudySettings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::figures::{Baselines, HeldOutFindings, Tracked};
use crate::settings::fit_settings::FitSettings;
use crate::trust::findings::TrustFindings;
use crate::values::Program;

/// All that a command tells of a mixture. Stable: fields are only added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report<Answer> {
    /// What was asked.
    #[serde(flatten)]
    pub question: Question,
    /// The answer in plain sentences.
    pub verdict: Vec<String>,
    /// What to doubt about it, in plain sentences.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// The answer itself.
    #[serde(flatten)]
    pub answer: Answer,
    /// What to compare with, in sample.
    pub baselines: Baselines,
    /// All of them on families held out.
    pub held_out: HeldOutFindings,
    /// Correlation with every benchmark of the study, over the models used that have a score.
    pub tracked: IndexMap<String, Tracked>,
    /// How far all this can be believed.
    pub trust: TrustFindings,
    /// Domains with the same compression for all models: any share of them changes nothing.
    pub constant_domains: Vec<String>,
    /// All that is needed to ask again.
    #[serde(flatten)]
    pub record: Provenance,
}

/// How a message begins that bears on the decision.
pub const CAUTION: &str = "caution: ";

/// What was asked, of which study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// The target expression.
    pub target: String,
    /// Benchmarks behind the target with their weights.
    pub benchmarks: IndexMap<String, f64>,
    /// Embedded study, or `files`.
    pub study: String,
    /// What shares are shares of.
    pub unit: ShareUnit,
    /// Number of models used.
    pub models: usize,
    /// Number of their families.
    pub families: usize,
}

/// Where a report comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// Names of the models used.
    pub model_names: Vec<String>,
    /// Names of their families.
    pub family_names: Vec<String>,
    /// Models left out, with reasons.
    pub dropped_models: Vec<Dropped>,
    /// Domains left out, with reasons.
    pub dropped_domains: Vec<Dropped>,
    /// What the reader should know about inputs and settings.
    pub messages: Vec<String>,
    /// Everything asked for, the seed included.
    pub settings: FitSettings,
    /// The study, and how its files were read.
    pub study_settings: StudySettings,
    /// Inputs with their checksums.
    pub inputs: Vec<InputFile>,
    /// Program and version.
    pub program: Program,
}
