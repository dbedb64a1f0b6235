//! What a decoder consists of: a description made from the configuration, before any weight is read.
//!
//! Every covered family is a value of [`Architecture`]; the decoder computes any such value.

use crate::architecture::rotary::{Rotary, Scaling};
use crate::architecture::selection::Selection;

/// A causal language model, part by part, with the names of its tensors.
#[derive(Debug, Clone)]
pub struct Architecture {
    /// `model_type` of the configuration.
    pub name: String,
    /// Rows of the vocabulary.
    pub vocabulary: usize,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Tokens to vectors.
    pub embedding: Embedding,
    /// The layers in order.
    pub layers: Vec<Layer>,
    /// Norm before the head.
    pub final_norm: Option<Norm>,
    /// Vectors to logits.
    pub head: Head,
    /// The most positions that the model can take at all (learned positions).
    pub most_positions: Option<usize>,
    /// Length that the model was trained for, where the configuration says so.
    pub trained_positions: Option<usize>,
    /// Name prefixes of tensors that belong to no text model (vision towers), which are not an error.
    pub foreign: Vec<String>,
}

/// Token embedding and what is added to it.
#[derive(Debug, Clone)]
pub struct Embedding {
    /// Table `[vocabulary, width]`.
    pub weight: String,
    /// Width of a row, the hidden width unless there is a projection.
    pub width: usize,
    /// Factor on the embedding.
    pub multiplier: f64,
    /// Projection to the hidden width.
    pub projection: Option<Linear>,
    /// Learned positions.
    pub positions: Option<Positions>,
    /// Norm over the sum.
    pub norm: Option<Norm>,
}

/// A table of learned positions.
#[derive(Debug, Clone)]
pub struct Positions {
    /// Table `[rows, hidden]`.
    pub weight: String,
    /// Rows.
    pub rows: usize,
    /// Row of position 0.
    pub offset: usize,
}

/// The vocabulary projection.
#[derive(Debug, Clone)]
pub struct Head {
    /// Projection from the hidden width to the head's.
    pub projection: Option<Linear>,
    /// Table `[vocabulary, width]`; the embedding's where the two are tied.
    pub weight: String,
    /// Bias `[vocabulary]`.
    pub bias: Option<String>,
    /// Factor on the logits.
    pub multiplier: f64,
    /// `c tanh(logits / c)`.
    pub soft_cap: Option<f64>,
}

/// One layer.
#[derive(Debug, Clone)]
pub enum Layer {
    /// Attention and a feed-forward part.
    Transformer(Box<TransformerLayer>),
    /// A selective state space.
    Mamba(Box<MambaLayer>),
}

/// How the two parts of a transformer layer are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrangement {
    /// `x += attention(norm(x)); x += feed_forward(norm(x))`, either norm may be absent.
    Sequential,
    /// `x += attention(norm₁(x)) + feed_forward(norm₂(x))`.
    Parallel,
    /// `x += attention(norm(x)) + feed_forward(norm(x))` with one norm.
    ParallelShared,
    /// `x = norm₁(x + attention(x)); x = norm₂(x + feed_forward(x))`.
    NormAfterSum,
    /// As sequential, but the norm's output goes on in place of `x` (BLOOM's `apply_residual_connection_post_layernorm`).
    ResidualOfNorm,
}

/// Attention and a feed-forward part.
#[derive(Debug, Clone)]
pub struct TransformerLayer {
    /// How the parts are joined.
    pub arrangement: Arrangement,
    /// Norm before the attention.
    pub attention_norm: Option<Norm>,
    /// Attention.
    pub attention: Attention,
    /// Norm of the attention's output, before the sum.
    pub attention_post_norm: Option<Norm>,
    /// Norm before the feed-forward part.
    pub feed_forward_norm: Option<Norm>,
    /// Feed-forward part.
    pub feed_forward: FeedForward,
    /// Norm of the feed-forward part's output, before the sum.
    pub feed_forward_post_norm: Option<Norm>,
    /// Factor on what a part adds.
    pub residual_multiplier: f64,
}

/// A norm over the last dimension.
#[derive(Debug, Clone)]
pub struct Norm {
    /// Root mean square or mean and variance.
    pub kind: NormKind,
    /// Width.
    pub width: usize,
    /// Weight `[width]`; 1 where absent.
    pub weight: Option<String>,
    /// Bias `[width]`; 0 where absent.
    pub bias: Option<String>,
    /// Added to the mean square.
    pub epsilon: f64,
    /// Whether the weight is stored less 1 (Gemma).
    pub plus_one: bool,
}

