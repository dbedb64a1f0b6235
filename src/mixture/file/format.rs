//! The mixture file: a versioned YAML that a team keeps, shows and exports.

use crate::values::Kind;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use mixopt_base::ShareUnit;
use mixopt_base::yaml;

use crate::error::MixtureError;
use crate::file::fit_record::FitRecord;
use crate::file::plan_record::PlanRecord;
use crate::file::shares::{decimals_for, exact_shares};
use crate::values::{Program, Supply, Weights};

/// Version of the format that this program writes and reads.
pub const VERSION: u32 = 1;

/// A mixture with where it comes from. Weights sum to exactly 1 as printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MixtureFile {
    /// Version of this format: 1.
    pub mixopt_mixture: u32,
    /// What the weights are shares of.
    pub unit: ShareUnit,
    /// Shares by domain; of a mixture with stages, the shares over all of them.
    pub weights: Weights,
    /// Where the mixture comes from.
    pub kind: Kind,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The publication or file that a given mixture is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The tokenizer that tokens were counted with, if shares or budgets count tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<String>,
    /// Consecutive stages of training; empty if there is one mixture throughout.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// What a budget uses of each domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supply: Option<Supply>,
    /// The fit behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<FitRecord>,
    /// The plan behind its stages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanRecord>,
    /// Program and version that wrote this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Program>,
}

/// One stage of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Tokens trained before it.
    pub start: u64,
    /// Tokens of the stage.
    pub budget: u64,
    /// Shares by domain, of the same domains and in the same unit as the file's.
    pub weights: Weights,
}

impl MixtureFile {
    /// A mixture that no fit made, written as exact shares.
    ///
    /// # Shapes
    /// `weights`: shares by domain, not negative; they are scaled to a sum of one.
    pub fn given(unit: ShareUnit, weights: &Weights, name: Option<String>, source: Option<String>) -> Self {
        Self {
            mixopt_mixture: VERSION,
            unit,
            weights: exact(weights),
            kind: Kind::Given,
            name,
            source,
            tokenizer: None,
            stages: Vec::new(),
            supply: None,
            fit: None,
            plan: None,
            program: Some(Program::this()),
        }
    }

    /// The file's text.
    ///
    /// # Errors
    /// [`MixtureError::Malformed`] where a value cannot be written as YAML, which names do not cause.
    pub fn to_yaml(&self) -> Result<String, MixtureError> {
        let body = serde_saphyr::to_string(self).map_err(|error| MixtureError::Malformed {
            file: "mixture".into(),
            found: error.to_string(),
            expected: "a mixture that YAML can hold".to_string(),
        })?;
        let subject = match (&self.name, &self.fit) {
            (Some(name), _) => format!(" {name}"),
            (None, Some(fit)) => format!(" for {}", fit.target),
            (None, None) => String::new(),
        };
        let by =
            self.program.as_ref().map_or(String::new(), |program| format!(" by {} {}", program.name, program.version));
        let header = format!(
            "# Mixture{}{by}: weights are shares of {} and sum to exactly 1.\n",
            subject.replace('\n', " "),
            self.unit
        );
        Ok(header + &body)
    }

