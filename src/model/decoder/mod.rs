//! The decoder: computes any [`Architecture`].
//!
//! Windows are packed one after the other into one matrix of rows, without padding; only attention (and the recurrence of
//! a state space) looks at where one ends. Queries go in blocks against the keys that they see, logits in blocks of rows and
//! vocabulary, so that neither all scores nor all logits ever exist. In the last layer only the positions that are scored
//! are computed.

mod attention;
mod embedding;
mod experts;
mod feed_forward;
mod gated;
mod head;
mod layer;
mod linear;
mod mamba;
mod norm;
mod pack;

use candle_core::Device;
use rayon::prelude::*;

use super::causal::{CausalModel, Window};
use super::compute::Compute;
use super::error::{ModelError, Result};
use crate::architecture::description::{Architecture, Layer};
use crate::weights::mapped::Weights;
use crate::weights::tensors::TensorSource;

use embedding::Embedding;
use head::Head;
use layer::Block;
use norm::Norm;
use pack::Pack;

/// On the processor windows are computed this many inputs at a time (one window at least): enough rows to fill the matrix
/// products, few enough that every thread has its own.
const INPUTS_AT_ONCE: usize = 1024;

/// A loaded model.
pub struct Decoder {
    architecture: Architecture,
    embedding: Embedding,
    blocks: Vec<Block>,
    final_norm: Option<Norm>,
    head: Head,
    device: Device,
    weight_bytes: u64,
    parameters: u64,
    unused: Vec<String>,
}

impl Decoder {
    /// Loads all weights that the architecture names.
    ///
    /// # Errors
    /// [`ModelError::Tensor`] for a tensor that is missing or of another shape, [`ModelError::ExtraTensors`] for one that
    /// is left over and could take part.
    pub fn load(architecture: Architecture, source: &dyn TensorSource, compute: &Compute) -> Result<Self> {
        let weights = Weights::new(source, compute.dtype, &compute.device);
        let embedding = Embedding::load(&architecture, &weights)?;
        let head = Head::load(&architecture, &weights, &embedding)?;
        let load = |layer: &Layer| Block::load(layer, &weights);
        let blocks = match compute.device {
            Device::Cpu => architecture.layers.par_iter().map(load).collect::<Result<_>>()?,
            _ => architecture.layers.iter().map(load).collect::<Result<_>>()?,
        };
        let final_norm = architecture.final_norm.as_ref().map(|norm| Norm::load(norm, &weights)).transpose()?;
        let unused = weights.unused(&architecture.name, &architecture.foreign)?;
        let (parameters, weight_bytes) = weights.loaded();
        Ok(Self {
            architecture,
            embedding,
            blocks,
            final_norm,
            head,
            device: compute.device.clone(),
            weight_bytes,
            parameters,
            unused,
        })
    }

    /// What was loaded.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Names of stored tensors that take no part.
    pub fn unused(&self) -> &[String] {
        &self.unused
    }

    /// Numbers in the weights.
    pub fn parameters(&self) -> u64 {
        self.parameters
    }

