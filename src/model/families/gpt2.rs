//! GPT-2 and GPT BigCode (SantaCoder, StarCoder): learned positions, layer norms, a fused projection.

use super::super::error::Result;
use super::parts::{activation, head, layer_norm, share};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{
    Activation, Architecture, Attention, Embedding, FeedForward, Layer, Linear, Positions, Projections,
    TransformerLayer,
};

/// Reads a GPT-2 configuration.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    build(configuration, false)
}

/// Reads a GPT BigCode configuration.
pub fn read_bigcode(configuration: &Configuration) -> Result<Architecture> {
    build(configuration, true)
}

fn build(configuration: &Configuration, bigcode: bool) -> Result<Architecture> {
    let hidden = configuration.size(&["n_embd", "hidden_size"])?;
    let heads = configuration.multiplicity(&["n_head", "num_attention_heads"])?;
    let width = share(configuration, "n_head", hidden, heads)?;
    let positions = configuration.size(&["n_positions", "max_position_embeddings"])?;
    let inner = configuration.size_or(&["n_inner"], 4 * hidden)?;
    let epsilon = configuration.number_or(&["layer_norm_epsilon"], 1e-5)?;
    let activation = activation(configuration, &["activation_function"], Activation::GeluTanh)?;
    let one_key_head = bigcode && configuration.flag_or("multi_query", true)?;
    let scaled = configuration.flag_or("scale_attn_weights", true)?;
    let by_layer = !bigcode && configuration.flag_or("scale_attn_by_inverse_layer_idx", false)?;
    // GPT-2 stores its matrices turned.
    let linear = |name: String, inputs: usize, outputs: usize| {
        let linear = Linear::new(&name, inputs, outputs, true);
        if bigcode { linear } else { linear.transposed() }
    };
    let layer = |index: usize| {
        let base = format!("transformer.h.{index}");
        let key_value_heads = if one_key_head { 1 } else { heads };
        let name = format!("{base}.attn.c_attn");
        let projections = if bigcode && !one_key_head {
            Projections::fused_by_head(&name, hidden, heads, 1, width, true)
        } else {
            Projections::Fused(linear(name, hidden, (heads + 2 * key_value_heads) * width))
        };
        let mut scale = if scaled { (width as f64).powf(-0.5) } else { 1.0 };
        if by_layer {
            scale /= (index + 1) as f64;
        }
        Layer::Transformer(Box::new(TransformerLayer {
            attention_norm: Some(layer_norm(&format!("{base}.ln_1"), hidden, epsilon, true)),
            feed_forward_norm: Some(layer_norm(&format!("{base}.ln_2"), hidden, epsilon, true)),
            ..TransformerLayer::new(
                Attention {
                    scale,
                    ..Attention::new(
                        [heads, key_value_heads],
                        width,
                        projections,
                        linear(format!("{base}.attn.c_proj"), hidden, hidden),
                    )
                },
                FeedForward::Plain {
                    up: linear(format!("{base}.mlp.c_fc"), hidden, inner),
                    activation,
                    down: linear(format!("{base}.mlp.c_proj"), inner, hidden),
                },
            )
        }))
    };
    Ok(Architecture {
        most_positions: Some(positions),
        trained_positions: Some(positions),
        ..Architecture::of(
            configuration,
            Embedding {
                positions: Some(Positions { weight: "transformer.wpe.weight".to_string(), rows: positions, offset: 0 }),
                ..Embedding::new("transformer.wte.weight", hidden)
            },
            (0..configuration.multiplicity(&["n_layer", "num_hidden_layers"])?).map(|index| Ok(layer(index))),
            Some(layer_norm("transformer.ln_f", hidden, epsilon, true)),
            head(configuration, "lm_head.weight", "transformer.wte.weight", true)?,
        )?
    })
}
