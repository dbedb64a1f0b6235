//! llm-foundry's streams, which are those of MosaicML streaming.

use std::collections::HashMap;

use mixopt_base::ShareUnit;

use super::super::document::{Document, Node};
use super::super::error::{ExportError, ImportError};
use super::super::prepared::Prepared;
use super::super::read_back::{ReadBack, ReadWeight};
use super::super::target::{FileFormat, Naming, Reader, Stages, SumRule, Target, TextPaths, Validation, Zeros};
use super::super::written::{comments, decimal, quoted, yaml};

/// llm-foundry's `train_loader.dataset.streams`.
pub const LLM_FOUNDRY: Target = Target {
    name: "llm-foundry",
    consumer: "llm-foundry, train_loader.dataset.streams; streaming, Stream(proportion=…)",
    format: FileFormat::Yaml,
    unit: Some(ShareUnit::Tokens),
    draw: "one sample of an MDS: a packed sequence where it was made with --concat_tokens, else a document",
    sum: SumRule::Normalised,
    zeros: Zeros::LeftOut,
    repetition: "repeats a small stream within an epoch; `repeat` and `choose` (not written) count exactly",
    naming: Naming::Places(TextPaths::Unread),
    trainers: &["llm-foundry", "streaming"],
    place: "remote or local folder",
    stages: Stages::One,
    validation: Validation::Unused,
    traps: &[
        "of an MDS of text, proportions are shares of documents: use `{Unit} documents`",
        "streams must all have `proportion`, or none",
        "a folder on this machine is `local`; of a remote one, `local` is its cache: change cache/ as you like",
    ],
    source: "mosaicml/llm-foundry, llmfoundry/data/text_data.py, 8c8dd48f; mosaicml-streaming 0.13.0, streaming/base/stream.py",
    write,
    read: Some(Reader { recognises: |document| streams(document).is_some(), read }),
};

fn write(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    let mut text = comments(&prepared.provenance) + "train_loader:\n  dataset:\n    streams:\n";
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for entry in &stage.datasets {
        // Names of streams are free; a domain with several folders numbers them.
        let count = seen.entry(&entry.domain).or_insert(0);
        *count += 1;
        let name = if *count == 1 { entry.domain.clone() } else { format!("{}-{count}", entry.domain) };
        text += &format!("      {}:\n", yaml(&name));
        if entry.name.contains("://") {
            text += &format!(
                "        remote: {}\n        local: {}\n",
                quoted(&entry.name),
                quoted(&format!("cache/{name}"))
            );
        } else {
            text += &format!("        local: {}\n", quoted(&entry.name));
        }
        text += &format!("        split: train\n        proportion: {}\n", decimal(entry.share));
    }
    Ok(text)
}

fn streams(document: &Document) -> Option<&'static [&'static str]> {
    const PLACES: [&[&str]; 4] = [
        &["train_loader", "dataset", "streams"],
        &["variables", "train_loader", "dataset", "streams"],
        &["dataset", "streams"],
        &["streams"],
    ];
    // Dolma's mixer has a list of that name.
    let keyed =
        |keys: &&&[&str]| document.root().and_then(|root| root.path(keys)).is_ok_and(|node| node.value.is_object());
    PLACES.iter().find(keyed).copied()
}

fn read(document: &Document) -> Result<ReadBack, ImportError> {
    let streams = document.root()?.path(streams(document).unwrap_or(&["train_loader", "dataset", "streams"]))?;
    let entries = streams.entries()?;
    let has = |key: &str| entries.iter().filter(|(_, stream)| stream.get(key).is_some()).count();
    let read = |key: &str| {
        entries.iter().map(|(name, stream)| weight(name, stream, key)).collect::<Result<Vec<_>, ImportError>>()
    };
    let (proportion, repeat, choose) = (has("proportion"), has("repeat"), has("choose"));
    if proportion > 0 {
        // Proportions are for all streams or none, and stand alone: `need` tells of the stream that has none.
        if repeat + choose > 0 {
            return Err(streams.fault("`proportion` with `repeat` or `choose`", "one of the three for all streams"));
        }
        return Ok(ReadBack::whole(read("proportion")?));
    }
    if choose > 0 {
        if choose < entries.len() {
            return Err(streams.fault(
                format!(
                    "`choose` for {choose} of {} streams, so the numbers of samples of the others are unknown",
                    entries.len()
                ),
                "`choose` or `proportion` for all streams",
            ));
        }
        return Ok(ReadBack::whole(read("choose")?));
    }
    Ok(ReadBack::of_sizes(read("repeat")?, WITHOUT_PROPORTION))
}

/// Each sample is seen `repeat` times an epoch, once by default: mosaicml-streaming 0.13.0, streaming/base/stream.py
/// (`Stream.__init__` and `apply_weights`).
const WITHOUT_PROPORTION: &str =
    "without `proportion`, streaming uses a stream once per epoch, or `repeat` times, so in proportion to its size";

/// A stream's weight under a key; `repeat` is 1 where it is not written.
fn weight(name: &str, stream: &Node, key: &str) -> Result<ReadWeight, ImportError> {
    let place = stream.get("remote").or_else(|| stream.get("local"));
    let place = place.map_or_else(|| Ok(name.to_string()), |place| place.name())?;
    match stream.get(key) {
        Some(weight) => ReadWeight::at(&place, &weight),
        None if key == "repeat" => Ok(ReadWeight { name: place, weight: 1.0, key: stream.key.clone() }),
        None => ReadWeight::at(&place, &stream.need(key)?),
    }
}
