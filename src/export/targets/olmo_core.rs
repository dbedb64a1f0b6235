//! OLMo-core's source mixture and olmix's mix, which both know limits of repetition.

use mixopt_base::ShareUnit;

use super::super::document::Document;
use super::super::error::{ExportError, ImportError};
use super::super::prepared::Prepared;
use super::super::read_back::{ReadBack, ReadWeight};
use super::super::target::{FileFormat, Naming, Reader, Stages, SumRule, Target, TextPaths, Validation, Zeros};
use super::super::written::{comments, decimal, quoted, yaml};

/// OLMo-core's `SourceMixtureList`.
pub const OLMO_CORE: Target = Target {
    name: "olmo-core",
    consumer: "OLMo-core, SourceMixtureList",
    format: FileFormat::Yaml,
    unit: Some(ShareUnit::Tokens),
    draw: "one token",
    sum: SumRule::MustBeOne,
    zeros: Zeros::LeftOut,
    repetition: "fails if a source has too few tokens, unless max_repetition_ratio allows repetition",
    naming: Naming::Sources(TextPaths::Unread),
    trainers: &["olmo-core"],
    place: "path",
    stages: Stages::One,
    validation: Validation::Unused,
    traps: &[
        "the sum of target_ratio must be 1 within 1e-5",
        "unknown keys are refused: the origin of the mixture is in comments",
        "max_repetition_ratio is written where epochs are known and above 1, rounded up to two decimals",
        "paths are those of tokens (.npy), not of text",
    ],
    source: "allenai/OLMo-core, src/olmo_core/data/source_mixture.py, fa6c5014",
    write: write_sources,
    read: Some(Reader {
        recognises: |document| document.has(&["sources"]) && !document.has(&["data"]),
        read: read_sources,
    }),
};

/// olmix's launch configuration.
pub const OLMIX: Target = Target {
    name: "olmix",
    consumer: "olmix, LaunchConfig.mix",
    sum: SumRule::Free,
    naming: Naming::Places(TextPaths::Unread),
    repetition: "up to repetition_factor",
    trainers: &["olmix"],
    place: "source:topic",
    traps: &["repetition_factor is 1.0 unless epochs are known and above 1, then rounded up to two decimals"],
    source: "allenai/olmix, olmix/aliases.py, 9586977",
    write: write_mix,
    read: Some(Reader { recognises: |document| document.has(&["mix"]) || is_fit(document), read: read_mix }),
    ..OLMO_CORE
};

/// The least ratio of two decimals that allows so many epochs; none where no repetition is needed.
fn repetition(epochs: Option<f64>) -> Option<f64> {
    // A share whose sum of roundings comes out a hair above a whole epoch needs no repetition.
    epochs.filter(|&epochs| epochs > 1.0 + 1e-9).map(|epochs| (epochs * 100.0 - 1e-7).ceil() / 100.0)
}

fn write_sources(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    let mut text = comments(&prepared.provenance) + "sources:\n";
    for entry in &stage.datasets {
        text += &format!(
            "  - source_name: {}\n    target_ratio: {}\n    paths:\n",
            yaml(&entry.name),
            decimal(entry.share)
        );
        for path in &entry.places {
            text += &format!("      - {}\n", quoted(path));
        }
        if let Some(ratio) = repetition(entry.epochs) {
            text += &format!("    max_repetition_ratio: {}\n", decimal(ratio));
        }
    }
    Ok(text)
}

fn write_mix(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    let mut text = comments(&prepared.provenance) + "mix:\n";
    for entry in &stage.datasets {
        let factor = repetition(entry.epochs).unwrap_or(1.0);
        text += &format!(
            "  {}:\n    weight: {}\n    repetition_factor: {}\n",
            yaml(&entry.name),
            decimal(entry.share),
            decimal(factor)
        );
    }
    Ok(text)
}

fn read_sources(document: &Document) -> Result<ReadBack, ImportError> {
    let sources = document.root()?.need("sources")?.list()?;
    let weights = sources
        .iter()
        .map(|source| ReadWeight::at(&source.need("source_name")?.name()?, &source.need("target_ratio")?))
        .collect::<Result<_, _>>()?;
    Ok(ReadBack::whole(weights))
}

/// What olmix's own fit writes: a list of domains with weights.
fn is_fit(document: &Document) -> bool {
    let rows = document.value().and_then(serde_json::Value::as_array);
    rows.is_some_and(|rows| rows.iter().all(|row| row.get("domain").is_some() && row.get("weight").is_some()))
}

fn read_mix(document: &Document) -> Result<ReadBack, ImportError> {
    let root = document.root()?;
    if root.value.is_array() {
        let rows = root.list()?;
        let read = rows.iter().map(|row| ReadWeight::at(&row.need("domain")?.name()?, &row.need("weight")?));
        return Ok(ReadBack::whole(read.collect::<Result<_, _>>()?));
    }
    let mix = root.need("mix")?.entries()?;
    let weights = mix
        .iter()
        // A number alone is a weight without a limit.
        .map(|(name, node)| match node.get("weight") {
            Some(weight) => ReadWeight::at(name, &weight),
            None => ReadWeight::at(name, node),
        })
        .collect::<Result<_, _>>()?;
    Ok(ReadBack::whole(weights))
}
