//! The tensors that a model's files have by their headers. A description is compared with them layer by layer while it is
//! made, so that nothing is ever as large as a number of the configuration alone says.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::architecture::description::{
    Architecture, Embedding, Experts, FeedForward, Gated, Head, HeadNorm, Layer, Linear, MambaLayer, Norm, Projections,
    Rows, TransformerLayer,
};
use crate::error::{ModelError, Result};
use crate::weights::tensors::TensorSource;

/// Names, shapes and files of a model's tensors.
#[derive(Debug)]
pub struct Inventory {
    tensors: HashMap<String, (Vec<usize>, PathBuf)>,
    /// Where a tensor that is missing should be.
    folder: PathBuf,
}

impl Inventory {
    /// The tensors of a source.
    pub fn of(source: &dyn TensorSource) -> Self {
        let tensors = source
            .names()
            .into_iter()
            .map(|name| {
                let entry = (source.shape(&name).unwrap_or_default(), source.file(&name).to_path_buf());
                (name, entry)
            })
            .collect();
        // No tensor has an empty name.
        Self { tensors, folder: source.file("").to_path_buf() }
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.tensors.keys()
    }

    /// Shape of a stored tensor.
    pub fn shape(&self, stored: &str) -> Option<&[usize]> {
        self.tensors.get(stored).map(|(shape, _)| shape.as_slice())
    }

    /// The file that holds a stored tensor, or the model's folder.
    pub fn file(&self, stored: &str) -> &Path {
        self.tensors.get(stored).map_or(&self.folder, |(_, file)| file)
    }

    /// The stored name of a tensor: checkpoints of a bare model leave the first part out, those of a model with vision put
    /// one before it.
    pub fn stored(&self, name: &str) -> Option<String> {
        if self.tensors.contains_key(name) {
            return Some(name.to_string());
        }
        let above = ["language_model.", "model.language_model."];
        let bare = name.split_once('.').map(|(_, rest)| rest);
        let inner = name.strip_prefix("model.").map(|rest| format!("model.language_model.{rest}"));
        above
            .iter()
            .map(|above| format!("{above}{name}"))
            .chain(inner)
            .chain(bare.map(str::to_string))
            .find(|candidate| self.tensors.contains_key(candidate))
    }

    /// The stored name of a tensor of a given shape.
    ///
    /// # Errors
    /// [`ModelError::Tensor`] where it is missing or of another shape.
    pub fn require(&self, name: &str, shape: &[usize]) -> Result<String> {
        let Some(stored) = self.stored(name) else {
            return Err(ModelError::Tensor {
                file: self.folder.clone(),
                name: name.to_string(),
                found: "is missing".to_string(),
                expected: format!("one of shape {shape:?}"),
            });
        };
        let found = self.shape(&stored).unwrap_or_default();
        if found == shape {
            return Ok(stored);
        }
        Err(ModelError::Tensor {
            file: self.file(&stored).to_path_buf(),
            found: format!("has the shape {found:?}"),
            name: stored,
            expected: format!("{shape:?}, by the configuration"),
        })
    }

    /// Compares what is no layer.
    ///
    /// # Errors
    /// Those of [`require`](Self::require), here and below.
    pub fn check_ends(&self, architecture: &Architecture) -> Result<()> {
        let Architecture { vocabulary, hidden, embedding, head, .. } = architecture;
        let Embedding { weight, width, projection, positions, norm, .. } = embedding;
        self.require(weight, &[*vocabulary, *width])?;
        if let Some(positions) = positions {
            self.require(&positions.weight, &[positions.rows, *hidden])?;
        }
        self.each(projection, Self::linear)?;
        self.each(norm, Self::norm)?;
        self.each(&architecture.final_norm, Self::norm)?;
        let Head { projection, weight, bias, .. } = head;
        self.each(projection, Self::linear)?;
        let width = projection.as_ref().map_or(*hidden, |projection| projection.outputs);
        if *weight != embedding.weight {
            self.require(weight, &[*vocabulary, width])?;
        }
        self.each(bias, |_, bias| self.require(bias, &[*vocabulary]).map(drop))
    }

    /// Compares a layer.
    pub fn check_layer(&self, layer: &Layer) -> Result<()> {
        match layer {
            Layer::Transformer(layer) => self.transformer(layer),
            Layer::Mamba(layer) => self.mamba(layer),
        }
    }

