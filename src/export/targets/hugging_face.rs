//! Hugging Face datasets, and LLaMA-Factory, which hands its numbers to them.

use mixopt_base::ShareUnit;

use super::super::document::{Document, Node};
use super::super::error::{ExportError, ImportError};
use super::super::prepared::{Entry, Prepared};
use super::super::read_back::{ReadBack, ReadWeight, side_by_side};
use super::super::target::{FileFormat, Naming, Reader, Stages, SumRule, Target, TextPaths, Validation, Zeros};
use super::super::written::{comments, decimal, quoted};

/// A call of `interleave_datasets`.
pub const HUGGING_FACE: Target = Target {
    name: "huggingface",
    consumer: "Hugging Face datasets, interleave_datasets",
    format: FileFormat::Python,
    unit: Some(ShareUnit::Documents),
    draw: "one row: a document",
    sum: SumRule::MustBeOne,
    zeros: Zeros::Refused,
    repetition: "all_exhausted restarts small datasets until the last is exhausted; first_exhausted stops when the first is",
    naming: Naming::Places(TextPaths::Together),
    trainers: &["huggingface"],
    place: "dataset id",
    stages: Stages::One,
    validation: Validation::Unused,
    traps: &[
        "probabilities are shares of documents: the manifest's counts convert them",
        "the sum must be 1 within 1e-8 or so, and zeros are refused with all_exhausted",
        "datasets need the same columns",
    ],
    source: "datasets 5.2.0, datasets/combine.py",
    write: write_python,
    read: None,
};

/// The same as plain YAML.
pub const HUGGING_FACE_YAML: Target = Target {
    name: "huggingface-yaml",
    consumer: "scripts that call load_dataset and interleave_datasets with these arguments",
    format: FileFormat::Yaml,
    trainers: &["huggingface-yaml", "huggingface"],
    write: write_yaml,
    read: Some(Reader {
        recognises: |document| {
            document.has(&["probabilities"]) || (document.has(&["datasets"]) && document.has(&["stopping_strategy"]))
        },
        read: read_yaml,
    }),
    ..HUGGING_FACE
};

/// LLaMA-Factory's arguments.
pub const LLAMA_FACTORY: Target = Target {
    name: "llama-factory",
    consumer: "LLaMA-Factory, dataset and interleave_probs",
    format: FileFormat::Yaml,
    naming: Naming::Places(TextPaths::Unread),
    trainers: &["llama-factory", "huggingface"],
    place: "dataset name",
    repetition: "interleave_over restarts small datasets until the last is exhausted",
    traps: &[
        "probabilities are shares of documents: the manifest's counts convert them",
        "names are those of dataset_info.json, separated by commas, in the same order as the probabilities: by domain name",
        "mix_strategy: concat refuses probabilities",
    ],
    source: "hiyouga/LLaMA-Factory, src/llamafactory/hparams/data_args.py, ff6d4d12",
    write: write_llama_factory,
    read: Some(Reader {
        recognises: |document| {
            let names = document.value().and_then(|value| value.get("dataset")).is_some_and(|value| value.is_string());
            document.has(&["interleave_probs"])
                || (names && (document.has(&["mix_strategy"]) || document.has(&["template"])))
        },
        read: read_llama_factory,
    }),
    ..HUGGING_FACE
};

fn write_python(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    let mut text = comments(&prepared.provenance);
    text += "from datasets import interleave_datasets, load_dataset\n\nparts = [\n";
    for entry in &stage.datasets {
        text += &format!("    load_dataset({}, split=\"train\", streaming=True),\n", source(entry));
    }
    text += "]\nprobabilities = [\n";
    for entry in &stage.datasets {
        text += &format!("    {},\n", decimal(entry.share));
    }
    text += "]\nmixture = interleave_datasets(\n    parts, probabilities=probabilities, seed=0, stopping_strategy=\"all_exhausted\"\n)\n";
    Ok(text)
}

/// What `load_dataset` is given: an id, or the files of a domain.
fn source(entry: &Entry) -> String {
    if !entry.text {
        return quoted(&entry.name);
    }
    let files: Vec<String> = entry.places.iter().map(|path| quoted(path)).collect();
    format!("{}, data_files=[{}]", quoted(builder(entry)), files.join(", "))
}

/// Which of its readers takes the files.
fn builder(entry: &Entry) -> &'static str {
    let all = |ending: &str| entry.places.iter().all(|path| path.contains(ending));
    if all(".parquet") {
        "parquet"
    } else if all(".txt") {
        "text"
    } else {
        "json"
    }
}

fn write_yaml(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    let mut text = comments(&prepared.provenance) + "datasets:\n";
    for entry in &stage.datasets {
        if entry.text {
            let files: Vec<String> = entry.places.iter().map(|path| quoted(path)).collect();
            text += &format!("  - path: {}\n    data_files: [{}]\n", builder(entry), files.join(", "));
        } else {
            text += &format!("  - path: {}\n", quoted(&entry.name));
        }
    }
    text += "probabilities:\n";
    for entry in &stage.datasets {
        text += &format!("  - {}\n", decimal(entry.share));
    }
    Ok(text + "seed: 0\nstopping_strategy: all_exhausted\n")
}

