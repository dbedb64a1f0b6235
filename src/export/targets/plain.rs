//! A plain map `name: share` in YAML or JSON, as scripts and papers have it.

use super::super::document::Document;
use super::super::error::{ExportError, ImportError};
use super::super::prepared::Prepared;
use super::super::read_back::{ReadBack, by_name};
use super::super::target::{FileFormat, Naming, Reader, Stages, SumRule, Target, Validation, Zeros};
use super::super::written::{comments, decimal, yaml};

/// A map of shares by name.
pub const PLAIN: Target = Target {
    name: "plain",
    consumer: "scripts: a map of shares by name",
    format: FileFormat::Yaml,
    unit: None,
    draw: "as in the mixture file",
    sum: SumRule::Free,
    zeros: Zeros::Kept,
    repetition: "up to its reader",
    naming: Naming::Own,
    trainers: &[],
    place: "name",
    stages: Stages::One,
    validation: Validation::Unused,
    traps: &["the unit is only in a comment: give `{Unit}` on import"],
    source: "YAML 1.2",
    write,
    read: Some(Reader { recognises, read }),
};

fn write(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    let lines = stage.datasets.iter().map(|entry| format!("{}: {}\n", yaml(&entry.name), decimal(entry.share)));
    Ok(comments(&prepared.provenance) + &lines.collect::<String>())
}

fn recognises(document: &Document) -> bool {
    let values = document.value().and_then(serde_json::Value::as_object);
    // A single number can be anything.
    values.is_some_and(|values| values.len() > 1 && values.values().all(serde_json::Value::is_number))
}

fn read(document: &Document) -> Result<ReadBack, ImportError> {
    Ok(ReadBack::whole(by_name(&document.root()?)?))
}
