//! Tensors that take no part in scoring: buffers that are computed anew, heads for other tasks, towers for images and sound,
//! what quantisers measured.

/// How the names of buffers end that older checkpoints store beside the weights.
const BUFFERS: &[&str] = &[
    "inv_freq",
    "rotary_emb.cos_cached",
    "rotary_emb.sin_cached",
    ".attn.bias",
    ".attn.masked_bias",
    ".attn.causal_mask",
    ".attention.bias",
    ".attention.masked_bias",
    ".attn.embed_positions",
    "position_ids",
];

/// What quantisers measure or keep for activations and caches. Scales of weights are not among them: without these the
/// weights would be others.
const MEASURED: &[&str] = &[
    ".input_scale",
    ".output_scale",
    ".k_scale",
    ".v_scale",
    ".q_scale",
    ".input_zero_point",
    ".output_zero_point",
    ".k_zero_point",
    ".v_zero_point",
    "._amax",
    ".activation_post_process.min_val",
    ".activation_post_process.max_val",
    ".activation_post_process.eps",
    ".activation_post_process.histogram",
];

/// What stands first, after `model.` or what wraps the model, in the names of parts beside the language model.
const BESIDE: &[&str] = &[
    // Heads that value, rank or classify a text.
    "v_head",
    "value_head",
    "score",
    "reward_head",
    "regression_head",
    "regression_layer",
    "classifier",
    "classification_head",
    "qa_outputs",
    "multiple_choice_head",
    // The same in GGUF.
    "cls",
    // Images and sound.
    "vision_tower",
    "vision_model",
    "visual",
    "multi_modal_projector",
    "mm_projector",
    "image_newline",
    "vision_embed_tokens",
    "audio_tower",
    "audio_projector",
];

/// What wraps the model in names.
const WRAPPERS: &[&str] = &["model.", "base_model.", "pretrained_model.", "transformer."];

/// Whether a tensor that an architecture has no place for changes nothing that is scored.
pub fn takes_no_part(name: &str) -> bool {
    if BUFFERS.iter().chain(MEASURED).any(|end| name.ends_with(end)) {
        return true;
    }
    let inner = WRAPPERS.iter().find_map(|wrapper| name.strip_prefix(wrapper));
    [Some(name), inner].into_iter().flatten().any(|name| {
        let first = name.split_once('.').map_or(name, |(first, _)| first);
        BESIDE.contains(&first)
    })
}

/// Names with `*` for numbers of layers and the like, each once, with how many tensors it stands for.
pub fn grouped(names: &[String]) -> Vec<(String, usize)> {
    let mut groups: Vec<(String, usize)> = Vec::new();
    for name in names {
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let parts: Vec<&str> = name.split('.').map(|part| if is_number(part) { "*" } else { part }).collect();
        let pattern = parts.join(".");
        match groups.iter_mut().find(|(known, _)| *known == pattern) {
            Some((_, count)) => *count += 1,
            None => groups.push((pattern, 1)),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_nothing_is_told_from_what_could() {
        for name in [
            "v_head.summary.weight",
            "score.weight",
            "model.layers.3.self_attn.rotary_emb.inv_freq",
            "transformer.h.0.attn.masked_bias",
            "model.vision_tower.blocks.0.norm.weight",
            "model.layers.0.mlp.down_proj.input_scale",
            "model.layers.0.mlp.down_proj.input_quantizer._amax",
            "cls.output.weight",
        ] {
            assert!(takes_no_part(name), "{name}");
        }
        for name in [
            "model.layers.0.mlp.down_proj.weight_scale",
            "model.layers.0.mlp.down_proj.bias",
            "model.layers.9.self_attn.q_proj.weight",
            "lm_head.bias",
            "model.score_norm.weight",
            "model.layers.0.score.weight",
        ] {
            assert!(!takes_no_part(name), "{name}");
        }
    }

    #[test]
    fn names_that_differ_in_numbers_are_one() {
        let names = ["h.0.attn.bias", "h.1.attn.bias", "score.weight"].map(str::to_string);
        assert_eq!(grouped(&names), [("h.*.attn.bias".to_string(), 2), ("score.weight".to_string(), 1)]);
    }
}
