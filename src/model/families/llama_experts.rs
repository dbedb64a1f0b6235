//! Mixtures of experts in Llama's kin: Mixtral, OLMoE, Qwen's and Granite's.

use super::super::architecture::{Experts, Linear, Routing, Scoring, Stacked};
use super::super::error::Result;
use super::llama::Reader;

impl Reader<'_> {
    /// Router and experts of the layer at `base`.
    pub fn experts(&self, base: &str) -> Result<Experts> {
        let configuration = self.configuration;
        let (mixtral, granite) = (self.name == "mixtral", self.name == "granitemoe");
        let (block, names) = if mixtral || granite {
            (format!("{base}.block_sparse_moe"), ["w1", "w3", "w2"])
        } else {
            (format!("{base}.mlp"), ["gate_proj", "up_proj", "down_proj"])
        };
        let count = configuration.multiplicity(&["num_local_experts", "num_experts"])?;
        let inner = match self.name {
            "mixtral" | "olmoe" | "granitemoe" => configuration.size(&["intermediate_size"])?,
            _ => configuration.size(&["moe_intermediate_size"])?,
        };
        let shared = match self.name {
            "qwen2_moe" => {
                let inner = configuration.size(&["shared_expert_intermediate_size"])?;
                Some(self.gated(&format!("{block}.shared_expert"), names, inner, false))
            }
            _ => None,
        };
        let router = if granite { "router.layer" } else { "gate" };
        Ok(Experts {
            router: Linear::new(&format!("{block}.{router}"), self.hidden, count, false),
            routing: Routing {
                scoring: Scoring::Softmax,
                correction: None,
                chosen: configuration.size(&["num_experts_per_tok"])?.min(count),
                normalised: mixtral || granite || configuration.flag_or("norm_topk_prob", false)?,
                multiplier: 1.0,
                groups: None,
            },
            experts: (0..count)
                .map(|expert| self.gated(&format!("{block}.experts.{expert}"), names, inner, false))
                .collect(),
            stacked: granite.then(|| Stacked {
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
