//! lingua, which draws a source for each document before tokens are packed.

use mixopt_base::ShareUnit;

use super::super::document::Document;
use super::super::error::{ExportError, ImportError};
use super::super::prepared::Prepared;
use super::super::read_back::{ReadBack, by_name};
use super::super::target::{FileFormat, Naming, Reader, Stages, SumRule, Target, TextPaths, Validation, Zeros};
use super::super::written::{comments, decimal, yaml};

/// lingua's `data.sources`.
pub const LINGUA: Target = Target {
    name: "lingua",
    consumer: "lingua (Meta), data.sources",
    format: FileFormat::Yaml,
    unit: Some(ShareUnit::Documents),
    draw: "one line of JSONL: a document, before tokens are packed",
    sum: SumRule::Normalised,
    zeros: Zeros::LeftOut,
    repetition: "repeats a source indefinitely",
    naming: Naming::Places(TextPaths::Unread),
    trainers: &["lingua"],
    place: "source folder",
    stages: Stages::One,
    validation: Validation::Unused,
    traps: &[
        "weights are shares of documents, though its documentation says sequences: the manifest's counts convert them",
        "source folders hold *.chunk.*.jsonl and lie below root_dir, here the working folder",
    ],
    source: "facebookresearch/lingua, lingua/data.py, 437d680",
    write,
    read: Some(Reader { recognises: |document| document.has(&["data", "sources"]), read }),
};

fn write(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    let mut text = comments(&prepared.provenance) + "data:\n  root_dir: \".\"\n  sources:\n";
    for entry in &stage.datasets {
        text += &format!("    {}: {}\n", yaml(&entry.name), decimal(entry.share));
    }
    Ok(text)
}

fn read(document: &Document) -> Result<ReadBack, ImportError> {
    Ok(ReadBack::whole(by_name(&document.root()?.path(&["data", "sources"])?)?))
}
