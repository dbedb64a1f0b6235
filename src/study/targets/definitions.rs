//! Files of named targets.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use crate::error::{Result, StudyError};
use crate::scores::records::Metric;
use mixopt_base::{Place, yaml};

/// A file of named targets.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetDefinitions {
    /// Version of this format: 1.
    pub version: u32,
    /// Definitions by name.
    pub targets: BTreeMap<String, TargetDefinition>,
}

/// One named target.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetDefinition {
    /// What it is, in a few words.
    pub description: String,
    /// Benchmarks or other targets whose plain mean it is. Absent: the benchmark of the same name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_of: Option<Vec<String>>,
    /// What the benchmark of this name measures, if the scores do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
    /// What a reader should know before trusting it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caution: Option<String>,
}

impl TargetDefinitions {
    /// Reads a YAML file of definitions.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).map_err(|source| StudyError::unreadable(file, source))?;
        Self::parse(file, &text)
    }

    /// Reads definitions from text; `file` is named in errors.
    pub fn parse(file: &Path, text: &str) -> Result<Self> {
        let fault = |found: String| StudyError::malformed(Place::file(file), found, "target definitions, version 1");
        let definitions: Self = serde_saphyr::from_str(text).map_err(|error| fault(yaml::fault(&error)))?;
        if definitions.version != 1 {
            return Err(fault(format!("version {}", definitions.version)));
        }
        for (name, definition) in &definitions.targets {
            let fault = |found: String, expected: &str| {
                Err(StudyError::malformed(Place::file(file).column(name), found, expected))
            };
            if definition.mean_of.as_ref().is_some_and(Vec::is_empty) {
                return fault("the mean of nothing".to_string(), "at least one name in `mean_of`");
            }
            if definition.mean_of.is_some() && definition.metric.is_some() {
                return fault(
                    "`mean_of` and `metric`".to_string(),
                    "one of the two: an average has the metric of its parts",
                );
            }
            if let Some(path) = definitions.way_back(name) {
                let found = format!("is circular ({})", path.join(" → "));
                return fault(found, "definitions that lead to benchmarks");
            }
        }
        Ok(definitions)
    }

    /// The names by which a definition comes back to itself, if it does.
    fn way_back<'d>(&'d self, name: &'d str) -> Option<Vec<&'d str>> {
        let parts = |name: &str| self.targets.get(name).and_then(|d| d.mean_of.as_deref()).unwrap_or_default();
        let mut seen = HashSet::new();
        let mut paths = vec![vec![name]];
        while let Some(path) = paths.pop() {
            for part in parts(path[path.len() - 1]) {
                let longer = || path.iter().copied().chain([part.as_str()]).collect::<Vec<_>>();
                if part == name {
                    return Some(longer());
                }
                if seen.insert(part) {
                    paths.push(longer());
                }
            }
        }
        None
    }

    /// Those that are averages: what the others say of single benchmarks is true of the study they are made for.
    pub fn averages(mut self) -> Self {
        self.targets.retain(|_, definition| definition.mean_of.is_some());
        self
    }

    /// What the definitions say of single benchmarks' metrics.
    pub fn metrics(&self) -> BTreeMap<String, Metric> {
        let named = self.targets.iter().filter_map(|(name, definition)| Some((name.clone(), definition.metric?)));
        named.collect()
    }

    /// Adds definitions; those of the same name replace these.
    pub fn extend(&mut self, others: Self) {
        self.targets.extend(others.targets);
    }
}
