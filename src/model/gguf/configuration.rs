//! A Hugging Face configuration from the header of a GGUF file.

use serde_json::{Map, Value, json};

use super::dimensions::Dimensions;
use super::family::Family;
use super::file::GgufFile;
use super::keys::Keys;
use super::rope;
use crate::error::Result;

/// What a configuration leaves out: whether `rope_freqs.weight` says something that it cannot say.
pub(super) struct Configuration {
    /// As in `config.json`.
    pub(super) values: Value,
    /// Whether rotary factors must be read from the tensor `rope_freqs.weight`.
    pub(super) keep_rope_factors: bool,
}

/// The configuration of a file.
///
/// # Errors
/// [`ModelError::Malformed`](crate::ModelError::Malformed) where a key is missing or holds something else.
pub(super) fn build(file: &GgufFile, family: Family, dimensions: &Dimensions) -> Result<Configuration> {
    let keys = Keys::new(file, family);
    let mut values = Map::new();
    let mut set = |name: &str, value: Value| {
        values.insert(name.to_string(), value);
    };
    set("model_type", json!(model_type(&keys)));
    set("vocab_size", json!(dimensions.vocabulary));
    // llama.cpp writes the output matrix only where it is not the embeddings.
    set("tie_word_embeddings", json!(!keys.has_tensor("output.weight")));
    for (name, key) in [("bos_token_id", "bos"), ("eos_token_id", "eos"), ("pad_token_id", "padding")] {
        set(name, json!(file.whole(&format!("tokenizer.ggml.{key}_token_id"))?));
    }
    let mut keep_rope_factors = false;
    match family {
        Family::Gpt2 => gpt2(&keys, dimensions, &mut values)?,
        Family::Bloom => bloom(&keys, dimensions, &mut values)?,
        Family::Mpt => mpt(&keys, dimensions, &mut values)?,
        Family::Mamba => mamba(&keys, dimensions, &mut values)?,
        _ => {
            rotary(&keys, dimensions, &mut values)?;
            keep_rope_factors = rope::scaling(&keys, &mut values)?;
        }
    }
    Ok(Configuration { values: Value::Object(values), keep_rope_factors })
}

