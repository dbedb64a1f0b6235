//! GPT-NeoX: two lists of one length for each split.

use super::super::document::Document;
use super::super::error::{ExportError, ImportError};
use super::super::prepared::Prepared;
use super::super::read_back::{ReadBack, side_by_side};
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
        "paths and weights are two lists in one order: by domain name",
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

/// Keys are written with dashes or underscores.
fn key(document: &Document, of: &str) -> Option<String> {
    [format!("train-data-{of}"), format!("train_data_{of}")].into_iter().find(|key| document.has(&[key]))
}

fn read(document: &Document) -> Result<ReadBack, ImportError> {
    let root = document.root()?;
    let list = |of: &str| root.need(&key(document, of).unwrap_or_else(|| format!("train-data-{of}")));
    Ok(ReadBack::whole(side_by_side(&list("paths")?, &list("weights")?)?))
}
