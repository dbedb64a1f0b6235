//! Causal self-attention over packed windows.

use candle_core::{D, Device, Result as Computed, Tensor};

use super::super::error::Result;
use super::super::kernels::{self, CausalSoftmax, Mask, Part};
use super::linear::{EXACT, Linear};
use super::norm::Norm;
use super::pack::{Pack, Run};
use crate::architecture::description::{self as architecture, Alibi, Projections};
use crate::architecture::rotary::Rotary;
use crate::weights::mapped::Weights;

/// Queries that meet their keys at the same time: the scores of so many rows are all that exists of the score matrix.
const QUERIES: usize = 128;

/// Loaded attention.
pub struct Attention {
    heads: usize,
    key_value_heads: usize,
    head_width: usize,
    value_width: usize,
    inputs: Inputs,
    clip: Option<f64>,
    query_norm: Option<HeadNorm>,
    key_norm: Option<HeadNorm>,
    rotary: Option<Rotary>,
    alibi: Option<Alibi>,
    scale: f64,
    soft_cap: Option<f64>,
    window: Option<usize>,
    output: Linear,
}

/// Loaded projections.
enum Inputs {
    Fused(Linear),
    Latent(Box<Latent>),
}

struct Latent {
    query_down: Option<(Linear, Norm)>,
    query_up: Linear,
    key_value_down: Linear,
    key_value_norm: Norm,
    key_value_up: Linear,
    rank: usize,
    plain: usize,
    rotated: usize,
}

/// Loaded norm of queries or keys.
enum HeadNorm {
    Whole(Norm),
    Head(Norm),
    EachHead(Vec<Norm>),
}

impl HeadNorm {
    fn load(norm: &architecture::HeadNorm, weights: &Weights<'_>) -> Result<Self> {
        Ok(match norm {
            architecture::HeadNorm::Whole(norm) => Self::Whole(Norm::load(norm, weights)?),
            architecture::HeadNorm::Head(norm) => Self::Head(Norm::load(norm, weights)?),
            architecture::HeadNorm::EachHead(norms) => {
                Self::EachHead(norms.iter().map(|norm| Norm::load(norm, weights)).collect::<Result<_>>()?)
            }
            architecture::HeadNorm::Rows(norm, heads) => Self::EachHead(Norm::load_rows(norm, *heads, weights)?),
        })
    }
}

impl Attention {
    /// Loads its weights.
    pub fn load(part: &architecture::Attention, weights: &Weights<'_>) -> Result<Self> {
        let inputs = match &part.projections {
            Projections::Fused(linear) => Inputs::Fused(Linear::load(linear, weights)?),
            Projections::Latent(latent) => Inputs::Latent(Box::new(Latent {
                query_down: match &latent.query_down {
                    Some((linear, norm)) => Some((Linear::load(linear, weights)?, Norm::load(norm, weights)?)),
                    None => None,
                },
                query_up: Linear::load(&latent.query_up, weights)?,
                key_value_down: Linear::load(&latent.key_value_down, weights)?,
                key_value_norm: Norm::load(&latent.key_value_norm, weights)?,
                key_value_up: Linear::load(&latent.key_value_up, weights)?,
                rank: latent.rank,
                plain: latent.plain,
                rotated: latent.rotated,
            })),
        };
        let norm =
            |norm: &Option<architecture::HeadNorm>| norm.as_ref().map(|norm| HeadNorm::load(norm, weights)).transpose();
        Ok(Self {
            heads: part.heads,
            key_value_heads: part.key_value_heads,
            head_width: part.head_width,
            value_width: part.value_width,
            inputs,
            clip: part.clip,
            query_norm: norm(&part.query_norm)?,
            key_norm: norm(&part.key_norm)?,
            rotary: part.rotary.clone(),
            alibi: part.alibi.clone(),
            scale: part.scale,
            soft_cap: part.soft_cap,
            window: part.window,
            output: Linear::load(&part.output, weights)?,
        })
    }

    /// `[inputs, hidden]` to the same, or to the scored rows alone where `last`.
    pub fn forward(&self, x: &Tensor, pack: &Pack, last: bool) -> Computed<Tensor> {
        let sources = self.sources(x)?;
        let mut parts = Vec::with_capacity(pack.runs.len());
        for run in &pack.runs {
            let from = if last { run.length - run.scored } else { 0 };
            if from < run.length {
                let [queries, keys, values] = self.heads_of(&sources, run, from)?;
                parts.push(self.attend(&queries, &keys, &values, run, from)?);
            }
        }
        let joined = match parts.as_slice() {
            [] => return x.narrow(0, 0, 0),
            [one] => one.clone(),
            several => Tensor::cat(several, 0)?,
        };
        self.output.forward(&joined)
    }

