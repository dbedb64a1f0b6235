//! The project's small models against Hugging Face transformers in double precision (`tests/data/make_models.py`), token by
//! token, and what must hold of any model.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device};
use mixopt_model::{Compute, LanguageModel, ModelError, ModelSource, Window};
use serde_json::Value;

const FAMILIES: [&str; 6] = ["bloom", "gemma3", "gpt2", "llama", "mamba", "qwen2_moe"];

fn folder(family: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/models").join(family)
}

fn load(family: &str, dtype: DType) -> LanguageModel {
    let source = ModelSource::find(&folder(family)).expect("a model");
    source.load(&Compute { dtype, device: Device::Cpu }).expect("a whole model")
}

fn json(file: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).expect("a file")).expect("JSON")
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).expect("numbers")
}

fn tokens(value: &Value) -> Vec<u32> {
    serde_json::from_value(value.clone()).expect("tokens")
}

/// Windows of 64 inputs every 32 over a stream; each scores what no earlier one did.
fn windows(stream: &[u32]) -> Vec<Window<'_>> {
    let (mut begin, mut scored, mut windows) = (0, 1, Vec::new());
    while scored < stream.len() {
        let end = (begin + 65).min(stream.len());
        windows.push(Window { inputs: &stream[begin..end - 1], targets: &stream[scored..end] });
        (begin, scored) = (begin + 32, end);
    }
    windows
}

/// Every document with the token that its first one is conditioned on, and the losses expected.
fn documents(family: &str) -> Vec<(String, Vec<u32>, Vec<f64>)> {
    let texts = std::fs::read_to_string(folder(family).with_file_name("documents.jsonl")).expect("documents");
    let texts: Vec<Value> = texts.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let reference = json(&folder(family).join("reference.json"));
    let documents = reference["documents"].as_array().expect("a list");
    documents
        .iter()
        .map(|document| {
            let text = texts.iter().find(|text| text["id"] == document["id"]).expect("the same documents");
            let text = text["text"].as_str().expect("a text").to_string();
            (text, tokens(&document["ids"]), numbers(&document["nll"]))
        })
        .collect()
}

#[test]
fn every_token_agrees_with_transformers() {
    for family in FAMILIES {
        let model = load(family, DType::F32);
        let reference = json(&folder(family).join("reference.json"));
        assert_eq!(model.parameters, reference["parameters"].as_u64().expect("a number"), "{family}");
        assert_eq!(model.tokenizer.begins_with_special(), reference["begins_with_special"] == true, "{family}");
        let mut sum = (0.0, 0.0);
        for (text, expected_tokens, expected) in documents(family) {
            let mut stream = model.tokenizer.encode(&text).expect("tokens");
            assert_eq!(stream, expected_tokens, "{family}: {text:?}");
            if text.is_empty() {
                continue;
            }
            if !model.tokenizer.begins_with_special() {
                stream.insert(0, model.tokenizer.document_start().expect("a first token"));
            }
            let scores = model.model.log_probabilities(&windows(&stream)).expect("scores").concat();
            assert_eq!(scores.len(), expected.len(), "{family}: {text:?}");
            for (position, (score, expected)) in scores.iter().zip(&expected).enumerate() {
                let error = (f64::from(-score) - expected).abs();
                assert!(error < 1e-4, "{family}: {text:?}, target {position}: {score} for {expected}");
                sum = (sum.0 - f64::from(*score), sum.1 + expected);
            }
        }
        assert!((sum.0 / sum.1 - 1.0).abs() < 2e-5, "{family}: {sum:?}");
    }
}

/// Windows of all lengths from the documents of a family.
fn stream(family: &str) -> Vec<u32> {
    documents(family).into_iter().flat_map(|(_, tokens, _)| tokens).collect()
}

#[test]
fn a_window_does_not_depend_on_its_neighbours() {
    for family in FAMILIES {
        let model = load(family, DType::F32);
        let stream = stream(family);
        let batch: Vec<Window<'_>> = (0..12)
            .map(|i| {
                let (start, length) = (i * 7, 3 + i * 5);
                let targets = &stream[start + 1..start + length + 1];
                Window { inputs: &stream[start..start + length], targets: &targets[length / 3..] }
            })
            .collect();
        let together = model.model.log_probabilities(&batch).expect("scores");
        for (window, together) in batch.iter().zip(together) {
            let alone = &model.model.log_probabilities(&[*window]).expect("scores")[0];
            for (a, b) in alone.iter().zip(&together) {
                assert!((a - b).abs() < 2e-5, "{family}: {a} alone, {b} together");
            }
        }
    }
}

#[test]
fn what_follows_changes_nothing_and_what_precedes_does() {
    for family in FAMILIES {
        let model = load(family, DType::F32);
        let first = stream(family)[..40].to_vec();
        let score = |stream: &[u32]| {
            let window = Window { inputs: &stream[..39], targets: &stream[1..] };
            model.model.log_probabilities(&[window]).expect("scores")[0].clone()
        };
        let plain = score(&first);
        let change = |place: usize| {
            let mut changed = first.clone();
            changed[place] = (changed[place] + 17) % model.model.vocabulary() as u32;
            score(&changed)
        };
        let late = change(30);
        assert!(plain[..29].iter().zip(&late).all(|(a, b)| (a - b).abs() < 2e-5), "{family}: later inputs leak");
        let early = change(5);
        assert!(plain[6..12].iter().zip(&early[6..12]).any(|(a, b)| (a - b).abs() > 1e-3), "{family}: no context");
    }
}

#[test]
fn other_types_come_near() {
    for family in FAMILIES {
        let stream = stream(family);
        let window = Window { inputs: &stream[..60], targets: &stream[1..61] };
        let mean = |dtype| {
            let scores = load(family, dtype).model.log_probabilities(&[window]).expect("scores");
            scores[0].iter().map(|&score| f64::from(score)).sum::<f64>() / 60.0
        };
        let exact = mean(DType::F32);
        // These models are far livelier than trained ones, so that rounding shows.
        for (dtype, share) in [(DType::BF16, 0.05), (DType::F16, 0.01)] {
            let error = (mean(dtype) / exact - 1.0).abs();
            assert!(error < share, "{family} in {dtype:?}: off by {error:.4}");
        }
    }
}

#[test]
fn tokens_and_lengths_beyond_the_model_are_refused() {
    let model = load("gpt2", DType::F32);
    let vocabulary = model.model.vocabulary() as u32;
    let fault = model.model.log_probabilities(&[Window { inputs: &[1, vocabulary], targets: &[2] }]);
    assert!(matches!(fault, Err(ModelError::BeyondVocabulary { token, .. }) if token == vocabulary));
    let long = [1; 66];
    assert_eq!(model.model.most_positions(), Some(64));
    let fault = model.model.log_probabilities(&[Window { inputs: &long[..65], targets: &long[..1] }]);
    assert!(matches!(fault, Err(ModelError::TooLong { found: 65, most: 64 })));
}
