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

use super::error::{ModelError, Result};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::Architecture;

use Family::{Kin, Own};
use llama::rows;

/// How a configuration is read.
pub(crate) enum Family {
    /// By a function of the family's own.
    Own(fn(&Configuration) -> Result<Architecture>),
    /// As Llama's, with what this row says.
    Kin(&'static llama::Kin),
}

/// `model_type` of the configuration, and what reads it.
const FAMILIES: &[(&str, Family)] = &[
    ("apertus", Kin(&rows::APERTUS)),
    ("arcee", Kin(&rows::ARCEE)),
    ("bloom", Own(bloom::read)),
    ("codegen", Own(gptj::read)),
    ("cohere", Kin(&rows::COHERE)),
    ("cohere2", Kin(&rows::COHERE2)),
    ("deepseek_v2", Own(deepseek::read)),
    ("deepseek_v3", Own(deepseek::read)),
    ("ernie4_5", Kin(&rows::ERNIE4_5)),
    ("exaone4", Kin(&rows::EXAONE4)),
    ("falcon", Own(falcon::read)),
    ("gemma", Own(gemma::read)),
    ("gemma2", Own(gemma::read)),
    ("gemma3", Own(gemma::read)),
    ("gemma3_text", Own(gemma::read)),
    ("glm", Kin(&rows::GLM)),
    ("glm4", Kin(&rows::GLM4)),
    ("gpt2", Own(gpt2::read)),
    ("gpt_bigcode", Own(gpt2::read_bigcode)),
    ("gpt_neo", Own(gpt_neo::read)),
    ("gpt_neox", Own(gpt_neox::read)),
    ("gptj", Own(gptj::read)),
    ("granite", Kin(&rows::GRANITE)),
    ("granitemoe", Kin(&rows::GRANITEMOE)),
    ("helium", Kin(&rows::HELIUM)),
    ("llama", Kin(&rows::LLAMA)),
    ("mamba", Own(mamba::read)),
    ("mistral", Kin(&rows::MISTRAL)),
    ("mixtral", Kin(&rows::MIXTRAL)),
    ("mpt", Own(mpt::read)),
    ("nemotron", Kin(&rows::NEMOTRON)),
    ("olmo", Kin(&rows::OLMO)),
    ("olmo2", Kin(&rows::OLMO2)),
    ("olmo3", Kin(&rows::OLMO3)),
    ("olmoe", Kin(&rows::OLMOE)),
    ("opt", Own(opt::read)),
    ("persimmon", Own(persimmon::read)),
    ("phi", Own(phi::read)),
    ("phi3", Own(phi::read_phi3)),
    ("qwen2", Kin(&rows::QWEN2)),
    ("qwen2_moe", Kin(&rows::QWEN2_MOE)),
    ("qwen3", Kin(&rows::QWEN3)),
    ("qwen3_moe", Kin(&rows::QWEN3_MOE)),
    ("RefinedWeb", Own(falcon::read)),
    ("RefinedWebModel", Own(falcon::read)),
    ("seed_oss", Kin(&rows::SEED_OSS)),
    ("smollm3", Kin(&rows::SMOLLM3)),
    ("stablelm", Own(stablelm::read)),
    ("stablelm_epoch", Own(stablelm::read)),
    ("starcoder2", Own(starcoder2::read)),
];

/// Names of all covered architectures.
pub fn covered() -> Vec<&'static str> {
    FAMILIES.iter().map(|family| family.0).collect()
}

impl Architecture {
    /// Makes the description of a model from its configuration.
    ///
    /// # Errors
    /// [`ModelError::Architecture`] for a family that is not supported, [`ModelError::Malformed`] for a key that is missing or
    /// holds what cannot be used.
    pub fn read(configuration: &Configuration) -> Result<Self> {
        match Self::check_covered(configuration)? {
            Own(read) => read(configuration),
            Kin(kin) => llama::read(configuration, kin),
        }
    }

    /// Whether the family is covered, and what reads it.
    pub(crate) fn check_covered(configuration: &Configuration) -> Result<&'static Family> {
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
        Ok(read)
    }
}
