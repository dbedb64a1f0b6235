//! DeepSeek-V2 (arXiv 2405.04434) and V3 (arXiv 2412.19437): latent attention and fine-grained experts.

use super::super::error::Result;
use super::parts::{activation, gated, head, root_mean_square, share};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{
    Activation, Architecture, Attention, Embedding, Experts, FeedForward, Gated, Groups, Latent, Layer, Linear, Norm,
    Projections, Routing, Scoring, TransformerLayer,
};
use crate::architecture::rotary::{Rotary, Scaling};

/// Reads a configuration of DeepSeek-V2 or V3.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let hidden = configuration.size(&["hidden_size"])?;
    let third = configuration.model_type()? == "deepseek_v3";
    let reader = Reader {
        configuration,
        third,
        hidden,
        epsilon: configuration.number_or(&["rms_norm_eps"], 1e-6)?,
        activation: activation(configuration, &["hidden_act"], Activation::Silu)?,
    };
    let dense = configuration.count_or("first_k_dense_replace", if third { 3 } else { 0 })?;
    let step = configuration.size_or(&["moe_layer_freq"], 1)?;
    if step != 1 {
        return Err(configuration.not_covered("moe_layer_freq", step, "1"));
    }
    let count = configuration.multiplicity(&["num_hidden_layers"])?;
    // Layers that predict further tokens stand behind the last one and take no part in scoring.
    let further = configuration.count_or("num_nextn_predict_layers", 0)?.min(8);
    let layers =
        (0..count).map(|index| reader.layer(index, index < dense).map(|layer| Layer::Transformer(Box::new(layer))));
    Ok(Architecture {
        trained_positions: configuration.size_if(&["max_position_embeddings"])?,
        foreign: (count..count + further).map(|index| format!("model.layers.{index}.")).collect(),
        ..Architecture::of(
            configuration,
            Embedding::new("model.embed_tokens.weight", hidden),
            layers,
            Some(reader.norm("model.norm", hidden)),
            head(configuration, "lm_head.weight", "model.embed_tokens.weight", false)?,
        )?
    })
}

struct Reader<'a> {
    configuration: &'a Configuration,
    third: bool,
    hidden: usize,
    epsilon: f64,
    activation: Activation,
}

