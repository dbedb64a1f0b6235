//! Falcon: the first generation (7B, RW) and the new decoder (40B, 180B, 11B).

use super::super::error::Result;
use super::parts::{activation, alibi_slopes, head, layer_norm, share};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{
    Activation, Alibi, Architecture, Arrangement, Attention, Embedding, FeedForward, Layer, Linear, Projections,
    TransformerLayer,
};
use crate::architecture::rotary::Rotary;

/// Reads a Falcon configuration.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let hidden = configuration.size(&["hidden_size", "n_embed"])?;
    let heads = configuration.multiplicity(&["num_attention_heads", "n_head"])?;
    let width = share(configuration, "num_attention_heads", hidden, heads)?;
    let inner = configuration.size_or(&["ffn_hidden_size"], 4 * hidden)?;
    let epsilon = configuration.number_or(&["layer_norm_epsilon"], 1e-5)?;
    let activation = activation(configuration, &["activation"], Activation::Gelu)?;
    let bias = configuration.flag_or("bias", false)?;
    // The 40B model's first files have the new decoder without saying so.
    let new = configuration.flag_or("new_decoder_architecture", configuration.model_type()? == "RefinedWeb")?;
    let one_key_head = !new && configuration.flag_or("multi_query", true)?;
    let parallel = new || configuration.flag_or("parallel_attn", true)?;
    let two_norms = new && configuration.count_or("num_ln_in_parallel_attn", 2)? == 2;
    let key_value_heads = match (new, one_key_head) {
        (true, _) => configuration.size_or(&["num_kv_heads", "n_head_kv"], heads)?,
        (false, true) => 1,
        (false, false) => heads,
    };
    let queries = share(configuration, "num_kv_heads", heads, key_value_heads)?;
    let scale = (width as f64).powf(-0.5);
    let alibi = configuration.flag_or("alibi", false)?;
    let rotary = if alibi { None } else { Some(Rotary::read(configuration, None, width, 1e4)?) };
    // Falcon adds its biases before it scales the scores.
    let alibi = alibi.then(|| Alibi { slopes: alibi_slopes(heads), before_scale: true });
    let layer = |index: usize| {
        let base = format!("transformer.h.{index}");
        let norm = |name: &str| Some(layer_norm(&format!("{base}.{name}"), hidden, epsilon, true));
        let name = format!("{base}.self_attention.query_key_value");
        let projections = if one_key_head {
            Projections::Fused(Linear::new(&name, hidden, (heads + 2) * width, bias))
        } else {
            Projections::fused_by_head(&name, hidden, key_value_heads, queries, width, bias)
        };
        let (arrangement, norms) = match (parallel, two_norms) {
            (true, true) => (Arrangement::Parallel, [norm("ln_attn"), norm("ln_mlp")]),
            (true, false) => (Arrangement::ParallelShared, [norm("input_layernorm"), None]),
            (false, _) => (Arrangement::Sequential, [norm("input_layernorm"), norm("post_attention_layernorm")]),
        };
        let [attention_norm, feed_forward_norm] = norms;
        Layer::Transformer(Box::new(TransformerLayer {
            arrangement,
            attention_norm,
            feed_forward_norm,
            ..TransformerLayer::new(
                Attention {
                    rotary: rotary.clone(),
                    alibi: alibi.clone(),
                    scale,
                    ..Attention::new(
                        [heads, key_value_heads],
                        width,
                        projections,
                        Linear::new(&format!("{base}.self_attention.dense"), hidden, hidden, bias),
                    )
                },
                FeedForward::Plain {
                    up: Linear::new(&format!("{base}.mlp.dense_h_to_4h"), hidden, inner, bias),
                    activation,
                    down: Linear::new(&format!("{base}.mlp.dense_4h_to_h"), inner, hidden, bias),
                },
            )
        }))
    };
    Ok(Architecture {
        trained_positions: configuration.size_if(&["max_position_embeddings"])?,
        ..Architecture::of(
            configuration,
            Embedding::new("transformer.word_embeddings.weight", hidden),
            (0..configuration.multiplicity(&["num_hidden_layers", "n_layer"])?).map(|index| Ok(layer(index))),
            Some(layer_norm("transformer.ln_f", hidden, epsilon, true)),
            head(configuration, "lm_head.weight", "transformer.word_embeddings.weight", true)?,
        )?
    })
}
