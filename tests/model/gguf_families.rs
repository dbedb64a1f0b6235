//! Every architecture of GGUF against what Hugging Face transformers saved and llama.cpp's converter made of it: the same
//! tensor names, shapes and numbers, and the same configuration.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device};
use mixopt_model::{GgufModel, TensorSource};
use safetensors::SafeTensors;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/gguf/families")
}

fn names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "gguf"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names.len(), 31);
    names
}

#[test]
fn tensors_are_those_of_hugging_face() {
    for name in names() {
        compare_tensors(&folder(), &name);
    }
}

#[test]
fn every_stored_type_is_read_as_by_the_gguf_package() {
    compare_tensors(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/gguf"), "encodings");
}

fn compare_tensors(folder: &Path, name: &str) {
    let model = GgufModel::open(&folder.join(format!("{name}.gguf"))).unwrap();
    let tensors = model.tensors();
    let bytes = std::fs::read(folder.join(format!("{name}.safetensors"))).unwrap();
    let expected = SafeTensors::deserialize(&bytes).unwrap();
    let mut found = tensors.names();
    found.sort();
    let mut wanted: Vec<String> = expected.names().into_iter().map(ToString::to_string).collect();
    wanted.sort();
    assert_eq!(found, wanted, "{name}");
    for tensor in wanted {
        let view = expected.tensor(&tensor).unwrap();
        let values: Vec<f32> =
            view.data().chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect();
        assert_eq!(tensors.shape(&tensor).as_deref(), Some(view.shape()), "{name}, {tensor}");
        let loaded = tensors.load(&tensor, DType::F32, &Device::Cpu).unwrap();
        assert_eq!(loaded.dims(), view.shape(), "{name}, {tensor}");
        let loaded = loaded.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        if tensor.ends_with("A_log") {
            // Through an exponential and back.
            assert!(
                loaded.iter().zip(&values).all(|(found, wanted)| (found - wanted).abs() < 1e-6),
                "{name}, {tensor}"
            );
        } else {
            assert_eq!(loaded, values, "{name}, {tensor}");
        }
    }
}

/// What Hugging Face has in its configuration and a GGUF file cannot say or says otherwise without a difference.
const NOT_IN_THE_FILE: &[(&str, &[&str])] = &[
    ("", &["pad_token_id", "bos_token_id", "eos_token_id"]),
    // llama.cpp knows Mistral as Llama.
    ("mistral", &["model_type", "sliding_window"]),
    // 0 where there is none.
    ("qwen2moe", &["sliding_window"]),
    // Left out by Hugging Face where it follows from other sizes.
    ("mixtral", &["head_dim"]),
    ("gpt2", &["n_inner"]),
    ("falcon-7b", &["num_ln_in_parallel_attn"]),
];

#[test]
fn configurations_are_those_of_hugging_face() {
    let mut differences = Vec::new();
    for name in names() {
        let model = GgufModel::open(&folder().join(format!("{name}.gguf"))).unwrap();
        let found = model.configuration();
        let text = std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
        let expected: Value = serde_json::from_str(&text).unwrap();
        let skipped = |key: &str| {
            NOT_IN_THE_FILE.iter().any(|(model, keys)| (model.is_empty() || *model == name) && keys.contains(&key))
        };
        let mut compared = 0;
        for (key, value) in expected.as_object().unwrap() {
            if skipped(key) || found.get(key).is_none() {
                continue;
            }
            compared += 1;
            if !same(&found[key], value) {
                differences.push(format!("{name}: {key} is {}, not {value}", found[key]));
            }
        }
        compared += compare_rope(&name, found, &expected, &mut differences);
        assert!(compared >= 8, "{name}: only {compared} keys were compared");
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// transformers 5 has the rotary settings in one place, published configurations in several, as the reader does.
fn compare_rope(name: &str, found: &Value, expected: &Value, differences: &mut Vec<String>) -> usize {
    let Some(rope) = expected.get("rope_parameters").and_then(Value::as_object) else { return 0 };
    let rope = rope.get("full_attention").and_then(Value::as_object).unwrap_or(rope);
    let mut compared = 0;
    for (key, value) in rope {
        let found = match key.as_str() {
            "rope_theta" | "partial_rotary_factor" => found.get(key).cloned().unwrap_or(json!(1.0)),
            "rope_type" if value == "default" => {
                json!(found["rope_scaling"]["rope_type"].as_str().unwrap_or("default"))
            }
            _ if !found["rope_scaling"][key].is_null() => found["rope_scaling"][key].clone(),
            _ => found.get(key).cloned().unwrap_or_default(),
        };
        compared += 1;
        if !same(&found, value) {
            differences.push(format!("{name}: rope {key} is {found}, not {value}"));
        }
    }
    compared
}

fn same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(found), Value::Number(expected)) => found.as_f64() == expected.as_f64(),
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(found, expected)| same(found, expected))
        }
        // What Hugging Face adds to an inner object are its defaults.
        (Value::Object(found), Value::Object(expected)) => {
            found.iter().all(|(key, value)| expected.get(key).is_none_or(|expected| same(value, expected)))
        }
        _ => found == expected,
    }
}

#[test]
fn layers_that_differ_are_told_apart() {
    let configuration =
        |name: &str| GgufModel::open(&folder().join(format!("{name}.gguf"))).unwrap().configuration().clone();
    let (sliding, full) = ("sliding_attention", "full_attention");
    assert_eq!(configuration("gemma2")["layer_types"], json!([sliding, full]));
    assert_eq!(
        configuration("gemma3")["layer_types"],
        json!([sliding, sliding, sliding, sliding, sliding, full, sliding])
    );
    assert_eq!(configuration("gemma3")["rope_local_base_freq"], json!(10_000.0));
    assert_eq!(configuration("olmo3")["layer_types"], json!([sliding, sliding, sliding, full, sliding]));
    assert_eq!(configuration("smollm3")["no_rope_layers"], json!([1, 1, 1, 0, 1]));
    assert_eq!(configuration("falcon-40b")["num_ln_in_parallel_attn"], json!(2));
    assert_eq!(configuration("falcon-7b")["num_ln_in_parallel_attn"], json!(1));
}
