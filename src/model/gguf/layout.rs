//! Which part of a Hugging Face model each tensor of a GGUF file is.

/// Names of a family's parts: `(in GGUF, in Hugging Face)`, without `.weight` and `.bias`.
pub(super) struct Layout {
    /// Parts outside of the layers.
    pub(super) model: &'static [Names],
    /// What stands before a layer's number.
    pub(super) layers: &'static str,
    /// Parts of a layer.
    pub(super) layer: &'static [&'static [Names]],
}

/// A part's name in GGUF and in Hugging Face.
pub(super) type Names = (&'static str, &'static str);

const MODEL: &[Names] = &[("token_embd", "model.embed_tokens"), ("output_norm", "model.norm"), ("output", "lm_head")];

const ATTENTION: &[Names] = &[
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_output", "self_attn.o_proj"),
];

const HEAD_NORMS: &[Names] = &[("attn_q_norm", "self_attn.q_norm"), ("attn_k_norm", "self_attn.k_norm")];

const GATED: &[Names] = &[("ffn_gate", "mlp.gate_proj"), ("ffn_up", "mlp.up_proj"), ("ffn_down", "mlp.down_proj")];

const TWO_NORMS: &[Names] = &[("attn_norm", "input_layernorm"), ("ffn_norm", "post_attention_layernorm")];

const FOUR_NORMS: &[Names] = &[
    ("attn_norm", "input_layernorm"),
    ("post_attention_norm", "post_attention_layernorm"),
    ("ffn_norm", "pre_feedforward_layernorm"),
    ("post_ffw_norm", "post_feedforward_layernorm"),
];

const NORMS_AFTER: &[Names] =
    &[("post_attention_norm", "post_attention_layernorm"), ("post_ffw_norm", "post_feedforward_layernorm")];

/// `{e}` is the expert.
const MIXTRAL_EXPERTS: &[Names] = &[
    ("ffn_gate_inp", "block_sparse_moe.gate"),
    ("ffn_gate_exps", "block_sparse_moe.experts.{e}.w1"),
    ("ffn_down_exps", "block_sparse_moe.experts.{e}.w2"),
    ("ffn_up_exps", "block_sparse_moe.experts.{e}.w3"),
];

const EXPERTS: &[Names] = &[
    ("ffn_gate_inp", "mlp.gate"),
    ("ffn_gate_exps", "mlp.experts.{e}.gate_proj"),
    ("ffn_down_exps", "mlp.experts.{e}.down_proj"),
    ("ffn_up_exps", "mlp.experts.{e}.up_proj"),
];

const SHARED_EXPERT: &[Names] = &[
    ("ffn_gate_inp_shexp", "mlp.shared_expert_gate"),
    ("ffn_gate_shexp", "mlp.shared_expert.gate_proj"),
    ("ffn_up_shexp", "mlp.shared_expert.up_proj"),
    ("ffn_down_shexp", "mlp.shared_expert.down_proj"),
];

const PHI2: &[Names] = &[
    ("attn_norm", "input_layernorm"),
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_output", "self_attn.dense"),
    ("ffn_up", "mlp.fc1"),
    ("ffn_down", "mlp.fc2"),
];

