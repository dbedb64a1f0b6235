//! Gemma 1, 2 and 3: norms stored less 1, scaled embeddings, soft caps, alternating windows.

use super::super::error::Result;
use super::parts::{activation, gated, head, root_mean_square, share};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{
    Activation, Architecture, Attention, Embedding, FeedForward, HeadNorm, Layer, Linear, Norm, Projections,
    TransformerLayer,
};
use crate::architecture::rotary::{Rotary, Scaling};

/// Reads a configuration of the Gemma kind.
pub fn read(configuration: &Configuration) -> Result<Architecture> {
    let outer = configuration;
    // Gemma 3 with vision keeps the language model's keys apart.
    let inner = configuration.inner("text_config")?;
    let configuration = inner.as_ref().unwrap_or(configuration);
    let generation = match outer.model_type()? {
        "gemma" => 1,
        "gemma2" => 2,
        _ => 3,
    };
    if configuration.flag_or("use_bidirectional_attention", false)? {
        return Err(configuration.not_covered(
            "use_bidirectional_attention",
            "true",
            "false: a model in which tokens attend only to those before them",
        ));
    }
    let hidden = configuration.size(&["hidden_size"])?;
    let reader = Reader {
        configuration,
        generation,
        hidden,
        epsilon: configuration.number_or(&["rms_norm_eps"], 1e-6)?,
        // Gemma 1 was trained with the approximation whatever `hidden_act` says.
        activation: activation(configuration, &["hidden_activation"], Activation::GeluTanh)?,
    };
    let layers = (0..configuration.multiplicity(&["num_hidden_layers"])?)
        .map(|index| reader.layer(index).map(|layer| Layer::Transformer(Box::new(layer))));
    let mut head = head(configuration, "lm_head.weight", "model.embed_tokens.weight", true)?;
    head.soft_cap = reader.soft_cap("final_logit_softcapping", 30.0)?;
    let vocabulary = configuration.size_or(&["vocab_size"], if generation == 3 { 262_208 } else { 256_000 })?;
    Ok(Architecture {
        trained_positions: configuration.size_if(&["max_position_embeddings"])?,
        foreign: if inner.is_some() {
            ["vision_tower.", "model.vision_tower.", "multi_modal_projector.", "model.multi_modal_projector."]
                .map(str::to_string)
                .to_vec()
        } else {
            Vec::new()
        },
        ..Architecture::named(
            outer.model_type()?,
            vocabulary,
            configuration,
            Embedding { multiplier: (hidden as f64).sqrt(), ..Embedding::new("model.embed_tokens.weight", hidden) },
            layers,
            Some(reader.norm("model.norm", hidden)),
            head,
        )?
    })
}

struct Reader<'a> {
    configuration: &'a Configuration,
    generation: u8,
    hidden: usize,
    epsilon: f64,
    activation: Activation,
}

