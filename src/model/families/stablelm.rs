//! StableLM: layer norms, partly rotated heads.

use super::super::error::Result;
use super::parts::{activation, gated, head, layer_norm, rotated, share};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{
    Activation, Architecture, Arrangement, Attention, Embedding, FeedForward, HeadNorm, Layer, Linear, Projections,
    TransformerLayer,
};
use crate::architecture::rotary::Rotary;

/// Reads a StableLM configuration.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let hidden = configuration.size(&["hidden_size"])?;
    let heads = configuration.multiplicity(&["num_attention_heads"])?;
    let width = share(configuration, "num_attention_heads", hidden, heads)?;
    let key_value_heads = configuration.size_or(&["num_key_value_heads"], heads)?;
    share(configuration, "num_key_value_heads", heads, key_value_heads)?;
    let inner = configuration.size(&["intermediate_size"])?;
    let epsilon = configuration.number_or(&["layer_norm_eps", "norm_eps"], 1e-5)?;
    let activation = activation(configuration, &["hidden_act"], Activation::Silu)?;
    let bias = configuration.flag_or("use_qkv_bias", false)?;
    let normed_heads = configuration.flag_or("qk_layernorm", false)?;
    let parallel = configuration.flag_or("use_parallel_residual", false)?;
    let rotated = rotated(configuration, &["partial_rotary_factor", "rope_pct"], width, 0.25)?;
    let rotary = Rotary::read(configuration, None, rotated, 1e4)?;
    let layer = |index: usize| {
        let base = format!("model.layers.{index}");
        let name = |part: &str| format!("{base}.self_attn.{part}");
        let norm = |name: &str| Some(layer_norm(&format!("{base}.{name}"), hidden, epsilon, true));
        let head_norm = |part: &str, count: usize| {
            let each = |head: usize| layer_norm(&name(&format!("{part}.norms.{head}")), width, epsilon, false);
            normed_heads.then(|| HeadNorm::EachHead((0..count).map(each).collect()))
        };
        let names = ["gate_proj", "up_proj", "down_proj"].map(|part| format!("{base}.mlp.{part}"));
        Layer::Transformer(Box::new(TransformerLayer {
            arrangement: if parallel { Arrangement::ParallelShared } else { Arrangement::Sequential },
            attention_norm: norm("input_layernorm"),
            feed_forward_norm: if parallel { None } else { norm("post_attention_layernorm") },
            ..TransformerLayer::new(
                Attention {
                    query_norm: head_norm("q_layernorm", heads),
                    key_norm: head_norm("k_layernorm", key_value_heads),
                    rotary: Some(rotary.clone()),
                    ..Attention::new(
                        [heads, key_value_heads],
                        width,
                        Projections::separate(&name, [heads, key_value_heads], width, hidden, bias),
                        Linear::new(&name("o_proj"), hidden, hidden, false),
                    )
                },
                FeedForward::Gated(gated([&names[0], &names[1], &names[2]], hidden, inner, activation, false)),
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
            head(configuration, "lm_head.weight", "model.embed_tokens.weight", false)?,
        )?
    })
}
