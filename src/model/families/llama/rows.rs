//! Llama and its kin, a row each: what is not said is as in [`LLAMA`].
//!
//! A further one takes a row here and its name in the list of families.

use super::kin::{
    Bias, Epsilon, Every, ExpertLayers, ExpertStyle, FeedForwardStyle, HeadNormStyle, HeadWidth, Kin, LayerNorms,
    NormStyle, Rotation, SlidingLayers, Window,
};
use crate::architecture::description::{Activation, Arrangement, NormKind};

/// Llama 1, 2 and 3, and all that call themselves so.
pub const LLAMA: Kin = Kin {
    epsilon: Epsilon::Key("rms_norm_eps", 1e-6),
    norm: ROOT_MEAN_SQUARE,
    norms: BEFORE,
    arrangement: Arrangement::Sequential,
    multipliers: false,
    logit_scale: None,
    tied: false,
    key_value_heads: None,
    head_width: HeadWidth::OwnKey,
    attention_bias: Bias::Key("attention_bias", false),
    output_bias: Bias::Key("attention_bias", false),
    head_norm: HeadNormStyle::None,
    clip: false,
    rotary_base: 1e4,
    partial_rotary: None,
    interleaved: false,
    rotation: Rotation::All,
    window: Window::None,
    sliding_unscaled: false,
    feed_forward: FeedForwardStyle::Gated,
    activation: Activation::Silu,
    feed_forward_bias: Bias::Key("mlp_bias", false),
    experts: None,
};

/// Apertus: names of its own, the activation xIELU.
pub const APERTUS: Kin = Kin {
    epsilon: Epsilon::Key("rms_norm_eps", 1e-5),
    norms: LayerNorms { attention: Some("attention_layernorm"), feed_forward: Some("feedforward_layernorm"), ..BEFORE },
    head_norm: HeadNormStyle::Head,
    rotary_base: 1.2e7,
    feed_forward: FeedForwardStyle::Xielu,
    feed_forward_bias: Bias::Never,
    ..LLAMA
};

/// Arcee: squared ReLU without a gate.
pub const ARCEE: Kin = Kin {
    epsilon: Epsilon::Key("rms_norm_eps", 1e-5),
    feed_forward: FeedForwardStyle::Plain,
    activation: Activation::ReluSquared,
    ..LLAMA
};

/// Command R: parallel parts with one layer norm.
pub const COHERE: Kin = Kin {
    epsilon: Epsilon::Key("layer_norm_eps", 1e-5),
    norm: NormStyle { kind: NormKind::Layer, ..ROOT_MEAN_SQUARE },
    norms: LayerNorms { feed_forward: None, ..BEFORE },
    arrangement: Arrangement::ParallelShared,
    logit_scale: Some(0.0625),
    tied: true,
    head_norm: HeadNormStyle::Rows,
    rotary_base: 5e5,
    interleaved: true,
    feed_forward_bias: Bias::Never,
    ..LLAMA
};

/// Command R7B and A: windows, and positions in those layers alone.
pub const COHERE2: Kin = Kin {
    head_width: HeadWidth::Shared,
    head_norm: HeadNormStyle::None,
    rotary_base: 1e4,
    rotation: Rotation::Sliding,
    window: Window::Most { every: Every::Pattern(4) },
    ..COHERE
};

/// ERNIE 4.5.
pub const ERNIE4_5: Kin = Kin {
    epsilon: Epsilon::Key("rms_norm_eps", 1e-5),
    tied: true,
    key_value_heads: Some(2),
    head_width: HeadWidth::Default(128),
    attention_bias: Bias::Key("use_bias", false),
    output_bias: Bias::Key("use_bias", false),
    rotary_base: 5e5,
    interleaved: true,
    feed_forward_bias: Bias::Key("use_bias", false),
    ..LLAMA
};

