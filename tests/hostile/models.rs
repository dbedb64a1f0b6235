//! Files of language models: headers of weights, configurations, tokenizers.

use std::path::{Path, PathBuf};

use mixopt::model::{ModelSource, PlainTokenizer};

use crate::mutation::survive_as_file;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// A copy of the smallest saved model.
fn copy(to: &Path) {
    for entry in std::fs::read_dir(data().join("models/llama")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

fn survive_in_model(file: &str, read: impl Fn(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    copy(folder.path());
    let path = folder.path().join(file);
    let seed = std::fs::read(&path).unwrap();
    survive_as_file(file, &path, &[seed], || read(folder.path()));
}

fn open(path: &Path) {
    if let Ok(source) = ModelSource::find(path) {
        let _ = source.architecture();
    }
}

#[test]
fn configurations() {
    survive_in_model("config.json", open);
}

#[test]
fn tokenizers() {
    survive_in_model("tokenizer.json", |folder| {
        if let Ok(tokenizer) = PlainTokenizer::open(folder) {
            let _ = tokenizer.notes();
        }
    });
    survive_in_model("tokenizer_config.json", open);
}

#[test]
fn headers_of_safetensors() {
    let folder = tempfile::tempdir().unwrap();
    copy(folder.path());
    let path = folder.path().join("model.safetensors");
    let whole = std::fs::read(&path).unwrap();
    let length = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    // The header alone is mutated; the data behind it stay, so that most inputs get past their length.
    let data = whole[length..].to_vec();
    crate::mutation::survive("safetensors", &[whole[..length].to_vec()], |header| {
        std::fs::write(&path, [header, &data].concat()).unwrap();
        open(folder.path());
    });
}

#[test]
fn headers_of_gguf() {
    let seeds: Vec<Vec<u8>> = std::fs::read_dir(data().join("gguf"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "gguf"))
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    assert!(!seeds.is_empty(), "GGUF files to mutate");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.gguf");
    survive_as_file("gguf", &file, &seeds, || open(&file));
}
