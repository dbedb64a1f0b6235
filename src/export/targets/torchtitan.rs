//! torchtitan, which is configured in Python.

use mixopt_base::ShareUnit;

use super::super::error::ExportError;
use super::super::prepared::Prepared;
use super::super::target::{FileFormat, Naming, Stages, SumRule, Target, TextPaths, Validation, Zeros};
use super::super::written::{comments, decimal, quoted};

/// torchtitan's `DatasetMixConfig`.
pub const TORCHTITAN: Target = Target {
    name: "torchtitan",
    consumer: "torchtitan, DatasetMixConfig",
    format: FileFormat::Python,
    unit: Some(ShareUnit::Tokens),
    draw: "one row of packed tokens, as each dataset is packed before they are mixed",
    sum: SumRule::Normalised,
    zeros: Zeros::Refused,
    repetition: "repeat=True restarts the whole mixture; repeat=False stops at the first exhausted dataset",
    naming: Naming::Places(TextPaths::Unread),
    trainers: &["torchtitan", "huggingface"],
    place: "dataset name",
    stages: Stages::One,
    validation: Validation::Unused,
    traps: &[
        "where documents are mixed before packing, weights are shares of documents: use `{Unit} documents`",
        "`datasets` is your own: a SingleDatasetConfig for each name",
    ],
    source: "pytorch/torchtitan, torchtitan/components/data/dataset.py and README.md, b5bcd76c",
    write,
    read: None,
};

fn write(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    let documents = prepared.unit == ShareUnit::Documents;
    let mut text = comments(&prepared.provenance);
    text += "# `datasets` holds your SingleDatasetConfig of each name.\n";
    text +=
        "from torchtitan.components.data import ConcatThenSplitPackingConfig, DatasetMixConfig, WeightedDataset\n\n";
    text += "mixture = DatasetMixConfig(\n    datasets=(\n";
    for entry in &stage.datasets {
        let dataset = format!("datasets[{}]", quoted(&entry.name));
        // What is packed first is drawn by rows of tokens.
        let dataset = if documents { dataset } else { format!("ConcatThenSplitPackingConfig(dataset={dataset})") };
        text += &format!("        WeightedDataset(dataset={dataset}, weight={}),\n", decimal(entry.share));
    }
    text += "    ),\n)\n";
    if documents {
        text += "mixture = ConcatThenSplitPackingConfig(dataset=mixture)\n";
    }
    Ok(text)
}
