//! NeMo 1.x: Megatron's list of weights and prefixes in YAML.

use super::super::document::Document;
use super::super::error::{ExportError, ImportError};
use super::super::prepared::Prepared;
use super::super::read_back::{ReadBack, zipped};
use super::super::target::{FileFormat, Reader, Target, Validation};
use super::super::written::{comments, decimal, quoted};
use super::megatron::{MEGATRON, WITHOUT_WEIGHTS, check, validation_pairs};

/// NeMo's `data_prefix`.
pub const NEMO: Target = Target {
    name: "nemo",
    consumer: "NeMo 1.x, model.data.data_prefix; NeMo 2.0 takes the lists as PreTrainingDataModule(paths=…)",
    format: FileFormat::Yaml,
    trainers: &["nemo", "megatron"],
    validation: Validation::Optional,
    traps: &[
        "without `{Validation}` it is one list, which needs `splits_string` as well",
        "NeMo calls the second split `validation`, Megatron `valid`",
        "one mixture per run: change the file at a checkpoint for a new stage",
    ],
    source: "NVIDIA/NeMo, examples/nlp/language_modeling/conf/megatron_gpt_config.yaml, 8cfedd72",
    write,
    read: Some(Reader { recognises: |document| prefix(document).is_some(), read }),
    ..MEGATRON
};

fn write(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    check(prepared, &stage.datasets)?;
    let train: Vec<(String, String)> =
        stage.datasets.iter().map(|entry| (decimal(entry.share), entry.name.clone())).collect();
    let list = |pairs: &[(String, String)], indent: &str| -> String {
        pairs.iter().map(|(weight, name)| format!("{indent}- {weight}\n{indent}- {}\n", quoted(name))).collect()
    };
    let mut text = comments(&prepared.provenance) + "model:\n  data:\n    data_prefix:\n";
    let valid = validation_pairs(prepared);
    if valid.is_empty() {
        return Ok(text + &list(&train, "      "));
    }
    for (split, pairs) in [("train", &train), ("validation", &valid), ("test", &valid)] {
        text += &format!("      {split}:\n{}", list(pairs, "        "));
    }
    Ok(text)
}

/// Where the list stands: below `model.data`, `data` or alone, as configurations are cut.
fn prefix(document: &Document) -> Option<&'static [&'static str]> {
    const PLACES: [&[&str]; 3] = [&["model", "data", "data_prefix"], &["data", "data_prefix"], &["data_prefix"]];
    PLACES.into_iter().find(|keys| document.has(keys))
}

fn read(document: &Document) -> Result<ReadBack, ImportError> {
    let list = document.root()?.path(prefix(document).unwrap_or(&["model", "data", "data_prefix"]))?;
    // NeMo hands the list to Megatron's own function (`get_blend_from_list`).
    zipped(&list.get("train").unwrap_or(list), WITHOUT_WEIGHTS)
}