fn read_yaml(document: &Document) -> Result<ReadBack, ImportError> {
    let root = document.root()?;
    let datasets = root.need("datasets")?;
    let sources = datasets.list()?;
    let Some(probabilities) = root.get("probabilities") else {
        let one = |source: &Node| Ok(ReadWeight { name: name(source)?, weight: 1.0, key: source.key.clone() });
        let ones = sources.iter().map(one).collect::<Result<_, ImportError>>()?;
        return Ok(ReadBack::whole(ones).noting(WITHOUT_PROBABILITIES));
    };
    let weights = probabilities.list()?;
    if sources.iter().all(|source| source.value.is_string()) {
        return Ok(ReadBack::whole(side_by_side(&datasets, &probabilities)?));
    }
    if sources.len() != weights.len() {
        let expected = format!("as many as there are datasets: {}", sources.len());
        return Err(probabilities.fault(format!("{} probabilities", weights.len()), expected));
    }
    let read = sources.iter().zip(&weights).map(|(source, weight)| ReadWeight::at(&name(source)?, weight));
    Ok(ReadBack::whole(read.collect::<Result<_, _>>()?))
}

/// Datasets take turns where there are no probabilities: datasets 5.2.0, datasets/combine.py (`interleave_datasets`).
const WITHOUT_PROBABILITIES: &str = "the file has no `probabilities`: interleave_datasets then takes a row of each dataset in turn, which is equal shares";

/// What a dataset is called: its first file, its path, or the text that it is.
fn name(source: &Node) -> Result<String, ImportError> {
    if source.value.is_string() {
        return source.name();
    }
    let files = source.get("data_files").map(|files| files.list()).transpose()?.unwrap_or_default();
    match files.first() {
        Some(first) => first.name(),
        None => source.need("path")?.name(),
    }
}

fn write_llama_factory(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    if let Some(entry) = stage.datasets.iter().find(|entry| entry.name.contains(',') || entry.name != entry.name.trim())
    {
        return Err(ExportError::BadName {
            target: prepared.target.name,
            domain: entry.domain.clone(),
            name: entry.name.clone(),
            problem: "which has a comma or a leading or trailing space, and the file's reader splits names at commas",
            remedy: "give the dataset another name in dataset_info.json and in the manifest",
        });
    }
    let names: Vec<&str> = stage.datasets.iter().map(|entry| entry.name.as_str()).collect();
    let shares: Vec<String> = stage.datasets.iter().map(|entry| decimal(entry.share)).collect();
    Ok(format!(
        "{}dataset: {}\nmix_strategy: interleave_over\ninterleave_probs: {}\n",
        comments(&prepared.provenance),
        quoted(&names.join(",")),
        quoted(&shares.join(","))
    ))
}

/// LLaMA-Factory hands its probabilities, or none, to `interleave_datasets`: hiyouga/LLaMA-Factory,
/// src/llamafactory/data/data_utils.py (`merge_dataset`), 0a97c776.
const WITHOUT_PROBS: &str = "the file has no `interleave_probs`: LLaMA-Factory then takes an example of each dataset in \
    turn, which is equal shares";

/// Its default strategy, `concat`, puts whole datasets one after another; `interleave_once` draws each example once.
const CONCATENATED: &str =
    "without `interleave_probs`, LLaMA-Factory uses whole datasets, so in proportion to their sizes";

fn read_llama_factory(document: &Document) -> Result<ReadBack, ImportError> {
    let root = document.root()?;
    let names = root.need("dataset")?;
    let parted = |text: String| text.split(',').map(|part| part.trim().to_string()).collect::<Vec<_>>();
    let strategy = root.get("mix_strategy").map(|node| node.name()).transpose()?;
    let Some(weights) = root.get("interleave_probs") else {
        let one = |name| ReadWeight { name, weight: 1.0, key: names.key.clone() };
        let ones = parted(names.name()?).into_iter().map(one).collect();
        return Ok(match strategy.as_deref() {
            Some("interleave_under" | "interleave_over") => ReadBack::whole(ones).noting(WITHOUT_PROBS),
            _ => ReadBack::of_sizes(ones, CONCATENATED),
        });
    };
    if strategy.as_deref() == Some("concat") {
        let expected =
            "`mix_strategy: interleave_over` or `interleave_under`: LLaMA-Factory refuses them with `concat`";
        return Err(weights.fault("probabilities with `mix_strategy: concat`", expected));
    }
    let (names, texts) = (parted(names.name()?), parted(weights.name()?));
    if names.len() != texts.len() {
        let expected = format!("as many as there are datasets: {}", names.len());
        return Err(weights.fault(format!("{} probabilities", texts.len()), expected));
    }
    let read = names.into_iter().zip(texts).map(|(name, text)| {
        let weight = text.parse::<f64>().ok().filter(|weight| weight.is_finite() && *weight >= 0.0);
        let weight = weight.ok_or_else(|| weights.fault(format!("`{text}`"), "a weight: a number of at least 0"))?;
        Ok(ReadWeight { name, weight, key: weights.key.clone() })
    });
    Ok(ReadBack::whole(read.collect::<Result<_, ImportError>>()?))
}
