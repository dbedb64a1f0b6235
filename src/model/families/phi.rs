//! Phi 1, 1.5 and 2 (parallel, layer norms) and Phi 3 (Llama's shape with fused projections).

use super::super::error::Result;
use super::parts::{activation, head, head_width, layer_norm, root_mean_square, rotated, share};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{
    Activation, Architecture, Arrangement, Attention, Embedding, FeedForward, Gated, HeadNorm, Layer, Linear,
    Projections, TransformerLayer,
};
use crate::architecture::rotary::Rotary;

/// Reads a configuration of Phi 1, 1.5 or 2.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let hidden = configuration.size(&["hidden_size"])?;
    let heads = configuration.multiplicity(&["num_attention_heads"])?;
    let width = share(configuration, "num_attention_heads", hidden, heads)?;
    let key_value_heads = configuration.size_or(&["num_key_value_heads"], heads)?;
    share(configuration, "num_key_value_heads", heads, key_value_heads)?;
    let inner = configuration.size(&["intermediate_size"])?;
    let epsilon = configuration.number_or(&["layer_norm_eps"], 1e-5)?;
    let activation = activation(configuration, &["hidden_act"], Activation::GeluTanh)?;
    let rotated = rotated(configuration, &["partial_rotary_factor"], width, 0.5)?;
    let rotary = Rotary::read(configuration, None, rotated, 1e4)?;
    let normed_heads = configuration.flag_or("qk_layernorm", false)?;
    let layer = |index: usize| {
        let base = format!("model.layers.{index}");
        let name = |part: &str| format!("{base}.self_attn.{part}");
        let head_norm =
            |part: &str| normed_heads.then(|| HeadNorm::Head(layer_norm(&name(part), width, epsilon, true)));
        Layer::Transformer(Box::new(TransformerLayer {
            arrangement: Arrangement::ParallelShared,
            attention_norm: Some(layer_norm(&format!("{base}.input_layernorm"), hidden, epsilon, true)),
            ..TransformerLayer::new(
                Attention {
                    query_norm: head_norm("q_layernorm"),
                    key_norm: head_norm("k_layernorm"),
                    rotary: Some(rotary.clone()),
                    ..Attention::new(
                        [heads, key_value_heads],
                        width,
                        Projections::separate(&name, [heads, key_value_heads], width, hidden, true),
                        Linear::new(&name("dense"), heads * width, hidden, true),
                    )
                },
                FeedForward::Plain {
                    up: Linear::new(&format!("{base}.mlp.fc1"), hidden, inner, true),
                    activation,
                    down: Linear::new(&format!("{base}.mlp.fc2"), inner, hidden, true),
                },
            )
        }))
    };
    let mut head = head(configuration, "lm_head.weight", "model.embed_tokens.weight", false)?;
    head.bias = Some("lm_head.bias".to_string());
    Ok(Architecture {
        trained_positions: configuration.size_if(&["max_position_embeddings"])?,
        ..Architecture::of(
            configuration,
            Embedding::new("model.embed_tokens.weight", hidden),
            (0..configuration.multiplicity(&["num_hidden_layers"])?).map(|index| Ok(layer(index))),
            Some(layer_norm("model.final_layernorm", hidden, epsilon, true)),
            head,
        )?
    })
}

/// Reads a Phi 3 configuration.
pub fn read_phi3(configuration: &Configuration) -> Result<Architecture> {
    let hidden = configuration.size(&["hidden_size"])?;
    let heads = configuration.multiplicity(&["num_attention_heads"])?;
    let width = head_width(configuration, hidden, heads)?;
    let key_value_heads = configuration.size_or(&["num_key_value_heads"], heads)?;
    share(configuration, "num_key_value_heads", heads, key_value_heads)?;
    let inner = configuration.size(&["intermediate_size"])?;
    let epsilon = configuration.number_or(&["rms_norm_eps"], 1e-5)?;
    let activation = activation(configuration, &["hidden_act"], Activation::Silu)?;
    let rotated = rotated(configuration, &["partial_rotary_factor"], width, 1.0)?;
    let rotary = Rotary::read(configuration, None, rotated, 1e4)?;
    let window = configuration.size_if(&["sliding_window"])?;
    let layer = |index: usize| {
        let base = format!("model.layers.{index}");
        let norm = |name: &str| Some(root_mean_square(&format!("{base}.{name}"), hidden, epsilon));
        let outputs = (heads + 2 * key_value_heads) * width;
        Layer::Transformer(Box::new(TransformerLayer {
            attention_norm: norm("input_layernorm"),
            feed_forward_norm: norm("post_attention_layernorm"),
            ..TransformerLayer::new(
                Attention {
                    rotary: Some(rotary.clone()),
                    window,
                    ..Attention::new(
                        [heads, key_value_heads],
                        width,
                        Projections::Fused(Linear::new(&format!("{base}.self_attn.qkv_proj"), hidden, outputs, false)),
                        Linear::new(&format!("{base}.self_attn.o_proj"), heads * width, hidden, false),
                    )
                },
                FeedForward::Gated(Gated {
                    gate_up: Linear::new(&format!("{base}.mlp.gate_up_proj"), hidden, 2 * inner, false),
                    activation,
                    down: Linear::new(&format!("{base}.mlp.down_proj"), inner, hidden, false),
                }),
            )
        }))
    };
    Ok(Architecture {
        trained_positions: configuration.size_if(&["max_position_embeddings"])?,
        ..Architecture::of(
            configuration,
            Embedding::new("model.embed_tokens.weight", hidden),
            (0..configuration.multiplicity(&["num_hidden_layers"])?).map(|index| Ok(layer(index))),
            Some(root_mean_square("model.norm", hidden, epsilon)),
            head(configuration, "lm_head.weight", "model.embed_tokens.weight", false)?,
        )?
    })
}
