//! Mixtures of experts.

use candle_core::{Result as Computed, Tensor};

use super::super::error::Result;
use super::gated::Gated;
use super::linear::{EXACT, Linear};
use crate::architecture::description::{self as architecture, Groups, Routing, Scoring};
use crate::weights::mapped::Weights;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn routing(scoring: Scoring, chosen: usize) -> Routing {
        Routing { scoring, correction: None, chosen, normalised: false, multiplier: 1.0, groups: None }
    }

    /// The logit of a probability under the logistic function.
    fn logit(probability: f64) -> f32 {
        (probability / (1.0 - probability)).ln() as f32
    }

    fn check(found: &[(usize, f32)], expected: &[(usize, f32)]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.0 == expected.0 && (found.1 - expected.1).abs() < 1e-6, "{found:?}, not {expected:?}");
        }
    }

    #[test]
    fn softmax_weights_are_shares() {
        // Weights 1 : 2 : 4 : 1, the lower number first where two are equal.
        let logits = [0.0, 2f32.ln(), 4f32.ln(), 0.0];
        let mut routing = routing(Scoring::Softmax, 3);
        check(&route(&logits, None, &routing), &[(2, 0.5), (1, 0.25), (0, 0.125)]);
        (routing.normalised, routing.multiplier) = (true, 7.0);
        check(&route(&logits, None, &routing), &[(2, 4.0), (1, 2.0), (0, 1.0)]);
    }

    #[test]
    fn a_correction_chooses_but_does_not_weigh() {
        let logits = [0.9, 0.8, 0.2, 0.1].map(logit);
        let routing = routing(Scoring::Sigmoid, 2);
        check(&route(&logits, None, &routing), &[(0, 0.9), (1, 0.8)]);
        check(&route(&logits, Some(&[0.0, -1.0, 0.0, 2.0]), &routing), &[(3, 0.1), (0, 0.9)]);
    }

    #[test]
    fn groups_open_by_their_best_experts_together() {
        // The best single expert is in the first group, the best pair in the second.
        let logits = [0.9, 0.1, 0.8, 0.7, 0.3, 0.2].map(logit);
        let mut routing = routing(Scoring::Sigmoid, 2);
        routing.groups = Some(Groups { count: 3, open: 1, best: 1 });
        check(&route(&logits, None, &routing), &[(0, 0.9), (1, 0.1)]);
        routing.groups = Some(Groups { count: 3, open: 1, best: 2 });
        check(&route(&logits, None, &routing), &[(2, 0.8), (3, 0.7)]);
        routing.groups = Some(Groups { count: 3, open: 2, best: 2 });
        check(&route(&logits, None, &routing), &[(0, 0.9), (2, 0.8)]);
    }
}
