//! nanotron: two lists of one length for each stage.

use mixopt_base::ShareUnit;

use super::super::document::{Document, Node};
use super::super::error::{ExportError, ImportError};
use super::super::prepared::Prepared;
use super::super::read_back::{ReadBack, ReadStage, ReadWeight, Start, Weighing, by_name, side_by_side};
use super::super::request::{nearest_multiple, tokens_per_step};
use super::super::target::{FileFormat, Naming, Reader, Stages, SumRule, Target, TextPaths, Validation, Zeros};
use super::super::written::{comments, decimal, quoted, yaml};

/// nanotron's `data_stages`.
pub const NANOTRON: Target = Target {
    name: "nanotron",
    consumer: "nanotron, data_stages",
    format: FileFormat::Yaml,
    unit: Some(ShareUnit::Tokens),
    draw: "one packed sequence",
    sum: SumRule::Normalised,
    zeros: Zeros::LeftOut,
    repetition: "repeats a dataset (modulo its length)",
    naming: Naming::Places(TextPaths::Unread),
    trainers: &["nanotron"],
    place: "folder",
    stages: Stages::Schedule,
    validation: Validation::Unused,
    traps: &[
        "folders and weights are two lists in the same order: by domain name",
        "steps count from 1, and a stage must start at 1",
        "each stage needs its own name",
    ],
    source: "huggingface/nanotron, src/nanotron/config/config.py, 2411b022",
    write,
    read: Some(Reader { recognises: |document| document.has(&["data_stages"]), read }),
};

fn write(prepared: &Prepared, notes: &mut Vec<String>) -> Result<String, ExportError> {
    let mut text = comments(&prepared.provenance) + "data_stages:\n";
    let mut last: Option<(u64, &str)> = None;
    for stage in &prepared.stages {
        let name = stage.name.as_deref().unwrap_or("Training");
        // A stage that is exported alone starts its own run.
        let step = if prepared.stages.len() == 1 {
            0
        } else {
            let step = tokens_per_step(prepared.target, prepared.options.step)?;
            let start = nearest_multiple(stage.start, step.tokens);
            let moved = start.saturating_mul(step.tokens);
            if moved != stage.start {
                notes.push(format!(
                    "stage {name} starts after {moved} tokens instead of {}: at step {}, the nearest",
                    stage.start,
                    start + 1
                ));
            }
            if let Some((before, first)) = last
                && start <= before
            {
                return Err(ExportError::SameStep {
                    first: first.to_string(),
                    second: name.to_string(),
                    step: start + 1,
                    tokens_per_step: step.tokens,
                });
            }
            start
        };
        last = Some((step, name));
        text += &format!(
            "  - name: {}\n    start_training_step: {}\n    data:\n      seed: 42\n      num_loading_workers: 1\n      dataset:\n        dataset_folder:\n",
            yaml(name),
            step + 1
        );
        for entry in &stage.datasets {
            text += &format!("          - {}\n", quoted(&entry.name));
        }
        text += "        dataset_weights:\n";
        for entry in &stage.datasets {
            text += &format!("          - {}\n", decimal(entry.share));
        }
    }
    Ok(text)
}

fn read(document: &Document) -> Result<ReadBack, ImportError> {
    let nodes = document.root()?.need("data_stages")?.list()?;
    let alone = nodes.len() == 1;
    let mut stages = Vec::with_capacity(nodes.len());
    for node in &nodes {
        let name = node.need("name")?.name()?;
        let first = node.need("start_training_step")?;
        let step = first.whole()?.checked_sub(1);
        let step = step.ok_or_else(|| first.fault("0", "a step from 1"))?;
        let dataset = node.path(&["data", "dataset"])?;
        let (weights, weighing) = weights(&dataset)?;
        let start = if alone { Start::Whole } else { Start::Step(step) };
        stages.push(ReadStage { name: Some(name), start, weights, weighing });
    }
    Ok(ReadBack { unit: None, stages, notes: Vec::new() })
}

/// Without weights the datasets are weighed by their lengths: src/nanotron/data/nanoset.py (`Nanoset.__init__`), 00708b80.
const WITHOUT_WEIGHTS: &str =
    "nanotron draws from folders without `dataset_weights` in proportion to the sizes of their datasets";

/// Folders as a list, as one text, or as an older form has them: with their weights as an object.
fn weights(dataset: &Node) -> Result<(Vec<ReadWeight>, Weighing), ImportError> {
    let folders = dataset.need("dataset_folder")?;
    if folders.value.is_object() {
        return Ok((by_name(&folders)?, Weighing::Shares));
    }
    if folders.value.is_string() {
        // One folder is the whole, whatever its weight.
        return Ok((vec![ReadWeight::one(&folders)?], Weighing::Shares));
    }
    match dataset.get("dataset_weights") {
        Some(weights) => Ok((side_by_side(&folders, &weights)?, Weighing::Shares)),
        None => {
            let ones = folders.list()?.iter().map(ReadWeight::one).collect::<Result<_, _>>()?;
            Ok((ones, Weighing::OfSizes(WITHOUT_WEIGHTS)))
        }
    }
}
