//! Llama and its kin: Mistral, Mixtral, Qwen 2 and 3, OLMo, Granite, SmolLM3, GLM, Cohere, EXAONE 4 and others.
//!
//! They differ in biases, norms and where they stand, rotation, windows, multipliers and experts (`llama_experts.rs`).

use super::super::architecture::{
    Activation, Architecture, Arrangement, Attention, Embedding, FeedForward, Gated, HeadNorm, Layer, Linear, Norm,
    NormKind, Projections, TransformerLayer, Xielu,
};
use super::super::configuration::Configuration;
use super::super::error::Result;
use super::super::rotary::{Rotary, Scaling};
use super::parts::{activation, gated, head, head_width, layer_norm, root_mean_square, rotated, share};

/// Reads a configuration of the Llama kind.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let name = configuration.model_type()?;
    let hidden = configuration.size(&["hidden_size"])?;
    let vocabulary = configuration.size(&["vocab_size"])?;
    let count = configuration.multiplicity(&["num_hidden_layers"])?;
    let (epsilon, default_epsilon) = match name {
        "cohere" | "cohere2" => ("layer_norm_eps", 1e-5),
        "nemotron" => ("norm_eps", 1e-5),
        "mixtral" | "olmo" | "olmo2" | "olmo3" | "olmoe" | "arcee" | "ernie4_5" | "exaone4" | "apertus" => {
            ("rms_norm_eps", 1e-5)
        }
        "glm" | "glm4" => ("rms_norm_eps", 1.5625e-7),
        "helium" => ("rms_norm_eps", 1e-8),
        _ => ("rms_norm_eps", 1e-6),
    };
    let default_activation = match name {
        "arcee" | "nemotron" => Activation::ReluSquared,
        _ => Activation::Silu,
    };
    let reader = Reader {
        configuration,
        name,
        hidden,
        epsilon: configuration.number_or(&[epsilon], default_epsilon)?,
        activation: match (name, configuration.text("hidden_act")?) {
            // Read by layer, with what was trained.
            ("apertus", None | Some("xielu")) => default_activation,
            ("apertus", Some(other)) => {
                return Err(configuration.not_covered("hidden_act", format_args!("`{other}`"), "xielu"));
            }
            _ => activation(configuration, &["hidden_act"], default_activation)?,
        },
    };
    let layers = (0..count)
        .map(|index| reader.layer(index).map(|layer| Layer::Transformer(Box::new(layer))))
        .collect::<Result<_>>()?;
    let multiplier = if reader.granite() { configuration.number_or(&["embedding_multiplier"], 1.0)? } else { 1.0 };
    let tied = matches!(name, "smollm3" | "ernie4_5" | "cohere" | "cohere2");
    let mut head = head(configuration, "lm_head.weight", "model.embed_tokens.weight", tied)?;
    if reader.granite() {
        head.multiplier = 1.0 / configuration.positive_or(&["logits_scaling"], 1.0)?;
    }
    if matches!(name, "cohere" | "cohere2") {
        head.multiplier = configuration.number_or(&["logit_scale"], 0.0625)?;
    }
    Ok(Architecture {
        name: name.to_string(),
        vocabulary,
        hidden,
        embedding: Embedding { multiplier, ..Embedding::new("model.embed_tokens.weight", hidden) },
        layers,
        final_norm: Some(reader.norm("model.norm")),
        head,
        most_positions: None,
        trained_positions: configuration.size_if(&["max_position_embeddings"])?,
        foreign: Vec::new(),
    })
}

pub struct Reader<'a> {
    pub configuration: &'a Configuration,
    pub name: &'a str,
    pub hidden: usize,
    epsilon: f64,
    activation: Activation,
}

