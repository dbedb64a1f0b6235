//! StarCoder 2: Llama's attention with biases and layer norms, a plain feed-forward part.

use super::super::error::Result;
use super::parts::{activation, head, layer_norm, share};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{
    Activation, Architecture, Attention, Embedding, FeedForward, Layer, Linear, Projections, TransformerLayer,
};
use crate::architecture::rotary::Rotary;

/// Reads a StarCoder 2 configuration.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let hidden = configuration.size(&["hidden_size"])?;
    let heads = configuration.multiplicity(&["num_attention_heads"])?;
    let width = share(configuration, "num_attention_heads", hidden, heads)?;
    let key_value_heads = configuration.size_or(&["num_key_value_heads"], 2)?;
    share(configuration, "num_key_value_heads", heads, key_value_heads)?;
    let inner = configuration.size(&["intermediate_size"])?;
    let epsilon = configuration.number_or(&["norm_epsilon"], 1e-5)?;
    let activation = activation(configuration, &["hidden_act"], Activation::GeluTanh)?;
    let bias = configuration.flag_or("use_bias", true)?;
    let window = configuration.size_if(&["sliding_window"])?;
    let rotary = Rotary::read(configuration, None, width, 1e4)?;
    let layer = |index: usize| {
        let base = format!("model.layers.{index}");
        let name = |part: &str| format!("{base}.self_attn.{part}");
        let norm = |name: &str| Some(layer_norm(&format!("{base}.{name}"), hidden, epsilon, true));
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
                        Projections::separate(&name, [heads, key_value_heads], width, hidden, bias),
                        Linear::new(&name("o_proj"), hidden, hidden, bias),
                    )
                },
                FeedForward::Plain {
                    up: Linear::new(&format!("{base}.mlp.c_fc"), hidden, inner, bias),
                    activation,
                    down: Linear::new(&format!("{base}.mlp.c_proj"), inner, hidden, bias),
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
            Some(layer_norm("model.norm", hidden, epsilon, true)),
            head(configuration, "lm_head.weight", "model.embed_tokens.weight", true)?,
        )?
    })
}
