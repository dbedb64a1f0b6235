//! Persimmon: layer norms, a fused projection by head, half-rotated heads with norms of their own, squared ReLU.

use super::super::architecture::{
    Activation, Architecture, Arrangement, Attention, Embedding, FeedForward, HeadNorm, Layer, Linear, Projections,
    TransformerLayer,
};
use super::super::configuration::Configuration;
use super::super::error::Result;
use super::super::rotary::Rotary;
use super::parts::{activation, grouped_rows, head, layer_norm, rotated, share};

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
            arrangement: Arrangement::Sequential,
            attention_norm: norm("input_layernorm"),
            attention: Attention {
                heads,
                key_value_heads: heads,
                head_width: width,
                value_width: width,
                projections: Projections::Fused(Linear::rearranged(
                    &name("query_key_value"),
                    hidden,
                    3 * hidden,
                    grouped_rows(heads, 1, width),
                    true,
                )),
                clip: None,
                query_norm: head_norm("q_layernorm"),
                key_norm: head_norm("k_layernorm"),
                rotary: Some(rotary.clone()),
                alibi: None,
                scale: (width as f64).powf(-0.5),
                soft_cap: None,
                window: None,
                output: Linear::new(&name("dense"), hidden, hidden, true),
            },
            attention_post_norm: None,
            feed_forward_norm: norm("post_attention_layernorm"),
            feed_forward: FeedForward::Plain {
                up: Linear::new(&format!("{base}.mlp.dense_h_to_4h"), hidden, inner, true),
                activation,
                down: Linear::new(&format!("{base}.mlp.dense_4h_to_h"), inner, hidden, true),
            },
            feed_forward_post_norm: None,
            residual_multiplier: 1.0,
        }))
    };
    Ok(Architecture {
        name: configuration.model_type()?.to_string(),
        vocabulary: configuration.size(&["vocab_size"])?,
        hidden,
        embedding: Embedding {
            weight: "model.embed_tokens.weight".to_string(),
            width: hidden,
            multiplier: 1.0,
            projection: None,
            positions: None,
            norm: None,
        },
        layers: (0..configuration.multiplicity(&["num_hidden_layers"])?).map(layer).collect(),
        final_norm: Some(layer_norm("model.final_layernorm", hidden, epsilon, true)),
        head: head(configuration, "lm_head.weight", "model.embed_tokens.weight", false)?,
        most_positions: None,
        trained_positions: configuration.size_if(&["max_position_embeddings"])?,
        foreign: Vec::new(),
    })
}