fn model_type(keys: &Keys<'_>) -> &'static str {
    match keys.family() {
        Family::Bloom => "bloom",
        Family::Falcon => "falcon",
        Family::Gemma => "gemma",
        Family::Gemma2 => "gemma2",
        Family::Gemma3 => "gemma3_text",
        Family::Gpt2 => "gpt2",
        Family::GptNeox => "gpt_neox",
        Family::Granite => "granite",
        Family::Llama if keys.family().has_experts(keys.file()) => "mixtral",
        Family::Llama => "llama",
        Family::Mamba => "mamba",
        Family::Mpt => "mpt",
        Family::Olmo => "olmo",
        Family::Olmo2 if keys.file().has("olmo2.attention.sliding_window") => "olmo3",
        Family::Olmo2 => "olmo2",
        Family::Olmoe => "olmoe",
        Family::Phi2 => "phi",
        Family::Phi3 => "phi3",
        Family::Qwen2 => "qwen2",
        Family::Qwen2Moe => "qwen2_moe",
        Family::Qwen3 => "qwen3",
        Family::Qwen3Moe => "qwen3_moe",
        Family::SmolLm3 => "smollm3",
        Family::StableLm => "stablelm",
        Family::Starcoder2 => "starcoder2",
    }
}

/// The families with rotary positions, which share most names.
fn rotary(keys: &Keys<'_>, dimensions: &Dimensions, values: &mut Map<String, Value>) -> Result<()> {
    let Dimensions { hidden, layers, heads, key_value_heads, head, .. } = *dimensions;
    let family = keys.family();
    let mut set = |name: &str, value: Value| {
        values.insert(name.to_string(), value);
    };
    set("hidden_size", json!(hidden));
    set("num_hidden_layers", json!(layers));
    set("num_attention_heads", json!(heads));
    set("num_key_value_heads", json!(key_value_heads));
    set("head_dim", json!(head));
    set("max_position_embeddings", json!(keys.required_whole("context_length")?));
    let theta = keys.number("rope.freq_base")?.unwrap_or(10_000.0);
    set("rope_theta", json!(theta));
    let rotary_share = match keys.whole("rope.dimension_count")? {
        // Gemma's and other files repeat the head's length, some old ones wrongly: only a part of it means a share.
        Some(rotary) if rotary > 0 && (rotary as usize) < head => Some(rotary as f64 / head as f64),
        _ => None,
    };
    if let Some(share) = rotary_share {
        set("partial_rotary_factor", json!(share));
    }
    if family != Family::Falcon && family != Family::Olmoe || keys.file().has(&keys.key("feed_forward_length")) {
        set("intermediate_size", json!(keys.required_whole("feed_forward_length")?));
    }
    match family {
        Family::Falcon => {}
        Family::GptNeox | Family::Phi2 | Family::StableLm => {
            set("layer_norm_eps", json!(keys.required_number("attention.layer_norm_epsilon")?));
        }
        Family::Starcoder2 => set("norm_epsilon", json!(keys.required_number("attention.layer_norm_epsilon")?)),
        // Its norm has no weights and this constant.
        Family::Olmo => {}
        _ => set("rms_norm_eps", json!(keys.required_number("attention.layer_norm_rms_epsilon")?)),
    }
    set("attention_bias", json!(keys.has_tensor("blk.0.attn_q.bias") || keys.has_tensor("blk.0.attn_qkv.bias")));
    set("mlp_bias", json!(keys.has_tensor("blk.0.ffn_up.bias")));
    set("hidden_act", json!("silu"));
    match family {
        Family::Gemma | Family::Gemma2 | Family::Gemma3 => gemma(keys, dimensions, &mut set)?,
        Family::Granite => {
            for (name, key) in [
                ("attention_multiplier", "attention.scale"),
                ("embedding_multiplier", "embedding_scale"),
                ("residual_multiplier", "residual_scale"),
                ("logits_scaling", "logit_scale"),
            ] {
                set(name, json!(keys.required_number(key)?));
            }
        }
        Family::Phi2 => {
            set("hidden_act", json!("gelu_new"));
            set("qk_layernorm", json!(false));
        }
        Family::Phi3 => {
            // 0 stands for none.
            set("sliding_window", json!(keys.whole("attention.sliding_window")?.filter(|&window| window > 0)));
        }
        Family::GptNeox => {
            set("hidden_act", json!("gelu"));
            set("rotary_pct", json!(rotary_share.unwrap_or(1.0)));
            set("rotary_emb_base", json!(theta));
            let parallel = keys.file().boolean(&keys.key("use_parallel_residual"))?.unwrap_or(true);
            set("use_parallel_residual", json!(parallel));
        }
        Family::StableLm => {
            set("use_qkv_bias", json!(keys.has_tensor("blk.0.attn_q.bias")));
            // Layers whose MLP works beside the attention have no norm of their own for it.
            set("use_parallel_residual", json!(!keys.has_tensor("blk.0.ffn_norm.weight")));
            set("qk_layernorm", json!(keys.has_tensor("blk.0.attn_q_norm.weight")));
        }
        Family::Starcoder2 => {
            set("hidden_act", json!("gelu_pytorch_tanh"));
            set("use_bias", json!(keys.has_tensor("blk.0.attn_output.bias")));
            set("sliding_window", json!(keys.whole("attention.sliding_window")?));
        }
        Family::Falcon => falcon(keys, dimensions, &mut set)?,
        Family::SmolLm3 => {
            // llama.cpp leaves every fourth layer without positions; no key says so.
            let positions: Vec<u8> = (0..layers).map(|layer| u8::from((layer + 1) % 4 != 0)).collect();
            set("no_rope_layer_interval", json!(4));
            set("no_rope_layers", json!(positions));
            set("use_sliding_window", json!(false));
        }
        Family::Olmo => set("clip_qkv", json!(keys.number("attention.clamp_kqv")?)),
        Family::Olmo2 => {
            if let Some(window) = keys.whole("attention.sliding_window")? {
                set("sliding_window", json!(window));
                set("layer_types", json!(layer_types(keys, layers, 4)?));
            }
        }
        Family::Qwen2 | Family::Qwen3 => {
            set("use_sliding_window", json!(false));
            if family == Family::Qwen2 {
                set("attention_bias", json!(true));
            }
        }
        Family::Llama | Family::Qwen2Moe | Family::Qwen3Moe | Family::Olmoe => {
            if family.has_experts(keys.file()) {
                experts(keys, &mut set)?;
            }
            set("sliding_window", json!(keys.whole("attention.sliding_window")?));
        }
        _ => {}
    }
    Ok(())
}

fn gemma(keys: &Keys<'_>, dimensions: &Dimensions, set: &mut impl FnMut(&str, Value)) -> Result<()> {
    let Dimensions { hidden, layers, heads, head, .. } = *dimensions;
    set("hidden_act", json!("gelu_pytorch_tanh"));
    set("hidden_activation", json!("gelu_pytorch_tanh"));
    if keys.family() == Family::Gemma {
        return Ok(());
    }
    // The scale of the scores is not in the file; the 27B models (46 and 62 layers) have one of their own.
    let largest = if keys.family() == Family::Gemma2 { 46 } else { 62 };
    set("query_pre_attn_scalar", json!(if layers == largest { hidden / heads } else { head }));
    set("final_logit_softcapping", json!(keys.number("final_logit_softcapping")?.filter(|&cap| cap > 0.0)));
    if keys.family() == Family::Gemma2 {
        set("attn_logit_softcapping", json!(keys.number("attn_logit_softcapping")?.unwrap_or(50.0)));
        set("final_logit_softcapping", json!(keys.number("final_logit_softcapping")?.unwrap_or(30.0)));
        set("sliding_window", json!(keys.whole("attention.sliding_window")?.unwrap_or(4096)));
        set("layer_types", json!(layer_types(keys, layers, 2)?));
        return Ok(());
    }
    set("attn_logit_softcapping", Value::Null);
    match keys.whole("attention.sliding_window")?.filter(|&window| window > 0) {
        Some(window) => {
            set("sliding_window", json!(window));
            let period = keys.whole("attention.sliding_window_pattern").ok().flatten().unwrap_or(6);
            set("sliding_window_pattern", json!(period));
            set("layer_types", json!(layer_types(keys, layers, 6)?));
        }
        None => set("layer_types", json!(vec!["full_attention"; layers])),
    }
    let mut local = 10_000.0;
    for key in ["rope.freq_base_swa", "rope.local.freq_base", "rope.local_freq_base"] {
        if let Some(base) = keys.number(key)? {
            local = base;
        }
    }
    set("rope_local_base_freq", json!(local));
    Ok(())
}

/// Which layers see a window only: a list in the file, or all but every `period`-th.
fn layer_types(keys: &Keys<'_>, layers: usize, period: usize) -> Result<Vec<&'static str>> {
    const KEY: &str = "attention.sliding_window_pattern";
    let key = keys.key(KEY);
    let name = |sliding: bool| if sliding { "sliding_attention" } else { "full_attention" };
    if keys.file().is_array(&key) {
        let sliding = keys.file().booleans(&key)?.unwrap_or_default();
        if sliding.len() < layers {
            return Err(keys.file().unexpected(&key, &format!("a value for each of the {layers} layers")));
        }
        return Ok(sliding.into_iter().take(layers).map(name).collect());
    }
    let period = keys.whole(KEY)?.and_then(|period| usize::try_from(period).ok()).unwrap_or(period);
    if period == 0 {
        return Err(keys.file().unexpected(&key, "1 or more"));
    }
    Ok((0..layers).map(|layer| name((layer + 1) % period != 0)).collect())
}

fn experts(keys: &Keys<'_>, set: &mut impl FnMut(&str, Value)) -> Result<()> {
    let count = keys.required_whole("expert_count")?;
    set(if keys.family() == Family::Llama { "num_local_experts" } else { "num_experts" }, json!(count));
    set("num_experts_per_tok", json!(keys.required_whole("expert_used_count")?));
    match keys.family() {
        Family::Qwen2Moe | Family::Qwen3Moe => {
            set("moe_intermediate_size", json!(keys.required_whole("expert_feed_forward_length")?));
            set("decoder_sparse_step", json!(1));
            set("mlp_only_layers", json!([]));
            // llama.cpp computes these families so; no key says it.
            set("norm_topk_prob", json!(keys.family() == Family::Qwen3Moe));
        }
        Family::Olmoe => set("norm_topk_prob", json!(false)),
        _ => {}
    }
    if keys.family() == Family::Qwen2Moe {
        set("shared_expert_intermediate_size", json!(keys.required_whole("expert_shared_feed_forward_length")?));
        set("attention_bias", json!(true));
    }
    Ok(())
}

fn falcon(keys: &Keys<'_>, dimensions: &Dimensions, set: &mut impl FnMut(&str, Value)) -> Result<()> {
    let Dimensions { key_value_heads, .. } = *dimensions;
    set("layer_norm_epsilon", json!(keys.required_number("attention.layer_norm_epsilon")?));
    set("num_kv_heads", json!(key_value_heads));
    set("multi_query", json!(true));
    set("new_decoder_architecture", json!(key_value_heads > 1));
    let two_norms = keys.has_tensor("blk.0.attn_norm_2.weight");
    set("num_ln_in_parallel_attn", json!(if two_norms { 2 } else { 1 }));
    set("parallel_attn", json!(true));
    set("alibi", json!(false));
    set("bias", json!(keys.has_tensor("blk.0.attn_qkv.bias")));
    set("ffn_hidden_size", json!(keys.whole("feed_forward_length")?));
    set("activation", json!("gelu"));
    set("hidden_act", json!("gelu"));
    Ok(())
}

fn gpt2(keys: &Keys<'_>, dimensions: &Dimensions, values: &mut Map<String, Value>) -> Result<()> {
    let context = keys.required_whole("context_length")?;
    for (name, value) in [
        ("n_embd", json!(dimensions.hidden)),
        ("n_layer", json!(dimensions.layers)),
        ("n_head", json!(dimensions.heads)),
        ("n_positions", json!(context)),
        ("n_ctx", json!(context)),
        ("n_inner", json!(keys.whole("feed_forward_length")?)),
        ("layer_norm_epsilon", json!(keys.required_number("attention.layer_norm_epsilon")?)),
        ("activation_function", json!("gelu_new")),
    ] {
        values.insert(name.to_string(), value);
    }
    Ok(())
}

fn bloom(keys: &Keys<'_>, dimensions: &Dimensions, values: &mut Map<String, Value>) -> Result<()> {
    for (name, value) in [
        ("hidden_size", json!(dimensions.hidden)),
        ("n_layer", json!(dimensions.layers)),
        ("n_head", json!(dimensions.heads)),
        ("seq_length", json!(keys.whole("context_length")?)),
        ("layer_norm_epsilon", json!(keys.required_number("attention.layer_norm_epsilon")?)),
        ("apply_residual_connection_post_layernorm", json!(false)),
    ] {
        values.insert(name.to_string(), value);
    }
    Ok(())
}

fn mpt(keys: &Keys<'_>, dimensions: &Dimensions, values: &mut Map<String, Value>) -> Result<()> {
    let hidden = dimensions.hidden as u64;
    let inner = keys.required_whole("feed_forward_length")?;
    if !inner.is_multiple_of(hidden) {
        return Err(keys.file().unexpected(&keys.key("feed_forward_length"), &format!("a multiple of {hidden}")));
    }
    let alibi = keys.number("attention.max_alibi_bias")?.unwrap_or(0.0);
    let has_bias = keys.has_tensor("blk.0.attn_qkv.bias") || keys.has_tensor("output_norm.bias");
    for (name, value) in [
        ("d_model", json!(hidden)),
        ("n_layers", json!(dimensions.layers)),
        ("n_heads", json!(dimensions.heads)),
        ("expansion_ratio", json!(inner / hidden)),
        ("max_seq_len", json!(keys.required_whole("context_length")?)),
        ("layer_norm_epsilon", json!(keys.required_number("attention.layer_norm_epsilon")?)),
        ("no_bias", json!(!has_bias)),
        (
            "attn_config",
            json!({
                "attn_type": if dimensions.key_value_heads < dimensions.heads { "grouped_query_attention" } else { "multihead_attention" },
                "alibi": alibi > 0.0,
                "alibi_bias_max": alibi,
                "clip_qkv": keys.number("attention.clamp_kqv")?.filter(|&clip| clip > 0.0),
                "kv_n_heads": dimensions.key_value_heads,
                "qk_ln": keys.has_tensor("blk.0.attn_q_norm.weight"),
                "softmax_scale": null,
            }),
        ),
    ] {
        values.insert(name.to_string(), value);
    }
    Ok(())
}

fn mamba(keys: &Keys<'_>, dimensions: &Dimensions, values: &mut Map<String, Value>) -> Result<()> {
    let inner = keys.required_whole("ssm.inner_size")?;
    if keys.file().boolean(&keys.key("ssm.dt_b_c_rms"))?.unwrap_or(false) {
        let expected = "false: Falcon Mamba's norms are not supported";
        return Err(keys.file().unexpected(&keys.key("ssm.dt_b_c_rms"), expected));
    }
    for (name, value) in [
        ("hidden_size", json!(dimensions.hidden)),
        ("num_hidden_layers", json!(dimensions.layers)),
        ("intermediate_size", json!(inner)),
        ("conv_kernel", json!(keys.required_whole("ssm.conv_kernel")?)),
        ("state_size", json!(keys.required_whole("ssm.state_size")?)),
        ("time_step_rank", json!(keys.required_whole("ssm.time_step_rank")?)),
        ("layer_norm_epsilon", json!(keys.required_number("attention.layer_norm_rms_epsilon")?)),
        ("use_bias", json!(keys.has_tensor("blk.0.ssm_in.bias"))),
        ("use_conv_bias", json!(keys.has_tensor("blk.0.ssm_conv1d.bias"))),
        ("hidden_act", json!("silu")),
    ] {
        values.insert(name.to_string(), value);
    }
    Ok(())
}
