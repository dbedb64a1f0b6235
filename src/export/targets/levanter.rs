//! Levanter and Marin: weights by name, and stages that start at steps.

use mixopt_base::{Setting, ShareUnit};

use super::super::document::{Document, Node};
use super::super::error::{ExportError, ImportError};
use super::super::prepared::{Entry, Prepared, PreparedStage};
use super::super::read_back::{ReadBack, ReadStage, ReadWeight, Start, Weighing, by_name};
use super::super::request::{BLOCK_SIZE, MOST_BLOCK_SIZE, Step, nearest_multiple, tokens_per_step};
use super::super::target::{FileFormat, Naming, Reader, Stages, SumRule, Target, Validation, Zeros};
use super::super::written::{comments, decimal, quoted, yaml};

/// Levanter with its old key for datasets.
pub const LEVANTER: Target = Target {
    name: "levanter",
    consumer: "Levanter, data.train_weights",
    format: FileFormat::Yaml,
    unit: Some(ShareUnit::Tokens),
    draw: "one packed sequence",
    sum: SumRule::Normalised,
    zeros: Zeros::Kept,
    repetition: "restarts a dataset without warning",
    naming: Naming::Named,
    trainers: &["levanter", "marin"],
    place: "dataset name",
    stages: Stages::Schedule,
    validation: Validation::Unused,
    traps: &[
        "a block of mixture_block_size sequences holds floor(weight × block) of each dataset: a share below 1 / block gets none",
        "mixture_block_size must be below 65,536, and a stage must start at a multiple of it in sequences",
        "a dataset with weight 0.0 is evaluated, not trained on",
    ],
    source: "stanford-crfm/levanter, src/levanter/data/text.py and mixture.py, 9263f81e",
    write,
    read: Some(Reader {
        recognises: |document| place(document).is_some_and(|keys| !holds(document, keys, "components")),
        read,
    }),
};

/// Marin and new Levanter.
pub const MARIN: Target = Target {
    name: "marin",
    consumer: "Marin and new Levanter, LmDataConfig.train_weights",
    trainers: &["marin", "levanter"],
    source: "marin-community/marin, lib/levanter/src/levanter/data, 071105ad",
    // What Marin's own code reads has no datasets, and Levanter's is the same then.
    read: Some(Reader {
        recognises: |document| place(document).is_some_and(|keys| holds(document, keys, "components")),
        read,
    }),
    ..LEVANTER
};

fn write(prepared: &Prepared, notes: &mut Vec<String>) -> Result<String, ExportError> {
    let block = prepared.options.block_size.unwrap_or(BLOCK_SIZE);
    if !(1..=MOST_BLOCK_SIZE).contains(&block) {
        return Err(ExportError::Setting {
            setting: Setting::BlockSize,
            found: block.to_string(),
            expected: "a whole number from 1 to 65535".to_string(),
        });
    }
    for stage in &prepared.stages {
        warn_of_block(stage, block, notes);
    }
    let mut text = comments(&prepared.provenance) + "data:\n";
    text += &components(prepared);
    match prepared.stages.as_slice() {
        [stage] => {
            text += "  train_weights:\n";
            text += &weights(&stage.datasets, "    ");
        }
        stages => {
            let step = tokens_per_step(prepared.target, prepared.options.step)?;
            let starts = starts(stages, step, block, notes)?;
            text += "  train_weights:\n";
            for (stage, start) in stages.iter().zip(starts) {
                let name = stage.name.as_deref().unwrap_or_default();
                text += &comments(&[format!("Stage {name}")]).replacen('#', "    #", 1);
                text += &format!("    - - {start}\n      -\n{}", weights(&stage.datasets, "        "));
            }
        }
    }
    Ok(text + &format!("  mixture_block_size: {block}\n"))
}

/// The datasets, where the manifest tells all their files; Marin names them in its own code.
fn components(prepared: &Prepared) -> String {
    let entries = prepared.stages.first().map(|stage| stage.datasets.as_slice()).unwrap_or_default();
    let known = prepared.manifest.is_some() && entries.iter().all(|entry| entry.text && !entry.places.is_empty());
    if !known || prepared.target.name == MARIN.name {
        return String::new();
    }
    let mut text = "  configs:\n".to_string();
    for entry in entries {
        let urls: Vec<String> = entry.places.iter().map(|path| quoted(path)).collect();
        text += &format!("    {}:\n      train_urls: [{}]\n", yaml(&entry.name), urls.join(", "));
    }
    text
}

fn weights(entries: &[Entry], indent: &str) -> String {
    entries.iter().map(|entry| format!("{indent}{}: {}\n", yaml(&entry.name), decimal(entry.share))).collect()
}

