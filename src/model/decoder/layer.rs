//! Layers: how attention and the feed-forward part are joined.

use candle_core::{Result as Computed, Tensor};

use super::super::error::Result;
use super::super::kernels;
use super::attention::Attention;
use super::feed_forward::FeedForward;
use super::mamba::Mamba;
use super::norm::Norm;
use super::pack::Pack;
use crate::architecture::description::{Arrangement, Layer, TransformerLayer};
use crate::weights::mapped::Weights;

/// A loaded layer.
pub enum Block {
    /// Attention and a feed-forward part.
    Transformer(Box<Transformer>),
    /// A state space.
    Mamba(Box<Mamba>),
}

/// A loaded transformer layer.
pub struct Transformer {
    arrangement: Arrangement,
    attention_norm: Option<Norm>,
    attention: Attention,
    attention_post_norm: Option<Norm>,
    feed_forward_norm: Option<Norm>,
    feed_forward: FeedForward,
    feed_forward_post_norm: Option<Norm>,
    residual_multiplier: f64,
}

impl Block {
    /// Loads a layer.
    pub fn load(layer: &Layer, weights: &Weights<'_>) -> Result<Self> {
        Ok(match layer {
            Layer::Transformer(layer) => Self::Transformer(Box::new(Transformer::load(layer, weights)?)),
            Layer::Mamba(layer) => Self::Mamba(Box::new(Mamba::load(layer, weights)?)),
        })
    }

    /// `[inputs, hidden]` to the same, or to the scored rows alone where `last`.
    pub fn forward(&self, x: &Tensor, pack: &Pack, last: bool) -> Computed<Tensor> {
        match self {
            Self::Transformer(layer) => layer.forward(x, pack, last),
            Self::Mamba(layer) => {
                let x = layer.forward(x, pack)?;
                if last { pack.scored_rows(&x) } else { Ok(x) }
            }
        }
    }
}

impl Transformer {
    fn load(layer: &TransformerLayer, weights: &Weights<'_>) -> Result<Self> {
        let norm = |norm: &Option<crate::architecture::description::Norm>| {
            norm.as_ref().map(|norm| Norm::load(norm, weights)).transpose()
        };
        Ok(Self {
            arrangement: layer.arrangement,
            attention_norm: norm(&layer.attention_norm)?,
            attention: Attention::load(&layer.attention, weights)?,
            attention_post_norm: norm(&layer.attention_post_norm)?,
            feed_forward_norm: norm(&layer.feed_forward_norm)?,
            feed_forward: FeedForward::load(&layer.feed_forward, weights)?,
            feed_forward_post_norm: norm(&layer.feed_forward_post_norm)?,
            residual_multiplier: layer.residual_multiplier,
        })
    }

    fn forward(&self, x: &Tensor, pack: &Pack, last: bool) -> Computed<Tensor> {
        let after_sum = self.arrangement == Arrangement::NormAfterSum;
        let normed = if after_sum { x.clone() } else { through(&self.attention_norm, x)? };
        let attended = through(&self.attention_post_norm, &self.attention.forward(&normed, pack, last)?)?;
        // From here on nothing looks across positions.
        let kept = |x: &Tensor| if last { pack.scored_rows(x) } else { Ok(x.clone()) };
        let x = kept(x)?;
        match self.arrangement {
            Arrangement::Sequential => {
                let x = self.add(&x, attended)?;
                let fed = self.feed(&through(&self.feed_forward_norm, &x)?)?;
                self.add(&x, fed)
            }
            Arrangement::Parallel => {
                let fed = self.feed(&through(&self.feed_forward_norm, &x)?)?;
                self.add(&self.add(&x, attended)?, fed)
            }
            Arrangement::ParallelShared => {
                let fed = self.feed(&kept(&normed)?)?;
                self.add(&self.add(&x, attended)?, fed)
            }
            Arrangement::NormAfterSum => {
                let x = through(&self.attention_norm, &self.add(&x, attended)?)?;
                let fed = self.feed(&x)?;
                through(&self.feed_forward_norm, &self.add(&x, fed)?)
            }
            Arrangement::ResidualOfNorm => {
                let x = self.add(&kept(&normed)?, attended)?;
                let normed = through(&self.feed_forward_norm, &x)?;
                let fed = self.feed(&normed)?;
                self.add(&normed, fed)
            }
        }
    }

    fn feed(&self, x: &Tensor) -> Computed<Tensor> {
        through(&self.feed_forward_post_norm, &self.feed_forward.forward(x)?)
    }

    fn add(&self, x: &Tensor, part: Tensor) -> Computed<Tensor> {
        if kernels::apply_to(x) {
            return kernels::add(x, &part, self.residual_multiplier as f32);
        }
        if self.residual_multiplier == 1.0 { x + part } else { x + (part * self.residual_multiplier)? }
    }
}

fn through(norm: &Option<Norm>, x: &Tensor) -> Computed<Tensor> {
    match norm {
        Some(norm) => norm.forward(x),
        None => Ok(x.clone()),
    }
}
