//! Feed-forward parts of Llama's kin, with experts (Mixtral, OLMoE, Qwen's and Granite's) and without.

use super::super::super::error::Result;
use super::super::parts::gated;
use super::Reader;
use super::kin::{ExpertLayers, ExpertStyle, FeedForwardStyle};
use crate::architecture::description::{Experts, FeedForward, Gated, Linear, Routing, Scoring, Stacked, Xielu};

impl Reader<'_> {
    /// The feed-forward part of layer `index`, whose tensors begin with `base`.
    pub fn feed_forward(&self, index: usize, base: &str) -> Result<FeedForward> {
        let configuration = self.configuration;
        if let Some(style) = &self.kin.experts
            && self.sparse(index, style.layers)?
        {
            return Ok(FeedForward::Experts(Box::new(self.experts(base, style)?)));
        }
        let inner = configuration.size(&["intermediate_size"])?;
        let bias = self.kin.feed_forward_bias.read(configuration)?;
        let name = |part: &str| format!("{base}.mlp.{part}");
        Ok(match self.kin.feed_forward {
            FeedForwardStyle::Gated => FeedForward::Gated(self.gated(
                &format!("{base}.mlp"),
                ["gate_proj", "up_proj", "down_proj"],
                inner,
                bias,
            )),
            FeedForwardStyle::GatedFused => FeedForward::Gated(Gated {
                gate_up: Linear::new(&name("gate_up_proj"), self.hidden, 2 * inner, bias),
                activation: self.activation,
                down: Linear::new(&name("down_proj"), inner, self.hidden, bias),
            }),
            FeedForwardStyle::Plain => FeedForward::Plain {
                up: Linear::new(&name("up_proj"), self.hidden, inner, bias),
                activation: self.activation,
                down: Linear::new(&name("down_proj"), inner, self.hidden, bias),
            },
            FeedForwardStyle::Xielu => FeedForward::Xielu {
                up: Linear::new(&name("up_proj"), self.hidden, inner, bias),
                activation: Xielu {
                    above: name("act_fn.alpha_p"),
                    below: name("act_fn.alpha_n"),
                    linear: name("act_fn.beta"),
                    greatest: name("act_fn.eps"),
                },
                down: Linear::new(&name("down_proj"), inner, self.hidden, bias),
            },
        })
    }

    fn gated(&self, base: &str, names: [&str; 3], inner: usize, bias: bool) -> Gated {
        let names = names.map(|name| format!("{base}.{name}"));
        gated([&names[0], &names[1], &names[2]], self.hidden, inner, self.activation, bias)
    }

    /// Whether layer `index` has experts.
    fn sparse(&self, index: usize, layers: ExpertLayers) -> Result<bool> {
        if layers == ExpertLayers::All {
            return Ok(true);
        }
        let dense = match self.configuration.value("mlp_only_layers") {
            Some(_) => self.configuration.numbers("mlp_only_layers")?,
            None => Vec::new(),
        };
        let step = self.configuration.size_or(&["decoder_sparse_step"], 1)?;
        Ok(!dense.contains(&(index as f64)) && (index + 1).is_multiple_of(step))
    }

    /// Router and experts of the layer at `base`.
    fn experts(&self, base: &str, style: &ExpertStyle) -> Result<Experts> {
        let configuration = self.configuration;
        let block = format!("{base}.{}", style.block);
        let count = configuration.multiplicity(&["num_local_experts", "num_experts"])?;
        let inner = configuration.size(&[style.inner])?;
        let expert = |name: &str, inner: usize| self.gated(&format!("{block}.{name}"), style.names, inner, false);
        let shared = match style.shared {
            true => Some(expert("shared_expert", configuration.size(&["shared_expert_intermediate_size"])?)),
            false => None,
        };
        let router = Linear::new(&format!("{block}.{}", style.router), self.hidden, count, false);
        configuration.compare(&router)?;
        Ok(Experts {
            router,
            routing: Routing {
                scoring: Scoring::Softmax,
                correction: None,
                chosen: configuration.size(&["num_experts_per_tok"])?.min(count),
                normalised: style.normalised || configuration.flag_or("norm_topk_prob", false)?,
                multiplier: 1.0,
                groups: None,
            },
            experts: (0..count).map(|index| expert(&format!("experts.{index}"), inner)).collect(),
            stacked: style.stacked.then(|| Stacked {
                gate_up: format!("{block}.input_linear.weight"),
                down: format!("{block}.output_linear.weight"),
            }),
            shared_gate: shared
                .is_some()
                .then(|| Linear::new(&format!("{block}.shared_expert_gate"), self.hidden, 1, false)),
            shared,
        })
    }
}
