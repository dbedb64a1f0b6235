//! A trainer's file read back into a mixture.

use std::collections::HashMap;
use std::path::Path;

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use mixopt_base::{Place, Setting, ShareUnit, nearest};
use mixopt_manifest::Manifest;
use mixopt_mixture::{MixtureError, MixtureFile, Stage, Weights, decimals_for, exact_shares};

use super::document::Document;
use super::error::ImportError;
use super::places::datasets_of;
use super::read_back::{ReadBack, ReadStage, ReadWeight, Start, Weighing, by_name};
use super::sizes::by_size;
use super::target::{Naming, Reader, SumRule, Target};
use super::targets::{PLAIN, TARGETS};

/// The most decimals of a share in a mixture file.
const MOST_DECIMALS: u32 = 9;

/// What is asked of an import beside the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportOptions {
    /// What the weights count, where the user knows better.
    pub unit: Option<ShareUnit>,
    /// A name for people.
    pub name: Option<String>,
    /// Tokens per training step, if stages start at steps.
    pub tokens_per_step: Option<u64>,
    /// Tokens of the whole training, where the last stage's end is not known.
    pub budget: Option<u64>,
}

/// A mixture read from a trainer's file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Import {
    /// The consumer whose file it is.
    pub target: &'static str,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// The shares as they were read, normalised, by stage and domain: more digits than a mixture file keeps.
    pub shares: Vec<IndexMap<String, f64>>,
    /// The mixture.
    pub mixture: MixtureFile,
}

/// Reads a trainer's file into a mixture of kind `given`, in the consumer's unit.
///
/// Names become domains through the manifest's `trainers`; without a manifest they stay as they are. Weights are
/// normalised, and weights of several datasets of one domain added up.
///
/// # Errors
/// [`ImportError`] with the file and the key or line.
pub fn import(
    file: &Path,
    from: Option<&'static Target>,
    manifest: Option<&Manifest>,
    options: &ImportOptions,
) -> Result<Import, ImportError> {
    import_document(&Document::read(file)?, from, manifest, options)
}

/// The same from text; `file` is named in errors.
///
/// # Errors
/// As [`import`].
pub fn import_text(
    file: &Path,
    text: String,
    from: Option<&'static Target>,
    manifest: Option<&Manifest>,
    options: &ImportOptions,
) -> Result<Import, ImportError> {
    import_document(&Document::parse(file, text), from, manifest, options)
}

fn import_document(
    document: &Document,
    from: Option<&'static Target>,
    manifest: Option<&Manifest>,
    options: &ImportOptions,
) -> Result<Import, ImportError> {
    let mut notes = Vec::new();
    if document.has(&["mixopt_mixture"]) {
        let read = unsummed(document)?;
        let name = document.root()?.get("name").and_then(|name| name.name().ok());
        let options = ImportOptions { name: options.name.clone().or(name), ..options.clone() };
        return finish(document, &PLAIN, read, manifest, &options, notes);
    }
    let (target, reader) = match from {
        Some(target) => {
            let readable = || readers().map(|(target, _)| target.name).collect();
            let not = || ImportError::NotReadable { target: target.name.to_string(), readable: readable() };
            (target, target.read.ok_or_else(not)?)
        }
        None => {
            let (target, reader) = recognise(document)?;
            notes.push(format!("read as {} ({})", target.name, target.consumer));
            (target, reader)
        }
    };
    let read = (reader.read)(document)?;
    finish(document, target, read, manifest, options, notes)
}

/// The weights of a mixture file whose only fault is that they do not sum to 1.
fn unsummed(document: &Document) -> Result<ReadBack, ImportError> {
    match MixtureFile::parse(&document.file, &document.text) {
        Ok(_) => Err(ImportError::AlreadyMixture { file: document.file.clone() }),
        Err(MixtureError::Sum { stage: None, .. }) if !document.has(&["stages"]) => {
            let root = document.root()?;
            let unit = root.get("unit").and_then(|node| serde_json::from_value(node.value.clone()).ok());
            Ok(ReadBack { unit, ..ReadBack::whole(by_name(&root.need("weights")?)?) })
        }
        Err(fault) => Err(fault.into()),
    }
}

fn finish(
    document: &Document,
    target: &'static Target,
    read: ReadBack,
    manifest: Option<&Manifest>,
    options: &ImportOptions,
    mut notes: Vec<String>,
) -> Result<Import, ImportError> {
    let unit = options.unit.or(read.unit).or(target.unit).unwrap_or_default();
    if options.unit.is_none() && read.unit.is_none() {
        match target.unit {
            Some(unit) => notes.push(format!(
                "weights for {} are read as shares of {unit}; `{}` changes this",
                target.name,
                Setting::Unit
            )),
            None => {
                notes.push(format!("the file does not say what its shares count; read as {unit} (`{}`)", Setting::Unit))
            }
        }
    }
    let names = Names::new(target, manifest);
    let mut stages: Vec<(&ReadStage, IndexMap<String, f64>)> = Vec::with_capacity(read.stages.len());
    for stage in &read.stages {
        let (shares, sum) = shares(document, stage, &names, unit)?;
        match stage.weighing {
            Weighing::OfSizes(rule) if stage.weights.len() > 1 => {
                notes.push(format!("{rule}: shares are computed from the manifest's {unit}"));
            }
            // Where the trainer divides by the sum itself, another sum is no news.
            Weighing::Shares if target.sum != SumRule::Normalised && (sum - 1.0).abs() > 1e-9 => {
                let inside = stage.name.as_ref().map(|name| format!("stage {name}: ")).unwrap_or_default();
                notes.push(format!("{inside}the weights sum to {sum} and were normalised"));
            }
            _ => {}
        }
        stages.push((stage, shares));
    }
    notes.extend(read.notes.iter().cloned());
    let mixture = mixture(document, target, unit, &stages, options, &mut notes)?;
    let shares = stages.into_iter().map(|(_, shares)| shares).collect();
    Ok(Import { target: target.name, notes, shares, mixture })
}

