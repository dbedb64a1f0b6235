//! Windows handed to the model, several at once.

use mixopt_model::{CausalModel, ModelError};

use crate::run::observer::RunObserver;
use crate::windows::window::ScoredWindow;

/// Hands windows to a model in batches of at most so many inputs.
#[derive(Debug)]
pub struct Batcher {
    most_inputs: usize,
}

/// Why a batch failed.
#[derive(Debug)]
pub enum BatchFault {
    /// Somebody asked to stop.
    Interrupted,
    /// One window alone needs more memory than there is.
    OneWindowTooLarge {
        /// Its inputs.
        inputs: usize,
    },
    /// The model failed on this window.
    Model {
        /// Index among the windows given.
        window: usize,
        /// What it said.
        source: ModelError,
    },
    /// The model gave other than one number for every target of this window.
    WrongCount {
        /// Targets.
        expected: usize,
        /// Numbers.
        found: usize,
    },
}

impl Batcher {
    /// Batches of at most `most_inputs` inputs, and of at least one window.
    pub fn new(most_inputs: usize) -> Self {
        Self { most_inputs: most_inputs.max(1) }
    }

    /// Log-probabilities of every target of every window, in the order of the windows.
    ///
    /// Windows of like length go together, since devices that pad would compute for nothing otherwise. Where memory
    /// does not suffice the batches are halved, for these windows and all later ones.
    ///
    /// # Errors
    /// [`BatchFault`].
    pub fn log_probabilities(
        &mut self,
        model: &dyn CausalModel,
        windows: &[ScoredWindow],
        observer: &dyn RunObserver,
    ) -> Result<Vec<Vec<f32>>, BatchFault> {
        let mut order: Vec<usize> = (0..windows.len()).collect();
        let inputs = |index: usize| windows.get(index).map_or(0, ScoredWindow::inputs);
        // Longest first: what memory cannot hold shows at once. The sort is stable, so the order is always the same.
        order.sort_by_key(|&index| std::cmp::Reverse(inputs(index)));
        let mut results: Vec<Vec<f32>> = vec![Vec::new(); windows.len()];
        let mut rest = order.as_slice();
        while let Some(&first) = rest.first() {
            if observer.interrupted() {
                return Err(BatchFault::Interrupted);
            }
            let mut sum = 0;
            let fitting = rest.iter().take_while(|&&index| {
                sum += inputs(index);
                sum <= self.most_inputs
            });
            let (batch, after) = rest.split_at(fitting.count().max(1));
            let views: Vec<_> = batch.iter().filter_map(|&index| windows.get(index)).map(ScoredWindow::view).collect();
            match model.log_probabilities(&views) {
                Ok(found) => {
                    if found.len() != batch.len() {
                        return Err(BatchFault::WrongCount { expected: batch.len(), found: found.len() });
                    }
                    for ((&index, view), values) in batch.iter().zip(&views).zip(found) {
                        if values.len() != view.targets.len() {
                            return Err(BatchFault::WrongCount { expected: view.targets.len(), found: values.len() });
                        }
                        if let Some(place) = results.get_mut(index) {
                            *place = values;
                        }
                    }
                    observer.scored(views.len() as u64, views.iter().map(|view| view.inputs.len() as u64).sum());
                    rest = after;
                }
                Err(fault) if fault.is_out_of_memory() => {
                    if batch.len() == 1 {
                        return Err(BatchFault::OneWindowTooLarge { inputs: inputs(first) });
                    }
                    let held: usize = batch.iter().map(|&index| inputs(index)).sum();
                    self.most_inputs = (held / 2).max(1);
                    observer.note(&format!(
                        "out of memory with {held} inputs at once; continuing with at most {}",
                        self.most_inputs
                    ));
                }
                Err(source) => {
                    let alone = batch.iter().zip(&views).find_map(|(&window, view)| {
                        let fault = model.log_probabilities(std::slice::from_ref(view)).err()?;
                        Some(BatchFault::Model { window, source: fault })
                    });
                    return Err(alone.unwrap_or(BatchFault::Model { window: first, source }));
                }
            }
        }
        Ok(results)
    }
}
