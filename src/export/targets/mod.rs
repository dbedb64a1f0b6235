//! The consumers, one file each or for those that share a format.

mod axolotl;
mod csv;
mod dolma;
mod energon;
mod gpt_neox;
mod hugging_face;
mod levanter;
mod lingua;
mod llm_foundry;
mod megatron;
mod nanotron;
mod nemo;
mod olmo_core;
mod plain;
mod regmix;
mod torchtitan;

use mixopt_base::nearest;

use super::error::ExportError;
use super::target::Target;

pub(super) use plain::PLAIN;

/// All consumers.
pub const TARGETS: &[&Target] = &[
    &megatron::MEGATRON,
    &megatron::MEGATRON_TEXT,
    &megatron::MEGATRON_ARGUMENTS,
    &nemo::NEMO,
    &megatron::BRIDGE,
    &energon::ENERGON,
    &olmo_core::OLMO_CORE,
    &olmo_core::OLMIX,
    &levanter::LEVANTER,
    &levanter::MARIN,
    &llm_foundry::LLM_FOUNDRY,
    &nanotron::NANOTRON,
    &lingua::LINGUA,
    &gpt_neox::GPT_NEOX,
    &regmix::REGMIX,
    &torchtitan::TORCHTITAN,
    &hugging_face::LLAMA_FACTORY,
    &hugging_face::HUGGING_FACE,
    &hugging_face::HUGGING_FACE_YAML,
    &axolotl::AXOLOTL,
    &dolma::DOLMA,
    &plain::PLAIN,
    &csv::CSV,
];

/// A consumer by name.
///
/// # Errors
/// [`ExportError::UnknownTarget`] with the nearest name.
pub fn target(name: &str) -> Result<&'static Target, ExportError> {
    TARGETS.iter().copied().find(|target| target.name == name).ok_or_else(|| {
        let known: Vec<String> = TARGETS.iter().map(|target| target.name.to_string()).collect();
        ExportError::UnknownTarget { name: name.to_string(), nearest: nearest(name, &known) }
    })
}
