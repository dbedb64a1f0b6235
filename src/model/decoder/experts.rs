//! Mixtures of experts.

use candle_core::{Result as Computed, Tensor};

use super::super::architecture::{self, Groups, Routing};
use super::super::error::Result;
use super::super::weights::Weights;
use super::EXACT;
use super::feed_forward::Gated;
use super::linear::Linear;

/// Loaded experts and their router.
#[derive(Debug)]
pub struct Experts {
    router: Linear,
    routing: Routing,
    experts: Vec<Gated>,
    shared: Option<Gated>,
    shared_gate: Option<Linear>,
}

impl Experts {
    /// Loads all experts.
    pub fn load(part: &architecture::Experts, weights: &Weights<'_>) -> Result<Self> {
        Ok(Self {
            router: Linear::load(&part.router, weights)?,
            routing: part.routing.clone(),
            experts: part.experts.iter().map(|expert| Gated::load(expert, weights)).collect::<Result<_>>()?,
            shared: part.shared.as_ref().map(|shared| Gated::load(shared, weights)).transpose()?,
            shared_gate: part.shared_gate.as_ref().map(|gate| Linear::load(gate, weights)).transpose()?,
        })
    }

    /// `[rows, hidden]` to `[rows, hidden]`: each row through the experts chosen for it.
    pub fn forward(&self, x: &Tensor) -> Computed<Tensor> {
        // Which expert a row goes to is decided on the host, in 32 bits.
        let logits = self.router.forward(x)?.to_dtype(EXACT)?.to_vec2::<f32>()?;
        let mut rows_of: Vec<(Vec<u32>, Vec<f32>)> = vec![Default::default(); self.experts.len()];
        for (row, logits) in logits.iter().enumerate() {
            for (expert, weight) in route(logits, &self.routing) {
                rows_of[expert].0.push(row as u32);
                rows_of[expert].1.push(weight);
            }
        }
        let mut sum = x.zeros_like()?;
        for (expert, (rows, weights)) in self.experts.iter().zip(rows_of) {
            if rows.is_empty() {
                continue;
            }
            let count = rows.len();
            let rows = Tensor::from_vec(rows, count, x.device())?;
            let weights = Tensor::from_vec(weights, (count, 1), x.device())?.to_dtype(x.dtype())?;
            let part = expert.forward(&x.index_select(&rows, 0)?)?.broadcast_mul(&weights)?;
            sum = sum.index_add(&rows, &part, 0)?;
        }
        if let Some(shared) = &self.shared {
            let mut part = shared.forward(x)?;
            if let Some(gate) = &self.shared_gate {
                part = part.broadcast_mul(&candle_nn::ops::sigmoid(&gate.forward(x)?)?)?;
            }
            sum = (sum + part)?;
        }
        Ok(sum)
    }
}

/// Experts of one row with their weights: the greatest probabilities under the softmax of the logits.
fn route(logits: &[f32], routing: &Routing) -> Vec<(usize, f32)> {
    let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let grown: Vec<f64> = logits.iter().map(|&logit| f64::from(logit - greatest).exp()).collect();
    let total: f64 = grown.iter().sum();
    let probabilities: Vec<f64> = grown.iter().map(|grown| grown / total).collect();
    let open = routing.groups.map(|groups| open_experts(&probabilities, groups));
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    let value = |expert: usize| match &open {
        Some(open) if !open[expert] => 0.0,
        _ => probabilities[expert],
    };
    // Ties go to the expert of the lower number.
    order.sort_by(|&a, &b| value(b).total_cmp(&value(a)).then(a.cmp(&b)));
    order.truncate(routing.chosen);
    let sum: f64 = if routing.normalised { order.iter().map(|&expert| value(expert)).sum() } else { 1.0 };
    order.into_iter().map(|expert| (expert, (value(expert) / sum * routing.multiplier) as f32)).collect()
}

/// Which experts lie in the groups whose best expert is most probable.
fn open_experts(probabilities: &[f64], groups: Groups) -> Vec<bool> {
    let size = probabilities.len() / groups.count;
    let best: Vec<f64> =
        probabilities.chunks(size).map(|group| group.iter().copied().fold(f64::NEG_INFINITY, f64::max)).collect();
    let mut order: Vec<usize> = (0..best.len()).collect();
    order.sort_by(|&a, &b| best[b].total_cmp(&best[a]).then(a.cmp(&b)));
    order.truncate(groups.open);
    (0..probabilities.len()).map(|expert| order.contains(&(expert / size))).collect()
}
