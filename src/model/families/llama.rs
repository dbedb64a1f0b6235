//! Llama and its kin: Mistral, Mixtral, Qwen 2 and 3, OLMo, Granite, SmolLM3.
//!
//! They differ in biases, norms of queries and keys, where norms stand, windows, multipliers and experts.

use super::super::architecture::{
    Activation, Architecture, Arrangement, Attention, Embedding, Experts, FeedForward, HeadNorm, Layer, Linear, Norm,
    NormKind, Projections, Routing, TransformerLayer,
};
use super::super::configuration::Configuration;
use super::super::error::Result;
use super::super::rotary::Rotary;
use super::parts::{activation, gated, head, head_width, root_mean_square};

/// Reads a configuration of the Llama kind.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let name = configuration.model_type()?;
    let hidden = configuration.size(&["hidden_size"])?;
    let vocabulary = configuration.size(&["vocab_size"])?;
    let count = configuration.multiplicity(&["num_hidden_layers"])?;
    let default_epsilon = match name {
        "mixtral" | "olmo" | "olmo2" | "olmoe" => 1e-5,
        _ => 1e-6,
    };
    let reader = Reader {
        configuration,
        name,
        hidden,
        epsilon: configuration.number_or(&["rms_norm_eps"], default_epsilon)?,
        activation: activation(configuration, &["hidden_act"], Activation::Silu)?,
    };
    let layers = (0..count)
        .map(|index| reader.layer(index).map(|layer| Layer::Transformer(Box::new(layer))))
        .collect::<Result<_>>()?;
    let multiplier = if name == "granite" { configuration.number_or(&["embedding_multiplier"], 1.0)? } else { 1.0 };
    let mut head = head(configuration, "lm_head.weight", "model.embed_tokens.weight", name == "smollm3")?;
    if name == "granite" {
        head.multiplier = 1.0 / configuration.positive_or(&["logits_scaling"], 1.0)?;
    }
    Ok(Architecture {
        name: name.to_string(),
        vocabulary,
        hidden,
        embedding: Embedding {
            weight: "model.embed_tokens.weight".to_string(),
            width: hidden,
            multiplier,
            projection: None,
            positions: None,
            norm: None,
        },
        layers,
        final_norm: Some(reader.norm("model.norm")),
        head,
        most_positions: None,
        trained_positions: configuration.size_if(&["max_position_embeddings"])?,
        foreign: Vec::new(),
    })
}

struct Reader<'a> {
    configuration: &'a Configuration,
    name: &'a str,
    hidden: usize,
    epsilon: f64,
    activation: Activation,
}