/// Kinds of norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NormKind {
    /// `x / √(mean(x²) + ε)`.
    RootMeanSquare,
    /// `(x − mean(x)) / √(var(x) + ε)`.
    Layer,
}

/// A linear map, put together from rows of stored tensors.
#[derive(Debug, Clone)]
pub struct Linear {
    /// Width in.
    pub inputs: usize,
    /// Width out.
    pub outputs: usize,
    /// Rows of the weight, top to bottom.
    pub weight: Vec<Rows>,
    /// Entries of the bias, in the same order.
    pub bias: Option<Vec<Rows>>,
}

/// Rows of a stored matrix (or entries of a stored vector).
#[derive(Debug, Clone)]
pub struct Rows {
    /// The tensor.
    pub tensor: String,
    /// Rows that it has in all.
    pub of: usize,
    /// Which rows, in order; all where absent.
    pub selection: Option<Selection>,
    /// Stored as `[inputs, rows]` (GPT-2).
    pub transposed: bool,
}

/// Causal self-attention.
#[derive(Debug, Clone)]
pub struct Attention {
    /// Query heads.
    pub heads: usize,
    /// Key and value heads.
    pub key_value_heads: usize,
    /// Width of a query or key head.
    pub head_width: usize,
    /// Width of a value head.
    pub value_width: usize,
    /// Hidden vectors to queries, keys and values.
    pub projections: Projections,
    /// Values of the projections are cut to ±this.
    pub clip: Option<f64>,
    /// Norm of the queries.
    pub query_norm: Option<HeadNorm>,
    /// Norm of the keys.
    pub key_norm: Option<HeadNorm>,
    /// Rotation by position.
    pub rotary: Option<Rotary>,
    /// Linear bias by distance.
    pub alibi: Option<Alibi>,
    /// Factor on the scores.
    pub scale: f64,
    /// `c tanh(scores / c)`.
    pub soft_cap: Option<f64>,
    /// Keys that a query sees, itself included; all before it where absent.
    pub window: Option<usize>,
    /// Heads to hidden vectors.
    pub output: Linear,
}

/// How queries, keys and values are made.
#[derive(Debug, Clone)]
pub enum Projections {
    /// One map to queries, keys and values side by side.
    Fused(Linear),
    /// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1).
    Latent(Box<Latent>),
}

/// Multi-head latent attention: low-rank keys and values, and a rotated part of the key that all heads share.
#[derive(Debug, Clone)]
pub struct Latent {
    /// Compression of the queries with its norm; none where queries are made directly.
    pub query_down: Option<(Linear, Norm)>,
    /// To query heads of `plain + rotated`.
    pub query_up: Linear,
    /// To the latent vector followed by the shared rotated key.
    pub key_value_down: Linear,
    /// Norm of the latent vector.
    pub key_value_norm: Norm,
    /// To heads of `plain key + value`.
    pub key_value_up: Linear,
    /// Width of the latent vector.
    pub rank: usize,
    /// Width of a head's part that is not rotated.
    pub plain: usize,
    /// Width of the rotated part.
    pub rotated: usize,
}

/// Norm of queries or keys.
#[derive(Debug, Clone)]
pub enum HeadNorm {
    /// Over all heads together.
    Whole(Norm),
    /// Over each head, with one weight for all.
    Head(Norm),
    /// Over each head, with a weight of its own.
    EachHead(Vec<Norm>),
    /// The same, the weights of so many heads being the rows of one matrix.
    Rows(Norm, usize),
}

/// Attention with linear biases (arXiv 2108.12409): `slope · (key position − query position)` is added to the scores.
#[derive(Debug, Clone)]
pub struct Alibi {
    /// One slope a head.
    pub slopes: Vec<f64>,
    /// Falcon: the biases are rounded to bfloat16, whatever the weights' type, and added before the scores are scaled.
    pub before_scale: bool,
}

/// Activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `x σ(x)`.
    Silu,
    /// `x Φ(x)`.
    Gelu,
    /// Its approximation by a hyperbolic tangent.
    GeluTanh,
    /// `max(x, 0)`.
    Relu,
    /// `max(x, 0)²`.
    ReluSquared,
}

