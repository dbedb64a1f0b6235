//! Axolotl, whose `weight` is no share: it is the fraction of a dataset's rows that is kept.

use mixopt_base::ShareUnit;
use mixopt_manifest::ManifestError;

use super::super::document::Document;
use super::super::error::{ExportError, ImportError};
use super::super::prepared::{Entry, Prepared};
use super::super::read_back::{ReadBack, ReadWeight};
use super::super::target::{FileFormat, Naming, Reader, Stages, SumRule, Target, TextPaths, Validation, Zeros};
use super::super::written::{comments, decimal, quoted};

/// Axolotl's `datasets`.
pub const AXOLOTL: Target = Target {
    name: "axolotl",
    consumer: "Axolotl, datasets with weight",
    format: FileFormat::Yaml,
    unit: Some(ShareUnit::Documents),
    draw: "one row: `weight` is the fraction of a dataset's rows that is kept, and kept rows are seen once per epoch",
    sum: SumRule::Free,
    zeros: Zeros::Refused,
    repetition: "num_epochs repeats the kept rows, the same for all domains",
    naming: Naming::Places(TextPaths::Unread),
    trainers: &["axolotl", "huggingface"],
    place: "dataset path",
    stages: Stages::One,
    validation: Validation::Unused,
    traps: &[
        "weights are above 0 and at most 1 and are not shares: the domain that is scarcest for its share is kept whole",
        "needs counts of documents, which are the rows",
        "`type: completion` is for plain text: change it to that of your rows",
        "versions before the end of May 2026 ignore `weight`; streaming does too, with a warning",
    ],
    source: "axolotl-ai-cloud/axolotl, src/axolotl/utils/schemas/datasets.py and src/axolotl/utils/data/sft.py, pull requests 3501 and 3690",
    write,
    read: Some(Reader { recognises, read }),
};

fn write(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    let fractions = fractions(prepared, &stage.datasets)?;
    let mut text = comments(&prepared.provenance);
    text += "# `weight` is the fraction of a dataset's rows that is kept, which makes these shares.\ndatasets:\n";
    for (entry, fraction) in stage.datasets.iter().zip(fractions) {
        text +=
            &format!("  - path: {}\n    type: completion\n    weight: {}\n", quoted(&entry.name), decimal(fraction));
    }
    Ok(text)
}

/// Documents wanted for each document there is, the largest scaled to 1.
fn fractions(prepared: &Prepared, entries: &[Entry]) -> Result<Vec<f64>, ExportError> {
    let Some(manifest) = prepared.manifest else {
        let what = "the number of documents of each domain";
        return Err(ExportError::NeedsManifest { target: prepared.target.name, what });
    };
    let density = entries.iter().map(|entry| {
        let documents = manifest.domain(&entry.domain)?.documents.filter(|&documents| documents > 0);
        let documents = documents.ok_or_else(|| ManifestError::NoCount {
            file: manifest.file.clone(),
            domain: entry.domain.clone(),
            count: ShareUnit::Documents.name(),
            to: ShareUnit::Documents,
        })?;
        // A domain's datasets are all kept in one fraction, whatever the size of each.
        let share: f64 = entries.iter().filter(|other| other.domain == entry.domain).map(|other| other.share).sum();
        Ok(share / documents as f64)
    });
    let density = density.collect::<Result<Vec<f64>, ManifestError>>()?;
    let most = density.iter().copied().fold(0.0, f64::max);
    Ok(density.into_iter().map(|density| density / most).collect())
}

/// Datasets with paths and, of at least one, a weight; without weights it is any list of datasets with types.
fn recognises(document: &Document) -> bool {
    let datasets = document.value().and_then(|value| value.get("datasets")).and_then(serde_json::Value::as_array);
    let with = |key: &str| datasets.is_some_and(|datasets| datasets.iter().any(|dataset| dataset.get(key).is_some()));
    with("path") && (with("weight") || with("type")) && !document.has(&["probabilities"])
}

const BY_SIZE: &str = "Axolotl keeps `weight` of each dataset's rows, all of them by default, so draws by its size";

/// Weights are fractions of a dataset's rows; of `shards` Axolotl keeps one (`_load_and_process_single_dataset`, 00cda8cc).
fn read(document: &Document) -> Result<ReadBack, ImportError> {
    let datasets = document.root()?.need("datasets")?.list()?;
    let mut weights = Vec::new();
    for (index, dataset) in datasets.iter().enumerate() {
        let path = dataset.need("path")?;
        let other = datasets.iter().take(index).find(|other| other.value.get("path") == Some(path.value));
        if let Some(other) = other
            && ["name", "split", "data_files", "revision"]
                .iter()
                .any(|key| other.value.get(key) != dataset.value.get(key))
        {
            return Err(path.fault(
                format!("the path of `{}` again, for another part of it", other.key),
                "one entry per path, since the sizes of its parts are unknown",
            ));
        }
        let mut read = ReadWeight::one(&path)?;
        if let Some(weight) = dataset.get("weight") {
            read = ReadWeight::at(&read.name, &weight)?;
            if !(read.weight > 0.0 && read.weight <= 1.0) {
                return Err(weight.fault(format!("{}", read.weight), "a fraction of the rows: above 0 and at most 1"));
            }
        }
        if let Some(shards) = dataset.get("shards") {
            match shards.whole()? {
                0 => return Err(shards.fault("0", "a number of shards above 0")),
                number => read.weight /= number as f64,
            }
        }
        weights.push(read);
    }
    Ok(ReadBack::of_sizes(weights, BY_SIZE))
}
