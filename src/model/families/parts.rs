//! Parts that several families build alike.

use super::super::error::Result;
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{
    Activation, Architecture, Embedding, Gated, Head, Layer, Linear, Norm, NormKind, Projections,
};
use crate::architecture::selection::Selection;

impl Architecture {
    /// A model of these parts, named and with a vocabulary as its configuration says, that takes any number of positions.
    ///
    /// # Errors
    /// Those of the layers, and where the files whose configuration it is lack a tensor or have one of another shape: told
    /// before the next layer is made.
    pub fn of(
        configuration: &Configuration,
        embedding: Embedding,
        layers: impl Iterator<Item = Result<Layer>>,
        final_norm: Option<Norm>,
        head: Head,
    ) -> Result<Self> {
        let vocabulary = configuration.size(&["vocab_size"])?;
        Self::named(configuration.model_type()?, vocabulary, configuration, embedding, layers, final_norm, head)
    }

    /// The same with a name and a vocabulary that are known otherwise.
    pub fn named(
        name: &str,
        vocabulary: usize,
        configuration: &Configuration,
        embedding: Embedding,
        layers: impl Iterator<Item = Result<Layer>>,
        final_norm: Option<Norm>,
        head: Head,
    ) -> Result<Self> {
        let mut architecture = Self {
            name: name.to_string(),
            vocabulary,
            hidden: embedding.projection.as_ref().map_or(embedding.width, |projection| projection.outputs),
            embedding,
            layers: Vec::new(),
            final_norm,
            head,
            most_positions: None,
            trained_positions: None,
            foreign: Vec::new(),
        };
        let inventory = configuration.inventory();
        if let Some(inventory) = inventory {
            inventory.check_ends(&architecture)?;
        }
        for layer in layers {
            let layer = layer?;
            if let Some(inventory) = inventory {
                inventory.check_layer(&layer)?;
            }
            architecture.layers.push(layer);
        }
        Ok(architecture)
    }
}

impl Projections {
    /// Stored in one matrix at `name` that holds, for each of `groups` key heads, its query heads, its key and its value;
    /// all of one width.
    pub fn fused_by_head(name: &str, hidden: usize, groups: usize, queries: usize, width: usize, bias: bool) -> Self {
        Self::Fused(Linear::rearranged(name, hidden, Selection::Grouped { groups, queries, width }, bias))
    }
}

/// A norm with root mean square and a weight at `name.weight`.
pub fn root_mean_square(name: &str, width: usize, epsilon: f64) -> Norm {
    let weight = Some(format!("{name}.weight"));
    Norm { kind: NormKind::RootMeanSquare, width, weight, bias: None, epsilon, plus_one: false }
}

/// A layer norm with a weight and, where asked, a bias.
pub fn layer_norm(name: &str, width: usize, epsilon: f64, bias: bool) -> Norm {
    Norm {
        kind: NormKind::Layer,
        width,
        weight: Some(format!("{name}.weight")),
        bias: bias.then(|| format!("{name}.bias")),
        epsilon,
        plus_one: false,
    }
}

/// A gated part with matrices of its own for gate, up and down.
pub fn gated(names: [&str; 3], hidden: usize, inner: usize, activation: Activation, bias: bool) -> Gated {
    let [gate, up, down] = names;
    Gated {
        gate_up: Linear::stacked(&[(gate, inner), (up, inner)], hidden, bias),
        activation,
        down: Linear::new(down, inner, hidden, bias),
    }
}

/// The head at `own`, or the embedding's table where the two are tied.
pub fn head(configuration: &Configuration, own: &str, embedding: &str, tied_by_default: bool) -> Result<Head> {
    let tied = configuration.flag_or("tie_word_embeddings", tied_by_default)?;
    Ok(Head {
        projection: None,
        weight: if tied { embedding.to_string() } else { own.to_string() },
        bias: None,
        multiplier: 1.0,
        soft_cap: None,
    })
}

/// The activation that a key names.
pub fn activation(configuration: &Configuration, keys: &[&str], default: Activation) -> Result<Activation> {
    for key in keys {
        if let Some(name) = configuration.text(key)? {
            return Ok(match name {
                "silu" | "swish" => Activation::Silu,
                "gelu" => Activation::Gelu,
                "gelu_new" | "gelu_pytorch_tanh" | "gelu_fast" | "gelu_tanh" => Activation::GeluTanh,
                "relu" => Activation::Relu,
                "relu2" => Activation::ReluSquared,
                other => {
                    return Err(configuration.not_covered(
                        key,
                        format_args!("`{other}`"),
                        "silu, gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, relu or relu2",
                    ));
                }
            });
        }
    }
    Ok(default)
}

/// Width of a head: its own key, or the hidden width shared out.
pub fn head_width(configuration: &Configuration, hidden: usize, heads: usize) -> Result<usize> {
    match configuration.multiplicity_if(&["head_dim"])? {
        Some(width) => Ok(width),
        None => share(configuration, "num_attention_heads", hidden, heads),
    }
}

/// `whole / parts`, which must come out even.
pub fn share(configuration: &Configuration, key: &str, whole: usize, parts: usize) -> Result<usize> {
    if parts > 0 && whole.is_multiple_of(parts) {
        return Ok(whole / parts);
    }
    let found = serde_json::Value::from(parts);
    Err(configuration.unexpected(key, &found, format!("a number that divides {whole}")))
}

/// Numbers of a head that are rotated, by the share of it that is.
pub fn rotated(configuration: &Configuration, keys: &[&str], width: usize, default: f64) -> Result<usize> {
    let factor = match configuration.inner("rope_parameters")? {
        Some(parameters) => match parameters.number_if(&["partial_rotary_factor"])? {
            Some(factor) => factor,
            None => configuration.number_or(keys, default)?,
        },
        None => configuration.number_or(keys, default)?,
    };
    let rotated = (width as f64 * factor) as usize;
    if (0.0..=1.0).contains(&factor) && rotated.is_multiple_of(2) {
        return Ok(rotated);
    }
    let found = serde_json::Value::from(factor);
    Err(configuration.unexpected(keys[0], &found, format!("a fraction that gives an even part of a head of {width}")))
}

/// Slopes of attention with linear biases (arXiv 2108.12409): powers of one base for a power of two of heads, and every
/// other power of the next base for the rest.
pub fn alibi_slopes(heads: usize) -> Vec<f64> {
    let whole = 1usize << (usize::BITS - 1 - heads.max(1).leading_zeros());
    let power = |of: usize, step: usize| 2f64.powf(-8.0 * step as f64 / of as f64);
    let mut slopes: Vec<f64> = (1..=whole).map(|step| power(whole, step)).collect();
    slopes.extend((0..heads - whole).map(|rest| power(2 * whole, 2 * rest + 1)));
    slopes
}