    /// The file's text in the format that its name's ending says: JSON for `.json`, else YAML. Both are read back.
    ///
    /// # Errors
    /// As [`MixtureFile::to_yaml`].
    pub fn text_for(&self, file: &Path) -> Result<String, MixtureError> {
        if !file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            return self.to_yaml();
        }
        let text = serde_json::to_string_pretty(self).map_err(|error| MixtureError::Malformed {
            file: file.to_path_buf(),
            found: error.to_string(),
            expected: "a mixture that JSON can hold".to_string(),
        })?;
        Ok(text + "\n")
    }

    /// Reads a file and checks that its weights are a mixture.
    ///
    /// # Errors
    /// [`MixtureError`] with the file and what is wrong in it.
    pub fn read(file: &Path) -> Result<Self, MixtureError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| MixtureError::Unreadable { file: file.to_path_buf(), source })?;
        Self::parse(file, &text)
    }

    /// Reads text; `file` is named in errors.
    pub fn parse(file: &Path, text: &str) -> Result<Self, MixtureError> {
        let malformed = |found: String, expected: &str| MixtureError::Malformed {
            file: file.to_path_buf(),
            found,
            expected: expected.to_string(),
        };
        let version: VersionOnly =
            serde_saphyr::from_str(text).map_err(|error| malformed(yaml::fault(&error), "a mixture file of mixopt"))?;
        match version.mixopt_mixture {
            Some(VERSION) => {}
            Some(other) => {
                return Err(malformed(
                    format!("format version {other}"),
                    "version 1, the only one this version of mixopt reads",
                ));
            }
            None => return Err(malformed("no `mixopt_mixture` version".to_string(), "a mixture file of mixopt")),
        }
        let mixture: Self = serde_saphyr::from_str(text)
            .map_err(|error| malformed(yaml::fault(&error), "a mixture file as described in docs/mixture-file.md"))?;
        check_weights(file, None, &mixture.weights)?;
        let mut start = 0_u64;
        for stage in &mixture.stages {
            let name = &stage.name;
            let inside = |found: String| format!("stage `{name}`: {found}");
            check_weights(file, Some(name), &stage.weights)?;
            if !stage.weights.keys().eq(mixture.weights.keys()) {
                let found = inside("domains other than the mixture's `weights`, or in another order".to_string());
                return Err(malformed(found, "the same domains in the same order (0 where one is not used)"));
            }
            if stage.start != start || stage.budget == 0 {
                let found = inside(format!("start {} and budget {}", stage.start, stage.budget));
                return Err(malformed(found, "consecutive stages from 0, each with a budget of tokens"));
            }
            start = start.saturating_add(stage.budget);
        }
        Ok(mixture)
    }
}

/// Shares that sum to exactly 1 as printed.
pub(crate) fn exact(weights: &Weights) -> Weights {
    let values: Vec<f64> = weights.values().copied().collect();
    weights.keys().cloned().zip(exact_shares(&values, decimals_for(values.len()))).collect()
}

/// Weights from 0 to 1 that sum to exactly 1 as printed.
fn check_weights(file: &Path, stage: Option<&String>, weights: &Weights) -> Result<(), MixtureError> {
    let malformed = |found: String, expected: &str| {
        let inside = stage.map(|name| format!("stage `{name}`: ")).unwrap_or_default();
        MixtureError::Malformed { file: file.into(), found: inside + &found, expected: expected.to_string() }
    };
    if let Some((name, weight)) = weights.iter().find(|(_, weight)| !(0.0..=1.0).contains(*weight)) {
        return Err(malformed(format!("weight {weight} of `{name}`"), "shares from 0 to 1"));
    }
    const WHOLE: i64 = 1_000_000_000;
    let units = |weight: &f64| (weight * WHOLE as f64).round() as i64;
    let sum: i64 = weights.values().map(units).sum();
    // The first of the greatest, which a small difference changes least.
    let Some((greatest, _)) = weights.iter().rev().max_by(|(_, one), (_, other)| one.total_cmp(other)) else {
        return Err(malformed("no weights".to_string(), "a share for at least one domain"));
    };
    if sum == WHOLE {
        return Ok(());
    }
    Err(MixtureError::Sum {
        file: file.into(),
        stage: stage.cloned(),
        sum: sum as f64 / WHOLE as f64,
        amount: decimal((WHOLE - sum).unsigned_abs()),
        lacking: sum < WHOLE,
        domain: greatest.clone(),
    })
}

/// Billionths as a decimal without exponent: `0.000001`.
fn decimal(billionths: u64) -> String {
    let text = format!("{}.{:09}", billionths / 1_000_000_000, billionths % 1_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

#[derive(Deserialize)]
struct VersionOnly {
    mixopt_mixture: Option<u32>,
}
