//! Megatron-Energon's metadataset.

use mixopt_base::ShareUnit;

use super::super::document::Document;
use super::super::error::{ExportError, ImportError};
use super::super::prepared::Prepared;
use super::super::read_back::{ReadBack, ReadWeight};
use super::super::target::{FileFormat, Naming, Reader, Stages, SumRule, Target, TextPaths, Validation, Zeros};
use super::super::written::{comments, decimal, quoted};

/// Energon's `MetadatasetV2`.
pub const ENERGON: Target = Target {
    name: "energon",
    consumer: "Megatron-Energon, MetadatasetV2",
    format: FileFormat::Yaml,
    unit: Some(ShareUnit::Documents),
    draw: "one sample of a WebDataset, which is a document unless samples were packed before",
    sum: SumRule::Normalised,
    zeros: Zeros::LeftOut,
    repetition: "repeats as needed; blend_epochized (not written) counts exact repetitions",
    naming: Naming::Places(TextPaths::Unread),
    trainers: &["energon"],
    place: "path",
    stages: Stages::One,
    validation: Validation::Optional,
    traps: &[
        "where samples hold packed tokens, weights are shares of tokens: use `{Unit} tokens`",
        "relative paths are relative to this file",
    ],
    source: "megatron-energon 7.4.1, megatron/energon/metadataset/metadataset_v2.py",
    write,
    read: Some(Reader { recognises: |document| document.has(&["splits", "train"]), read }),
};

fn write(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    let blend = |pairs: &[(String, &String)]| -> String {
        pairs
            .iter()
            .map(|(weight, path)| format!("      - weight: {weight}\n        path: {}\n", quoted(path)))
            .collect()
    };
    let train: Vec<(String, &String)> =
        stage.datasets.iter().map(|entry| (decimal(entry.share), &entry.name)).collect();
    let mut text = comments(&prepared.provenance);
    text += "__module__: megatron.energon\n__class__: MetadatasetV2\nsplits:\n  train:\n    blend:\n";
    text += &blend(&train);
    let valid: Vec<&String> = prepared.options.validation.values().flatten().collect();
    match valid.as_slice() {
        [] => {}
        [path] => text += &format!("  val:\n    path: {}\n", quoted(path)),
        paths => {
            let pairs: Vec<(String, &String)> = paths.iter().map(|path| ("1.0".to_string(), *path)).collect();
            text += &format!("  val:\n    blend:\n{}", blend(&pairs));
        }
    }
    Ok(text)
}

fn read(document: &Document) -> Result<ReadBack, ImportError> {
    let train = document.root()?.path(&["splits", "train"])?;
    if let Some(counted) = train.get("blend_epochized") {
        return Err(counted.fault("repetitions", "`blend` with weights, which give shares"));
    }
    let mut without = Vec::new();
    let mut weights = Vec::new();
    for part in train.need("blend")?.list()? {
        let path = part.need("path")?;
        match part.get("weight") {
            Some(weight) => weights.push(ReadWeight::at(&path.name()?, &weight)?),
            None => {
                without.push(format!("`{}`", path.name()?));
                weights.push(ReadWeight::one(&path)?);
            }
        }
    }
    let read = ReadBack::whole(weights);
    if without.is_empty() {
        return Ok(read);
    }
    // megatron-energon 7.4.1, megatron/energon/metadataset/metadataset_v2.py: `weight` of a part of a blend is 1 by default.
    let without = without.join(", ");
    Ok(read.noting(format!("no weight in the file for {without}; Energon's default of 1 is used")))
}
