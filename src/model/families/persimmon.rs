//! Persimmon: layer norms, a fused projection by head, half-rotated heads with norms of their own, squared ReLU.

use super::super::error::Result;
use super::parts::{activation, head, layer_norm, rotated, share};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{
    Activation, Architecture, Attention, Embedding, FeedForward, HeadNorm, Layer, Linear, Projections, TransformerLayer,
};
use crate::architecture::rotary::Rotary;

/// Reads a Persimmon configuration.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let hidden = configuration.size(&["hidden_size"])?;
    let heads = configuration.multiplicity(&["num_attention_heads"])?;
    let width = share(configuration, "num_attention_heads", hidden, heads)?;
    let inner = configuration.size(&["intermediate_size"])?;
    let epsilon = configuration.number_or(&["layer_norm_eps"], 1e-5)?;
    let activation = activation(configuration, &["hidden_act"], Activation::ReluSquared)?;
    let normed_heads = configuration.flag_or("qk_layernorm", true)?;
    let rotated = rotated(configuration, &["partial_rotary_factor"], width, 0.5)?;
    let rotary = Rotary::read(configuration, None, rotated, 1e4)?;
    let layer = |index: usize| {
        let base = format!("model.layers.{index}");
        let name = |part: &str| format!("{base}.self_attn.{part}");
        let norm = |name: &str| Some(layer_norm(&format!("{base}.{name}"), hidden, epsilon, true));
        let head_norm =
            |part: &str| normed_heads.then(|| HeadNorm::Head(layer_norm(&name(part), width, epsilon, true)));
        Layer::Transformer(Box::new(TransformerLayer {
            attention_norm: norm("input_layernorm"),
            feed_forward_norm: norm("post_attention_layernorm"),
            ..TransformerLayer::new(
                Attention {
                    query_norm: head_norm("q_layernorm"),
                    key_norm: head_norm("k_layernorm"),
                    rotary: Some(rotary.clone()),
                    ..Attention::new(
                        [heads, heads],
                        width,
                        Projections::fused_by_head(&name("query_key_value"), hidden, heads, 1, width, true),
                        Linear::new(&name("dense"), hidden, hidden, true),
                    )
                },
                FeedForward::Plain {
                    up: Linear::new(&format!("{base}.mlp.dense_h_to_4h"), hidden, inner, true),
                    activation,
                    down: Linear::new(&format!("{base}.mlp.dense_4h_to_h"), inner, hidden, true),
                },
            )
        }))
    };
    Ok(Architecture {
        trained_positions: configuration.size_if(&["max_position_embeddings"])?,
        ..Architecture::of(
            configuration,
            Embedding::new("model.embed_tokens.weight", hidden),
            (0..configuration.multiplicity(&["num_hidden_layers"])?).map(|index| Ok(layer(index))),
            Some(layer_norm("model.final_layernorm", hidden, epsilon, true)),
            head(configuration, "lm_head.weight", "model.embed_tokens.weight", false)?,
        )?
    })
}
