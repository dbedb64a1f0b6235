//! What Llama's kin differ in, as data.

use super::super::super::error::Result;
use crate::architecture::configuration::Configuration;
use crate::architecture::description::{Activation, Arrangement, NormKind};

/// One of Llama's kin: how it is built, and what an absent key of its configuration means.
pub struct Kin {
    /// The ε of the norms.
    pub epsilon: Epsilon,
    /// How the norms over the hidden width are stored.
    pub norm: NormStyle,
    /// Where the norms of a layer stand, and their names.
    pub norms: LayerNorms,
    /// How attention and feed-forward part are joined.
    pub arrangement: Arrangement,
    /// Whether embedding, residual stream, attention and logits have multipliers (Granite).
    pub multipliers: bool,
    /// Default of the factor on the logits, where there is one.
    pub logit_scale: Option<f64>,
    /// Whether embedding and head are tied unless the configuration says otherwise.
    pub tied: bool,
    /// Key and value heads where the configuration does not say; as many as query heads where absent.
    pub key_value_heads: Option<usize>,
    /// Width of a head.
    pub head_width: HeadWidth,
    /// Biases of queries, keys and values.
    pub attention_bias: Bias,
    /// Bias of the attention's output.
    pub output_bias: Bias,
    /// Norms of queries and keys.
    pub head_norm: HeadNormStyle,
    /// Whether projections are cut to `clip_qkv`.
    pub clip: bool,
    /// Default of the rotary base.
    pub rotary_base: f64,
    /// Default of the rotated share of a head, where only a part is rotated.
    pub partial_rotary: Option<f64>,
    /// Whether rotated pairs stand side by side.
    pub interleaved: bool,
    /// Which layers rotate.
    pub rotation: Rotation,
    /// Which layers see a window.
    pub window: Window,
    /// Whether what older files say of rotary scaling is meant for the layers that see everything.
    pub sliding_unscaled: bool,
    /// Shape of a feed-forward part without experts.
    pub feed_forward: FeedForwardStyle,
    /// Activation where the configuration names none.
    pub activation: Activation,
    /// Biases of the feed-forward part.
    pub feed_forward_bias: Bias,
    /// The experts, if it has any.
    pub experts: Option<ExpertStyle>,
}

/// What is added to the mean square in a norm.
#[derive(Clone, Copy)]
pub enum Epsilon {
    /// As a key says, with its default.
    Key(&'static str, f64),
    /// This, whatever the configuration says.
    Fixed(f64),
}

/// How norms over the hidden width are stored.
#[derive(Clone, Copy)]
pub struct NormStyle {
    /// Root mean square or mean and variance.
    pub kind: NormKind,
    /// Whether there is a weight.
    pub weight: bool,
    /// Whether there is a bias.
    pub bias: bool,
    /// Whether the weight is stored less 1.
    pub plus_one: bool,
}

/// Names of the norms of a layer.
#[derive(Clone, Copy)]
pub struct LayerNorms {
    /// Before the attention.
    pub attention: Option<&'static str>,
    /// Of the attention's output.
    pub attention_post: Option<&'static str>,
    /// Before the feed-forward part.
    pub feed_forward: Option<&'static str>,
    /// Of the feed-forward part's output.
    pub feed_forward_post: Option<&'static str>,
}

/// Width of a head.
#[derive(Clone, Copy)]
pub enum HeadWidth {
    /// `head_dim`, or the hidden width shared out.
    OwnKey,
    /// `head_dim`, or this where there is no such key.
    Default(usize),
    /// The hidden width shared out.
    Shared,
}

/// Whether a linear map has a bias.
#[derive(Clone, Copy)]
pub enum Bias {
    /// No.
    Never,
    /// Yes.
    Always,
    /// As a key says, with its default.
    Key(&'static str, bool),
}

impl Bias {
    /// What the configuration says.
    pub fn read(self, configuration: &Configuration) -> Result<bool> {
        match self {
            Self::Never => Ok(false),
            Self::Always => Ok(true),
            Self::Key(key, default) => configuration.flag_or(key, default),
        }
    }
}

/// Norms of queries and keys.
#[derive(Clone, Copy)]
pub enum HeadNormStyle {
    /// None.
    None,
    /// Over each head, with one weight for all.
    Head,
    /// Over all heads together.
    Whole,
    /// A layer norm over each head with a weight of its own, where `use_qk_norm` is set.
    Rows,
}

/// Which layers rotate queries and keys by position.
#[derive(Clone, Copy)]
pub enum Rotation {
    /// All.
    All,
    /// Those that see a window.
    Sliding,
    /// Those that see a window, or all where the configuration has no window.
    SlidingIfAny,
    /// Those that `no_rope_layers` lists, or all but every `no_rope_layer_interval`-th.
    Listed,
}

/// Which layers see a window of keys.
#[derive(Clone, Copy)]
pub enum Window {
    /// None.
    None,
    /// All: `sliding_window` keys, or this many where there is no such key.
    All { default: Option<usize> },
    /// All but every n-th, unless `layer_types` lists them.
    Most { every: Every },
    /// Those that `layers` says, where `use_sliding_window` is set; as wide as `sliding_window`, or this many keys where
    /// there is no such key.
    Optional { layers: SlidingLayers, default: Option<usize> },
}

/// How often a layer sees everything, among layers with a window.
#[derive(Clone, Copy)]
pub enum Every {
    /// Every so many layers.
    Fixed(usize),
    /// As `sliding_window_pattern` says, with its default.
    Pattern(usize),
}

/// Which layers see a window where it is switched on.
#[derive(Clone, Copy)]
pub enum SlidingLayers {
    /// All.
    All,
    /// As `layer_types` says, or from `max_window_layers` on, with its default.
    From(usize),
    /// As `layer_types` says, or those without rotation.
    Unrotated,
}

/// Shapes of a feed-forward part without experts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FeedForwardStyle {
    /// Gated, with `gate_proj`, `up_proj` and `down_proj`.
    Gated,
    /// Gated, with gate and up in one `gate_up_proj`.
    GatedFused,
    /// `up_proj` and `down_proj`.
    Plain,
    /// The same with the trained activation xIELU.
    Xielu,
}

/// How a family stores and chooses its experts.
#[derive(Clone, Copy)]
pub struct ExpertStyle {
    /// Which layers have experts.
    pub layers: ExpertLayers,
    /// Name of the block within the layer.
    pub block: &'static str,
    /// Name of the router within the block.
    pub router: &'static str,
    /// Names of gate, up and down within an expert.
    pub names: [&'static str; 3],
    /// Key of an expert's inner width.
    pub inner: &'static str,
    /// Whether an expert is shared by all tokens.
    pub shared: bool,
    /// Whether the weights of the chosen experts always add up to 1; as `norm_topk_prob` says otherwise.
    pub normalised: bool,
    /// Whether the weights of all experts are stored in one tensor each.
    pub stacked: bool,
}

/// Which layers have experts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ExpertLayers {
    /// All.
    All,
    /// Every `decoder_sparse_step`-th that is not among `mlp_only_layers`.
    Stepped,
}