    /// Matrices of rows that hold queries, keys and values.
    fn sources(&self, x: &Tensor) -> Computed<Sources> {
        let clip = |y: Tensor| match self.clip {
            Some(clip) => y.clamp(-clip, clip),
            None => Ok(y),
        };
        match &self.inputs {
            Inputs::Fused(linear) => {
                let rows = linear.forward(x)?;
                let (queries, keys) = (self.heads * self.head_width, self.key_value_heads * self.head_width);
                let whole = |norm: &Option<HeadNorm>, column: usize, width: usize| match norm {
                    Some(HeadNorm::Whole(norm)) => {
                        clip(norm.forward(&rows.narrow(1, column, width)?.contiguous()?)?).map(Some)
                    }
                    _ => Ok(None),
                };
                // Where whole rows are normed, they are cut after that (OLMoE).
                let normed = [whole(&self.query_norm, 0, queries)?, whole(&self.key_norm, queries, keys)?];
                let rows = clip(rows)?;
                Ok(Sources::Fused { rows, normed })
            }
            Inputs::Latent(latent) => {
                let queries = match &latent.query_down {
                    Some((down, norm)) => latent.query_up.forward(&norm.forward(&down.forward(x)?)?)?,
                    None => latent.query_up.forward(x)?,
                };
                let down = latent.key_value_down.forward(x)?;
                let compressed = latent.key_value_norm.forward(&down.narrow(1, 0, latent.rank)?.contiguous()?)?;
                let keys_values = latent.key_value_up.forward(&compressed)?;
                let shared = down.narrow(1, latent.rank, latent.rotated)?.contiguous()?;
                Ok(Sources::Latent { queries, keys_values, shared })
            }
        }
    }

    /// Queries `[windows · heads, length − from, width]`, keys and values `[windows · key heads, length, width]` of a run.
    fn heads_of(&self, sources: &Sources, run: &Run, from: usize) -> Computed<[Tensor; 3]> {
        let part = |column, heads, width, from| Part {
            row: run.row,
            sequences: run.windows,
            length: run.length,
            from,
            column,
            heads,
            width,
        };
        match (sources, &self.inputs) {
            (Sources::Fused { rows, normed }, _) => {
                let (heads, shared, width) = (self.heads, self.key_value_heads, self.head_width);
                let [normed_queries, normed_keys] = normed;
                let queries = match normed_queries {
                    Some(queries) => split(queries, part(0, heads, width, from))?,
                    None => split(rows, part(0, heads, width, from))?,
                };
                let keys = match normed_keys {
                    Some(keys) => split(keys, part(0, shared, width, 0))?,
                    None => split(rows, part(heads * width, shared, width, 0))?,
                };
                let values = split(rows, part((heads + shared) * width, shared, self.value_width, 0))?;
                let queries = each_head(&self.query_norm, queries, heads)?;
                let keys = each_head(&self.key_norm, keys, shared)?;
                Ok([self.rotate(queries, run.length, from)?, self.rotate(keys, run.length, 0)?, values])
            }
            (Sources::Latent { queries, keys_values, shared }, Inputs::Latent(latent)) => {
                let (plain, value) = (latent.plain, self.value_width);
                let queries = split(queries, part(0, self.heads, self.head_width, from))?;
                let rotated =
                    self.rotate(queries.narrow(D::Minus1, plain, latent.rotated)?.contiguous()?, run.length, from)?;
                let queries = Tensor::cat(&[&queries.narrow(D::Minus1, 0, plain)?, &rotated], D::Minus1)?;
                let both = split(keys_values, part(0, self.heads, plain + value, 0))?;
                let shared = self.rotate(split(shared, part(0, 1, latent.rotated, 0))?, run.length, 0)?;
                let shared = shared
                    .unsqueeze(1)?
                    .broadcast_as((run.windows, self.heads, run.length, latent.rotated))?
                    .reshape((run.windows * self.heads, run.length, latent.rotated))?;
                let keys = Tensor::cat(&[&both.narrow(D::Minus1, 0, plain)?, &shared], D::Minus1)?;
                Ok([queries, keys, both.narrow(D::Minus1, plain, value)?.contiguous()?])
            }
            (Sources::Latent { .. }, Inputs::Fused(_)) => candle_core::bail!("projections and their results differ"),
        }
    }

    fn rotate(&self, x: Tensor, length: usize, first: usize) -> Computed<Tensor> {
        let Some(rotary) = &self.rotary else { return Ok(x) };
        if rotary.width == 0 {
            return Ok(x);
        }
        let angles = rotary.angles(length);
        if kernels::apply_to(&x) {
            return kernels::rotate(&x, &angles, rotary, first);
        }
        let (_, rows, width) = x.dims3()?;
        let half = rotary.width / 2;
        let table = |numbers: &[f32]| {
            Tensor::from_slice(&numbers[first * half..(first + rows) * half], (rows, half), x.device())
        };
        let (cosines, sines) = (table(&angles.cosines)?, table(&angles.sines)?);
        let part = x.narrow(D::Minus1, 0, rotary.width)?.to_dtype(EXACT)?.contiguous()?.unsqueeze(0)?;
        let part = match rotary.interleaved {
            true => candle_nn::rotary_emb::rope_i(&part, &cosines, &sines)?,
            false => candle_nn::rotary_emb::rope(&part, &cosines, &sines)?,
        };
        let part = part.squeeze(0)?.to_dtype(x.dtype())?;
        if rotary.width == width {
            return Ok(part);
        }
        Tensor::cat(&[&part, &x.narrow(D::Minus1, rotary.width, width - rotary.width)?.contiguous()?], D::Minus1)
    }

