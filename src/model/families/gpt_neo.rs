//! GPT-Neo: learned positions, scores that are not scaled, every second layer with a window.

use super::super::error::Result;
use super::parts::{activation, head, layer_norm, share};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{
    Activation, Architecture, Attention, Embedding, FeedForward, Layer, Linear, Positions, Projections,
    TransformerLayer,
};

/// Reads a GPT-Neo configuration.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let hidden = configuration.size(&["hidden_size"])?;
    let heads = configuration.multiplicity(&["num_heads", "num_attention_heads"])?;
    let width = share(configuration, "num_heads", hidden, heads)?;
    let count = configuration.multiplicity(&["num_layers", "num_hidden_layers"])?;
    let positions = configuration.size_or(&["max_position_embeddings"], 2048)?;
    let inner = configuration.size_or(&["intermediate_size"], 4 * hidden)?;
    let epsilon = configuration.number_or(&["layer_norm_epsilon"], 1e-5)?;
    let activation = activation(configuration, &["activation_function"], Activation::GeluTanh)?;
    let window = configuration.size_or(&["window_size"], 256)?;
    let kinds = kinds(configuration, count)?;
    let layer = |(index, local): (usize, bool)| {
        let base = format!("transformer.h.{index}");
        let name = |part: &str| format!("{base}.attn.attention.{part}");
        Layer::Transformer(Box::new(TransformerLayer {
            attention_norm: Some(layer_norm(&format!("{base}.ln_1"), hidden, epsilon, true)),
            feed_forward_norm: Some(layer_norm(&format!("{base}.ln_2"), hidden, epsilon, true)),
            ..TransformerLayer::new(
                Attention {
                    scale: 1.0,
                    window: local.then_some(window),
                    ..Attention::new(
                        [heads, heads],
                        width,
                        Projections::separate(&name, [heads, heads], width, hidden, false),
                        Linear::new(&name("out_proj"), hidden, hidden, true),
                    )
                },
                FeedForward::Plain {
                    up: Linear::new(&format!("{base}.mlp.c_fc"), hidden, inner, true),
                    activation,
                    down: Linear::new(&format!("{base}.mlp.c_proj"), inner, hidden, true),
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
            kinds.into_iter().enumerate().map(|kind| Ok(layer(kind))),
            Some(layer_norm("transformer.ln_f", hidden, epsilon, true)),
            head(configuration, "lm_head.weight", "transformer.wte.weight", true)?,
        )?
    })
}

/// Whether each layer has a window. `attention_types` lists patterns, each with how often it comes: `[[["global", "local"],
/// 12]]`; `attention_layers` says the same layer by layer.
fn kinds(configuration: &Configuration, count: usize) -> Result<Vec<bool>> {
    const KEY: &str = "attention_types";
    let Some(patterns) = configuration.value(KEY) else {
        return Ok((0..count).map(|index| index % 2 == 1).collect());
    };
    let fault = || configuration.unexpected(KEY, patterns, format!("patterns of global and local for {count} layers"));
    let mut kinds = Vec::new();
    for pattern in patterns.as_array().ok_or_else(fault)? {
        let [names, times] = pattern.as_array().map(Vec::as_slice).ok_or_else(fault)? else { return Err(fault()) };
        let names: Vec<bool> = names
            .as_array()
            .ok_or_else(fault)?
            .iter()
            .map(|name| match name.as_str() {
                Some("global") => Ok(false),
                Some("local") => Ok(true),
                _ => Err(fault()),
            })
            .collect::<Result<_>>()?;
        let times = times.as_u64().filter(|&times| times <= count as u64).ok_or_else(fault)?;
        for _ in 0..times {
            kinds.extend(&names);
            if kinds.len() > count {
                return Err(fault());
            }
        }
    }
    if kinds.len() == count { Ok(kinds) } else { Err(fault()) }
}
