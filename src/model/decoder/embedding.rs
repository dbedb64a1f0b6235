//! Tokens to vectors.

use candle_core::{Device, Result as Computed, Tensor};

use super::super::error::Result;
use super::linear::Linear;
use super::norm::Norm;
use super::pack::Pack;
use crate::architecture::description::Architecture;
use crate::weights::mapped::Weights;

/// The embedding and what is added to it.
#[derive(Debug)]
pub struct Embedding {
    table: Tensor,
    multiplier: f64,
    projection: Option<Linear>,
    positions: Option<(Tensor, usize)>,
    norm: Option<Norm>,
    device: Device,
}

impl Embedding {
    /// Loads the tables.
    pub fn load(architecture: &Architecture, weights: &Weights<'_>) -> Result<Self> {
        let embedding = &architecture.embedding;
        let positions = match &embedding.positions {
            Some(positions) => {
                let table = weights.tensor(&positions.weight, &[positions.rows, architecture.hidden])?;
                Some((table, positions.offset))
            }
            None => None,
        };
        Ok(Self {
            table: weights.tensor(&embedding.weight, &[architecture.vocabulary, embedding.width])?,
            multiplier: embedding.multiplier,
            projection: embedding.projection.as_ref().map(|linear| Linear::load(linear, weights)).transpose()?,
            positions,
            norm: embedding.norm.as_ref().map(|norm| Norm::load(norm, weights)).transpose()?,
            device: weights.device().clone(),
        })
    }

    /// The table `[vocabulary, width]`, for a head that is tied to it.
    pub fn table(&self) -> &Tensor {
        &self.table
    }

    /// All inputs to `[inputs, hidden]`.
    pub fn forward(&self, pack: &Pack) -> Computed<Tensor> {
        let rows = pack.inputs.len();
        let ids = Tensor::from_slice(&pack.inputs, rows, &self.device)?;
        let mut x = self.table.index_select(&ids, 0)?;
        if self.multiplier != 1.0 {
            x = (x * self.multiplier)?;
        }
        if let Some(projection) = &self.projection {
            x = projection.forward(&x)?;
        }
        if let Some((table, offset)) = &self.positions {
            let positions: Vec<u32> = pack.positions().map(|position| (position + offset) as u32).collect();
            let positions = Tensor::from_vec(positions, rows, &self.device)?;
            x = (x + table.index_select(&positions, 0)?)?;
        }
        match &self.norm {
            Some(norm) => norm.forward(&x),
            None => Ok(x),
        }
    }
}
