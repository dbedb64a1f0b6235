//! DeepSeek-V2 (arXiv 2405.04434): latent attention and fine-grained experts.

use super::super::architecture::{
    Activation, Architecture, Arrangement, Attention, Embedding, Experts, FeedForward, Gated, Groups, Latent, Layer,
    Linear, Norm, Projections, Routing, TransformerLayer,
};
use super::super::configuration::Configuration;
use super::super::error::Result;
use super::super::rotary::{Rotary, Scaling};
use super::parts::{activation, gated, head, root_mean_square, share};

/// Reads a DeepSeek-V2 configuration.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let hidden = configuration.size(&["hidden_size"])?;
    let reader = Reader {
        configuration,
        hidden,
        epsilon: configuration.number_or(&["rms_norm_eps"], 1e-6)?,
        activation: activation(configuration, &["hidden_act"], Activation::Silu)?,
    };
    let dense = configuration.count_or("first_k_dense_replace", 0)?;
    let layers = (0..configuration.multiplicity(&["num_hidden_layers"])?)
        .map(|index| reader.layer(index, index < dense).map(|layer| Layer::Transformer(Box::new(layer))))
        .collect::<Result<_>>()?;
    Ok(Architecture {
        name: configuration.model_type()?.to_string(),
        vocabulary: configuration.size(&["vocab_size"])?,
        hidden,
        embedding: Embedding {
            weight: "model.embed_tokens.weight".to_string(),
            width: hidden,
            multiplier: 1.0,
            projection: None,
            positions: None,
            norm: None,
        },
        layers,
        final_norm: Some(reader.norm("model.norm", hidden)),
        head: head(configuration, "lm_head.weight", "model.embed_tokens.weight", false)?,
        most_positions: None,
        trained_positions: configuration.size_if(&["max_position_embeddings"])?,
        foreign: Vec::new(),
    })
}

struct Reader<'a> {
    configuration: &'a Configuration,
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
            arrangement: Arrangement::Sequential,
            attention_norm: Some(self.norm(&format!("{base}.input_layernorm"), self.hidden)),
            attention: self.attention(&format!("{base}.self_attn"))?,
            attention_post_norm: None,
            feed_forward_norm: Some(self.norm(&format!("{base}.post_attention_layernorm"), self.hidden)),
            feed_forward,
            feed_forward_post_norm: None,
            residual_multiplier: 1.0,
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
        // Pairs stand side by side in the stored rows; ours stand half a width apart.
        let halves = |start: usize| {
            let pairs = rotated / 2;
            (0..pairs).map(move |pair| start + 2 * pair).chain((0..pairs).map(move |pair| start + 2 * pair + 1))
        };
        let query_rows: Vec<u32> = (0..heads)
            .flat_map(|head| (head * width..head * width + plain).chain(halves(head * width + plain)))
            .map(|row| row as u32)
            .collect();
        let queries =
            |name: &str, inputs: usize| Linear::rearranged(name, inputs, heads * width, query_rows.clone(), false);
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
        let key_rows: Vec<u32> = (0..rank).chain(halves(rank)).map(|row| row as u32).collect();
        let latent = Latent {
            query_down,
            query_up,
            key_value_down: Linear::rearranged(
                &name("kv_a_proj_with_mqa"),
                self.hidden,
                rank + rotated,
                key_rows,
                bias,
            ),
            key_value_norm: self.norm(&name("kv_a_layernorm"), rank),
            key_value_up: Linear::new(&name("kv_b_proj"), rank, heads * (plain + value), false),
            rank,
            plain,
            rotated,
        };
        Ok(Attention {
            heads,
            key_value_heads: heads,
            head_width: width,
            value_width: value,
            projections: Projections::Latent(Box::new(latent)),
            clip: None,
            query_norm: None,
            key_norm: None,
            rotary: Some(Rotary::read(configuration, None, rotated, 1e4)?),
            alibi: None,
            scale: (width as f64).powf(-0.5) * Scaling::deepseek_scale(configuration)?,
            soft_cap: None,
            window: None,
            output: Linear::new(&name("o_proj"), heads * value, self.hidden, bias),
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
        let groups = match configuration.text("topk_method")?.unwrap_or("greedy") {
            "greedy" => None,
            "group_limited_greedy" => {
                let groups = configuration.size(&["n_group"])?;
                share(configuration, "n_group", count, groups)?;
                Some(Groups { count: groups, open: configuration.size(&["topk_group"])?.min(groups) })
            }
            other => {
                let found = format_args!("`{other}`");
                return Err(configuration.not_covered("topk_method", found, "greedy or group_limited_greedy"));
            }
        };
        let shared = configuration
            .size_if(&["n_shared_experts"])?
            .map(|shared| self.gated(&format!("{base}.shared_experts"), shared * inner, false));
        Ok(Experts {
            router: Linear::new(&format!("{base}.gate"), self.hidden, count, false),
            routing: Routing {
                chosen: configuration.size(&["num_experts_per_tok"])?.min(count),
                // The reference implementation of this generation does not normalise, whatever `norm_topk_prob` says.
                normalised: false,
                multiplier: configuration.number_or(&["routed_scaling_factor"], 1.0)?,
                groups,
            },
            experts: (0..count).map(|expert| self.gated(&format!("{base}.experts.{expert}"), inner, false)).collect(),
            shared,
            shared_gate: None,
        })
    }
}
