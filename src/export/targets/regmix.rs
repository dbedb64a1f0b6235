//! RegMix: weights by prefix, for training and validation.

use super::super::document::Document;
use super::super::error::{ExportError, ImportError};
use super::super::prepared::Prepared;
use super::super::read_back::{ReadBack, by_name};
use super::super::target::{FileFormat, Naming, Reader, SumRule, Target, TextPaths, Zeros};
use super::super::written::{comments, decimal, yaml};
use super::megatron::MEGATRON;

/// RegMix's mixture configuration.
pub const REGMIX: Target = Target {
    name: "regmix",
    consumer: "RegMix, mixture_config",
    format: FileFormat::Yaml,
    sum: SumRule::Normalised,
    zeros: Zeros::LeftOut,
    repetition: "repeats a dataset indefinitely",
    naming: Naming::Places(TextPaths::Unread),
    trainers: &["regmix"],
    place: "file prefix",
    traps: &[
        "both `train` and `valid` are required",
        "every other key overwrites the Python global of that name in the training script: add `model_name`, nothing else",
    ],
    source: "sail-sg/regmix, model_training/pretrain/tinyllama.py and mixture_config/config_1b, b004d3a",
    write,
    read: Some(Reader { recognises, read }),
    ..MEGATRON
};

fn write(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    let paths: Vec<&String> = prepared.options.validation.values().flatten().collect();
    if paths.is_empty() {
        return Err(ExportError::NoValidation { target: prepared.target.name, remedy: "" });
    }
    let mut text = comments(&prepared.provenance);
    text += "# Add `model_name` if the script needs it, and no other key: each overwrites a global of the script.\ntrain:\n";
    for entry in &stage.datasets {
        text += &format!("  {}: {}\n", yaml(&entry.name), decimal(entry.share));
    }
    text += "valid:\n";
    for path in paths {
        text += &format!("  {}: 1.0\n", yaml(path));
    }
    Ok(text)
}

fn recognises(document: &Document) -> bool {
    document.value().and_then(|value| value.get("train")).is_some_and(serde_json::Value::is_object)
        && document.has(&["valid"])
}

fn read(document: &Document) -> Result<ReadBack, ImportError> {
    Ok(ReadBack::whole(by_name(&document.root()?.need("train")?)?))
}
