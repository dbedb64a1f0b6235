//! A mixture made ready for one consumer: its stages, its unit, its names, shares that sum to one as printed.

use indexmap::IndexMap;
use serde::Serialize;

use mixopt_base::{Setting, ShareUnit};
use mixopt_manifest::{Manifest, convert};
use mixopt_mixture::{MixtureFile, Program, Weights, exact_shares};

use super::error::ExportError;
use super::places::{Dataset, datasets};
use super::repetition::{epochs, limit};
use super::request::ExportOptions;
use super::target::{Naming, Target, Zeros};
use super::written::epochs_text;

/// Decimals of a share in an export: as many as 64 bits hold exactly beside shares that sum to exactly 1.
pub const DECIMALS: u32 = 12;

/// A mixture made ready for one consumer.
#[derive(Debug)]
pub struct Prepared<'a> {
    /// The consumer.
    pub target: &'static Target,
    /// What was asked.
    pub options: &'a ExportOptions,
    /// The manifest that named and converted.
    pub manifest: Option<&'a Manifest>,
    /// What the shares are shares of.
    pub unit: ShareUnit,
    /// What they were shares of before.
    pub converted_from: Option<ShareUnit>,
    /// The stages, at least one; a mixture without stages has one without a name.
    pub stages: Vec<PreparedStage>,
    /// Where the mixture comes from, a line each, for comments.
    pub provenance: Vec<String>,
}

/// One stage made ready.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PreparedStage {
    /// Its name; none for a mixture without stages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Tokens trained before it.
    pub start: u64,
    /// Its tokens, where they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<u64>,
    /// Its datasets, by domain name.
    pub datasets: Vec<Entry>,
    /// Domains with a share of zero that are not among them.
    pub left_out: Vec<String>,
}

/// One dataset with its share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// The domain.
    pub domain: String,
    /// What the consumer calls the dataset.
    pub name: String,
    /// Where its data lie, where the file says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// Whether these are the manifest's files of text.
    #[serde(skip)]
    pub text: bool,
    /// Its share, in the consumer's unit.
    pub share: f64,
    /// Times that the domain is gone through, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<f64>,
}

/// One stage of the mixture file, or its only mixture.
struct Chosen<'a> {
    name: Option<&'a str>,
    start: u64,
    budget: Option<u64>,
    weights: &'a Weights,
}

impl<'a> Prepared<'a> {
    /// Makes a mixture ready. What a reader should know goes to `notes`.
    ///
    /// # Errors
    /// [`ExportError`] for a stage, a count or a name that is lacking.
    pub fn new(
        target: &'static Target,
        mixture: &'a MixtureFile,
        manifest: Option<&'a Manifest>,
        options: &'a ExportOptions,
        notes: &mut Vec<String>,
    ) -> Result<Self, ExportError> {
        let chosen = choose(target, mixture, options)?;
        if let Some(budget) = options.budget.filter(|_| chosen.iter().any(|stage| stage.name.is_some())) {
            return Err(ExportError::Setting {
                setting: Setting::Budget,
                found: budget.to_string(),
                expected: "none, since the mixture's stages have their own budgets".to_string(),
            });
        }
        let unit = options.unit.or(target.unit).unwrap_or(mixture.unit);
        let converted_from = (unit != mixture.unit).then_some(mixture.unit);
        let mut domains: Vec<String> = mixture.weights.keys().cloned().collect();
        domains.sort();
        let in_use = |domain: &String| {
            target.zeros == Zeros::Kept
                || chosen.iter().any(|stage| stage.weights.get(domain).is_some_and(|&share| share > 0.0))
        };
        // What is kept with a share of zero need not be in the manifest.
        let nowhere = |domain: &String| {
            let zero = chosen.iter().all(|stage| stage.weights.get(domain).is_none_or(|&share| share == 0.0));
            zero && manifest.is_some_and(|manifest| !manifest.domains.contains_key(domain))
        };
        let (unknown, used): (Vec<String>, Vec<String>) =
            domains.iter().filter(|domain| in_use(domain)).cloned().partition(nowhere);
        let mut named: IndexMap<String, Vec<Dataset>> =
            used.iter().cloned().zip(datasets(target, &used, manifest)?).collect();
        named.extend(unknown.iter().cloned().zip(datasets(target, &unknown, None)?));
        if manifest.is_none() && target.naming != Naming::Own {
            notes.push(format!(
                "domains keep the mixture's names; a manifest (`{}`) would give them the {} of {}",
                Setting::Corpora.to_give(),
                plural(target.place),
                target.name
            ));
        }
        for (domain, datasets) in &named {
            if datasets.len() > 1 {
                notes.push(format!(
                    "`{domain}` has {} {} whose sizes are not in the manifest; its share is split equally",
                    datasets.len(),
                    plural(target.place)
                ));
            }
        }
        let mut stages = Vec::with_capacity(chosen.len());
        let mut totals: IndexMap<String, f64> = IndexMap::new();
        for stage in &chosen {
            let whole = stage.name.is_none();
            let budget = if whole { options.budget } else { stage.budget };
            let epochs = epochs(mixture, stage.weights, budget, options.budget.is_some(), manifest)?;
            for (domain, epochs) in &epochs {
                *totals.entry(domain.clone()).or_insert(0.0) += epochs;
            }
            stages.push(prepare(target, mixture.unit, unit, manifest, stage, &named, &epochs, notes)?);
        }
        let mut prepared = Self { target, options, manifest, unit, converted_from, stages, provenance: Vec::new() };
        prepared.tell(mixture, &totals, notes);
        prepared.provenance = prepared.provenance(mixture, &totals);
        Ok(prepared)
    }