    /// Weighted sums of values, `[windows · (length − from), heads · value width]`.
    fn attend(&self, queries: &Tensor, keys: &Tensor, values: &Tensor, run: &Run, from: usize) -> Computed<Tensor> {
        let group = self.heads / self.key_value_heads;
        let batch = run.windows * self.key_value_heads;
        let kept = run.length - from;
        let queries = queries.reshape((batch, group, kept, self.head_width))?;
        let mut blocks = Vec::new();
        for start in (0..kept).step_by(QUERIES) {
            let count = QUERIES.min(kept - start);
            let first_query = from + start;
            let end = first_query + count;
            let first_key = self.window.map_or(0, |window| (first_query + 1).saturating_sub(window));
            let block =
                queries.narrow(2, start, count)?.contiguous()?.reshape((batch, group * count, self.head_width))?;
            let seen_keys = keys.narrow(1, first_key, end - first_key)?;
            let seen_values = values.narrow(1, first_key, end - first_key)?;
            let scores = block.matmul(&seen_keys.transpose(1, 2)?)?;
            let mask = Mask {
                first_query,
                queries: count,
                first_key,
                window: self.window,
                scale: self.scale,
                soft_cap: self.soft_cap,
                alibi: self.alibi.as_ref(),
                heads: self.heads,
            };
            let weights = softmax(scores, &mask, run.windows)?;
            let mixed = weights.matmul(&seen_values)?;
            blocks.push(mixed.reshape((run.windows, self.heads, count, self.value_width))?);
        }
        let mixed = match blocks.as_slice() {
            [one] => one.clone(),
            several => Tensor::cat(several, 2)?,
        };
        mixed.transpose(1, 2)?.contiguous()?.reshape((run.windows * kept, self.heads * self.value_width))
    }
}

/// Rows that hold queries, keys and values.
enum Sources {
    Fused { rows: Tensor, normed: [Option<Tensor>; 2] },
    Latent { queries: Tensor, keys_values: Tensor, shared: Tensor },
}

/// Takes heads out of rows.
fn split(rows: &Tensor, part: Part) -> Computed<Tensor> {
    if kernels::apply_to(rows) {
        return kernels::split_heads(rows, part);
    }
    let kept = part.length - part.from;
    rows.narrow(0, part.row, part.sequences * part.length)?
        .narrow(1, part.column, part.heads * part.width)?
        .reshape((part.sequences, part.length, part.heads, part.width))?
        .narrow(1, part.from, kept)?
        .transpose(1, 2)?
        .contiguous()?
        .reshape((part.sequences * part.heads, kept, part.width))
}

fn each_head(norm: &Option<HeadNorm>, x: Tensor, heads: usize) -> Computed<Tensor> {
    match norm {
        None | Some(HeadNorm::Whole(_)) => Ok(x),
        Some(HeadNorm::Head(norm)) => norm.forward(&x),
        Some(HeadNorm::EachHead(norms)) => {
            let rows = x.dim(0)?;
            let normed = (0..rows)
                .map(|row| norms[row % heads].forward(&x.narrow(0, row, 1)?.contiguous()?))
                .collect::<Computed<Vec<_>>>()?;
            Tensor::cat(&normed, 0)
        }
    }
}

/// Attention weights of scores `[windows · key heads, group · queries, keys]`, in their type.
fn softmax(scores: Tensor, mask: &Mask<'_>, windows: usize) -> Computed<Tensor> {
    if kernels::apply_to(&scores) {
        scores.inplace_op1(&CausalSoftmax(mask.clone()))?;
        return Ok(scores);
    }
    let dtype = scores.dtype();
    let device = scores.device().clone();
    let (batch, rows, keys) = scores.dims3()?;
    let scores = (scores.to_dtype(EXACT)? * mask.scale)?;
    let scores = match mask.soft_cap {
        Some(cap) => ((scores / cap)?.tanh()? * cap)?,
        None => scores,
    };
    let mut scores = scores.reshape((windows, mask.heads, mask.queries, keys))?;
    if let Some(alibi) = mask.alibi {
        let biases: Vec<f32> = (0..mask.heads)
            .flat_map(|head| (0..keys).map(move |key| (head, key)))
            .map(|(head, key)| mask.bias(alibi, head, mask.first_key + key))
            .collect();
        scores = scores.broadcast_add(&Tensor::from_vec(biases, (1, mask.heads, 1, keys), &device)?)?;
    }
    let hidden: Vec<f32> = (0..mask.queries)
        .flat_map(|query| {
            let seen = mask.seen(mask.first_query + query, keys);
            (0..keys).map(move |key| if seen.contains(&key) { 0.0 } else { f32::NEG_INFINITY })
        })
        .collect();
    let hidden = Tensor::from_vec(hidden, (1, 1, mask.queries, keys), &Device::Cpu)?.to_device(&device)?;
    let weights = candle_nn::ops::softmax_last_dim(&scores.broadcast_add(&hidden)?)?;
    weights.reshape((batch, rows, keys))?.to_dtype(dtype)
}
