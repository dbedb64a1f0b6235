//! MPT: layer norms without bias and linear biases.

use super::super::error::Result;
use super::parts::{head, layer_norm, share};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{
    Activation, Alibi, Architecture, Attention, Embedding, FeedForward, Layer, Linear, Projections, TransformerLayer,
};

/// Reads an MPT configuration.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let hidden = configuration.size(&["d_model", "hidden_size"])?;
    let heads = configuration.multiplicity(&["n_heads", "num_attention_heads"])?;
    let width = share(configuration, "n_heads", hidden, heads)?;
    let inner = configuration.size_or(&["expansion_ratio"], 4)? * hidden;
    let epsilon = configuration.number_or(&["layer_norm_epsilon"], 1e-5)?;
    let attention = configuration.inner("attn_config")?;
    let attention = attention.as_ref();
    let number = |key: &str| attention.map_or(Ok(None), |attention| attention.number_if(&[key]));
    let flag = |key: &str, default| attention.map_or(Ok(default), |attention| attention.flag_or(key, default));
    if let Some(attention) = attention {
        if !flag("alibi", true)? {
            return Err(attention.not_covered("alibi", "false", "true: MPT with learned positions"));
        }
        for key in ["qk_ln", "prefix_lm"] {
            if flag(key, false)? {
                return Err(attention.not_covered(key, "true", "false"));
            }
        }
        if let Some(other) = attention.text("attn_type")?.filter(|&kind| kind != "multihead_attention") {
            return Err(attention.not_covered("attn_type", format_args!("`{other}`"), "multihead_attention"));
        }
    }
    if !configuration.flag_or("no_bias", true)? {
        return Err(configuration.not_covered("no_bias", "false", "true"));
    }
    if let Some(scale) = configuration.value("logit_scale") {
        return Err(configuration.not_covered("logit_scale", scale, "null"));
    }
    let alibi = Alibi { slopes: slopes(heads, number("alibi_bias_max")?.unwrap_or(8.0)), before_scale: false };
    let scale = number("softmax_scale")?.unwrap_or((width as f64).powf(-0.5));
    let clip = number("clip_qkv")?;
    let layer = |index: usize| {
        let base = format!("transformer.blocks.{index}");
        let norm = |name: &str| Some(layer_norm(&format!("{base}.{name}"), hidden, epsilon, false));
        Layer::Transformer(Box::new(TransformerLayer {
            attention_norm: norm("norm_1"),
            feed_forward_norm: norm("norm_2"),
            ..TransformerLayer::new(
                Attention {
                    clip,
                    alibi: Some(alibi.clone()),
                    scale,
                    ..Attention::new(
                        [heads, heads],
                        width,
                        Projections::Fused(Linear::new(&format!("{base}.attn.Wqkv"), hidden, 3 * hidden, false)),
                        Linear::new(&format!("{base}.attn.out_proj"), hidden, hidden, false),
                    )
                },
                FeedForward::Plain {
                    up: Linear::new(&format!("{base}.ffn.up_proj"), hidden, inner, false),
                    activation: Activation::Gelu,
                    down: Linear::new(&format!("{base}.ffn.down_proj"), inner, hidden, false),
                },
            )
        }))
    };
    Ok(Architecture {
        trained_positions: configuration.size_if(&["max_seq_len"])?,
        ..Architecture::of(
            configuration,
            Embedding::new("transformer.wte.weight", hidden),
            (0..configuration.multiplicity(&["n_layers", "num_hidden_layers"])?).map(|index| Ok(layer(index))),
            Some(layer_norm("transformer.norm_f", hidden, epsilon, false)),
            head(configuration, "lm_head.weight", "transformer.wte.weight", true)?,
        )?
    })
}

/// MPT takes the slopes of the next power of two of heads, odd ones first, and cuts them to its number of heads.
fn slopes(heads: usize, most: f64) -> Vec<f64> {
    let whole = heads.next_power_of_two();
    let slope = |step: usize| 2f64.powf(-(step as f64 * most / whole as f64));
    if whole == heads {
        return (1..=heads).map(slope).collect();
    }
    let odd = (1..=whole).skip(1).step_by(2);
    odd.chain((1..=whole).step_by(2)).map(slope).take(heads).collect()
}