impl Reader<'_> {
    fn norm(&self, name: &str, width: usize) -> Norm {
        root_mean_square(name, width, self.epsilon)
    }

    fn layer(&self, index: usize, dense: bool) -> Result<TransformerLayer> {
        let base = format!("model.layers.{index}");
        let feed_forward = if dense {
            let inner = self.configuration.size(&["intermediate_size"])?;
            let bias = self.configuration.flag_or("mlp_bias", false)?;
            FeedForward::Gated(self.gated(&format!("{base}.mlp"), inner, bias))
        } else {
            FeedForward::Experts(Box::new(self.experts(&format!("{base}.mlp"))?))
        };
        Ok(TransformerLayer {
            attention_norm: Some(self.norm(&format!("{base}.input_layernorm"), self.hidden)),
            feed_forward_norm: Some(self.norm(&format!("{base}.post_attention_layernorm"), self.hidden)),
            ..TransformerLayer::new(self.attention(&format!("{base}.self_attn"))?, feed_forward)
        })
    }

    fn attention(&self, base: &str) -> Result<Attention> {
        let configuration = self.configuration;
        let heads = configuration.multiplicity(&["num_attention_heads"])?;
        let rank = configuration.multiplicity(&["kv_lora_rank"])?;
        let plain = configuration.multiplicity(&["qk_nope_head_dim"])?;
        let rotated = configuration.multiplicity(&["qk_rope_head_dim"])?;
        let value = configuration.multiplicity(&["v_head_dim"])?;
        let bias = configuration.flag_or("attention_bias", false)?;
        let width = plain + rotated;
        let name = |part: &str| format!("{base}.{part}");
        let queries = |name: &str, inputs: usize| Linear::new(name, inputs, heads * width, false);
        let (query_down, query_up) = match configuration.multiplicity_unless_null("q_lora_rank", 1536)? {
            Some(rank) => (
                Some((
                    Linear::new(&name("q_a_proj"), self.hidden, rank, bias),
                    self.norm(&name("q_a_layernorm"), rank),
                )),
                queries(&name("q_b_proj"), rank),
            ),
            None => (None, queries(&name("q_proj"), self.hidden)),
        };
        let latent = Latent {
            query_down,
            query_up,
            key_value_down: Linear::new(&name("kv_a_proj_with_mqa"), self.hidden, rank + rotated, bias),
            key_value_norm: self.norm(&name("kv_a_layernorm"), rank),
            key_value_up: Linear::new(&name("kv_b_proj"), rank, heads * (plain + value), false),
            rank,
            plain,
            rotated,
        };
        Ok(Attention {
            value_width: value,
            rotary: Some(Rotary {
                interleaved: !self.third || configuration.flag_or("rope_interleave", true)?,
                ..Rotary::read(configuration, None, rotated, 1e4)?
            }),
            scale: (width as f64).powf(-0.5) * Scaling::deepseek_scale(configuration)?,
            ..Attention::new(
                [heads, heads],
                width,
                Projections::Latent(Box::new(latent)),
                Linear::new(&name("o_proj"), heads * value, self.hidden, bias),
            )
        })
    }

    fn gated(&self, base: &str, inner: usize, bias: bool) -> Gated {
        let names = ["gate_proj", "up_proj", "down_proj"].map(|part| format!("{base}.{part}"));
        gated([&names[0], &names[1], &names[2]], self.hidden, inner, self.activation, bias)
    }

    fn experts(&self, base: &str) -> Result<Experts> {
        let configuration = self.configuration;
        let count = configuration.multiplicity(&["n_routed_experts"])?;
        let inner = configuration.size(&["moe_intermediate_size"])?;
        let grouped = |default: Option<[usize; 2]>, best: usize| -> Result<Option<Groups>> {
            let [groups, open] = match default {
                Some([groups, open]) => {
                    [configuration.size_or(&["n_group"], groups)?, configuration.size_or(&["topk_group"], open)?]
                }
                None => [configuration.size(&["n_group"])?, configuration.size(&["topk_group"])?],
            };
            share(configuration, "n_group", count, groups)?;
            Ok(Some(Groups { count: groups, open: open.min(groups), best }))
        };
        let method = if self.third { "noaux_tc" } else { "greedy" };
        let groups = match (self.third, configuration.text("topk_method")?.unwrap_or(method)) {
            (true, "noaux_tc") => grouped(Some([8, 4]), 2)?,
            (false, "greedy") => None,
            (false, "group_limited_greedy") => grouped(None, 1)?,
            (true, other) => {
                return Err(configuration.not_covered("topk_method", format_args!("`{other}`"), "noaux_tc"));
            }
            (false, other) => {
                let found = format_args!("`{other}`");
                return Err(configuration.not_covered("topk_method", found, "greedy or group_limited_greedy"));
            }
        };
        let shared = configuration
            .multiplicity_unless_null("n_shared_experts", if self.third { 1 } else { 2 })?
            .map(|shared| self.gated(&format!("{base}.shared_experts"), shared * inner, false));
        let router = Linear::new(&format!("{base}.gate"), self.hidden, count, false);
        configuration.compare(&router)?;
        Ok(Experts {
            router,
            routing: Routing {
                chosen: configuration.size(&["num_experts_per_tok"])?.min(count),
                scoring: if self.third { Scoring::Sigmoid } else { Scoring::Softmax },
                correction: self.third.then(|| format!("{base}.gate.e_score_correction_bias")),
                // The reference implementation of V2 does not normalise, whatever `norm_topk_prob` says.
                normalised: self.third && configuration.flag_or("norm_topk_prob", true)?,
                multiplier: configuration.number_or(&["routed_scaling_factor"], if self.third { 2.5 } else { 1.0 })?,
                groups,
            },
            experts: (0..count).map(|expert| self.gated(&format!("{base}.experts.{expert}"), inner, false)).collect(),
            stacked: None,
            shared,
            shared_gate: None,
        })
    }
}
