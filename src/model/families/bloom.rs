//! BLOOM: a normed embedding, linear biases, a fused projection by head.

use super::super::error::Result;
use super::parts::{alibi_slopes, head, layer_norm, share};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{
    Activation, Alibi, Architecture, Arrangement, Attention, Embedding, FeedForward, Layer, Linear, Projections,
    TransformerLayer,
};

/// Reads a BLOOM configuration.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let hidden = configuration.size(&["hidden_size", "n_embed"])?;
    let heads = configuration.multiplicity(&["n_head", "num_attention_heads"])?;
    let width = share(configuration, "n_head", hidden, heads)?;
    let epsilon = configuration.number_or(&["layer_norm_epsilon"], 1e-5)?;
    let arrangement = if configuration.flag_or("apply_residual_connection_post_layernorm", false)? {
        Arrangement::ResidualOfNorm
    } else {
        Arrangement::Sequential
    };
    let layer = |index: usize| {
        let base = format!("transformer.h.{index}");
        let norm = |name: &str| Some(layer_norm(&format!("{base}.{name}"), hidden, epsilon, true));
        let name = format!("{base}.self_attention.query_key_value");
        Layer::Transformer(Box::new(TransformerLayer {
            arrangement,
            attention_norm: norm("input_layernorm"),
            feed_forward_norm: norm("post_attention_layernorm"),
            ..TransformerLayer::new(
                Attention {
                    alibi: Some(Alibi { slopes: alibi_slopes(heads), before_scale: false }),
                    ..Attention::new(
                        [heads, heads],
                        width,
                        Projections::fused_by_head(&name, hidden, heads, 1, width, true),
                        Linear::new(&format!("{base}.self_attention.dense"), hidden, hidden, true),
                    )
                },
                FeedForward::Plain {
                    up: Linear::new(&format!("{base}.mlp.dense_h_to_4h"), hidden, 4 * hidden, true),
                    activation: Activation::GeluTanh,
                    down: Linear::new(&format!("{base}.mlp.dense_4h_to_h"), 4 * hidden, hidden, true),
                },
            )
        }))
    };
    Ok(Architecture {
        trained_positions: configuration.size_if(&["seq_length"])?,
        ..Architecture::of(
            configuration,
            Embedding {
                norm: Some(layer_norm("transformer.word_embeddings_layernorm", hidden, epsilon, true)),
                ..Embedding::new("transformer.word_embeddings.weight", hidden)
            },
            (0..configuration.multiplicity(&["n_layer", "num_hidden_layers"])?).map(|index| Ok(layer(index))),
            Some(layer_norm("transformer.ln_f", hidden, epsilon, true)),
            head(configuration, "lm_head.weight", "transformer.word_embeddings.weight", true)?,
        )?
    })
}