    /// The only stage of an export that has one.
    ///
    /// # Errors
    /// [`ExportError::ChooseStage`], which [`Prepared::new`] has already raised for consumers of one mixture.
    pub fn single(&self) -> Result<&PreparedStage, ExportError> {
        match self.stages.as_slice() {
            [stage] => Ok(stage),
            stages => Err(ExportError::ChooseStage {
                target: self.target.name,
                stages: stages.iter().filter_map(|stage| stage.name.clone()).collect(),
            }),
        }
    }

    /// Notes on what was left out, converted and repeated.
    fn tell(&self, mixture: &MixtureFile, totals: &IndexMap<String, f64>, notes: &mut Vec<String>) {
        for stage in &self.stages {
            if !stage.left_out.is_empty() {
                let inside = stage.name.as_ref().map(|name| format!("stage {name}: ")).unwrap_or_default();
                let why = if self.target.zeros == Zeros::Refused { ", since it refuses a weight of zero" } else { "" };
                notes.push(format!("{inside}left out with a share of zero{why}: {}", stage.left_out.join(", ")));
            }
        }
        if let Some(from) = self.converted_from {
            let why = match self.unit {
                ShareUnit::Documents => " (it draws whole documents, whose mean lengths differ between domains)",
                _ => "",
            };
            notes.push(format!("shares of {from} became shares of {}{why}", self.unit));
        }
        if let (Some(counted), Some(manifest)) =
            (&mixture.tokenizer, self.manifest.and_then(|manifest| manifest.tokenizer.as_ref()))
            && counted != manifest
        {
            notes.push(format!("the mixture counts tokens of `{counted}`, the manifest those of `{manifest}`"));
        }
        let repeated: Vec<String> = totals
            .iter()
            .filter(|(_, epochs)| **epochs > 1.0 + 1e-9)
            .map(|(domain, epochs)| format!("{domain} {} times", epochs_text(*epochs)))
            .collect();
        if !repeated.is_empty() {
            notes.push(format!(
                "data are repeated: {}; {}: {}",
                repeated.join(", "),
                self.target.name,
                self.target.repetition
            ));
        }
        for (domain, epochs) in totals {
            if let Some(most) = limit(mixture, domain, self.manifest)
                && *epochs > most * (1.0 + 1e-6)
            {
                notes.push(format!("`{domain}` is repeated {} times, but its limit is {most}", epochs_text(*epochs)));
            }
        }
    }

    fn provenance(&self, mixture: &MixtureFile, totals: &IndexMap<String, f64>) -> Vec<String> {
        let program = Program::this();
        let subject = match (&mixture.name, &mixture.fit) {
            (Some(name), _) => format!(" {name}"),
            (None, Some(fit)) => format!(" for {}", fit.target),
            (None, None) => String::new(),
        };
        let from = self.converted_from.map(|unit| format!(", converted from shares of {unit}")).unwrap_or_default();
        let mut lines = vec![
            format!("Mixture{subject} for {}.", self.target.consumer),
            format!(
                "Shares of {}{from}; they sum to exactly 1. Written by {} {}.",
                self.unit, program.name, program.version
            ),
        ];
        if let [PreparedStage { name: Some(name), start, budget: Some(budget), .. }] = self.stages.as_slice() {
            lines.push(format!("Stage {name}: {budget} tokens after {start}."));
        }
        for stage in self.stages.iter().filter(|stage| !stage.left_out.is_empty()) {
            let inside = match &stage.name {
                Some(name) if self.stages.len() > 1 => format!(" of stage {name}"),
                _ => String::new(),
            };
            lines.push(format!("Left out{inside} with a share of zero: {}.", stage.left_out.join(", ")));
        }
        let known: Vec<String> = totals
            .iter()
            .filter(|(_, epochs)| **epochs > 0.0)
            .map(|(domain, epochs)| format!("{domain} {}", epochs_text(*epochs)))
            .collect();
        if !known.is_empty() {
            lines.push(format!("Epochs: {}.", known.join(", ")));
        }
        lines
    }
}