fn readers() -> impl Iterator<Item = (&'static Target, Reader)> {
    TARGETS.iter().copied().filter_map(|target| target.read.map(|reader| (target, reader)))
}

/// The only format whose marks the document has.
fn recognise(document: &Document) -> Result<(&'static Target, Reader), ImportError> {
    let found: Vec<_> = readers().filter(|(_, reader)| (reader.recognises)(document)).collect();
    if let [one] = found.as_slice() {
        return Ok(*one);
    }
    if found.is_empty() {
        // What cannot be parsed has no keys: the fault says more.
        document.root()?;
    }
    let several = !found.is_empty();
    Err(ImportError::UnknownFormat {
        file: document.file.clone(),
        found: if several {
            "several formats have these keys"
        } else {
            "no format that this program reads has these keys"
        },
        formats: found.iter().map(|(target, _)| target.name).collect(),
    })
}

/// Which domains the names of a trainer stand for.
pub(super) struct Names<'a> {
    target: &'static Target,
    pub(super) manifest: Option<&'a Manifest>,
    domains: HashMap<String, Vec<String>>,
}

impl<'a> Names<'a> {
    fn new(target: &'static Target, manifest: Option<&'a Manifest>) -> Self {
        let mut domains: HashMap<String, Vec<String>> = HashMap::new();
        for (name, domain) in manifest
            .into_iter()
            .flat_map(|manifest| manifest.domains.iter().map(move |(name, domain)| (name, (manifest, domain))))
        {
            let (manifest, domain) = domain;
            let datasets = datasets_of(target, name, domain, manifest);
            let mut known: Vec<String> = datasets.into_iter().map(|dataset| dataset.name).collect();
            if target.naming == Naming::Own || known.is_empty() {
                known = vec![name.clone()];
            }
            for dataset in known {
                domains.entry(dataset).or_default().push(name.clone());
            }
        }
        Self { target, manifest, domains }
    }

    /// How many datasets a domain is for the trainer.
    pub(super) fn datasets(&self, domain: &str) -> usize {
        self.domains.values().filter(|domains| domains.iter().any(|known| known == domain)).count()
    }

    pub(super) fn domain(&self, document: &Document, weight: &ReadWeight) -> Result<String, ImportError> {
        let Some(manifest) = self.manifest else {
            return Ok(weight.name.clone());
        };
        let place = || at(document, &weight.key);
        match self.domains.get(&weight.name).map(Vec::as_slice) {
            Some([domain]) => Ok(domain.clone()),
            Some(domains) => Err(ImportError::SharedName {
                place: place(),
                manifest: manifest.file.clone(),
                name: weight.name.clone(),
                domains: domains.to_vec(),
            }),
            None => {
                let mut known: Vec<String> = self.domains.keys().cloned().collect();
                known.sort();
                Err(ImportError::UnknownName {
                    place: place(),
                    manifest: manifest.file.clone(),
                    target: self.target.name,
                    nearest: nearest(&weight.name, &known),
                    name: weight.name.clone(),
                })
            }
        }
    }
}

/// A place in the document: a line where the key says so.
pub(super) fn at(document: &Document, key: &str) -> Place {
    let place = Place::file(&document.file);
    match key {
        "" => place,
        line if line.starts_with("line ") => place.row(line),
        key => place.column(key),
    }
}

/// Shares by domain that sum to one, and what they summed to before.
fn shares(
    document: &Document,
    stage: &ReadStage,
    names: &Names,
    unit: ShareUnit,
) -> Result<(IndexMap<String, f64>, f64), ImportError> {
    let mut shares: IndexMap<String, f64> = IndexMap::new();
    match stage.weighing {
        Weighing::Shares => {
            for weight in &stage.weights {
                *shares.entry(names.domain(document, weight)?).or_insert(0.0) += weight.weight;
            }
        }
        Weighing::OfSizes(rule) => shares = by_size(document, stage, names, unit, rule)?,
    }
    let sum: f64 = shares.values().sum();
    if !(sum > 0.0 && sum.is_finite()) {
        let inside = stage.name.as_ref().map(|name| format!("stage `{name}`: ")).unwrap_or_default();
        return Err(ImportError::Malformed {
            place: Place::file(&document.file),
            found: format!("{inside}weights that sum to {sum}"),
            expected: "weights with at least one above 0".to_string(),
        });
    }
    shares.values_mut().for_each(|share| *share /= sum);
    Ok((shares, sum))
}

