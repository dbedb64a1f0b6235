//! Log-probabilities of tiny models of many architectures against those of an independent implementation (Hugging Face
//! transformers in double precision).
//!
//! Each folder of models holds, beside the model's own files, `reference.json` with sums and single values of the negative
//! log-probabilities of the documents in `documents.jsonl`. The folders are `../shared/reference` where it exists, and those
//! that the variable `MIXOPT_REFERENCE_MODELS` lists; with `MIXOPT_REFERENCE_ONLY` only the models whose folder's name contains
//! one of the texts in it, which commas part.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device};
use mixopt_model::{Compute, LanguageModel, ModelSource, Window};
use serde_json::Value;

/// Greatest relative error of a sum.
const SUM: f64 = 2e-5;
/// Greatest error of one value, in nats.
const ONE: f64 = 1e-4;

#[test]
fn reference_models_agree() {
    let folders = folders();
    let only = std::env::var("MIXOPT_REFERENCE_ONLY").unwrap_or_default();
    let wanted = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        only.is_empty() || only.split(',').any(|part| name.contains(part))
    };
    if folders.is_empty() {
        eprintln!("skipped: no folder of reference models (set MIXOPT_REFERENCE_MODELS)");
        return;
    }
    let mut faults = Vec::new();
    let mut checked = 0;
    for folder in folders {
        let documents = documents(&folder);
        let mut models: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.join("reference.json").is_file() && wanted(path))
            .collect();
        models.sort();
        for path in models {
            match check(&path, &documents) {
                Ok(worst) => {
                    println!("{}: sums within {:.1e}, values within {:.1e} nats", path.display(), worst.sum, worst.one);
                    if worst.sum > SUM || worst.one > ONE {
                        faults.push(format!("{}: {worst:?}", path.display()));
                    }
                }
                Err(fault) => faults.push(format!("{}: {fault}", path.display())),
            }
            checked += 1;
        }
    }
    println!("{checked} models, {} faults", faults.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[derive(Debug, Default)]
struct Worst {
    sum: f64,
    one: f64,
}

impl Worst {
    fn sum(&mut self, found: f64, expected: &Value) {
        let expected = expected.as_f64().unwrap();
        self.sum = worse(self.sum, (found / expected - 1.0).abs());
    }

    fn values(&mut self, found: &[f32], expected: &Value) {
        for (found, expected) in found.iter().zip(expected.as_array().unwrap()) {
            self.one = worse(self.one, (f64::from(*found) - expected.as_f64().unwrap()).abs());
        }
    }
}

/// The greater of two errors, not-a-number being the greatest.
fn worse(a: f64, b: f64) -> f64 {
    if b.is_nan() { f64::INFINITY } else { a.max(b) }
}

fn check(path: &Path, documents: &[String]) -> Result<Worst, String> {
    let reference: Value =
        serde_json::from_str(&std::fs::read_to_string(path.join("reference.json")).unwrap()).unwrap();
    let source = ModelSource::find(path).map_err(|error| error.to_string())?;
    let model = source.load(&Compute { dtype: DType::F32, device: Device::Cpu }).map_err(|error| error.to_string())?;
    let mut worst = Worst::default();
    let mut stream = Vec::new();
    for (text, expected) in documents.iter().zip(reference["documents"].as_array().unwrap()) {
        let tokens = model.tokenizer.encode(text).map_err(|error| error.to_string())?;
        let first: Vec<u32> = serde_json::from_value(expected["first_ids"].clone()).unwrap();
        if tokens.len() as u64 != expected["tokens"].as_u64().unwrap() || !tokens.starts_with(&first) {
            return Err(format!("other tokens for {}: {:?}", expected["id"], &tokens[..tokens.len().min(12)]));
        }
        for window in expected["windows"].as_array().unwrap() {
            let losses = losses(&model, &tokens, size(&window["context"]), size(&window["stride"]))?;
            assert_eq!(losses.len() as u64, window["scored"].as_u64().unwrap());
            if !losses.is_empty() {
                worst.sum(sum(&losses), &window["nll_nats"]);
                worst.values(&losses, &window["first_nll"]);
                worst.values(&losses[losses.len().saturating_sub(6)..], &window["last_nll"]);
            }
        }
        stream.extend(tokens);
    }
    for window in reference["concatenated"].as_array().unwrap() {
        let losses = losses(&model, &stream, size(&window["context"]), size(&window["stride"]))?;
        worst.sum(sum(&losses), &window["nll_nats"]);
    }
    Ok(worst)
}

/// Negative log-probability of every token from the second on: windows of `context` inputs every `stride`; each scores what
/// no earlier one did.
fn losses(model: &LanguageModel, tokens: &[u32], context: usize, stride: usize) -> Result<Vec<f32>, String> {
    let mut windows = Vec::new();
    let (mut begin, mut scored) = (0, 1);
    while scored < tokens.len() {
        let end = (begin + context + 1).min(tokens.len());
        windows.push(Window { inputs: &tokens[begin..end - 1], targets: &tokens[scored..end] });
        scored = end;
        begin += stride;
    }
    let scores = model.model.log_probabilities(&windows).map_err(|error| error.to_string())?;
    Ok(scores.concat().into_iter().map(|score| -score).collect())
}

fn sum(losses: &[f32]) -> f64 {
    losses.iter().map(|&loss| f64::from(loss)).sum()
}

fn size(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

fn folders() -> Vec<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference");
    let named = std::env::var_os("MIXOPT_REFERENCE_MODELS").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&named).filter(|path| !path.as_os_str().is_empty()).collect();
    if shared.is_dir() {
        folders.push(shared);
    }
    folders
}

/// The documents beside the models, or those of the shared folder.
fn documents(folder: &Path) -> Vec<String> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/documents.jsonl");
    let own = folder.join("documents.jsonl");
    let text = std::fs::read_to_string(if own.is_file() { own } else { shared }).unwrap();
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["text"].as_str().unwrap().to_string())
        .collect()
}