/// EXAONE 4: norms of the outputs, positions in layers with a window.
pub const EXAONE4: Kin = Kin {
    epsilon: Epsilon::Key("rms_norm_eps", 1e-5),
    norms: AFTER,
    key_value_heads: Some(32),
    attention_bias: Bias::Never,
    output_bias: Bias::Never,
    head_norm: HeadNormStyle::Head,
    rotation: Rotation::SlidingIfAny,
    window: Window::Most { every: Every::Pattern(4) },
    feed_forward_bias: Bias::Never,
    ..LLAMA
};

/// GLM 4 of 2024: half of a head rotated, gate and up in one matrix.
pub const GLM: Kin = Kin {
    epsilon: Epsilon::Key("rms_norm_eps", 1.5625e-7),
    key_value_heads: Some(2),
    head_width: HeadWidth::Default(128),
    attention_bias: Bias::Key("attention_bias", true),
    output_bias: Bias::Never,
    partial_rotary: Some(0.5),
    interleaved: true,
    feed_forward: FeedForwardStyle::GatedFused,
    feed_forward_bias: Bias::Never,
    ..LLAMA
};

/// GLM 4 of 2025: four norms.
pub const GLM4: Kin = Kin {
    norms: LayerNorms {
        attention_post: Some("post_self_attn_layernorm"),
        feed_forward_post: Some("post_mlp_layernorm"),
        ..BEFORE
    },
    ..GLM
};

/// Granite: four multipliers.
pub const GRANITE: Kin = Kin { multipliers: true, ..LLAMA };

/// Granite with experts.
pub const GRANITEMOE: Kin =
    Kin { experts: Some(ExpertStyle { router: "router.layer", stacked: true, ..MIXTRAL_EXPERTS }), ..GRANITE };

/// Helium.
pub const HELIUM: Kin = Kin {
    epsilon: Epsilon::Key("rms_norm_eps", 1e-8),
    key_value_heads: Some(20),
    head_width: HeadWidth::Default(128),
    output_bias: Bias::Never,
    rotary_base: 1e5,
    interleaved: true,
    ..LLAMA
};

/// Mistral: a window in every layer.
pub const MISTRAL: Kin = Kin {
    key_value_heads: Some(8),
    attention_bias: Bias::Never,
    output_bias: Bias::Never,
    window: Window::All { default: Some(4096) },
    feed_forward_bias: Bias::Never,
    ..LLAMA
};

/// Mixtral.
pub const MIXTRAL: Kin = Kin {
    epsilon: Epsilon::Key("rms_norm_eps", 1e-5),
    rotary_base: 1e6,
    window: Window::All { default: None },
    experts: Some(MIXTRAL_EXPERTS),
    ..MISTRAL
};

/// Nemotron 3 and 4: layer norms stored less 1, squared ReLU without a gate.
pub const NEMOTRON: Kin = Kin {
    epsilon: Epsilon::Key("norm_eps", 1e-5),
    norm: NormStyle { kind: NormKind::Layer, weight: true, bias: true, plus_one: true },
    partial_rotary: Some(0.5),
    feed_forward: FeedForwardStyle::Plain,
    activation: Activation::ReluSquared,
    ..LLAMA
};

/// OLMo 1: layer norms without weights.
pub const OLMO: Kin = Kin {
    epsilon: Epsilon::Fixed(1e-5),
    norm: NormStyle { kind: NormKind::Layer, weight: false, bias: false, plus_one: false },
    clip: true,
    feed_forward_bias: Bias::Never,
    ..LLAMA
};

/// OLMo 2: norms of the outputs, and of all queries and keys together.
pub const OLMO2: Kin = Kin {
    epsilon: Epsilon::Key("rms_norm_eps", 1e-5),
    norms: AFTER,
    head_norm: HeadNormStyle::Whole,
    feed_forward_bias: Bias::Never,
    ..LLAMA
};

