//! GPT-NeoX: Pythia and kin.

use super::super::error::Result;
use super::parts::{activation, head, layer_norm, rotated, share};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{
    Activation, Architecture, Arrangement, Attention, Embedding, FeedForward, Layer, Linear, Projections,
    TransformerLayer,
};
use crate::architecture::rotary::Rotary;

/// Reads a GPT-NeoX configuration.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let hidden = configuration.size(&["hidden_size"])?;
    let heads = configuration.multiplicity(&["num_attention_heads"])?;
    let width = share(configuration, "num_attention_heads", hidden, heads)?;
    let inner = configuration.size(&["intermediate_size"])?;
    let epsilon = configuration.number_or(&["layer_norm_eps"], 1e-5)?;
    let activation = activation(configuration, &["hidden_act"], Activation::Gelu)?;
    let bias = configuration.flag_or("attention_bias", true)?;
    let rotated = rotated(configuration, &["rotary_pct", "partial_rotary_factor"], width, 0.25)?;
    let rotary = Rotary::read(configuration, None, rotated, 1e4)?;
    let arrangement = if configuration.flag_or("use_parallel_residual", true)? {
        Arrangement::Parallel
    } else {
        Arrangement::Sequential
    };
    let layer = |index: usize| {
        let base = format!("gpt_neox.layers.{index}");
        let name = format!("{base}.attention.query_key_value");
        Layer::Transformer(Box::new(TransformerLayer {
            arrangement,
            attention_norm: Some(layer_norm(&format!("{base}.input_layernorm"), hidden, epsilon, true)),
            feed_forward_norm: Some(layer_norm(&format!("{base}.post_attention_layernorm"), hidden, epsilon, true)),
            ..TransformerLayer::new(
                Attention {
                    rotary: Some(rotary.clone()),
                    ..Attention::new(
                        [heads, heads],
                        width,
                        Projections::fused_by_head(&name, hidden, heads, 1, width, bias),
                        Linear::new(&format!("{base}.attention.dense"), hidden, hidden, bias),
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
            Embedding::new("gpt_neox.embed_in.weight", hidden),
            (0..configuration.multiplicity(&["num_hidden_layers"])?).map(|index| Ok(layer(index))),
            Some(layer_norm("gpt_neox.final_layer_norm", hidden, epsilon, true)),
            head(configuration, "embed_out.weight", "gpt_neox.embed_in.weight", false)?,
        )?
    })
}
