//! Every family against configurations that lack a key or hold nonsense: a clear error, never a panic.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::super::error::Result;
use super::covered;
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{Architecture, FeedForward, Layer};
use crate::architecture::rotary::Scaling;

/// Names of keys without which no family can be read, by meaning.
const NEEDED: [&[&str]; 3] = [
    &["hidden_size", "n_embd", "d_model", "n_embed"],
    &["num_hidden_layers", "n_layer", "n_layers", "num_layers"],
    &["num_attention_heads", "n_head", "n_heads", "num_heads"],
];

fn read(values: &Map<String, Value>) -> Result<Architecture> {
    let configuration = Configuration::from_value(Path::new("config.json"), Value::Object(values.clone()))?;
    Architecture::read(&configuration)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(values) => values,
        other => panic!("{other} is no object"),
    }
}

/// One configuration of every family, as published files write it, and all that lie in folders of reference models.
fn configurations() -> Vec<(String, Map<String, Value>)> {
    let mut all: Vec<(String, Map<String, Value>)> =
        covered().into_iter().map(|name| (name.to_string(), plain(name))).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders = vec![root.join("tests/data/models"), root.join("../shared/reference")];
    folders.extend(std::env::split_paths(&std::env::var_os("MIXOPT_REFERENCE_MODELS").unwrap_or_default()));
    for folder in folders {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path().join("config.json")).collect();
        files.sort();
        for file in files {
            let Ok(text) = std::fs::read_to_string(&file) else { continue };
            let values = object(serde_json::from_str(&text).expect("a configuration"));
            if values["model_type"].as_str().is_some_and(|name| covered().contains(&name)) {
                all.push((file.display().to_string(), values));
            }
        }
    }
    all
}

/// The keys that describe a small model, in every family's spelling.
fn plain(name: &str) -> Map<String, Value> {
    let mut values = object(match name {
        "gpt2" | "gpt_bigcode" | "gptj" | "codegen" => {
            json!({"n_embd": 64, "n_head": 4, "n_layer": 2, "n_positions": 64, "rotary_dim": 8})
        }
        "gpt_neo" => json!({"hidden_size": 64, "num_heads": 4, "num_layers": 2}),
        "bloom" | "RefinedWeb" | "RefinedWebModel" => json!({"hidden_size": 64, "n_head": 4, "n_layer": 2}),
        "mpt" => json!({"d_model": 64, "n_heads": 4, "n_layers": 2}),
        "opt" => json!({
            "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2, "ffn_dim": 128,
            "max_position_embeddings": 64
        }),
        "mamba" => json!({"hidden_size": 64, "num_hidden_layers": 2}),
        _ => json!({
            "hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 2,
            "intermediate_size": 128, "num_local_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32,
            "shared_expert_intermediate_size": 32, "n_routed_experts": 8, "kv_lora_rank": 16, "q_lora_rank": 16,
            "qk_nope_head_dim": 8, "qk_rope_head_dim": 8, "v_head_dim": 8,
            "first_k_dense_replace": 1
        }),
    });
    values.insert("model_type".to_string(), json!(name));
    values.insert("vocab_size".to_string(), json!(96));
    values
}

