//! Llama and its kin: Mistral, Mixtral, Qwen 2 and 3, OLMo, Granite, SmolLM3, GLM, Cohere, EXAONE 4 and others.
//!
//! They differ in biases, norms and where they stand, rotation, windows, multipliers and experts; `rows.rs` says how, and
//! nothing else here knows their names.

mod attention;
mod feed_forward;
mod kin;
pub mod rows;
mod window;

use super::super::error::Result;
use super::parts::{activation, head};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{Activation, Architecture, Embedding, Layer, Norm, TransformerLayer};

pub use kin::Kin;
use kin::{Epsilon, FeedForwardStyle};

/// Reads a configuration of the Llama kind.
pub fn read(configuration: &Configuration, kin: &Kin) -> Result<Architecture> {
    let hidden = configuration.size(&["hidden_size"])?;
    let count = configuration.multiplicity(&["num_hidden_layers"])?;
    let reader = Reader {
        configuration,
        kin,
        hidden,
        epsilon: match kin.epsilon {
            Epsilon::Key(key, default) => configuration.number_or(&[key], default)?,
            Epsilon::Fixed(epsilon) => epsilon,
        },
        activation: match (kin.feed_forward, configuration.text("hidden_act")?) {
            // Read by layer, with what was trained.
            (FeedForwardStyle::Xielu, None | Some("xielu")) => kin.activation,
            (FeedForwardStyle::Xielu, Some(other)) => {
                return Err(configuration.not_covered("hidden_act", format_args!("`{other}`"), "xielu"));
            }
            _ => activation(configuration, &["hidden_act"], kin.activation)?,
        },
    };
    let layers = (0..count).map(|index| reader.layer(index).map(|layer| Layer::Transformer(Box::new(layer))));
    let multiplier = reader.multiplier("embedding_multiplier")?;
    let mut head = head(configuration, "lm_head.weight", "model.embed_tokens.weight", kin.tied)?;
    if kin.multipliers {
        head.multiplier = 1.0 / configuration.positive_or(&["logits_scaling"], 1.0)?;
    }
    if let Some(scale) = kin.logit_scale {
        head.multiplier = configuration.number_or(&["logit_scale"], scale)?;
    }
    Ok(Architecture {
        trained_positions: configuration.size_if(&["max_position_embeddings"])?,
        ..Architecture::of(
            configuration,
            Embedding { multiplier, ..Embedding::new("model.embed_tokens.weight", hidden) },
            layers,
            Some(reader.norm("model.norm")),
            head,
        )?
    })
}

struct Reader<'a> {
    configuration: &'a Configuration,
    kin: &'a Kin,
    hidden: usize,
    epsilon: f64,
    activation: Activation,
}

impl Reader<'_> {
    /// One of the multipliers, 1 in families that have none.
    fn multiplier(&self, key: &str) -> Result<f64> {
        if self.kin.multipliers { self.configuration.number_or(&[key], 1.0) } else { Ok(1.0) }
    }

    /// A norm over the hidden width.
    fn norm(&self, name: &str) -> Norm {
        let style = self.kin.norm;
        Norm {
            kind: style.kind,
            width: self.hidden,
            weight: style.weight.then(|| format!("{name}.weight")),
            bias: style.bias.then(|| format!("{name}.bias")),
            epsilon: self.epsilon,
            plus_one: style.plus_one,
        }
    }

    fn layer(&self, index: usize) -> Result<TransformerLayer> {
        let base = format!("model.layers.{index}");
        let norm = |name: Option<&str>| name.map(|name| self.norm(&format!("{base}.{name}")));
        let norms = self.kin.norms;
        Ok(TransformerLayer {
            arrangement: self.kin.arrangement,
            attention_norm: norm(norms.attention),
            attention_post_norm: norm(norms.attention_post),
            feed_forward_norm: norm(norms.feed_forward),
            feed_forward_post_norm: norm(norms.feed_forward_post),
            residual_multiplier: self.multiplier("residual_multiplier")?,
            ..TransformerLayer::new(
                self.attention(index, &format!("{base}.self_attn"))?,
                self.feed_forward(index, &base)?,
            )
        })
    }
}