fn mixture(
    document: &Document,
    target: &Target,
    unit: ShareUnit,
    stages: &[(&ReadStage, IndexMap<String, f64>)],
    options: &ImportOptions,
    notes: &mut Vec<String>,
) -> Result<MixtureFile, ImportError> {
    let domains: IndexSet<&String> = stages.iter().flat_map(|(_, shares)| shares.keys()).collect();
    let domains: Vec<String> = domains.into_iter().cloned().collect();
    let full = |shares: &IndexMap<String, f64>| -> Vec<f64> {
        domains.iter().map(|name| shares.get(name).copied().unwrap_or_default()).collect()
    };
    let named = |shares: &[f64], notes: &mut Vec<String>| -> Weights {
        domains.iter().cloned().zip(in_a_file(shares, &domains, notes)).collect()
    };
    let (weights, kept) = match stages {
        [(ReadStage { start: Start::Whole, .. }, shares)] => (full(shares), Vec::new()),
        stages => {
            let times = times(document, stages, options)?;
            let total: f64 = times.iter().map(|(_, budget)| *budget as f64).sum();
            let mut average = vec![0.0; domains.len()];
            let mut kept = Vec::with_capacity(stages.len());
            for (index, ((stage, shares), (start, budget))) in stages.iter().zip(&times).enumerate() {
                let shares = full(shares);
                for (sum, share) in average.iter_mut().zip(&shares) {
                    *sum += share * (*budget as f64 / total);
                }
                let name = stage.name.clone().unwrap_or_else(|| format!("stage-{}", index + 1));
                kept.push(Stage { name, start: *start, budget: *budget, weights: named(&shares, notes) });
            }
            (average, kept)
        }
    };
    let source = document.file.file_name().unwrap_or_default().to_string_lossy();
    let source = Some(format!("{source} ({})", target.name));
    let weights = named(&weights, notes);
    // The weights are set apart, as they may have more decimals than a mixture that is given by hand.
    let given = MixtureFile::given(unit, &weights, options.name.clone(), source);
    Ok(MixtureFile { weights, stages: kept, ..given })
}

/// Start and tokens of each stage.
fn times(
    document: &Document,
    stages: &[(&ReadStage, IndexMap<String, f64>)],
    options: &ImportOptions,
) -> Result<Vec<(u64, u64)>, ImportError> {
    let fault = |found: String| ImportError::Malformed {
        place: Place::file(&document.file),
        found,
        expected: "consecutive stages, starting at the beginning".to_string(),
    };
    let mut times: Vec<(u64, Option<u64>)> = Vec::with_capacity(stages.len());
    for (stage, _) in stages {
        times.push(match stage.start {
            Start::Whole => (0, None),
            Start::Tokens { start, budget } => (start, Some(budget)),
            Start::Step(step) => {
                let tokens =
                    options.tokens_per_step.ok_or_else(|| ImportError::NoStep { file: document.file.clone() })?;
                (step.saturating_mul(tokens), None)
            }
        });
    }
    if times.first().is_some_and(|(start, _)| *start != 0) {
        return Err(fault("a first stage that does not start at the beginning".to_string()));
    }
    let mut complete = Vec::with_capacity(times.len());
    for (index, &(start, budget)) in times.iter().enumerate() {
        let end = match times.get(index + 1) {
            Some((next, _)) => *next,
            None => match (budget, options.budget) {
                (Some(budget), _) => start.saturating_add(budget),
                (None, Some(whole)) if whole > start => whole,
                (None, Some(budget)) => return Err(ImportError::ShortBudget { budget, start }),
                (None, None) => return Err(ImportError::NoStep { file: document.file.clone() }),
            },
        };
        let tokens = end.checked_sub(start).filter(|&tokens| tokens > 0);
        let tokens = tokens.ok_or_else(|| fault(format!("a stage from {start} to {end} tokens")))?;
        if budget.is_some_and(|budget| budget != tokens) {
            return Err(fault(format!(
                "a stage of {} tokens, but the next starts after {tokens}",
                budget.unwrap_or_default()
            )));
        }
        complete.push((start, tokens));
    }
    Ok(complete)
}

/// Shares with as few decimals as hold them, at most nine, that sum to exactly 1.
fn in_a_file(shares: &[f64], domains: &[String], notes: &mut Vec<String>) -> Vec<f64> {
    let mut decimals = decimals_for(shares.len());
    let mut exact = exact_shares(shares, decimals);
    let apart = |exact: &[f64]| exact.iter().zip(shares).any(|(exact, share)| (exact - share).abs() > 1e-13);
    while apart(&exact) && decimals < MOST_DECIMALS {
        decimals += 1;
        exact = exact_shares(shares, decimals);
    }
    for ((domain, share), exact) in domains.iter().zip(shares).zip(&exact) {
        if *share > 0.0 && *exact == 0.0 {
            notes.push(format!("the share of `{domain}` ({share:e}) is too small for a mixture file and became zero"));
        }
    }
    exact
}
