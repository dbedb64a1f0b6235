//! The plan file: stages of training with their targets, budgets and constraints.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use mixopt_base::Count;
use mixopt_base::yaml;
use mixopt_fit::{Recommender, Within};
use mixopt_study::{MissingRule, Selection, StudyError};

use crate::error::{FitError, MixtureError};
use crate::settings::constraint_text::{DomainBound, FrozenGroup, GroupBound, KeptDomain};
use crate::settings::fit_settings::{Control, FitSettings, Prior};

/// Version of the format that this program reads.
const VERSION: u32 = 1;

/// All settings of a plan, as a plan file holds them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanSettings {
    /// Version of this format: 1.
    pub mixopt_plan: u32,
    /// Manifest of the available corpora.
    pub corpora: String,
    /// Maximum epochs over a domain without its own limit in the manifest, over all stages together.
    #[serde(default)]
    pub max_epochs: Option<f64>,
    /// Tokens of the whole training, which the stages must add up to; absent: their sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Count>,
    /// Stages in the order of training.
    pub stages: Vec<StageSettings>,
    /// The mixture that all stages stay near: `uniform`, `natural`, a mixture file or a published mixture.
    #[serde(default = "uniform")]
    pub prior: String,
    /// How far below the plan's best each stage may stay: `1se`, `0.99` or `0.005`.
    #[serde(default)]
    pub within: Within,
    /// What to control for: `automatic`, `none` or a numeric column of the models table.
    #[serde(default = "automatic")]
    pub control: String,
    /// Models to use (all if empty), by pattern.
    #[serde(default)]
    pub include_models: Vec<String>,
    /// Models to exclude, by pattern.
    #[serde(default)]
    pub exclude_models: Vec<String>,
    /// Families to exclude, by pattern.
    #[serde(default)]
    pub drop_families: Vec<String>,
    /// Domains to exclude, by pattern.
    #[serde(default)]
    pub exclude_domains: Vec<String>,
    /// Bootstrap replicates for the standard errors.
    #[serde(default = "replicates")]
    pub replicates: usize,
    /// Seed of all random draws.
    #[serde(default)]
    pub seed: u64,
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageSettings {
    /// Its name.
    pub name: String,
    /// Target expression.
    pub target: String,
    /// Tokens of the stage: `8T`, `500B`.
    pub budget: Count,
    /// Bounds: `NAME=MIN..MAX`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bounds: Vec<String>,
    /// Groups: `NAME:A+B<=SHARE`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Frozen groups: `NAME:A+B` or `NAME:A=3+B=1`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<String>,
    /// Domains that must have a share: `NAME` or `NAME=SHARE`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
    /// Domains that must not have a share.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
    /// Minimum weight of every domain.
    #[serde(default)]
    pub min_weight: f64,
    /// Maximum weight of every domain.
    #[serde(default = "one")]
    pub max_weight: f64,
}

fn uniform() -> String {
    "uniform".to_string()
}

fn automatic() -> String {
    "automatic".to_string()
}

fn replicates() -> usize {
    1000
}

fn one() -> f64 {
    1.0
}

impl PlanSettings {
    /// Reads a plan file. A relative manifest or prior is relative to it.
    ///
    /// # Errors
    /// [`MixtureError`] with the file and what is wrong in it.
    pub fn read(file: &Path) -> Result<Self, MixtureError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| MixtureError::Unreadable { file: file.to_path_buf(), source })?;
        let malformed = |found: String, expected: &str| MixtureError::Malformed {
            file: file.to_path_buf(),
            found,
            expected: expected.to_string(),
        };
        let mut plan: Self = serde_saphyr::from_str(&text)
            .map_err(|error| malformed(yaml::fault(&error), "a plan as described in docs/planning.md"))?;
        if plan.mixopt_plan != VERSION {
            return Err(malformed(format!("format version {}", plan.mixopt_plan), "version 1"));
        }
        let folder = file.parent().unwrap_or(Path::new(""));
        plan.corpora = folder.join(&plan.corpora).display().to_string();
        let prior = folder.join(&plan.prior);
        if prior.is_file() {
            plan.prior = prior.display().to_string();
        }
        Ok(plan)
    }

    /// The prior.
    pub fn prior(&self) -> Prior {
        Prior::from(self.prior.as_str())
    }

    /// What to control for.
    pub fn control(&self) -> Control {
        match self.control.as_str() {
            "automatic" => Control::Automatic,
            "none" => Control::None,
            column => Control::Column(column.to_string()),
        }
    }

    /// The selection of models and domains.
    pub fn selection(&self) -> Result<Selection, StudyError> {
        Selection::parse(
            &self.include_models,
            &self.exclude_models,
            &self.drop_families,
            &self.exclude_domains,
            MissingRule::default(),
        )
    }

    /// Whether the plan can be made, before any data is read.
    ///
    /// # Errors
    /// No stages, two of one name, a budget of nothing, numbers outside their range.
    pub fn check(&self) -> Result<(), FitError> {
        let fault =
            |stage: &str, found: &str| Err(FitError::NoPlan { stage: stage.to_string(), found: found.to_string() });
        if self.stages.is_empty() {
            return fault("", "no stages");
        }
        for (index, stage) in self.stages.iter().enumerate() {
            if self.stages[..index].iter().any(|other| other.name == stage.name) {
                return fault(&stage.name, "another stage has this name");
            }
            if stage.budget.0 == 0 {
                return fault(&stage.name, "a budget of 0 tokens");
            }
        }
        let sum = self.stages.iter().fold(0_u64, |sum, stage| sum.saturating_add(stage.budget.0));
        if let Some(budget) = self.budget
            && budget.0 != sum
        {
            return fault(
                "",
                &format!(
                    "the stages' budgets add up to {sum} tokens, but the budget is {}: {} {}; change one of them",
                    budget.0,
                    budget.0.abs_diff(sum),
                    if sum > budget.0 { "too many" } else { "too few" }
                ),
            );
        }
        if let Some(epochs) = self.max_epochs
            && !(epochs.is_finite() && epochs > 0.0)
        {
            return Err(FitError::Key { key: "max_epochs", found: epochs.to_string(), expected: "a number above 0" });
        }
        if self.replicates < 2 {
            return Err(FitError::Key { key: "replicates", found: self.replicates.to_string(), expected: "2 or more" });
        }
        Ok(())
    }
}

impl StageSettings {
    /// The settings of a fit of this stage alone.
    ///
    /// # Errors
    /// A constraint that cannot be read.
    pub(crate) fn fit_settings(&self, plan: &PlanSettings) -> Result<FitSettings, FitError> {
        fn all<T>(texts: &[String], parse: fn(&str) -> Result<T, StudyError>) -> Result<Vec<T>, StudyError> {
            texts.iter().map(|text| parse(text)).collect()
        }
        Ok(FitSettings {
            control: plan.control(),
            recommender: Recommender::LeastChange,
            min_weight: self.min_weight,
            max_weight: self.max_weight,
            bounds: all(&self.bounds, DomainBound::parse)?,
            groups: all(&self.groups, GroupBound::parse)?,
            frozen: all(&self.freeze, FrozenGroup::parse)?,
            keep: all(&self.keep, KeptDomain::parse)?,
            drop: self.drop.clone(),
            ..FitSettings::new(self.target.clone())
        })
    }
}
