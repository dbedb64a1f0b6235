//! The architectures of GGUF that are covered.

use super::file::GgufFile;
use super::layout::{self, Layout};
use crate::error::{ModelError, Result};
use mixopt_base::Place;

/// An architecture, as `general.architecture` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Bloom,
    Falcon,
    Gemma,
    Gemma2,
    Gemma3,
    Gpt2,
    GptNeox,
    Granite,
    Llama,
    Mamba,
    Mpt,
    Olmo,
    Olmo2,
    Olmoe,
    Phi2,
    Phi3,
    Qwen2,
    Qwen2Moe,
    Qwen3,
    Qwen3Moe,
    SmolLm3,
    StableLm,
    Starcoder2,
}

const FAMILIES: &[(&str, Family)] = &[
    ("bloom", Family::Bloom),
    ("falcon", Family::Falcon),
    ("gemma", Family::Gemma),
    ("gemma2", Family::Gemma2),
    ("gemma3", Family::Gemma3),
    ("gpt2", Family::Gpt2),
    ("gptneox", Family::GptNeox),
    ("granite", Family::Granite),
    ("llama", Family::Llama),
    ("mamba", Family::Mamba),
    ("mpt", Family::Mpt),
    ("olmo", Family::Olmo),
    ("olmo2", Family::Olmo2),
    ("olmoe", Family::Olmoe),
    ("phi2", Family::Phi2),
    ("phi3", Family::Phi3),
    ("qwen2", Family::Qwen2),
    ("qwen2moe", Family::Qwen2Moe),
    ("qwen3", Family::Qwen3),
    ("qwen3moe", Family::Qwen3Moe),
    ("smollm3", Family::SmolLm3),
    ("stablelm", Family::StableLm),
    ("starcoder2", Family::Starcoder2),
];

impl Family {
    /// The family of a file.
    ///
    /// # Errors
    /// [`ModelError::Architecture`] where it is not supported, [`ModelError::Malformed`] where the file names none or is
    /// only a part of a model.
    pub(super) fn of(file: &GgufFile) -> Result<Self> {
        const KEY: &str = "general.architecture";
        let Some(name) = file.text(KEY)? else { return Err(file.unexpected(KEY, "the name of an architecture")) };
        if let Some(parts) = file.whole("split.count")?
            && parts > 1
        {
            return Err(file.unexpected(
                "split.count",
                "a model in one file; join the parts with `llama-gguf-split --merge FIRST-PART OUTPUT`",
            ));
        }
        FAMILIES.iter().find(|(known, _)| *known == name).map(|(_, family)| *family).ok_or_else(|| {
            ModelError::Architecture {
                place: Place::file(file.path()).column(KEY),
                found: name.to_string(),
                known: FAMILIES.iter().map(|(known, _)| *known).collect(),
            }
        })
    }

    /// The name in GGUF, which begins the family's keys.
    pub(super) fn name(self) -> &'static str {
        FAMILIES.iter().find(|(_, family)| *family == self).map_or("", |(name, _)| name)
    }

    /// Names of the tensors.
    pub(super) fn layout(self, file: &GgufFile) -> &'static Layout {
        match self {
            Self::Llama if self.has_experts(file) => &layout::LLAMA_EXPERTS,
            Self::Llama | Self::Qwen2 | Self::Gemma | Self::Granite | Self::SmolLm3 | Self::Olmo => &layout::LLAMA,
            Self::Qwen3 => &layout::HEAD_NORMED,
            Self::Qwen3Moe | Self::Olmoe => &layout::HEAD_NORMED_EXPERTS,
            Self::Qwen2Moe => &layout::SHARED_EXPERTS,
            Self::Gemma2 | Self::Gemma3 => &layout::GEMMA2_LAYOUT,
            Self::Olmo2 => &layout::OLMO2_LAYOUT,
            Self::Phi2 => &layout::PHI2_LAYOUT,
            Self::Phi3 => &layout::PHI3_LAYOUT,
            Self::Gpt2 => &layout::GPT2_LAYOUT,
            Self::GptNeox => &layout::GPT_NEOX_LAYOUT,
            Self::Bloom => &layout::BLOOM_LAYOUT,
            Self::Falcon if file.tensor("blk.0.attn_norm_2.weight").is_some() => &layout::FALCON_TWO_NORMS_LAYOUT,
            Self::Falcon => &layout::FALCON_LAYOUT,
            Self::Mpt => &layout::MPT_LAYOUT,
            Self::StableLm => &layout::STABLELM_LAYOUT,
            Self::Starcoder2 => &layout::STARCODER2_LAYOUT,
            Self::Mamba => &layout::MAMBA_LAYOUT,
        }
    }

    /// Whether its layers have experts.
    pub(super) fn has_experts(self, file: &GgufFile) -> bool {
        let count = file.whole(&format!("{}.expert_count", self.name()));
        // A count that is no number is an error where it is read.
        !matches!(count, Ok(None | Some(0)))
    }

    /// Whether the file has the rotary pairs of queries and keys side by side.
    pub(super) fn has_rotary_pairs(self) -> bool {
        matches!(self, Self::Llama | Self::Granite | Self::SmolLm3 | Self::Olmo)
    }

    /// Whether the file's norms hold one more than Hugging Face's.
    pub(super) fn has_shifted_norms(self) -> bool {
        matches!(self, Self::Gemma | Self::Gemma2 | Self::Gemma3)
    }
}