    fn each<T>(&self, part: &Option<T>, check: impl Fn(&Self, &T) -> Result<()>) -> Result<()> {
        part.as_ref().map_or(Ok(()), |part| check(self, part))
    }

    fn transformer(&self, layer: &TransformerLayer) -> Result<()> {
        self.each(&layer.attention_norm, Self::norm)?;
        let attention = &layer.attention;
        match &attention.projections {
            Projections::Fused(linear) => self.linear(linear)?,
            Projections::Latent(latent) => {
                if let Some((linear, norm)) = &latent.query_down {
                    self.linear(linear)?;
                    self.norm(norm)?;
                }
                self.linear(&latent.query_up)?;
                self.linear(&latent.key_value_down)?;
                self.norm(&latent.key_value_norm)?;
                self.linear(&latent.key_value_up)?;
            }
        }
        self.each(&attention.query_norm, Self::head_norm)?;
        self.each(&attention.key_norm, Self::head_norm)?;
        self.linear(&attention.output)?;
        self.each(&layer.attention_post_norm, Self::norm)?;
        self.each(&layer.feed_forward_norm, Self::norm)?;
        match &layer.feed_forward {
            FeedForward::Plain { up, down, .. } => self.linear(up).and_then(|()| self.linear(down))?,
            FeedForward::Gated(gated) => self.gated(gated)?,
            FeedForward::Experts(experts) => self.experts(experts)?,
            FeedForward::Xielu { up, activation, down } => {
                self.linear(up)?;
                self.require(&activation.above, &[1])?;
                self.require(&activation.below, &[1])?;
                self.linear(down)?;
            }
        }
        self.each(&layer.feed_forward_post_norm, Self::norm)
    }

    fn mamba(&self, layer: &MambaLayer) -> Result<()> {
        let MambaLayer { inner, states, kernel, .. } = *layer;
        self.norm(&layer.norm)?;
        self.linear(&layer.input)?;
        self.require(&layer.convolution, &[inner, 1, kernel])?;
        self.each(&layer.convolution_bias, |_, bias| self.require(bias, &[inner]).map(drop))?;
        self.linear(&layer.selection)?;
        self.linear(&layer.time_step)?;
        self.require(&layer.log_decay, &[inner, states])?;
        self.require(&layer.direct, &[inner])?;
        self.linear(&layer.output)
    }

    fn experts(&self, part: &Experts) -> Result<()> {
        self.linear(&part.router)?;
        self.each(&part.routing.correction, |_, name| self.require(name, &[part.experts.len()]).map(drop))?;
        match (&part.stacked, part.experts.first()) {
            (Some(stacked), Some(like)) => {
                let (both, inner, hidden) = (like.gate_up.outputs, like.down.inputs, like.gate_up.inputs);
                self.require(&stacked.gate_up, &[part.experts.len(), both, hidden])?;
                self.require(&stacked.down, &[part.experts.len(), hidden, inner])?;
            }
            _ => part.experts.iter().try_for_each(|expert| self.gated(expert))?,
        }
        self.each(&part.shared, Self::gated)?;
        self.each(&part.shared_gate, Self::linear)
    }

    fn gated(&self, part: &Gated) -> Result<()> {
        self.linear(&part.gate_up).and_then(|()| self.linear(&part.down))
    }

    fn head_norm(&self, part: &HeadNorm) -> Result<()> {
        match part {
            HeadNorm::Whole(norm) | HeadNorm::Head(norm) => self.norm(norm),
            HeadNorm::EachHead(norms) => norms.iter().try_for_each(|norm| self.norm(norm)),
            HeadNorm::Rows(norm, heads) => {
                self.each(&norm.weight, |_, name| self.require(name, &[*heads, norm.width]).map(drop))
            }
        }
    }

    fn norm(&self, norm: &Norm) -> Result<()> {
        [&norm.weight, &norm.bias]
            .into_iter()
            .try_for_each(|name| self.each(name, |_, name| self.require(name, &[norm.width]).map(drop)))
    }

    /// Compares a linear map.
    pub fn linear(&self, linear: &Linear) -> Result<()> {
        for Rows { tensor, of, transposed, .. } in &linear.weight {
            let shape = if *transposed { [linear.inputs, *of] } else { [*of, linear.inputs] };
            self.require(tensor, &shape)?;
        }
        linear.bias.iter().flatten().try_for_each(|rows| self.require(&rows.tensor, &[rows.of]).map(drop))
    }
}
