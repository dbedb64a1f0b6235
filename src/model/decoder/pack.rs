//! Windows one after the other, without padding.

use candle_core::{Result, Tensor};

use super::super::causal::Window;

/// Windows of equal length and equal number of scored positions that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// First row.
    pub row: usize,
    /// Windows.
    pub windows: usize,
    /// Inputs per window.
    pub length: usize,
    /// Scored positions of a window, its last.
    pub scored: usize,
}

/// Windows as rows of one matrix.
#[derive(Debug)]
pub struct Pack {
    /// All inputs.
    pub inputs: Vec<u32>,
    /// All targets.
    pub targets: Vec<u32>,
    /// Where windows begin and end.
    pub runs: Vec<Run>,
}

impl Pack {
    /// Packs windows in their order.
    pub fn new(windows: &[Window<'_>]) -> Self {
        let mut pack = Self { inputs: Vec::new(), targets: Vec::new(), runs: Vec::new() };
        for window in windows {
            let (length, scored) = (window.inputs.len(), window.targets.len());
            match pack.runs.last_mut() {
                Some(run) if run.length == length && run.scored == scored => run.windows += 1,
                _ => pack.runs.push(Run { row: pack.inputs.len(), windows: 1, length, scored }),
            }
            pack.inputs.extend_from_slice(window.inputs);
            pack.targets.extend_from_slice(window.targets);
        }
        pack
    }

    /// Positions of all rows in their windows.
    pub fn positions(&self) -> impl Iterator<Item = usize> {
        self.runs.iter().flat_map(|run| (0..run.windows).flat_map(|_| 0..run.length))
    }

    /// The rows of `x` `[inputs, width]` that are scored.
    pub fn scored_rows(&self, x: &Tensor) -> Result<Tensor> {
        if self.runs.iter().all(|run| run.scored == run.length) {
            return Ok(x.clone());
        }
        let mut parts = Vec::new();
        for run in &self.runs {
            for window in 0..run.windows {
                let start = run.row + window * run.length + run.length - run.scored;
                if run.scored > 0 {
                    parts.push(x.narrow(0, start, run.scored)?);
                }
            }
        }
        match parts.as_slice() {
            [] => x.narrow(0, 0, 0),
            [one] => one.contiguous(),
            several => Tensor::cat(several, 0),
        }
    }

    /// One number a target, by window.
    pub fn by_window(&self, scores: Vec<f32>) -> Vec<Vec<f32>> {
        let mut rest = scores.as_slice();
        let lengths = self.runs.iter().flat_map(|run| std::iter::repeat_n(run.scored, run.windows));
        lengths
            .map(|length| {
                let (window, after) = rest.split_at(length.min(rest.len()));
                rest = after;
                window.to_vec()
            })
            .collect()
    }
}
