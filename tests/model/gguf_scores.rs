//! Every family of GGUF from the file to log-probabilities: those of the folder that Hugging Face transformers saved of the
//! same model.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device};
use mixopt_model::{Compute, ModelSource, Window};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/gguf/families")
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

/// A file with an empty list of merges, which these do not have, so that its tokenizer can be read. Tensors stay aligned.
fn with_merges(file: &[u8]) -> Vec<u8> {
    const ARRAY: u32 = 9;
    const TEXT: u32 = 8;
    let mut more = [text("tokenizer.ggml.merges"), ARRAY.to_le_bytes().to_vec(), TEXT.to_le_bytes().to_vec()].concat();
    more.extend(0u64.to_le_bytes());
    more.extend([text("test.padding"), TEXT.to_le_bytes().to_vec()].concat());
    let length = (more.len() + 8).next_multiple_of(32) - more.len() - 8;
    more.extend(text(&"-".repeat(length)));
    let (start, rest) = file.split_at(24);
    let count = u64::from_le_bytes(start[16..].try_into().unwrap()) + 2;
    [&start[..16], &count.to_le_bytes(), &more, rest].concat()
}

/// Log-probabilities of a few windows of tokens below `vocabulary`.
fn scores(path: &Path, vocabulary: u32) -> Vec<f32> {
    let source = ModelSource::find(path).unwrap();
    let model =
        source.load(&Compute { dtype: DType::F32, device: Device::Cpu }).unwrap_or_else(|error| panic!("{error}"));
    let stream: Vec<u32> = (0..40).map(|index: u32| (index * index + index / 3) % vocabulary).collect();
    let windows = [(0, 24), (7, 9), (20, 19)].map(|(start, length)| Window {
        inputs: &stream[start..start + length],
        targets: &stream[start + 1..=start + length],
    });
    model.model.log_probabilities(&windows).unwrap().concat()
}

#[test]
fn every_family_scores_as_the_folder_it_was_made_of() {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "gguf"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names.len(), 31);
    let mut faults = Vec::new();
    for name in names {
        let place = tempfile::tempdir().unwrap();
        let gguf = place.path().join("model.gguf");
        std::fs::write(&gguf, with_merges(&std::fs::read(folder().join(format!("{name}.gguf"))).unwrap())).unwrap();
        let saved = place.path().join("saved");
        std::fs::create_dir(&saved).unwrap();
        std::fs::copy(folder().join(format!("{name}.json")), saved.join("config.json")).unwrap();
        std::fs::copy(folder().join(format!("{name}.safetensors")), saved.join("model.safetensors")).unwrap();
        let tokenizer = json!({"version": "1.0", "added_tokens": [], "model": {
            "type": "WordLevel", "vocab": {"a": 0, "?": 1}, "unk_token": "?"}});
        std::fs::write(saved.join("tokenizer.json"), tokenizer.to_string()).unwrap();
        let configuration: Value =
            serde_json::from_str(&std::fs::read_to_string(saved.join("config.json")).unwrap()).unwrap();
        let vocabulary = configuration["vocab_size"].as_u64().unwrap() as u32;
        let (found, expected) = (scores(&gguf, vocabulary), scores(&saved, vocabulary));
        assert_eq!((found.len(), expected.len()), (52, 52), "{name}");
        // The models are no constants.
        assert!(expected.iter().any(|score| (score - expected[0]).abs() > 1e-3), "{name}");
        let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        if worst.is_nan() || worst > 1e-5 {
            faults.push(format!("{name}: off by {worst}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