impl Reader<'_> {
    fn granite(&self) -> bool {
        matches!(self.name, "granite" | "granitemoe")
    }

    fn cohere(&self) -> bool {
        matches!(self.name, "cohere" | "cohere2")
    }

    fn glm(&self) -> bool {
        matches!(self.name, "glm" | "glm4")
    }

    fn norm(&self, name: &str) -> Norm {
        match self.name {
            // OLMo 1 norms without weights.
            "olmo" => Norm {
                kind: NormKind::Layer,
                width: self.hidden,
                weight: None,
                bias: None,
                epsilon: 1e-5,
                plus_one: false,
            },
            "cohere" | "cohere2" => layer_norm(name, self.hidden, self.epsilon, false),
            "nemotron" => Norm { plus_one: true, ..layer_norm(name, self.hidden, self.epsilon, true) },
            _ => root_mean_square(name, self.hidden, self.epsilon),
        }
    }

    fn layer(&self, index: usize) -> Result<TransformerLayer> {
        let base = format!("model.layers.{index}");
        let norm = |name: &str| Some(self.norm(&format!("{base}.{name}")));
        // Before and after the attention, before and after the feed-forward part.
        let norms = match self.name {
            "olmo2" | "olmo3" | "exaone4" => {
                [None, norm("post_attention_layernorm"), None, norm("post_feedforward_layernorm")]
            }
            "glm4" => [
                norm("input_layernorm"),
                norm("post_self_attn_layernorm"),
                norm("post_attention_layernorm"),
                norm("post_mlp_layernorm"),
            ],
            "cohere" | "cohere2" => [norm("input_layernorm"), None, None, None],
            "apertus" => [norm("attention_layernorm"), None, norm("feedforward_layernorm"), None],
            _ => [norm("input_layernorm"), None, norm("post_attention_layernorm"), None],
        };
        let [attention_norm, attention_post_norm, feed_forward_norm, feed_forward_post_norm] = norms;
        let residual_multiplier =
            if self.granite() { self.configuration.number_or(&["residual_multiplier"], 1.0)? } else { 1.0 };
        Ok(TransformerLayer {
            arrangement: if self.cohere() { Arrangement::ParallelShared } else { Arrangement::Sequential },
            attention_norm,
            attention_post_norm,
            feed_forward_norm,
            feed_forward_post_norm,
            residual_multiplier,
            ..TransformerLayer::new(
                self.attention(index, &format!("{base}.self_attn"))?,
                self.feed_forward(index, &base)?,
            )
        })
    }

    fn attention(&self, index: usize, base: &str) -> Result<Attention> {
        let configuration = self.configuration;
        let heads = configuration.multiplicity(&["num_attention_heads"])?;
        // What an absent key means differs by family; `null` means as many as query heads.
        let key_value_heads = match self.name {
            "mistral" | "mixtral" => configuration.multiplicity_unless_null("num_key_value_heads", 8)?,
            "qwen2" | "qwen3" | "exaone4" => configuration.multiplicity_unless_null("num_key_value_heads", 32)?,
            "glm" | "glm4" | "ernie4_5" => configuration.multiplicity_unless_null("num_key_value_heads", 2)?,
            "seed_oss" => configuration.multiplicity_unless_null("num_key_value_heads", 8)?,
            "helium" => configuration.multiplicity_unless_null("num_key_value_heads", 20)?,
            "qwen2_moe" => configuration.multiplicity_unless_null("num_key_value_heads", 16)?,
            "qwen3_moe" | "smollm3" => configuration.multiplicity_unless_null("num_key_value_heads", 4)?,
            _ => configuration.multiplicity_if(&["num_key_value_heads"])?,
        }
        .unwrap_or(heads);
        share(configuration, "num_key_value_heads", heads, key_value_heads)?;
        let width = match (self.name, configuration.has("head_dim")) {
            ("qwen3" | "qwen3_moe" | "glm" | "glm4" | "seed_oss" | "ernie4_5" | "helium", false) => 128,
            ("cohere2", _) => share(configuration, "num_attention_heads", self.hidden, heads)?,
            _ => head_width(configuration, self.hidden, heads)?,
        };
        let (input_bias, output_bias) = match self.name {
            "qwen2" => (true, false),
            "qwen2_moe" => (configuration.flag_or("qkv_bias", true)?, false),
            "mistral" | "mixtral" | "exaone4" => (false, false),
            "glm" | "glm4" => (configuration.flag_or("attention_bias", true)?, false),
            "helium" => (configuration.flag_or("attention_bias", false)?, false),
            "seed_oss" => {
                (configuration.flag_or("attention_bias", true)?, configuration.flag_or("attention_out_bias", false)?)
            }
            "ernie4_5" => {
                let bias = configuration.flag_or("use_bias", false)?;
                (bias, bias)
            }
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
        let normed = self.name == "cohere" && configuration.flag_or("use_qk_norm", false)?;
        let head_norm = |part: &str, count: usize| match self.name {
            "cohere" if normed => Some(HeadNorm::Rows(layer_norm(&name(part), width, self.epsilon, false), count)),
            "qwen3" | "qwen3_moe" | "exaone4" | "apertus" => {
                Some(HeadNorm::Head(root_mean_square(&name(part), width, self.epsilon)))
            }
            "olmo2" | "olmo3" | "olmoe" => {
                Some(HeadNorm::Whole(root_mean_square(&name(part), count * width, self.epsilon)))
            }
            _ => None,
        };
        let scale = match self.name {
            "granite" | "granitemoe" => configuration.number_or(&["attention_multiplier"], 1.0)?,
            _ => (width as f64).powf(-0.5),
        };
        Ok(Attention {
            clip: match self.name {
                "olmo" | "olmoe" => configuration.number_if(&["clip_qkv"])?,
                _ => None,
            },
            query_norm: head_norm("q_norm", heads),
            key_norm: head_norm("k_norm", key_value_heads),
            rotary: self.rotary(index, width)?,
            scale,
            window: self.window(index)?,
            ..Attention::new(
                [heads, key_value_heads],
                width,
                Projections::Fused(projections),
                Linear::new(&name("o_proj"), heads * width, self.hidden, output_bias),
            )
        })
    }

    fn rotary(&self, index: usize, width: usize) -> Result<Option<Rotary>> {
        if !self.rotates(index)? {
            return Ok(None);
        }
        let configuration = self.configuration;
        let base = match self.name {
            "mixtral" => 1e6,
            "smollm3" => 2e6,
            "olmo3" | "cohere" | "ernie4_5" => 5e5,
            "helium" => 1e5,
            "apertus" => 1.2e7,
            _ => 1e4,
        };
        let width = match self.name {
            "glm" | "glm4" | "nemotron" => rotated(configuration, &["partial_rotary_factor"], width, 0.5)?,
            _ => width,
        };
        let kind = if self.slides(index)? { "sliding_attention" } else { "full_attention" };
        let mut rotary = Rotary::read(configuration, Some(kind), width, base)?;
        let apart = configuration.inner("rope_parameters")?.is_some_and(|parameters| parameters.has(kind));
        if self.name == "olmo3" && kind == "sliding_attention" && !apart {
            // What older files say of scaling is meant for the layers that see everything.
            rotary.scaling = Scaling::None;
        }
        rotary.interleaved = self.glm() || self.cohere() || matches!(self.name, "ernie4_5" | "helium");
        Ok(Some(rotary))
    }

    /// Which layers rotate: SmolLM3 leaves every fourth one out, others those that see everything.
    fn rotates(&self, index: usize) -> Result<bool> {
        match self.name {
            "smollm3" => {}
            "cohere2" => return self.slides(index),
            "exaone4" => return Ok(self.window_width()?.is_none() || self.slides(index)?),
            _ => return Ok(true),
        }
        if self.configuration.value("no_rope_layers").is_some() {
            let layers = self.configuration.numbers("no_rope_layers")?;
            return Ok(layers.get(index).is_none_or(|&rotates| rotates != 0.0));
        }
        Ok(!(index + 1).is_multiple_of(self.configuration.size_or(&["no_rope_layer_interval"], 4)?))
    }

    /// Of the families in which most layers slide: whether this one does.
    fn slides(&self, index: usize) -> Result<bool> {
        if !matches!(self.name, "olmo3" | "cohere2" | "exaone4") || self.window_width()?.is_none() {
            return Ok(false);
        }
        if let Some(types) = self.configuration.texts("layer_types")? {
            return Ok(types.get(index) == Some(&"sliding_attention"));
        }
        let every =
            if self.name == "olmo3" { 4 } else { self.configuration.size_or(&["sliding_window_pattern"], 4)? };
        Ok(!(index + 1).is_multiple_of(every))
    }

    /// Keys that a sliding layer of theirs sees.
    fn window_width(&self) -> Result<Option<usize>> {
        if self.configuration.has("sliding_window") {
            self.configuration.size_if(&["sliding_window"])
        } else {
            Ok(Some(4096))
        }
    }

    fn window(&self, index: usize) -> Result<Option<usize>> {
        let configuration = self.configuration;
        match self.name {
            "olmo3" | "cohere2" | "exaone4" => {
                if self.slides(index)? {
                    self.window_width()
                } else {
                    Ok(None)
                }
            }
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
            "mixtral" | "olmoe" | "granitemoe" => true,
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
            "llama" | "granite" | "smollm3" | "arcee" | "seed_oss" | "helium" | "nemotron" => {
                configuration.flag_or("mlp_bias", false)?
            }
            "ernie4_5" => configuration.flag_or("use_bias", false)?,
            _ => false,
        };
        let name = |part: &str| format!("{base}.mlp.{part}");
        if self.name == "apertus" {
            return Ok(FeedForward::Xielu {
                up: Linear::new(&name("up_proj"), self.hidden, inner, false),
                activation: Xielu {
                    above: name("act_fn.alpha_p"),
                    below: name("act_fn.alpha_n"),
                    linear: name("act_fn.beta"),
                    greatest: name("act_fn.eps"),
                },
                down: Linear::new(&name("down_proj"), inner, self.hidden, false),
            });
        }
        if matches!(self.name, "arcee" | "nemotron") {
            return Ok(FeedForward::Plain {
                up: Linear::new(&name("up_proj"), self.hidden, inner, bias),
                activation: self.activation,
                down: Linear::new(&name("down_proj"), inner, self.hidden, bias),
            });
        }
        if self.glm() {
            return Ok(FeedForward::Gated(Gated {
                gate_up: Linear::new(&name("gate_up_proj"), self.hidden, 2 * inner, false),
                activation: self.activation,
                down: Linear::new(&name("down_proj"), inner, self.hidden, false),
            }));
        }
        Ok(FeedForward::Gated(self.gated(&format!("{base}.mlp"), ["gate_proj", "up_proj", "down_proj"], inner, bias)))
    }

    pub fn gated(&self, base: &str, names: [&str; 3], inner: usize, bias: bool) -> Gated {
        let names = names.map(|name| format!("{base}.{name}"));
        gated([&names[0], &names[1], &names[2]], self.hidden, inner, self.activation, bias)
    }
}