/// A dataset gets `floor(share × block)` sequences of each block, so one with a small share may get none.
fn warn_of_block(stage: &PreparedStage, block: u64, notes: &mut Vec<String>) {
    let small: Vec<&Entry> =
        stage.datasets.iter().filter(|entry| entry.share > 0.0 && entry.share * (block as f64) < 1.0).collect();
    let Some(least) = small.iter().map(|entry| entry.share).min_by(f64::total_cmp) else {
        return;
    };
    let names: Vec<&str> = small.iter().map(|entry| entry.name.as_str()).collect();
    let inside = stage.name.as_ref().map(|name| format!("stage {name}: ")).unwrap_or_default();
    let needed = (1.0 / least).ceil();
    let remedy = if needed <= MOST_BLOCK_SIZE as f64 {
        // Powers of two divide batches; the greatest that fits is half of what no longer does.
        let power = (needed as u64).next_power_of_two();
        let suggested = if power <= MOST_BLOCK_SIZE { power } else { needed as u64 };
        format!("use `{} {suggested}`", Setting::BlockSize)
    } else {
        format!("no block below 65,536 helps: give it a share of at least 1/{MOST_BLOCK_SIZE}")
    };
    notes.push(format!(
        "{inside}a block of {block} sequences holds none of {}, whose share is below 1/{block}; {remedy}",
        names.join(", ")
    ));
}

/// The step that each stage starts at. A stage must start at a multiple of the block, in sequences.
fn starts(stages: &[PreparedStage], step: Step, block: u64, notes: &mut Vec<String>) -> Result<Vec<u64>, ExportError> {
    let grain = step.sequences.map_or(1, |sequences| block / greatest_common_divisor(block, sequences));
    if step.sequences.is_none() {
        notes.push(format!(
            "stages must start at a multiple of {block} sequences; `{}` and `{}` instead of `{}` make sure of that",
            Setting::BatchSize,
            Setting::SequenceLength,
            Setting::TokensPerStep
        ));
    }
    let mut starts: Vec<u64> = Vec::with_capacity(stages.len());
    for stage in stages {
        let tokens = step.tokens.saturating_mul(grain);
        let start = nearest_multiple(stage.start, tokens).saturating_mul(grain);
        let moved = start.saturating_mul(step.tokens);
        if moved != stage.start {
            notes.push(format!(
                "stage {} starts after {moved} tokens instead of {}: at step {start}, the nearest that fits",
                stage.name.as_deref().unwrap_or_default(),
                stage.start
            ));
        }
        if let Some((last, before)) = starts.last().zip(stages.get(starts.len().saturating_sub(1)))
            && start <= *last
        {
            return Err(ExportError::SameStep {
                first: before.name.clone().unwrap_or_default(),
                second: stage.name.clone().unwrap_or_default(),
                step: start,
                tokens_per_step: step.tokens,
            });
        }
        starts.push(start);
    }
    Ok(starts)
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Where the mixture stands: under `data` of a training's configuration, or alone, as files of data have it.
fn place(document: &Document) -> Option<&'static [&'static str]> {
    const PLACES: [&[&str]; 2] = [&["data"], &[]];
    let keyed = |keys: &&&[&str]| {
        let object = |key: &str| {
            let node = document.root().and_then(|root| root.path(keys)?.need(key)).ok();
            node.is_some_and(|node| node.value.is_object() || node.value.is_array())
        };
        object("train_weights") || object("components") || (object("configs") && !keys.is_empty())
    };
    PLACES.iter().find(keyed).copied()
}

fn holds(document: &Document, keys: &[&str], key: &str) -> bool {
    document.has(&[keys, &[key]].concat())
}

/// Components without `train_weights` weigh 1 each: marin-community/marin,
/// lib/levanter/src/levanter/data/text/datasets.py (`LmDataConfig.__post_init__`), 00643f7e.
const WITHOUT_WEIGHTS: &str = "the file has no `train_weights`: Levanter then gives each of its components a weight of 1, \
    which is equal shares";

/// `train_weights` below `data`.
///
/// With the old key `configs` a file without them trains on nothing: their default is no weight for any dataset
/// (stanford-crfm/levanter, src/levanter/data/text.py, `LMMixtureDatasetConfig`, 9263f81e).
fn read(document: &Document) -> Result<ReadBack, ImportError> {
    let data = document.root()?.path(place(document).unwrap_or(&["data"]))?;
    let Some(weights) = data.get("train_weights") else {
        let Some(components) = data.get("components") else {
            return Err(data.fault("no `train_weights`, without which Levanter trains on nothing", "`train_weights`"));
        };
        let one =
            |(name, node): &(&str, Node)| ReadWeight { name: name.to_string(), weight: 1.0, key: node.key.clone() };
        return Ok(ReadBack::whole(components.entries()?.iter().map(one).collect()).noting(WITHOUT_WEIGHTS));
    };
    if weights.value.is_object() {
        return Ok(ReadBack::whole(by_name(&weights)?));
    }
    let stages = weights
        .list()?
        .iter()
        .map(|stage| match stage.list()?.as_slice() {
            [step, weights] => {
                let (start, weights) = (Start::Step(step.whole()?), by_name(weights)?);
                Ok(ReadStage { name: None, start, weights, weighing: Weighing::Shares })
            }
            parts => Err(stage.fault(format!("a list of {}", parts.len()), "a step and the weights from that step on")),
        })
        .collect::<Result<_, _>>()?;
    Ok(ReadBack { unit: None, stages, notes: Vec::new() })
}
