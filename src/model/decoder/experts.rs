//! Mixtures of experts.

use candle_core::{Result as Computed, Tensor};

use super::super::architecture::{self, Groups, Routing, Scoring};
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
    correction: Option<Vec<f32>>,
    experts: Vec<Gated>,
    shared: Option<Gated>,
    shared_gate: Option<Linear>,
}

impl Experts {
    /// Loads all experts.
    pub fn load(part: &architecture::Experts, weights: &Weights<'_>) -> Result<Self> {
        let count = part.experts.len();
        let experts = match (&part.stacked, part.experts.first()) {
            (Some(stacked), Some(like)) => {
                let (both, inner, hidden) = (like.gate_up.outputs, like.down.inputs, like.gate_up.inputs);
                let gate_up = weights.tensor(&stacked.gate_up, &[count, both, hidden])?;
                let down = weights.tensor(&stacked.down, &[count, hidden, inner])?;
                (0..count)
                    .map(|expert| {
                        let [gate_up, down] = [gate_up.get(expert)?, down.get(expert)?].map(Linear::of);
                        Ok(Gated::of(gate_up, like.activation, down))
                    })
                    .collect::<Result<_>>()?
            }
            _ => part.experts.iter().map(|expert| Gated::load(expert, weights)).collect::<Result<_>>()?,
        };
        let correction = match &part.routing.correction {
            Some(name) => Some(weights.tensor_f32(name, &[count])?.to_vec1::<f32>()?),
            None => None,
        };
        Ok(Self {
            router: Linear::load(&part.router, weights)?,
            routing: part.routing.clone(),
            correction,
            experts,
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
            for (expert, weight) in route(logits, self.correction.as_deref(), &self.routing) {
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

/// Experts of one row with their weights.
fn route(logits: &[f32], correction: Option<&[f32]>, routing: &Routing) -> Vec<(usize, f32)> {
    let scores = scores(logits, routing.scoring);
    // What experts are chosen by; they are weighed without the correction.
    let merits: Vec<f64> = match correction {
        Some(correction) => scores.iter().zip(correction).map(|(score, &more)| score + f64::from(more)).collect(),
        None => scores.clone(),
    };
    let mut order: Vec<usize> = match routing.groups {
        Some(groups) => open_experts(&merits, groups),
        None => (0..merits.len()).collect(),
    };
    // Ties go to the expert of the lower number.
    order.sort_by(|&a, &b| merits[b].total_cmp(&merits[a]).then(a.cmp(&b)));
    order.truncate(routing.chosen);
    let sum: f64 = if routing.normalised { order.iter().map(|&expert| scores[expert]).sum() } else { 1.0 };
    order.into_iter().map(|expert| (expert, (scores[expert] / sum * routing.multiplier) as f32)).collect()
}

fn scores(logits: &[f32], scoring: Scoring) -> Vec<f64> {
    match scoring {
        Scoring::Sigmoid => logits.iter().map(|&logit| 1.0 / (1.0 + f64::from(-logit).exp())).collect(),
        Scoring::Softmax => {
            let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let grown: Vec<f64> = logits.iter().map(|&logit| f64::from(logit - greatest).exp()).collect();
            let total: f64 = grown.iter().sum();
            grown.iter().map(|grown| grown / total).collect()
        }
    }
}

/// The experts of the groups whose best experts together have the most merit.
fn open_experts(merits: &[f64], groups: Groups) -> Vec<usize> {
    let size = merits.len() / groups.count;
    let best: Vec<f64> = merits
        .chunks(size)
        .map(|group| {
            let mut group = group.to_vec();
            group.sort_by(|a, b| b.total_cmp(a));
            group.iter().take(groups.best).sum()
        })
        .collect();
    let mut order: Vec<usize> = (0..best.len()).collect();
    order.sort_by(|&a, &b| best[b].total_cmp(&best[a]).then(a.cmp(&b)));
    order.truncate(groups.open);
    (0..merits.len()).filter(|expert| order.contains(&(expert / size))).collect()
}
