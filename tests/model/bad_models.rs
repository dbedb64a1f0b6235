//! Models that are damaged, incomplete or of another kind: one clear error that names the place.

use std::path::Path;

use candle_core::{DType, Device};
use mixopt_model::{Compute, LanguageModel, ModelSource};

/// A copy of a small model in a folder of its own.
pub fn copy(family: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/models").join(family);
    for entry in std::fs::read_dir(source).expect("a model") {
        let file = entry.expect("a file").path();
        std::fs::copy(&file, folder.path().join(file.file_name().expect("a name"))).expect("a copy");
    }
    folder
}

/// Finds and loads a model.
pub fn loaded(folder: &Path) -> mixopt_model::Result<LanguageModel> {
    let compute = Compute { dtype: DType::F32, device: Device::Cpu };
    ModelSource::find(folder).and_then(|source| source.load(&compute))
}

/// The error of a model that is not taken, with `DIR` for its folder.
pub fn fault(folder: &Path) -> String {
    match loaded(folder) {
        Ok(_) => panic!("the model was taken"),
        Err(error) => error.to_string().replace(&*folder.to_string_lossy(), "DIR"),
    }
}

/// Changes the configuration.
pub fn configure(folder: &Path, change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>)) {
    let file = folder.join("config.json");
    let text = std::fs::read_to_string(&file).expect("a configuration");
    let mut values = serde_json::from_str(&text).expect("an object");
    change(&mut values);
    std::fs::write(file, serde_json::to_string(&values).expect("JSON")).expect("a file");
}

/// Writes a safetensors file with a header as it is given.
fn safetensors(folder: &Path, header: &str, length: u64, data: &[u8]) {
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    std::fs::write(folder.join("model.safetensors"), bytes).expect("a file");
}

/// The parts that a message must have.
pub fn check(found: &str, parts: &[&str]) {
    for part in parts {
        assert!(found.contains(part), "`{part}` is not in: {found}");
    }
}

#[test]
fn configurations() {
    let folder = copy("llama");
    configure(folder.path(), |values| drop(values.remove("hidden_size")));
    check(&fault(folder.path()), &["DIR/config.json, `hidden_size`", "missing"]);

    let folder = copy("llama");
    configure(folder.path(), |values| drop(values.insert("hidden_size".into(), (-3).into())));
    check(&fault(folder.path()), &["DIR/config.json, `hidden_size`", "-3", "a whole number from 1"]);

    let folder = copy("llama");
    configure(folder.path(), |values| drop(values.insert("model_type".into(), "perceiver".into())));
    check(&fault(folder.path()), &["`perceiver` is not supported", "llama", "mamba", "gpt_neox"]);

    let folder = copy("llama");
    let scaling = serde_json::json!({"rope_type": "spiral", "factor": 2.0});
    configure(folder.path(), |values| drop(values.insert("rope_scaling".into(), scaling)));
    check(&fault(folder.path()), &["rope_scaling.rope_type", "`spiral`", "yarn"]);

    let folder = copy("llama");
    configure(folder.path(), |values| drop(values.insert("num_key_value_heads".into(), 3.into())));
    check(&fault(folder.path()), &["num_key_value_heads", "3", "divides"]);

    let folder = copy("llama");
    std::fs::write(folder.path().join("config.json"), "{\"model_type\":\n").expect("a file");
    check(&fault(folder.path()), &["DIR/config.json, line", "not JSON"]);
}

#[test]
fn weights() {
    let folder = copy("llama");
    configure(folder.path(), |values| drop(values.insert("intermediate_size".into(), 40.into())));
    check(&fault(folder.path()), &["DIR/model.safetensors", "mlp.", "has the shape", "by the configuration"]);

    let folder = copy("llama");
    configure(folder.path(), |values| drop(values.insert("num_hidden_layers".into(), 1.into())));
    check(&fault(folder.path()), &["tensors that the architecture `llama` does not use", "model.layers.1."]);

    let folder = copy("llama");
    configure(folder.path(), |values| drop(values.insert("num_hidden_layers".into(), 9.into())));
    check(&fault(folder.path()), &["tensor `model.layers.", "is missing"]);

    let folder = copy("llama");
    let file = folder.path().join("model.safetensors");
    let bytes = std::fs::read(&file).expect("weights");
    for length in [0, 5, 8, 100, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&file, &bytes[..length]).expect("a file");
        check(&fault(folder.path()), &["DIR/model.safetensors", &format!("of {length} bytes"), "truncated"]);
    }

    let folder = copy("gemma3");
    std::fs::remove_file(folder.path().join("model-00002-of-00003.safetensors")).expect("a shard");
    check(&fault(folder.path()), &["index.json", "`model-00002-of-00003.safetensors` is not in the folder"]);

    let folder = copy("llama");
    std::fs::rename(folder.path().join("model.safetensors"), folder.path().join("pytorch_model.bin")).expect("a file");
    check(&fault(folder.path()), &["only in `pytorch_model.bin`", "save_pretrained"]);
}

#[test]
fn safetensors_headers() {
    let folder = copy("llama");
    let of = |header: &str, length: u64, data: &[u8]| {
        safetensors(folder.path(), header, length, data);
        fault(folder.path())
    };
    // A size far beyond the file.
    check(&of("{}", u64::MAX / 2, &[]), &["model.safetensors", "not a complete safetensors file"]);
    let two = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#;
    check(&of(two, two.len() as u64, &[0; 12]), &["model.safetensors", "not a complete safetensors file"]);
    let long = r#"{"a":{"dtype":"F32","shape":[4294967295,4294967295,16],"data_offsets":[0,8]}}"#;
    check(&of(long, long.len() as u64, &[0; 8]), &["model.safetensors", "not a complete safetensors file"]);
    check(&of("not JSON", 8, &[]), &["model.safetensors", "not a complete safetensors file"]);
    // A type that is no weight, in a file that is whole otherwise.
    let folder = copy("llama");
    let file = folder.path().join("model.safetensors");
    let mut bytes = std::fs::read(&file).expect("weights");
    let key = br#""model.embed_tokens.weight":{"dtype":"BF16""#;
    let at = bytes.windows(key.len()).position(|part| part == key).expect("the embedding") + key.len();
    bytes[at - 6..at].copy_from_slice(br#""I16" "#);
    std::fs::write(&file, bytes).expect("a file");
    check(&fault(folder.path()), &["`model.embed_tokens.weight` is of type I16", "BF16", "GGUF"]);
}

#[test]
fn tokenizers() {
    let folder = copy("llama");
    let tokenizer = folder.path().join("tokenizer.json");
    std::fs::rename(&tokenizer, folder.path().join("tokenizer.model")).expect("a file");
    check(&fault(folder.path()), &["only in `tokenizer.model`", "sentencepiece", "save_pretrained"]);

    let folder = copy("llama");
    std::fs::remove_file(folder.path().join("tokenizer.json")).expect("a file");
    check(&fault(folder.path()), &["tokenizer.json is missing"]);

    let folder = copy("llama");
    std::fs::write(folder.path().join("tokenizer.json"), "{}").expect("a file");
    check(&fault(folder.path()), &["DIR/tokenizer.json", "a tokenizer of the tokenizers library"]);
}

#[test]
fn paths() {
    let folder = tempfile::tempdir().expect("a folder");
    check(&fault(&folder.path().join("none")), &["DIR: no such file or folder"]);
    check(&fault(folder.path()), &["no config.json", "GGUF"]);
    let file = folder.path().join("weights.bin");
    std::fs::write(&file, "PK").expect("a file");
    check(&fault(&file), &["not a GGUF file"]);
}
