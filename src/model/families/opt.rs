//! OPT: learned positions with an offset, ReLU.

use super::super::error::Result;
use super::parts::{activation, head, share};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{
    Activation, Architecture, Arrangement, Attention, Embedding, FeedForward, Layer, Linear, Norm, NormKind, Positions,
    Projections, TransformerLayer,
};

/// The first rows of the position table stand for padding.
const OFFSET: usize = 2;

/// Reads an OPT configuration.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let hidden = configuration.size(&["hidden_size"])?;
    let heads = configuration.multiplicity(&["num_attention_heads"])?;
    let width = share(configuration, "num_attention_heads", hidden, heads)?;
    let inner = configuration.size(&["ffn_dim"])?;
    let embedded = configuration.size_or(&["word_embed_proj_dim"], hidden)?;
    let positions = configuration.size(&["max_position_embeddings"])?;
    let bias = configuration.flag_or("enable_bias", true)?;
    let before = configuration.flag_or("do_layer_norm_before", true)?;
    let with_weights = configuration.flag_or("layer_norm_elementwise_affine", true)?;
    let activation = activation(configuration, &["activation_function"], Activation::Relu)?;
    let norm = |name: String| Norm {
        kind: NormKind::Layer,
        width: hidden,
        weight: with_weights.then(|| format!("{name}.weight")),
        bias: with_weights.then(|| format!("{name}.bias")),
        epsilon: 1e-5,
        plus_one: false,
    };
    let layer = |index: usize| {
        let base = format!("model.decoder.layers.{index}");
        let name = |part: &str| format!("{base}.self_attn.{part}");
        Layer::Transformer(Box::new(TransformerLayer {
            arrangement: if before { Arrangement::Sequential } else { Arrangement::NormAfterSum },
            attention_norm: Some(norm(format!("{base}.self_attn_layer_norm"))),
            feed_forward_norm: Some(norm(format!("{base}.final_layer_norm"))),
            ..TransformerLayer::new(
                Attention::new(
                    [heads, heads],
                    width,
                    Projections::separate(&name, [heads, heads], width, hidden, bias),
                    Linear::new(&name("out_proj"), hidden, hidden, bias),
                ),
                FeedForward::Plain {
                    up: Linear::new(&format!("{base}.fc1"), hidden, inner, bias),
                    activation,
                    down: Linear::new(&format!("{base}.fc2"), inner, hidden, bias),
                },
            )
        }))
    };
    let projected = embedded != hidden;
    let mut head = head(configuration, "lm_head.weight", "model.decoder.embed_tokens.weight", true)?;
    head.projection = projected.then(|| Linear::new("model.decoder.project_out", hidden, embedded, false));
    let final_norm = before && !configuration.flag_or("_remove_final_layer_norm", false)?;
    Ok(Architecture {
        most_positions: Some(positions),
        trained_positions: Some(positions),
        ..Architecture::of(
            configuration,
            Embedding {
                projection: projected.then(|| Linear::new("model.decoder.project_in", embedded, hidden, false)),
                positions: Some(Positions {
                    weight: "model.decoder.embed_positions.weight".to_string(),
                    rows: positions + OFFSET,
                    offset: OFFSET,
                }),
                ..Embedding::new("model.decoder.embed_tokens.weight", embedded)
            },
            (0..configuration.multiplicity(&["num_hidden_layers"])?).map(|index| Ok(layer(index))),
            final_norm.then(|| norm("model.decoder.final_layer_norm".to_string())),
            head,
        )?
    })
}