const PHI3: &[Names] = &[
    ("attn_qkv", "self_attn.qkv_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("ffn_up", "mlp.gate_up_proj"),
    ("ffn_down", "mlp.down_proj"),
];

const GPT2: &[Names] = &[
    ("attn_norm", "ln_1"),
    ("attn_qkv", "attn.c_attn"),
    ("attn_output", "attn.c_proj"),
    ("ffn_norm", "ln_2"),
    ("ffn_up", "mlp.c_fc"),
    ("ffn_down", "mlp.c_proj"),
];

const GPT_NEOX: &[Names] = &[
    ("attn_norm", "input_layernorm"),
    ("attn_qkv", "attention.query_key_value"),
    ("attn_output", "attention.dense"),
    ("ffn_norm", "post_attention_layernorm"),
    ("ffn_up", "mlp.dense_h_to_4h"),
    ("ffn_down", "mlp.dense_4h_to_h"),
];

const BLOOM: &[Names] = &[
    ("attn_norm", "input_layernorm"),
    ("attn_qkv", "self_attention.query_key_value"),
    ("attn_output", "self_attention.dense"),
    ("ffn_norm", "post_attention_layernorm"),
    ("ffn_up", "mlp.dense_h_to_4h"),
    ("ffn_down", "mlp.dense_4h_to_h"),
];

const FALCON: &[Names] = &[
    ("attn_norm", "input_layernorm"),
    ("attn_qkv", "self_attention.query_key_value"),
    ("attn_output", "self_attention.dense"),
    ("ffn_up", "mlp.dense_h_to_4h"),
    ("ffn_down", "mlp.dense_4h_to_h"),
];

/// With two norms before a layer (Falcon 40B and 180B) the file's first is that of the MLP.
const FALCON_TWO_NORMS: &[Names] = &[
    ("attn_norm", "ln_mlp"),
    ("attn_norm_2", "ln_attn"),
    ("attn_qkv", "self_attention.query_key_value"),
    ("attn_output", "self_attention.dense"),
    ("ffn_up", "mlp.dense_h_to_4h"),
    ("ffn_down", "mlp.dense_4h_to_h"),
];

const MPT: &[Names] = &[
    ("attn_norm", "norm_1"),
    ("attn_qkv", "attn.Wqkv"),
    ("attn_output", "attn.out_proj"),
    ("attn_q_norm", "attn.q_ln"),
    ("attn_k_norm", "attn.k_ln"),
    ("ffn_norm", "norm_2"),
    ("ffn_up", "ffn.up_proj"),
    ("ffn_down", "ffn.down_proj"),
];

/// Per-head norms: `{e}` is the head.
const STABLELM_HEAD_NORMS: &[Names] =
    &[("attn_q_norm", "self_attn.q_layernorm.norms.{e}"), ("attn_k_norm", "self_attn.k_layernorm.norms.{e}")];

const PLAIN_MLP: &[Names] = &[("ffn_up", "mlp.c_fc"), ("ffn_down", "mlp.c_proj")];

const MAMBA: &[Names] = &[
    ("attn_norm", "norm"),
    ("ssm_in", "mixer.in_proj"),
    ("ssm_conv1d", "mixer.conv1d"),
    ("ssm_x", "mixer.x_proj"),
    ("ssm_dt", "mixer.dt_proj"),
    ("ssm_a", "mixer.A_log"),
    ("ssm_d", "mixer.D"),
    ("ssm_out", "mixer.out_proj"),
];

pub(super) const LLAMA: Layout = Layout { model: MODEL, layers: "model.layers", layer: &[TWO_NORMS, ATTENTION, GATED] };
pub(super) const LLAMA_EXPERTS: Layout =
    Layout { model: MODEL, layers: "model.layers", layer: &[TWO_NORMS, ATTENTION, MIXTRAL_EXPERTS] };
pub(super) const HEAD_NORMED: Layout =
    Layout { model: MODEL, layers: "model.layers", layer: &[TWO_NORMS, ATTENTION, HEAD_NORMS, GATED] };
pub(super) const HEAD_NORMED_EXPERTS: Layout =
    Layout { model: MODEL, layers: "model.layers", layer: &[TWO_NORMS, ATTENTION, HEAD_NORMS, EXPERTS] };
pub(super) const SHARED_EXPERTS: Layout =
    Layout { model: MODEL, layers: "model.layers", layer: &[TWO_NORMS, ATTENTION, EXPERTS, SHARED_EXPERT] };
pub(super) const GEMMA2_LAYOUT: Layout =
    Layout { model: MODEL, layers: "model.layers", layer: &[FOUR_NORMS, ATTENTION, HEAD_NORMS, GATED] };
pub(super) const OLMO2_LAYOUT: Layout =
    Layout { model: MODEL, layers: "model.layers", layer: &[NORMS_AFTER, ATTENTION, HEAD_NORMS, GATED] };
pub(super) const PHI2_LAYOUT: Layout = Layout {
    model: &[("token_embd", "model.embed_tokens"), ("output_norm", "model.final_layernorm"), ("output", "lm_head")],
    layers: "model.layers",
    layer: &[PHI2],
};
pub(super) const PHI3_LAYOUT: Layout = Layout { model: MODEL, layers: "model.layers", layer: &[TWO_NORMS, PHI3] };
pub(super) const GPT2_LAYOUT: Layout = Layout {
    model: &[
        ("token_embd", "transformer.wte"),
        ("position_embd", "transformer.wpe"),
        ("output_norm", "transformer.ln_f"),
        ("output", "lm_head"),
    ],
    layers: "transformer.h",
    layer: &[GPT2],
};
pub(super) const GPT_NEOX_LAYOUT: Layout = Layout {
    model: &[
        ("token_embd", "gpt_neox.embed_in"),
        ("output_norm", "gpt_neox.final_layer_norm"),
        ("output", "embed_out"),
    ],
    layers: "gpt_neox.layers",
    layer: &[GPT_NEOX],
};
pub(super) const BLOOM_LAYOUT: Layout = Layout {
    model: &[
        ("token_embd", "transformer.word_embeddings"),
        ("token_embd_norm", "transformer.word_embeddings_layernorm"),
        ("output_norm", "transformer.ln_f"),
        ("output", "lm_head"),
    ],
    layers: "transformer.h",
    layer: &[BLOOM],
};
const FALCON_MODEL: &[Names] =
    &[("token_embd", "transformer.word_embeddings"), ("output_norm", "transformer.ln_f"), ("output", "lm_head")];
pub(super) const FALCON_LAYOUT: Layout = Layout { model: FALCON_MODEL, layers: "transformer.h", layer: &[FALCON] };
pub(super) const FALCON_TWO_NORMS_LAYOUT: Layout =
    Layout { model: FALCON_MODEL, layers: "transformer.h", layer: &[FALCON_TWO_NORMS] };
pub(super) const MPT_LAYOUT: Layout = Layout {
    model: &[
        ("token_embd", "transformer.wte"),
        ("position_embd", "transformer.wpe"),
        ("output_norm", "transformer.norm_f"),
        ("output", "lm_head"),
    ],
    layers: "transformer.blocks",
    layer: &[MPT],
};
pub(super) const STABLELM_LAYOUT: Layout =
    Layout { model: MODEL, layers: "model.layers", layer: &[TWO_NORMS, ATTENTION, STABLELM_HEAD_NORMS, GATED] };
pub(super) const STARCODER2_LAYOUT: Layout =
    Layout { model: MODEL, layers: "model.layers", layer: &[TWO_NORMS, ATTENTION, PLAIN_MLP] };
pub(super) const MAMBA_LAYOUT: Layout = Layout {
    model: &[("token_embd", "backbone.embeddings"), ("output_norm", "backbone.norm_f"), ("output", "lm_head")],
    layers: "backbone.layers",
    layer: &[MAMBA],
};

impl Layout {
    /// The Hugging Face name of the part that GGUF calls `part` (as `blk.3.attn_q` or `output_norm`).
    ///
    /// Where one stored tensor holds several, the name has an `{e}` for their number.
    pub(super) fn name(&self, part: &str) -> Option<String> {
        let Some(rest) = part.strip_prefix("blk.") else {
            return self.model.iter().find(|(gguf, _)| *gguf == part).map(|(_, name)| (*name).to_string());
        };
        let (layer, part) = rest.split_once('.')?;
        let layer: usize = layer.parse().ok()?;
        let (_, name) = self.layer.iter().flat_map(|names| names.iter()).find(|(gguf, _)| *gguf == part)?;
        Some(format!("{}.{layer}.{name}", self.layers))
    }
}