impl Reader<'_> {
    fn norm(&self, name: &str) -> Norm {
        if self.name == "olmo" {
            // OLMo 1 norms without weights.
            return Norm {
                kind: NormKind::Layer,
                width: self.hidden,
                weight: None,
                bias: None,
                epsilon: 1e-5,
                plus_one: false,
            };
        }
        root_mean_square(name, self.hidden, self.epsilon)
    }

    fn layer(&self, index: usize) -> Result<TransformerLayer> {
        let base = format!("model.layers.{index}");
        let norms_after = self.name == "olmo2";
        let before = |name: &str| (!norms_after).then(|| self.norm(&format!("{base}.{name}")));
        let after = |name: &str| norms_after.then(|| self.norm(&format!("{base}.{name}")));
        let residual =
            if self.name == "granite" { self.configuration.number_or(&["residual_multiplier"], 1.0)? } else { 1.0 };
        Ok(TransformerLayer {
            arrangement: Arrangement::Sequential,
            attention_norm: before("input_layernorm"),
            attention: self.attention(index, &format!("{base}.self_attn"))?,
            attention_post_norm: after("post_attention_layernorm"),
            feed_forward_norm: before("post_attention_layernorm"),
            feed_forward: self.feed_forward(index, &base)?,
            feed_forward_post_norm: after("post_feedforward_layernorm"),
            residual_multiplier: residual,
        })
    }

    fn attention(&self, index: usize, base: &str) -> Result<Attention> {
        let configuration = self.configuration;
        let heads = configuration.multiplicity(&["num_attention_heads"])?;
        // What an absent key means differs by family; `null` means as many as query heads.
        let key_value_heads = match self.name {
            "mistral" | "mixtral" => configuration.multiplicity_unless_null("num_key_value_heads", 8)?,
            "qwen2" | "qwen3" => configuration.multiplicity_unless_null("num_key_value_heads", 32)?,
            "qwen2_moe" => configuration.multiplicity_unless_null("num_key_value_heads", 16)?,
            "qwen3_moe" | "smollm3" => configuration.multiplicity_unless_null("num_key_value_heads", 4)?,
            _ => configuration.multiplicity_if(&["num_key_value_heads"])?,
        }
        .unwrap_or(heads);
        super::parts::share(configuration, "num_key_value_heads", heads, key_value_heads)?;
        let width = match (self.name, configuration.multiplicity_if(&["head_dim"])?) {
            ("qwen3" | "qwen3_moe", None) => 128,
            _ => head_width(configuration, self.hidden, heads)?,
        };
        let (input_bias, output_bias) = match self.name {
            "qwen2" => (true, false),
            "qwen2_moe" => (configuration.flag_or("qkv_bias", true)?, false),
            "mistral" | "mixtral" => (false, false),
            _ => {
                let bias = configuration.flag_or("attention_bias", false)?;
                (bias, bias)
            }
        };
        let name = |part: &str| format!("{base}.{part}");
        let projections = Linear::stacked(
            &[
                (&name("q_proj"), heads * width),
                (&name("k_proj"), key_value_heads * width),
                (&name("v_proj"), key_value_heads * width),
            ],
            self.hidden,
            input_bias,
        );
        let head_norm = |part: &str, count: usize| match self.name {
            "qwen3" | "qwen3_moe" => Some(HeadNorm::Head(root_mean_square(&name(part), width, self.epsilon))),
            "olmo2" | "olmoe" => Some(HeadNorm::Whole(root_mean_square(&name(part), count * width, self.epsilon))),
            _ => None,
        };
        let scale = match self.name {
            "granite" => configuration.number_or(&["attention_multiplier"], 1.0)?,
            _ => (width as f64).powf(-0.5),
        };
        let base_of_rotary = match self.name {
            "mixtral" => 1e6,
            "smollm3" => 2e6,
            _ => 1e4,
        };
        Ok(Attention {
            heads,
            key_value_heads,
            head_width: width,
            value_width: width,
            projections: Projections::Fused(projections),
            clip: match self.name {
                "olmo" | "olmoe" => configuration.number_if(&["clip_qkv"])?,
                _ => None,
            },
            query_norm: head_norm("q_norm", heads),
            key_norm: head_norm("k_norm", key_value_heads),
            rotary: match self.rotates(index)? {
                true => Some(Rotary::read(configuration, None, width, base_of_rotary)?),
                false => None,
            },
            alibi: None,
            scale,
            soft_cap: None,
            window: self.window(index)?,
            output: Linear::new(&name("o_proj"), heads * width, self.hidden, output_bias),
        })
    }

    /// SmolLM3 leaves every fourth layer without rotation.
    fn rotates(&self, index: usize) -> Result<bool> {
        if self.name != "smollm3" {
            return Ok(true);
        }
        if self.configuration.value("no_rope_layers").is_some() {
            let layers = self.configuration.numbers("no_rope_layers")?;
            return Ok(layers.get(index).is_none_or(|&rotates| rotates != 0.0));
        }
        Ok(!(index + 1).is_multiple_of(self.configuration.size_or(&["no_rope_layer_interval"], 4)?))
    }

    fn window(&self, index: usize) -> Result<Option<usize>> {
        let configuration = self.configuration;
        match self.name {
            "mistral" if !configuration.has("sliding_window") => Ok(Some(4096)),
            "mistral" | "mixtral" => configuration.size_if(&["sliding_window"]),
            "qwen2" | "qwen2_moe" | "qwen3" | "qwen3_moe" | "smollm3" => {
                if !configuration.flag_or("use_sliding_window", false)? {
                    return Ok(None);
                }
                let slides = match (self.name, configuration.texts("layer_types")?) {
                    // One mask for all layers.
                    ("qwen3_moe", _) => true,
                    (_, Some(types)) => types.get(index) == Some(&"sliding_attention"),
                    ("smollm3", None) => !self.rotates(index)?,
                    (_, None) => index >= configuration.count_or("max_window_layers", 28)?,
                };
                match configuration.size_if(&["sliding_window"])? {
                    _ if !slides => Ok(None),
                    None if self.name != "smollm3" && !configuration.has("sliding_window") => Ok(Some(4096)),
                    window => Ok(window),
                }
            }
            _ => Ok(None),
        }
    }

    fn feed_forward(&self, index: usize, base: &str) -> Result<FeedForward> {
        let configuration = self.configuration;
        let sparse = match self.name {
            "mixtral" | "olmoe" => true,
            "qwen2_moe" | "qwen3_moe" => {
                let dense = match configuration.value("mlp_only_layers") {
                    Some(_) => configuration.numbers("mlp_only_layers")?,
                    None => Vec::new(),
                };
                let step = configuration.size_or(&["decoder_sparse_step"], 1)?;
                !dense.contains(&(index as f64)) && (index + 1).is_multiple_of(step)
            }
            _ => false,
        };
        if sparse {
            return Ok(FeedForward::Experts(Box::new(self.experts(base)?)));
        }
        let inner = configuration.size(&["intermediate_size"])?;
        let bias = match self.name {
            "llama" | "granite" | "smollm3" => configuration.flag_or("mlp_bias", false)?,
            _ => false,
        };
        Ok(FeedForward::Gated(self.gated(&format!("{base}.mlp"), ["gate_proj", "up_proj", "down_proj"], inner, bias)))
    }

    fn gated(&self, base: &str, names: [&str; 3], inner: usize, bias: bool) -> super::super::architecture::Gated {
        let names = names.map(|name| format!("{base}.{name}"));
        gated([&names[0], &names[1], &names[2]], self.hidden, inner, self.activation, bias)
    }

    fn experts(&self, base: &str) -> Result<Experts> {
        let configuration = self.configuration;
        let mixtral = self.name == "mixtral";
        let (block, names) = if mixtral {
            (format!("{base}.block_sparse_moe"), ["w1", "w3", "w2"])
        } else {
            (format!("{base}.mlp"), ["gate_proj", "up_proj", "down_proj"])
        };
        let count = configuration.multiplicity(&["num_local_experts", "num_experts"])?;
        let inner = match self.name {
            "mixtral" | "olmoe" => configuration.size(&["intermediate_size"])?,
            _ => configuration.size(&["moe_intermediate_size"])?,
        };
        let shared = match self.name {
            "qwen2_moe" => {
                let inner = configuration.size(&["shared_expert_intermediate_size"])?;
                Some(self.gated(&format!("{block}.shared_expert"), names, inner, false))
            }
            _ => None,
        };
        Ok(Experts {
            router: Linear::new(&format!("{block}.gate"), self.hidden, count, false),
            routing: Routing {
                chosen: configuration.size(&["num_experts_per_tok"])?.min(count),
                normalised: mixtral || configuration.flag_or("norm_topk_prob", false)?,
                multiplier: 1.0,
                groups: None,
            },
            experts: (0..count)
                .map(|expert| self.gated(&format!("{block}.experts.{expert}"), names, inner, false))
                .collect(),
            shared_gate: shared
                .is_some()
                .then(|| Linear::new(&format!("{block}.shared_expert_gate"), self.hidden, 1, false)),
            shared,
        })
    }
}