/// Feed-forward parts.
#[derive(Debug, Clone)]
pub enum FeedForward {
    /// `down(activation(up(x)))`.
    Plain { up: Linear, activation: Activation, down: Linear },
    /// `down(activation(gate(x)) · up(x))`.
    Gated(Gated),
    /// A router and experts.
    Experts(Box<Experts>),
    /// `down(xielu(up(x)))` with an activation that was trained.
    Xielu { up: Linear, activation: Xielu, down: Linear },
}

/// The activation xIELU (arXiv 2411.13010): `a x² + β x` above 0 and `b (e^min(x, ε) − 1 − x) + β x` below, where `a` and
/// `b − β` are the softplus of numbers stored.
#[derive(Debug, Clone)]
pub struct Xielu {
    /// Tensor `[1]` of `a`.
    pub above: String,
    /// Tensor `[1]` of `b`.
    pub below: String,
    /// Tensor of β, 0.5 where absent.
    pub linear: String,
    /// Tensor of ε, −10⁻⁶ where absent.
    pub greatest: String,
}

/// A gated feed-forward part.
#[derive(Debug, Clone)]
pub struct Gated {
    /// To gate and up, side by side.
    pub gate_up: Linear,
    /// Activation of the gate.
    pub activation: Activation,
    /// Back to the hidden width.
    pub down: Linear,
}

/// A mixture of experts.
#[derive(Debug, Clone)]
pub struct Experts {
    /// To one score an expert.
    pub router: Linear,
    /// How experts are chosen and weighed.
    pub routing: Routing,
    /// The experts.
    pub experts: Vec<Gated>,
    /// Tensors that hold the weights of all experts, where they are stored so.
    pub stacked: Option<Stacked>,
    /// An expert that every token passes.
    pub shared: Option<Gated>,
    /// To the logit of the shared expert's weight; 1 where absent.
    pub shared_gate: Option<Linear>,
}

/// Weights of all experts in one tensor each.
#[derive(Debug, Clone)]
pub struct Stacked {
    /// Gate and up of every expert, `[experts, 2 inner, hidden]`.
    pub gate_up: String,
    /// Down of every expert, `[experts, hidden, inner]`.
    pub down: String,
}

/// How experts are chosen and weighed.
#[derive(Debug, Clone)]
pub struct Routing {
    /// What makes weights of the router's scores.
    pub scoring: Scoring,
    /// Tensor `[experts]` that is added to the weights when experts are chosen, not when they are weighed.
    pub correction: Option<String>,
    /// Experts a token passes.
    pub chosen: usize,
    /// Whether the weights of the chosen are divided by their sum.
    pub normalised: bool,
    /// Factor on the weights.
    pub multiplier: f64,
    /// Groups of experts of which only the best few are open.
    pub groups: Option<Groups>,
}

/// What makes weights of a router's scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scoring {
    /// The softmax over all experts.
    Softmax,
    /// The logistic function of each score.
    Sigmoid,
}

/// Device-limited routing (DeepSeek-V2, section 2.2.2).
#[derive(Debug, Clone, Copy)]
pub struct Groups {
    /// Groups, equal in size.
    pub count: usize,
    /// Groups that are open to a token: those whose best experts score highest together.
    pub open: usize,
    /// How many experts of a group count for that.
    pub best: usize,
}

/// A Mamba layer (arXiv 2312.00752).
#[derive(Debug, Clone)]
pub struct MambaLayer {
    /// Norm before.
    pub norm: Norm,
    /// Width of the inner stream.
    pub inner: usize,
    /// States a channel.
    pub states: usize,
    /// Width of the causal convolution.
    pub kernel: usize,
    /// Rank of the time step.
    pub rank: usize,
    /// To the inner stream and its gate.
    pub input: Linear,
    /// Convolution weight `[inner, 1, kernel]`.
    pub convolution: String,
    /// Convolution bias `[inner]`.
    pub convolution_bias: Option<String>,
    /// To time step, input and output vectors of the state.
    pub selection: Linear,
    /// Time step to the inner width.
    pub time_step: Linear,
    /// Logarithm of the decay `[inner, states]`.
    pub log_decay: String,
    /// Direct path `[inner]`.
    pub direct: String,
    /// Back to the hidden width.
    pub output: Linear,
}