#[test]
fn every_family_reads_a_plain_configuration() {
    for name in covered() {
        let architecture = read(&plain(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((architecture.vocabulary, architecture.hidden, architecture.layers.len()), (96, 64, 2), "{name}");
    }
}

#[test]
fn a_missing_key_is_named() {
    for (name, values) in configurations() {
        for aliases in NEEDED {
            let mut lacking = values.clone();
            // Where a model with vision keeps them apart.
            if let Some(Value::Object(inner)) = lacking.get_mut("text_config") {
                aliases.iter().for_each(|key| drop(inner.remove(*key)));
            }
            let found = aliases.iter().filter(|key| lacking.remove(**key).is_some()).count();
            let gemma3 = values["model_type"].as_str().is_some_and(|name| name.starts_with("gemma3"));
            if found == 0 || (gemma3 && aliases.contains(&"num_attention_heads")) {
                continue;
            }
            match read(&lacking) {
                Ok(_) => panic!("{name}: taken without {aliases:?}"),
                Err(error) => {
                    let error = error.to_string();
                    let named = aliases.iter().any(|key| error.contains(&format!("`{key}`")));
                    assert!(named && error.contains("missing"), "{name}: without {aliases:?}: {error}");
                }
            }
        }
    }
}

#[test]
fn no_value_of_any_key_panics() {
    let nonsense = [
        json!(null),
        json!(-3),
        json!(0),
        json!(1),
        json!(-0.5),
        json!(1e300),
        json!(1_u64 << 40),
        json!(u64::MAX),
        json!("text"),
        json!(true),
        json!([]),
        json!([[["global"], 7]]),
        json!({}),
        json!({"rope_type": "yarn"}),
    ];
    for (name, values) in configurations() {
        for key in values.keys().filter(|key| *key != "model_type") {
            let mut changed = values.clone();
            changed.remove(key);
            outcome(&name, key, &changed);
            for nonsense in &nonsense {
                changed.insert(key.clone(), nonsense.clone());
                outcome(&name, key, &changed);
            }
            // The same one level deeper.
            let Value::Object(inner) = &values[key] else { continue };
            for inner_key in inner.keys() {
                for nonsense in &nonsense {
                    let mut inner = inner.clone();
                    inner.insert(inner_key.clone(), nonsense.clone());
                    changed.insert(key.clone(), Value::Object(inner));
                    outcome(&name, &format!("{key}.{inner_key}"), &changed);
                }
            }
        }
    }
}

/// Reads, and checks that an error says where it lies. What is read must have no more of anything than its configuration.
fn outcome(name: &str, key: &str, values: &Map<String, Value>) {
    match read(values) {
        Ok(architecture) => {
            assert!(architecture.layers.len() <= 1000, "{name} with {key} changed has {}", architecture.layers.len());
            assert!(architecture.operations(8, 8).is_finite(), "{name} with {key} changed");
        }
        Err(error) => assert!(error.to_string().contains("config.json"), "{name}: {error}"),
    }
}

#[test]
fn gemma_3_with_vision_leaves_out_what_is_as_in_the_smallest_model() {
    let values = object(json!({
        "model_type": "gemma3",
        "text_config": {
            "hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text", "num_hidden_layers": 34,
            "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024
        },
        "vision_config": {"hidden_size": 1152}
    }));
    let architecture = read(&values).expect("a configuration");
    assert_eq!(architecture.vocabulary, 262_208);
    for (index, layer) in architecture.layers.iter().enumerate() {
        let Layer::Transformer(layer) = layer else { panic!("a transformer") };
        let attention = &layer.attention;
        assert_eq!((attention.heads, attention.key_value_heads, attention.head_width), (8, 4, 256));
        let rotary = attention.rotary.as_ref().expect("a rotation");
        let full = index % 6 == 5;
        assert_eq!(attention.window, (!full).then_some(1024));
        assert_eq!(rotary.base, if full { 1e6 } else { 1e4 });
        assert_eq!(rotary.scaling, if full { Scaling::Linear { factor: 8.0 } } else { Scaling::None });
    }
}

/// Base, window and key heads of layer 0.
fn first(values: Value) -> (f64, Option<usize>, usize) {
    let architecture = read(&object(values)).expect("a configuration");
    let Layer::Transformer(layer) = &architecture.layers[0] else { panic!("a transformer") };
    let attention = &layer.attention;
    (attention.rotary.as_ref().map_or(0.0, |rotary| rotary.base), attention.window, attention.key_value_heads)
}

#[test]
fn absent_keys_mean_what_the_family_means_by_them() {
    let model = |name: &str, more: Value| {
        let mut values = object(json!({
            "model_type": name, "vocab_size": 96, "hidden_size": 64, "num_attention_heads": 32, "num_hidden_layers": 2,
            "intermediate_size": 128, "moe_intermediate_size": 16, "num_experts": 4, "num_experts_per_tok": 2,
            "num_local_experts": 4, "head_dim": 8
        }));
        values.extend(object(more));
        Value::Object(values)
    };
    assert_eq!(first(model("llama", json!({}))), (1e4, None, 32));
    assert_eq!(first(model("mistral", json!({}))), (1e4, Some(4096), 8));
    assert_eq!(first(model("mistral", json!({"sliding_window": null}))), (1e4, None, 8));
    assert_eq!(first(model("mixtral", json!({"num_key_value_heads": null}))), (1e6, None, 32));
    assert_eq!(first(model("qwen2", json!({"sliding_window": 16}))), (1e4, None, 32));
    let sliding = json!({"use_sliding_window": true, "max_window_layers": 0});
    assert_eq!(first(model("qwen2", sliding)), (1e4, Some(4096), 32));
    let sliding = json!({"use_sliding_window": true, "sliding_window": 16, "max_window_layers": 2});
    assert_eq!(first(model("qwen3", sliding.clone())), (1e4, None, 32));
    assert_eq!(first(model("qwen3_moe", sliding)), (1e4, Some(16), 4));
    // The base stands beside the parameters or within them, in either form; the inner one counts.
    let beside = json!({"rope_theta": 7e5, "rope_parameters": {"rope_type": "default"}});
    assert_eq!(first(model("llama", beside)).0, 7e5);
    let within = json!({"rope_theta": 7e5, "rope_scaling": {"type": "linear", "factor": 2, "rope_theta": 3e5}});
    assert_eq!(first(model("llama", within)).0, 3e5);
}

#[test]
fn early_phi_3_calls_its_scaling_yarn() {
    let factors = vec![1.5; 8];
    let values = object(json!({
        "model_type": "phi3", "vocab_size": 96, "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 1,
        "intermediate_size": 128, "max_position_embeddings": 128, "original_max_position_embeddings": 32,
        "rope_scaling": {"type": "yarn", "short_factor": factors, "long_factor": factors}
    }));
    let architecture = read(&values).expect("a configuration");
    let Layer::Transformer(layer) = &architecture.layers[0] else { panic!("a transformer") };
    let Some(Scaling::Long { short, trained, magnitude, .. }) = layer.attention.rotary.as_ref().map(|r| &r.scaling)
    else {
        panic!("other scaling");
    };
    assert_eq!((short, *trained), (&factors, 32));
    // √(1 + ln 4 / ln 32).
    assert!((magnitude - (1.0_f64 + 0.4).sqrt()).abs() < 1e-12);
}

#[test]
fn what_is_not_computed_is_refused() {
    let refused = |name: &str, key: &str, value: Value| {
        let mut values = plain(name);
        values.insert(key.to_string(), value);
        let error = read(&values).map(|_| ()).expect_err("a refusal").to_string();
        assert!(error.contains(key), "{name}: {error}");
    };
    refused("llama", "quantization_config", json!({"quant_method": "gptq"}));
    refused("mpt", "no_bias", json!(false));
    refused("mpt", "logit_scale", json!("inv_sqrt_d_model"));
    refused("mpt", "attn_config", json!({"attn_type": "multiquery_attention"}));
    refused("gemma3_text", "use_bidirectional_attention", json!(true));
    refused("deepseek_v2", "moe_layer_freq", json!(2));
    refused("deepseek_v3", "topk_method", json!("greedy"));
    refused("granite", "logits_scaling", json!(0));
    refused("gptj", "rotary_dim", json!(32));
}

#[test]
fn deepseek_v3_routes_by_the_logistic_function() {
    let mut values = plain("deepseek_v3");
    values.extend(object(json!({
        "n_group": 2, "topk_group": 1, "num_nextn_predict_layers": 1
    })));
    let architecture = read(&values).expect("a configuration");
    assert_eq!(architecture.foreign, ["model.layers.2."]);
    let Layer::Transformer(layer) = &architecture.layers[1] else { panic!("a transformer") };
    let FeedForward::Experts(experts) = &layer.feed_forward else { panic!("experts") };
    let groups = experts.routing.groups.expect("groups");
    assert_eq!((groups.count, groups.open, groups.best, experts.routing.multiplier), (2, 1, 2, 2.5));
    assert_eq!(experts.routing.correction.as_deref(), Some("model.layers.1.mlp.gate.e_score_correction_bias"));
}
