//! Vectors to log-probabilities of the targets.

use candle_core::{DType, Device, Result as Computed, Tensor};

use super::super::error::Result;
use super::super::kernels::{self, LogSum};
use super::embedding::Embedding;
use super::linear::{EXACT, Linear};
use crate::architecture::description::Architecture;
use crate::weights::mapped::Weights;

/// Rows whose logits exist at the same time.
const ROWS: usize = 512;
/// Entries of the vocabulary whose logits exist at the same time.
const ENTRIES: usize = 8192;

/// The vocabulary projection and the logarithm of its softmax, for the targets alone.
#[derive(Debug)]
pub struct Head {
    projection: Option<Linear>,
    weight: Tensor,
    bias: Option<Tensor>,
    multiplier: f64,
    soft_cap: Option<f64>,
    device: Device,
}

impl Head {
    /// Loads the projection, or takes the embedding's table where the two are tied.
    pub fn load(architecture: &Architecture, weights: &Weights<'_>, embedding: &Embedding) -> Result<Self> {
        let head = &architecture.head;
        let width = head.projection.as_ref().map_or(architecture.hidden, |projection| projection.outputs);
        let shape = [architecture.vocabulary, width];
        let weight = if head.weight == architecture.embedding.weight {
            // Some checkpoints store the tied table twice.
            for copy in ["lm_head.weight", "embed_out.weight"] {
                weights.tolerate(copy);
            }
            embedding.table().clone()
        } else {
            weights.tensor(&head.weight, &shape)?
        };
        Ok(Self {
            projection: head.projection.as_ref().map(|linear| Linear::load(linear, weights)).transpose()?,
            weight,
            bias: head.bias.as_ref().map(|bias| weights.tensor_f32(bias, &[architecture.vocabulary])).transpose()?,
            multiplier: head.multiplier,
            soft_cap: head.soft_cap,
            device: weights.device().clone(),
        })
    }

    /// Natural logarithm of the probability of each target, for `x` `[targets, hidden]`.
    pub fn forward(&self, x: &Tensor, targets: &[u32]) -> Computed<Vec<f32>> {
        let mut scores = Vec::with_capacity(targets.len());
        let projected;
        let x = match &self.projection {
            Some(projection) => {
                projected = projection.forward(x)?;
                &projected
            }
            None => x,
        };
        for start in (0..targets.len()).step_by(ROWS) {
            let rows = ROWS.min(targets.len() - start);
            scores.extend(self.rows(&x.narrow(0, start, rows)?, &targets[start..start + rows])?);
        }
        Ok(scores)
    }

    fn rows(&self, x: &Tensor, targets: &[u32]) -> Computed<Vec<f32>> {
        let vocabulary = self.weight.dim(0)?;
        // Products in 32 bits: logits rounded to 16 would be off by up to an eighth.
        let x = x.to_dtype(EXACT)?.contiguous()?;
        let mut sums = vec![LogSum::NONE; targets.len()];
        let mut chosen = vec![f32::NAN; targets.len()];
        for first in (0..vocabulary).step_by(ENTRIES) {
            let entries = ENTRIES.min(vocabulary - first);
            let weight = self.weight.narrow(0, first, entries)?.to_dtype(EXACT)?;
            let mut logits = x.matmul(&weight.t()?)?;
            if let Some(bias) = &self.bias {
                logits = logits.broadcast_add(&bias.narrow(0, first, entries)?)?;
            }
            if self.multiplier != 1.0 {
                logits = (logits * self.multiplier)?;
            }
            if let Some(cap) = self.soft_cap {
                logits = ((logits / cap)?.tanh()? * cap)?;
            }
            // Where the logits lie on another device, only sums and targets come back.
            let logits = self.to_host(&logits, &mut sums, &mut chosen, targets, first, entries)?;
            if let Some(logits) = logits {
                kernels::with_numbers(&logits, |numbers| {
                    let joined = kernels::log_sums(numbers, entries);
                    for (sum, part) in sums.iter_mut().zip(joined) {
                        *sum = sum.join(part);
                    }
                    for (row, &target) in targets.iter().enumerate() {
                        if let Some(column) = (target as usize).checked_sub(first).filter(|&column| column < entries) {
                            chosen[row] = numbers[row * entries + column];
                        }
                    }
                    Ok(())
                })?;
            }
        }
        Ok(chosen.iter().zip(&sums).map(|(&chosen, sum)| (f64::from(chosen) - sum.value()) as f32).collect())
    }

    /// The logits themselves on the processor; on another device reduces there and takes in what comes out.
    fn to_host(
        &self,
        logits: &Tensor,
        sums: &mut [LogSum],
        chosen: &mut [f32],
        targets: &[u32],
        first: usize,
        entries: usize,
    ) -> Computed<Option<Tensor>> {
        if matches!(self.device, Device::Cpu) {
            return Ok(Some(logits.clone()));
        }
        let greatest = logits.max_keepdim(1)?;
        let sum = logits.broadcast_sub(&greatest)?.exp()?.sum(1)?.to_vec1::<f32>()?;
        let greatest = greatest.squeeze(1)?.to_vec1::<f32>()?;
        for ((total, greatest), sum) in sums.iter_mut().zip(greatest).zip(sum) {
            *total = total.join(LogSum::of(greatest, f64::from(sum)));
        }
        let inside = |target: u32| (target as usize).checked_sub(first).filter(|&column| column < entries);
        let columns: Vec<u32> = targets.iter().map(|&target| inside(target).unwrap_or(0) as u32).collect();
        let columns = Tensor::from_vec(columns, (targets.len(), 1), &self.device)?;
        let picked = logits.gather(&columns, 1)?.squeeze(1)?.to_dtype(DType::F32)?.to_vec1::<f32>()?;
        for ((chosen, picked), &target) in chosen.iter_mut().zip(picked).zip(targets) {
            if inside(target).is_some() {
                *chosen = picked;
            }
        }
        Ok(None)
    }
}
