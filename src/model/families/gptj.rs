//! GPT-J and CodeGen: parallel parts with one norm, partly rotated heads with pairs side by side, a bias at the head.

use super::super::error::Result;
use super::parts::{activation, head, layer_norm, share};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{
    Activation, Architecture, Arrangement, Attention, Embedding, FeedForward, Layer, Linear, Projections,
    TransformerLayer,
};
use crate::architecture::rotary::{Rotary, Scaling};
use crate::architecture::selection::Selection;

/// CodeGen stores its projections in as many blocks, one for each processor that it was trained on.
const BLOCKS: usize = 4;

/// Reads a configuration of GPT-J or CodeGen.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let codegen = configuration.model_type()? == "codegen";
    let hidden = configuration.size(&["n_embd", "hidden_size"])?;
    let heads = configuration.multiplicity(&["n_head", "num_attention_heads"])?;
    let width = share(configuration, "n_head", hidden, heads)?;
    if codegen {
        share(configuration, "n_head", heads, BLOCKS.min(heads))?;
    }
    let positions = configuration.size_or(&["n_positions", "max_position_embeddings"], 2048)?;
    let inner = configuration.size_or(&["n_inner"], 4 * hidden)?;
    let epsilon = configuration.number_or(&["layer_norm_epsilon"], 1e-5)?;
    let activation = activation(configuration, &["activation_function"], Activation::GeluTanh)?;
    let rotated = configuration.multiplicity_unless_null("rotary_dim", 64)?.unwrap_or(width);
    if rotated > width || !rotated.is_multiple_of(2) {
        let found = serde_json::Value::from(rotated);
        return Err(configuration.unexpected("rotary_dim", &found, format!("an even number up to {width}")));
    }
    let rotary = Rotary { width: rotated, base: 1e4, interleaved: true, scaling: Scaling::None };
    let layer = |index: usize| {
        let base = format!("transformer.h.{index}");
        let name = |part: &str| format!("{base}.attn.{part}");
        let projections = if codegen {
            let selection = Selection::Blocks { blocks: BLOCKS, part: hidden / BLOCKS };
            Projections::Fused(Linear::rearranged(&name("qkv_proj"), hidden, selection, false))
        } else {
            Projections::separate(&name, [heads, heads], width, hidden, false)
        };
        Layer::Transformer(Box::new(TransformerLayer {
            arrangement: Arrangement::ParallelShared,
            attention_norm: Some(layer_norm(&format!("{base}.ln_1"), hidden, epsilon, true)),
            ..TransformerLayer::new(
                Attention {
                    rotary: Some(rotary.clone()),
                    ..Attention::new(
                        [heads, heads],
                        width,
                        projections,
                        Linear::new(&name("out_proj"), hidden, hidden, false),
                    )
                },
                FeedForward::Plain {
                    up: Linear::new(&format!("{base}.mlp.fc_in"), hidden, inner, true),
                    activation,
                    down: Linear::new(&format!("{base}.mlp.fc_out"), inner, hidden, true),
                },
            )
        }))
    };
    let mut head = head(configuration, "lm_head.weight", "transformer.wte.weight", false)?;
    head.bias = Some("lm_head.bias".to_string());
    Ok(Architecture {
        // Its table of sines and cosines has no more rows.
        most_positions: Some(positions),
        trained_positions: Some(positions),
        ..Architecture::of(
            configuration,
            Embedding::new("transformer.wte.weight", hidden),
            (0..configuration.multiplicity(&["n_layer", "num_hidden_layers"])?).map(|index| Ok(layer(index))),
            Some(layer_norm("transformer.ln_f", hidden, epsilon, true)),
            head,
        )?
    })
}
