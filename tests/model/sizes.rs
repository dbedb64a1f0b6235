//! Sizes in a configuration that the weights do not have: an error at once, before anything of that size is made.

use std::time::{Duration, Instant};

use super::bad_models::{check, configure, copy, fault};

/// Keys of sizes in any family's spelling.
const KEYS: &[&str] = &[
    "hidden_size",
    "n_embd",
    "n_embed",
    "num_hidden_layers",
    "n_layer",
    "num_attention_heads",
    "n_head",
    "num_key_value_heads",
    "head_dim",
    "intermediate_size",
    "n_inner",
    "vocab_size",
    "max_position_embeddings",
    "n_positions",
    "num_experts",
    "num_experts_per_tok",
    "moe_intermediate_size",
    "shared_expert_intermediate_size",
    "state_size",
    "conv_kernel",
    "time_step_rank",
    "expand",
];

/// Those that no tensor has: they bound a window or a choice.
const NO_SHAPE: &[(&str, &str)] = &[
    ("", "max_position_embeddings"),
    ("", "num_experts_per_tok"),
    ("", "n_inner"),
    // `intermediate_size` counts.
    ("mamba", "expand"),
    ("qwen2_moe", "intermediate_size"),
];

#[test]
fn a_size_is_compared_with_the_weights_first() {
    for family in ["bloom", "gemma3", "gpt2", "llama", "mamba", "qwen2_moe"] {
        for key in KEYS {
            // Numbers that heads divide, and one that they do not.
            for size in [49_152_u64, 3 << 29, 1 << 31] {
                let folder = copy(family);
                let mut has = false;
                configure(folder.path(), |values| {
                    has = values.contains_key(*key) && !values[*key].is_null();
                    if has {
                        values.insert((*key).to_string(), size.into());
                    }
                });
                let passes = NO_SHAPE.iter().any(|(of, no)| (of.is_empty() || *of == family) && no == key);
                if !has || passes {
                    continue;
                }
                let begin = Instant::now();
                let error = fault(folder.path());
                assert!(begin.elapsed() < Duration::from_secs(3), "{family}, {key} = {size}: {:?}", begin.elapsed());
                let names = error.contains("tensor `") || error.contains("DIR/config.json, `");
                assert!(names && error.contains("DIR"), "{family}, {key} = {size}: {error}");
            }
        }
    }
}

#[test]
fn the_error_has_the_shape_that_is_there() {
    let folder = copy("bloom");
    configure(folder.path(), |values| drop(values.insert("hidden_size".into(), (3_u64 << 29).into())));
    let shapes = "has the shape [320, 24]; expected [320, 1610612736], by the configuration";
    check(&fault(folder.path()), &["DIR/model.safetensors", "word_embeddings.weight`", shapes]);

    let folder = copy("qwen2_moe");
    configure(folder.path(), |values| drop(values.insert("num_experts".into(), 60_000.into())));
    check(&fault(folder.path()), &["mlp.gate.weight` has the shape", "[60000, 32], by the configuration"]);
}
