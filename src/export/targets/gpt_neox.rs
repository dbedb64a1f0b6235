//! GPT-NeoX: two lists of one length for each split.

use super::super::document::Document;
use super::super::error::{ExportError, ImportError};
use super::super::prepared::Prepared;
use super::super::read_back::{ReadBack, ReadWeight, side_by_side};
use super::super::target::{FileFormat, Reader, Target, Zeros};
use super::super::written::{comments, decimal, quoted};
use super::megatron::{MEGATRON, needed_validation};

/// GPT-NeoX's `train-data-paths`.
pub const GPT_NEOX: Target = Target {
    name: "gpt-neox",
    consumer: "GPT-NeoX, train-data-paths and train-data-weights",
    format: FileFormat::Yaml,
    zeros: Zeros::LeftOut,
    trainers: &["gpt-neox", "megatron"],
    traps: &[
        "paths and weights are two lists in the same order: by domain name",
        "train_epochs forbids weights other than 1",
        "weight_by_num_documents: true overrides these weights",
    ],
    source: "EleutherAI/gpt-neox, megatron/neox_arguments/neox_args.py and megatron/data/data_utils.py, ea7aefd8",
    write,
    read: Some(Reader { recognises: |document| key(document, "paths").is_some(), read }),
    ..MEGATRON
};

fn write(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    let train: Vec<(String, String)> =
        stage.datasets.iter().map(|entry| (decimal(entry.share), entry.name.clone())).collect();
    let valid = needed_validation(prepared, "")?;
    let mut text = comments(&prepared.provenance);
    for (split, pairs) in [("train", &train), ("valid", &valid), ("test", &valid)] {
        let paths: Vec<String> = pairs.iter().map(|(_, path)| format!("  {}", quoted(path))).collect();
        let weights: Vec<String> = pairs.iter().map(|(weight, _)| format!("  {weight}")).collect();
        text += &format!("\"{split}-data-paths\": [\n{}\n]\n", paths.join(",\n"));
        text += &format!("\"{split}-data-weights\": [\n{}\n]\n", weights.join(",\n"));
    }
    Ok(text)
}

/// Without weights each path weighs 1: megatron/neox_arguments/arguments.py (`calculate_derived`), ea7aefd8. A run may have
/// several files, which are merged.
const WITHOUT_WEIGHTS: &str = "the file has no `train-data-weights`: GPT-NeoX then gives each path a weight of 1, which is     equal shares, unless another file of the run has them";

/// Keys are written with dashes or underscores.
fn key(document: &Document, of: &str) -> Option<String> {
    [format!("train-data-{of}"), format!("train_data_{of}")].into_iter().find(|key| document.has(&[key]))
}

fn read(document: &Document) -> Result<ReadBack, ImportError> {
    let root = document.root()?;
    for of in ["paths", "weights"] {
        let (dashes, underscores) = (format!("train-data-{of}"), format!("train_data_{of}"));
        if let (Some(_), Some(twice)) = (root.get(&dashes), root.get(&underscores)) {
            return Err(twice.fault(format!("`{dashes}` as well"), "one of the two spellings of this key"));
        }
    }
    for by_documents in ["weight_by_num_documents", "weight-by-num-documents"] {
        if let Some(node) = root.get(by_documents).filter(|node| node.value.as_bool() == Some(true)) {
            return Err(node.fault(
                "true, with which GPT-NeoX computes its weights from document counts and ignores those of the file",
                "weights that are used as written; remove this key",
            ));
        }
    }
    let paths = root.need(&key(document, "paths").unwrap_or_else(|| "train-data-paths".to_string()))?;
    match key(document, "weights") {
        Some(weights) => Ok(ReadBack::whole(side_by_side(&paths, &root.need(&weights)?)?)),
        None => {
            let ones = paths.list()?.iter().map(ReadWeight::one).collect::<Result<_, _>>()?;
            Ok(ReadBack::whole(ones).noting(WITHOUT_WEIGHTS))
        }
    }
}