/// OLMo 3: windows in three of four layers.
pub const OLMO3: Kin =
    Kin { rotary_base: 5e5, window: Window::Most { every: Every::Fixed(4) }, sliding_unscaled: true, ..OLMO2 };

/// OLMoE.
pub const OLMOE: Kin = Kin {
    epsilon: Epsilon::Key("rms_norm_eps", 1e-5),
    head_norm: HeadNormStyle::Whole,
    clip: true,
    feed_forward_bias: Bias::Never,
    experts: Some(ExpertStyle { layers: ExpertLayers::All, inner: "intermediate_size", ..QWEN_EXPERTS }),
    ..LLAMA
};

/// Qwen 1.5, 2 and 2.5: biases of queries, keys and values.
pub const QWEN2: Kin = Kin {
    key_value_heads: Some(32),
    attention_bias: Bias::Always,
    output_bias: Bias::Never,
    window: Window::Optional { layers: SlidingLayers::From(28), default: Some(4096) },
    feed_forward_bias: Bias::Never,
    ..LLAMA
};

/// Qwen 1.5 and 2 with experts, one of them shared.
pub const QWEN2_MOE: Kin = Kin {
    key_value_heads: Some(16),
    attention_bias: Bias::Key("qkv_bias", true),
    experts: Some(ExpertStyle { shared: true, ..QWEN_EXPERTS }),
    ..QWEN2
};

/// Qwen 3: norms of queries and keys by head.
pub const QWEN3: Kin = Kin {
    head_width: HeadWidth::Default(128),
    attention_bias: Bias::Key("attention_bias", false),
    output_bias: Bias::Key("attention_bias", false),
    head_norm: HeadNormStyle::Head,
    ..QWEN2
};

/// Qwen 3 with experts; one mask for all layers.
pub const QWEN3_MOE: Kin = Kin {
    key_value_heads: Some(4),
    window: Window::Optional { layers: SlidingLayers::All, default: Some(4096) },
    experts: Some(QWEN_EXPERTS),
    ..QWEN3
};

/// Seed-OSS.
pub const SEED_OSS: Kin = Kin {
    key_value_heads: Some(8),
    head_width: HeadWidth::Default(128),
    attention_bias: Bias::Key("attention_bias", true),
    output_bias: Bias::Key("attention_out_bias", false),
    ..LLAMA
};

/// SmolLM3: every fourth layer without positions.
pub const SMOLLM3: Kin = Kin {
    tied: true,
    key_value_heads: Some(4),
    rotary_base: 2e6,
    rotation: Rotation::Listed,
    window: Window::Optional { layers: SlidingLayers::Unrotated, default: None },
    ..LLAMA
};

const ROOT_MEAN_SQUARE: NormStyle =
    NormStyle { kind: NormKind::RootMeanSquare, weight: true, bias: false, plus_one: false };

/// Norms before both parts.
const BEFORE: LayerNorms = LayerNorms {
    attention: Some("input_layernorm"),
    attention_post: None,
    feed_forward: Some("post_attention_layernorm"),
    feed_forward_post: None,
};

/// Norms of both outputs.
const AFTER: LayerNorms = LayerNorms {
    attention: None,
    attention_post: Some("post_attention_layernorm"),
    feed_forward: None,
    feed_forward_post: Some("post_feedforward_layernorm"),
};

const MIXTRAL_EXPERTS: ExpertStyle = ExpertStyle {
    layers: ExpertLayers::All,
    block: "block_sparse_moe",
    router: "gate",
    names: ["w1", "w3", "w2"],
    inner: "intermediate_size",
    shared: false,
    normalised: true,
    stacked: false,
};

const QWEN_EXPERTS: ExpertStyle = ExpertStyle {
    layers: ExpertLayers::Stepped,
    block: "mlp",
    router: "gate",
    names: ["gate_proj", "up_proj", "down_proj"],
    inner: "moe_intermediate_size",
    shared: false,
    normalised: false,
    stacked: false,
};
