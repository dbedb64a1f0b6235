//! The keys of a manifest's `trainers` that consumers look up.

use indexmap::IndexMap;

use mixopt_base::{did_you_mean_aside, nearest};
use mixopt_manifest::Manifest;

use super::targets::TARGETS;

/// A key of `trainers` that no consumer looks up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTrainer {
    /// The key.
    pub trainer: String,
    /// The known key that comes nearest.
    pub nearest: Option<String>,
    /// The domains that have it.
    pub domains: Vec<String>,
}

impl std::fmt::Display for UnknownTrainer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "no export reads `{}`{} under `trainers` ({})",
            self.trainer,
            did_you_mean_aside(&self.nearest),
            self.domains.join(", ")
        )
    }
}

/// The keys of a manifest's `trainers` that no consumer looks up, in their order.
pub fn unknown_trainers(manifest: &Manifest) -> Vec<UnknownTrainer> {
    let mut known: Vec<String> =
        TARGETS.iter().flat_map(|target| target.trainers.iter().map(ToString::to_string)).collect();
    known.sort();
    known.dedup();
    let mut unknown: IndexMap<&String, Vec<String>> = IndexMap::new();
    for (name, domain) in &manifest.domains {
        for trainer in domain.trainers.keys().filter(|trainer| !known.contains(trainer)) {
            unknown.entry(trainer).or_default().push(name.clone());
        }
    }
    unknown
        .into_iter()
        .map(|(trainer, domains)| UnknownTrainer {
            trainer: trainer.clone(),
            nearest: nearest(trainer, &known),
            domains,
        })
        .collect()
}