    fn check(&self, windows: &[Window<'_>]) -> Result<()> {
        let vocabulary = self.architecture.vocabulary;
        for window in windows {
            if let Some(most) = self.architecture.most_positions.filter(|&most| window.inputs.len() > most) {
                return Err(ModelError::TooLong { found: window.inputs.len(), most });
            }
            if window.targets.len() > window.inputs.len() {
                return Err(ModelError::Compute(candle_core::Error::msg("a window has more targets than inputs")));
            }
            let mut tokens = window.inputs.iter().chain(window.targets);
            if let Some(&token) = tokens.find(|&&token| token as usize >= vocabulary) {
                return Err(ModelError::BeyondVocabulary { token, text: None, vocabulary });
            }
        }
        Ok(())
    }

    /// Scores windows in one pass.
    fn score(&self, windows: &[Window<'_>]) -> Result<Vec<Vec<f32>>> {
        let pack = Pack::new(windows);
        let mut x = self.embedding.forward(&pack)?;
        for (index, block) in self.blocks.iter().enumerate() {
            // What the last layer gives is only read where a target is scored.
            let last = index + 1 == self.blocks.len();
            x = block.forward(&x, &pack, last)?;
        }
        if self.blocks.is_empty() {
            x = pack.scored_rows(&x)?;
        }
        if let Some(norm) = &self.final_norm {
            x = norm.forward(&x)?;
        }
        let scores = self.head.forward(&x, &pack.targets)?;
        Ok(pack.by_window(scores))
    }
}

impl CausalModel for Decoder {
    fn log_probabilities(&self, windows: &[Window<'_>]) -> Result<Vec<Vec<f32>>> {
        self.check(windows)?;
        if !matches!(self.device, Device::Cpu) {
            return self.score(windows);
        }
        // What is computed together depends on the windows alone, never on the number of threads.
        let mut groups: Vec<&[Window<'_>]> = Vec::new();
        let mut start = 0;
        let mut inputs = 0;
        for (index, window) in windows.iter().enumerate() {
            if index > start && inputs + window.inputs.len() > INPUTS_AT_ONCE {
                groups.push(&windows[start..index]);
                (start, inputs) = (index, 0);
            }
            inputs += window.inputs.len();
        }
        if start < windows.len() {
            groups.push(&windows[start..]);
        }
        let threads = rayon::current_num_threads();
        let workers = threads.min(groups.len());
        if workers <= 1 {
            return groups
                .into_iter()
                .map(|group| self.score(group))
                .collect::<Result<Vec<_>>>()
                .map(|all| all.concat());
        }
        // Each worker has a pool of its own: matrix products that share one pool would pick up whole windows while they
        // wait for each other, and hold the memory of several at once.
        let next = std::sync::atomic::AtomicUsize::new(0);
        let scored = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..workers)
                .map(|worker| {
                    let (next, groups) = (&next, &groups);
                    let share = threads / workers + usize::from(worker < threads % workers);
                    scope.spawn(move || -> Result<Vec<(usize, Vec<Vec<f32>>)>> {
                        let pool = rayon::ThreadPoolBuilder::new()
                            .num_threads(share)
                            .build()
                            .map_err(|error| ModelError::Compute(candle_core::Error::wrap(error)))?;
                        pool.install(|| {
                            let mut done = Vec::new();
                            loop {
                                let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                                let Some(group) = groups.get(index) else { return Ok(done) };
                                done.push((index, self.score(group)?));
                            }
                        })
                    })
                })
                .collect();
            handles
                .into_iter()
                .map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect::<Result<Vec<_>>>()
        })?;
        let mut scored: Vec<(usize, Vec<Vec<f32>>)> = scored.into_iter().flatten().collect();
        scored.sort_by_key(|&(index, _)| index);
        Ok(scored.into_iter().flat_map(|(_, scores)| scores).collect())
    }

    fn vocabulary(&self) -> usize {
        self.architecture.vocabulary
    }

    fn most_positions(&self) -> Option<usize> {
        self.architecture.most_positions
    }

    fn trained_positions(&self) -> Option<usize> {
        self.architecture.trained_positions
    }

    fn weight_bytes(&self) -> u64 {
        self.weight_bytes
    }

    fn working_bytes(&self, context: usize, batch: usize) -> u64 {
        if !matches!(self.device, Device::Cpu) {
            return self.architecture.working_bytes(batch.max(context));
        }
        let together = (INPUTS_AT_ONCE / context.max(1)).max(1) * context;
        let groups = (batch / together.max(1)).max(1);
        let workers = rayon::current_num_threads().min(groups);
        workers as u64 * self.architecture.working_bytes(together)
    }

    fn operations(&self, inputs: usize, scored: usize) -> f64 {
        self.architecture.operations(inputs, scored)
    }
}