impl Embedding {
    /// A table `[vocabulary, width]` alone.
    pub fn new(weight: &str, width: usize) -> Self {
        Self { weight: weight.to_string(), width, multiplier: 1.0, projection: None, positions: None, norm: None }
    }
}

impl TransformerLayer {
    /// Attention, then a feed-forward part, without norms.
    pub fn new(attention: Attention, feed_forward: FeedForward) -> Self {
        Self {
            arrangement: Arrangement::Sequential,
            attention_norm: None,
            attention,
            attention_post_norm: None,
            feed_forward_norm: None,
            feed_forward,
            feed_forward_post_norm: None,
            residual_multiplier: 1.0,
        }
    }
}

impl Attention {
    /// Plain attention over everything before, scaled by the root of the heads' width: query heads, key and value heads,
    /// the width of each.
    pub fn new(heads: [usize; 2], width: usize, projections: Projections, output: Linear) -> Self {
        Self {
            heads: heads[0],
            key_value_heads: heads[1],
            head_width: width,
            value_width: width,
            projections,
            clip: None,
            query_norm: None,
            key_norm: None,
            rotary: None,
            alibi: None,
            scale: (width as f64).powf(-0.5),
            soft_cap: None,
            window: None,
            output,
        }
    }
}

impl Projections {
    /// Stored apart as `q_proj`, `k_proj` and `v_proj`: query heads and key heads of one width. `name` gives the full name
    /// of a part.
    pub fn separate(name: &dyn Fn(&str) -> String, heads: [usize; 2], width: usize, hidden: usize, bias: bool) -> Self {
        let [queries, keys] = heads.map(|heads| heads * width);
        let parts = [(name("q_proj"), queries), (name("k_proj"), keys), (name("v_proj"), keys)];
        Self::Fused(Linear::stacked(&parts.each_ref().map(|(name, rows)| (name.as_str(), *rows)), hidden, bias))
    }
}

impl Linear {
    /// A whole stored matrix `[outputs, inputs]` at `name.weight`, with `name.bias` or without.
    pub fn new(name: &str, inputs: usize, outputs: usize, bias: bool) -> Self {
        Self::stacked(&[(name, outputs)], inputs, bias)
    }

    /// Several whole matrices on top of each other.
    pub fn stacked(parts: &[(&str, usize)], inputs: usize, bias: bool) -> Self {
        let rows = |suffix: &str| {
            parts
                .iter()
                .map(|&(name, of)| Rows { tensor: format!("{name}.{suffix}"), of, selection: None, transposed: false })
                .collect::<Vec<_>>()
        };
        Self {
            inputs,
            outputs: parts.iter().map(|part| part.1).sum(),
            weight: rows("weight"),
            bias: bias.then(|| rows("bias")),
        }
    }

    /// Rows of one stored matrix, in another order.
    pub fn rearranged(name: &str, inputs: usize, selection: Selection, bias: bool) -> Self {
        let outputs = selection.count();
        let rows = |suffix: &str| {
            let tensor = format!("{name}.{suffix}");
            vec![Rows { tensor, of: outputs, selection: Some(selection), transposed: false }]
        };
        Self { inputs, outputs, weight: rows("weight"), bias: bias.then(|| rows("bias")) }
    }

    /// The same map stored as `[inputs, outputs]`.
    pub fn transposed(mut self) -> Self {
        for rows in &mut self.weight {
            rows.transposed = true;
        }
        self
    }

    /// Numbers held.
    pub fn parameters(&self) -> usize {
        self.outputs * (self.inputs + usize::from(self.bias.is_some()))
    }
}

impl Architecture {
    /// Divides the rotary frequencies of every layer that does not stretch them otherwise.
    ///
    /// # Errors
    /// How many divisors were expected, where there are not as many as rotated pairs.
    pub fn divide_frequencies(&mut self, divisors: &[f32]) -> Result<(), String> {
        for layer in &mut self.layers {
            let Layer::Transformer(layer) = layer else { continue };
            let Some(rotary) = layer.attention.rotary.as_mut().filter(|rotary| rotary.scaling == Scaling::None) else {
                continue;
            };
            if divisors.len() != rotary.width / 2 {
                return Err(format!("{} numbers, one per rotated pair", rotary.width / 2));
            }
            rotary.scaling = Scaling::Divisors(divisors.iter().map(|&divisor| f64::from(divisor)).collect());
        }
        Ok(())
    }
}