impl Reader<'_> {
    fn norm(&self, name: &str, width: usize) -> Norm {
        Norm { plus_one: true, ..root_mean_square(name, width, self.epsilon) }
    }

    /// Gemma 2 has soft caps unless its configuration says `null`; Gemma 3 only where it says so.
    fn soft_cap(&self, key: &str, default: f64) -> Result<Option<f64>> {
        match self.configuration.number_if(&[key])? {
            None if self.generation == 2 && !self.configuration.has(key) => Ok(Some(default)),
            cap => Ok(cap),
        }
    }

    fn layer(&self, index: usize) -> Result<TransformerLayer> {
        let base = format!("model.layers.{index}");
        let norm = |name: &str| Some(self.norm(&format!("{base}.{name}"), self.hidden));
        let inner = self.configuration.size(&["intermediate_size"])?;
        let names = ["gate_proj", "up_proj", "down_proj"].map(|part| format!("{base}.mlp.{part}"));
        let four_norms = self.generation >= 2;
        Ok(TransformerLayer {
            attention_norm: norm("input_layernorm"),
            attention_post_norm: if four_norms { norm("post_attention_layernorm") } else { None },
            feed_forward_norm: norm(if four_norms { "pre_feedforward_layernorm" } else { "post_attention_layernorm" }),
            feed_forward_post_norm: if four_norms { norm("post_feedforward_layernorm") } else { None },
            ..TransformerLayer::new(
                self.attention(index, &format!("{base}.self_attn"))?,
                FeedForward::Gated(gated(
                    [&names[0], &names[1], &names[2]],
                    self.hidden,
                    inner,
                    self.activation,
                    false,
                )),
            )
        })
    }

    fn attention(&self, index: usize, base: &str) -> Result<Attention> {
        let configuration = self.configuration;
        // Published files of Gemma 3 with vision leave out what is as in the smallest model.
        let heads = match (self.generation, configuration.has("num_attention_heads")) {
            (3, false) => 8,
            _ => configuration.multiplicity(&["num_attention_heads"])?,
        };
        let default = if self.generation == 1 { 16 } else { 4 };
        let key_value_heads = configuration.multiplicity_unless_null("num_key_value_heads", default)?.unwrap_or(heads);
        share(configuration, "num_key_value_heads", heads, key_value_heads)?;
        let width = configuration
            .multiplicity_unless_null("head_dim", 256)?
            .map_or_else(|| share(configuration, "num_attention_heads", self.hidden, heads), Ok)?;
        let slides = self.slides(index)?;
        let bias = configuration.flag_or("attention_bias", false)?;
        let name = |part: &str| format!("{base}.{part}");
        let head_norm = |part: &str| (self.generation == 3).then(|| HeadNorm::Head(self.norm(&name(part), width)));
        let scale = match self.generation {
            1 => width as f64,
            _ => configuration.positive_or(&["query_pre_attn_scalar"], 256.0)?,
        };
        Ok(Attention {
            query_norm: head_norm("q_norm"),
            key_norm: head_norm("k_norm"),
            rotary: Some(self.rotary(slides, width)?),
            scale: scale.powf(-0.5),
            soft_cap: self.soft_cap("attn_logit_softcapping", 50.0)?,
            window: if slides { Some(configuration.size_or(&["sliding_window"], 4096)?) } else { None },
            ..Attention::new(
                [heads, key_value_heads],
                width,
                Projections::separate(&name, [heads, key_value_heads], width, self.hidden, bias),
                Linear::new(&name("o_proj"), heads * width, self.hidden, bias),
            )
        })
    }

    /// Gemma 2 alternates, window first; in Gemma 3 every sixth layer sees everything.
    fn slides(&self, index: usize) -> Result<bool> {
        if self.generation == 1 {
            return Ok(false);
        }
        if let Some(types) = self.configuration.texts("layer_types")? {
            return Ok(types.get(index) == Some(&"sliding_attention"));
        }
        let every = match self.generation {
            2 => 2,
            _ => self.configuration.size_or(&["sliding_window_pattern", "_sliding_window_pattern"], 6)?,
        };
        Ok(!(index + 1).is_multiple_of(every))
    }

    /// Gemma 3 rotates sliding layers by a base of their own, without scaling.
    fn rotary(&self, slides: bool, width: usize) -> Result<Rotary> {
        if self.generation < 3 {
            return Rotary::read(self.configuration, None, width, 1e4);
        }
        let kind = if slides { "sliding_attention" } else { "full_attention" };
        if self.configuration.inner("rope_parameters")?.is_some_and(|parameters| parameters.has(kind)) {
            return Rotary::read(self.configuration, Some(kind), width, if slides { 1e4 } else { 1e6 });
        }
        if slides {
            let base = self.configuration.positive_or(&["rope_local_base_freq"], 1e4)?;
            return Ok(Rotary { width, base, interleaved: false, scaling: Scaling::None });
        }
        Rotary::read(self.configuration, None, width, 1e6)
    }
}
