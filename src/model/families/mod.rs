//! The covered families: each turns a configuration into an [`Architecture`].

mod bloom;
mod deepseek;
mod falcon;
mod gemma;
mod gpt2;
mod gpt_neo;
mod gpt_neox;
mod gptj;
mod llama;
mod llama_experts;
mod mamba;
mod mpt;
mod opt;
mod parts;
mod persimmon;
mod phi;
mod stablelm;
mod starcoder2;
#[cfg(test)]
mod tests;

use super::architecture::Architecture;
use super::configuration::Configuration;
use super::error::{ModelError, Result};

type Family = fn(&Configuration) -> Result<Architecture>;

/// `model_type` of the configuration, and what reads it.
const FAMILIES: [(&str, Family); 50] = [
    ("apertus", llama::read),
    ("arcee", llama::read),
    ("bloom", bloom::read),
    ("codegen", gptj::read),
    ("cohere", llama::read),
    ("cohere2", llama::read),
    ("deepseek_v2", deepseek::read),
    ("deepseek_v3", deepseek::read),
    ("ernie4_5", llama::read),
    ("exaone4", llama::read),
    ("falcon", falcon::read),
    ("gemma", gemma::read),
    ("gemma2", gemma::read),
    ("gemma3", gemma::read),
    ("gemma3_text", gemma::read),
    ("glm", llama::read),
    ("glm4", llama::read),
    ("gpt2", gpt2::read),
    ("gpt_bigcode", gpt2::read_bigcode),
    ("gpt_neo", gpt_neo::read),
    ("gpt_neox", gpt_neox::read),
    ("gptj", gptj::read),
    ("granite", llama::read),
    ("granitemoe", llama::read),
    ("helium", llama::read),
    ("llama", llama::read),
    ("mamba", mamba::read),
    ("mistral", llama::read),
    ("mixtral", llama::read),
    ("mpt", mpt::read),
    ("nemotron", llama::read),
    ("olmo", llama::read),
    ("olmo2", llama::read),
    ("olmo3", llama::read),
    ("olmoe", llama::read),
    ("opt", opt::read),
    ("persimmon", persimmon::read),
    ("phi", phi::read),
    ("phi3", phi::read_phi3),
    ("qwen2", llama::read),
    ("qwen2_moe", llama::read),
    ("qwen3", llama::read),
    ("qwen3_moe", llama::read),
    ("RefinedWeb", falcon::read),
    ("RefinedWebModel", falcon::read),
    ("seed_oss", llama::read),
    ("smollm3", llama::read),
    ("stablelm", stablelm::read),
    ("stablelm_epoch", stablelm::read),
    ("starcoder2", starcoder2::read),
];

/// Names of all covered architectures.
pub fn covered() -> Vec<&'static str> {
    FAMILIES.iter().map(|family| family.0).collect()
}

impl Architecture {
    /// Makes the description of a model from its configuration.
    ///
    /// # Errors
    /// [`ModelError::Architecture`] for a family that is not covered, [`ModelError::Malformed`] for a key that is missing or
    /// holds what cannot be used.
    pub fn read(configuration: &Configuration) -> Result<Self> {
        let name = configuration.model_type()?;
        let Some((_, read)) = FAMILIES.iter().find(|family| family.0 == name) else {
            return Err(ModelError::Architecture {
                place: configuration.place("model_type"),
                found: name.to_string(),
                known: covered(),
            });
        };
        if let Some(found) = configuration.value("quantization_config") {
            let covered = "weights that are not quantised, or a GGUF file";
            return Err(configuration.unexpected("quantization_config", found, covered));
        }
        read(configuration)
    }
}
