//! What a user asks of a fit.

use crate::fit::{AnalysisSettings, Bounds, Objective};
use crate::study::{MissingRule, Pattern, Result, Selection, StudyError};

use super::error::FitError;

/// What to control for.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// The optimum controls for nothing, the recommendation for log parameters where sizes are known.
    #[default]
    Automatic,
    /// Neither controls for anything.
    None,
    /// Both control for this numeric column of the models table, or `log_COLUMN` for its logarithm.
    Column(String),
}

/// Least and greatest weight of the domains that a pattern means.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainBound {
    /// A domain, or a pattern with `*` and `?`.
    pub domain: String,
    /// Least weight.
    pub least: f64,
    /// Greatest weight.
    pub greatest: f64,
}

impl DomainBound {
    /// Reads `NAME=LEAST..GREATEST`; either number may be missing, one number alone fixes the weight.
    pub fn parse(text: &str) -> Result<Self> {
        let fault = |problem: &str| StudyError::Option {
            option: "--bound",
            found: text.to_string(),
            problem: problem.to_string(),
            expected: "NAME=LEAST..GREATEST, NAME=LEAST.., NAME=..GREATEST or NAME=SHARE".to_string(),
        };
        let (domain, range) = text.rsplit_once('=').ok_or_else(|| fault("there is no `=`"))?;
        let number = |part: &str, absent: f64| -> Result<f64> {
            if part.is_empty() {
                Ok(absent)
            } else {
                part.parse().map_err(|_| fault(&format!("`{part}` is not a number")))
            }
        };
        let (least, greatest) = match range.split_once("..") {
            Some((low, high)) => (number(low.trim(), 0.0)?, number(high.trim(), 1.0)?),
            None if range.trim().is_empty() => return Err(fault("the range is missing")),
            None => (number(range.trim(), 0.0)?, number(range.trim(), 1.0)?),
        };
        Ok(Self { domain: domain.trim().to_string(), least, greatest })
    }
}

/// The settings of a fit, all of them, as they are written into its output.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FitSettings {
    /// Target expression: `mmlu`, `gsm8k,math` or `math=0.5,coding=0.5`.
    pub target: String,
    /// What the optimum maximises.
    pub objective: Objective,
    /// What to control for.
    pub control: Control,
    /// Models to use (all where empty), by pattern.
    pub include_models: Vec<String>,
    /// Models to leave out, by pattern.
    pub exclude_models: Vec<String>,
    /// Families to leave out, by pattern.
    pub drop_families: Vec<String>,
    /// Domains to leave out, by pattern.
    pub exclude_domains: Vec<String>,
    /// What happens to missing cells.
    pub missing: MissingRule,
    /// Least weight of every domain.
    pub min_weight: f64,
    /// Greatest weight of every domain.
    pub max_weight: f64,
    /// Bounds of single domains, which come before the two above.
    pub bounds: Vec<DomainBound>,
    /// Bootstrap replicates for the standard error.
    pub replicates: usize,
    /// Seed of all random draws.
    pub seed: u64,
}

impl FitSettings {
    /// Settings for a target, all else at its default.
    pub fn new(target: impl Into<String>) -> Self {
        let analysis = AnalysisSettings::default();
        Self {
            target: target.into(),
            objective: analysis.objective,
            control: Control::Automatic,
            include_models: Vec::new(),
            exclude_models: Vec::new(),
            drop_families: Vec::new(),
            exclude_domains: Vec::new(),
            missing: MissingRule::default(),
            min_weight: 0.0,
            max_weight: 1.0,
            bounds: Vec::new(),
            replicates: analysis.replicates,
            seed: analysis.seed,
        }
    }

    /// The selection of models and domains.
    pub fn selection(&self) -> Result<Selection> {
        Selection::parse(
            &self.include_models,
            &self.exclude_models,
            &self.drop_families,
            &self.exclude_domains,
            self.missing,
        )
    }

    /// The bounds for these domains.
    ///
    /// # Errors
    /// A pattern that means none of them; bounds that leave no mixture.
    pub fn bounds_for(&self, domains: &[String]) -> Result<Bounds, FitError> {
        let mut least = vec![self.min_weight; domains.len()];
        let mut greatest = vec![self.max_weight; domains.len()];
        for bound in &self.bounds {
            let chosen = Pattern::parse("--bound", &bound.domain)?.select("domain", domains)?;
            for (index, _) in chosen.iter().enumerate().filter(|(_, chosen)| **chosen) {
                least[index] = bound.least;
                greatest[index] = bound.greatest;
            }
        }
        Ok(Bounds::new(domains, least, greatest)?)
    }

    /// The part that the numerical fit needs.
    pub fn analysis(&self) -> AnalysisSettings {
        AnalysisSettings { objective: self.objective, replicates: self.replicates, seed: self.seed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_a_range_or_a_share() {
        let bound = |text: &str| DomainBound::parse(text).map(|b| (b.domain, b.least, b.greatest)).unwrap();
        assert_eq!(bound("web=0.3..0.7"), ("web".into(), 0.3, 0.7));
        assert_eq!(bound("web=..0.7"), ("web".into(), 0.0, 0.7));
        assert_eq!(bound("a=b=0.2.."), ("a=b".into(), 0.2, 1.0));
        assert_eq!(bound("web=0.25"), ("web".into(), 0.25, 0.25));
        for bad in ["web", "web=", "web=x..1", "web=0.1..y"] {
            assert!(DomainBound::parse(bad).unwrap_err().is_usage(), "{bad}");
        }
    }
}