/// The stages to export.
fn choose<'a>(
    target: &Target,
    mixture: &'a MixtureFile,
    options: &ExportOptions,
) -> Result<Vec<Chosen<'a>>, ExportError> {
    let names = || mixture.stages.iter().map(|stage| stage.name.clone()).collect::<Vec<_>>();
    if let Some(wanted) = &options.stage {
        let stage = mixture.stages.iter().find(|stage| stage.name == *wanted);
        let stage = stage.ok_or_else(|| ExportError::NoStage { stage: wanted.clone(), stages: names() })?;
        return Ok(vec![Chosen {
            name: Some(&stage.name),
            start: stage.start,
            budget: Some(stage.budget),
            weights: &stage.weights,
        }]);
    }
    if mixture.stages.is_empty() {
        return Ok(vec![Chosen { name: None, start: 0, budget: options.budget, weights: &mixture.weights }]);
    }
    if target.stages == super::target::Stages::One {
        return Err(ExportError::ChooseStage { target: target.name, stages: names() });
    }
    Ok(mixture
        .stages
        .iter()
        .map(|stage| Chosen {
            name: Some(&stage.name),
            start: stage.start,
            budget: Some(stage.budget),
            weights: &stage.weights,
        })
        .collect())
}

#[expect(clippy::too_many_arguments, reason = "the parts of one stage, which belong to nothing smaller")]
fn prepare(
    target: &Target,
    from: ShareUnit,
    to: ShareUnit,
    manifest: Option<&Manifest>,
    stage: &Chosen,
    named: &IndexMap<String, Vec<Dataset>>,
    epochs: &IndexMap<String, f64>,
    notes: &mut Vec<String>,
) -> Result<PreparedStage, ExportError> {
    let domains: Vec<String> = stage.weights.keys().cloned().collect();
    let shares: Vec<f64> = stage.weights.values().copied().collect();
    let converted: IndexMap<&String, f64> =
        domains.iter().zip(convert(&shares, &domains, from, to, manifest)?).collect();
    let mut sorted: Vec<&String> = domains.iter().collect();
    sorted.sort();
    let mut entries: Vec<Entry> = Vec::new();
    let mut left_out = Vec::new();
    for domain in sorted {
        let share = converted.get(domain).copied().unwrap_or_default();
        if share == 0.0 && target.zeros != Zeros::Kept {
            left_out.push(domain.clone());
            continue;
        }
        let datasets = named.get(domain).map(Vec::as_slice).unwrap_or_default();
        for dataset in datasets {
            entries.push(Entry {
                domain: domain.clone(),
                name: dataset.name.clone(),
                places: dataset.places.clone(),
                text: dataset.text,
                share: share / datasets.len() as f64,
                epochs: epochs.get(domain).copied(),
            });
        }
    }
    let exact = exact_shares(&entries.iter().map(|entry| entry.share).collect::<Vec<_>>(), DECIMALS);
    for (entry, share) in entries.iter_mut().zip(exact) {
        if share == 0.0 && entry.share > 0.0 {
            notes.push(format!(
                "the share of `{}` ({:e}) is too small for {DECIMALS} decimals and became zero",
                entry.domain, entry.share
            ));
            if target.zeros != Zeros::Kept && !left_out.contains(&entry.domain) {
                left_out.push(entry.domain.clone());
            }
        }
        entry.share = share;
    }
    if target.zeros != Zeros::Kept {
        entries.retain(|entry| entry.share > 0.0);
    }
    Ok(PreparedStage {
        name: stage.name.map(ToString::to_string),
        start: stage.start,
        budget: stage.budget,
        datasets: entries,
        left_out,
    })
}

fn plural(place: &str) -> String {
    match place.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if place.ends_with('x') => format!("{place}es"),
        None => format!("{place}s"),
    }
}
