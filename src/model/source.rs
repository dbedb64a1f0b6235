//! A model on disk, before and after it is loaded.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device};
use mixopt_base::hexadecimal;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::causal::{CausalModel, Encode};
use super::compute::Compute;
use super::decoder::Decoder;
use super::error::{ModelError, Result};
use super::gguf::GgufModel;
use super::tokenizer::{self, ModelTokenizer, Specials};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::Architecture;
use crate::weights::safetensors::{self, SafetensorsFolder};
use crate::weights::tensors::TensorSource;

/// The configuration of a Hugging Face folder.
const CONFIGURATION: &str = "config.json";
/// Divisors of the rotary frequencies that a GGUF file holds where no usual scaling gives them.
const ROTARY_DIVISORS: &str = "rope_freqs.weight";

/// What tells two models apart, whatever their folder is called.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fingerprint {
    /// SHA-256 of the weights (of the files' names and SHA-256 where there are several), in hexadecimal.
    pub weights_sha256: String,
    /// SHA-256 of the tokenizer's files.
    pub tokenizer_sha256: String,
    /// SHA-256 of the configuration.
    pub configuration_sha256: String,
}

/// A model's files: a Hugging Face folder or a GGUF file.
#[derive(Debug, Clone)]
pub struct ModelSource {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Folder,
    Gguf,
}

/// A model that is ready to score.
pub struct LanguageModel {
    /// Log-probabilities.
    pub model: Box<dyn CausalModel>,
    /// Tokens.
    pub tokenizer: Box<dyn Encode>,
    /// Architecture as the configuration names it, for example `llama`.
    pub architecture: String,
    /// Number of parameters.
    pub parameters: u64,
}

impl ModelSource {
    /// Finds a model's files: `path` is a Hugging Face folder or a GGUF file.
    ///
    /// # Errors
    /// [`ModelError::NoModel`] where it is neither.
    pub fn find(path: &Path) -> Result<Self> {
        let fault = |found: &str, remedy: &str| {
            Err(ModelError::NoModel { path: path.to_path_buf(), found: found.to_string(), remedy: remedy.to_string() })
        };
        let what = "give a Hugging Face folder (config.json, tokenizer.json, safetensors) or a GGUF file";
        if path.is_dir() {
            if path.join(CONFIGURATION).is_file() {
                return Ok(Self { path: path.to_path_buf(), kind: Kind::Folder });
            }
            return fault("the folder has no config.json", what);
        }
        if path.is_file() {
            if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf")) || is_gguf(path)? {
                return Ok(Self { path: path.to_path_buf(), kind: Kind::Gguf });
            }
            return fault("the file is no GGUF file", what);
        }
        fault("there is no such file or folder", what)
    }

    /// The path given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Name of the model: the folder's, or the file's without `.gguf`.
    pub fn name(&self) -> String {
        // `.` and `..` have no name of their own.
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let name = match self.kind {
            Kind::Folder => path.file_name(),
            Kind::Gguf => path.file_stem(),
        };
        name.unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Reads all files once and hashes them.
    ///
    /// # Errors
    /// [`ModelError::Unreadable`], or [`ModelError::NoModel`] where weights or tokenizer are missing.
    pub fn fingerprint(&self) -> Result<Fingerprint> {
        match self.kind {
            Kind::Folder => {
                let tokenizer: Vec<PathBuf> =
                    tokenizer::FILES.iter().map(|name| self.path.join(name)).filter(|file| file.is_file()).collect();
                Ok(Fingerprint {
                    weights_sha256: hash_of(&safetensors::files(&self.path)?)?,
                    tokenizer_sha256: hash_of(&tokenizer)?,
                    configuration_sha256: hash_of(&[self.path.join(CONFIGURATION)])?,
                })
            }
            Kind::Gguf => {
                let sha256 = hash_file(&self.path)?;
                Ok(Fingerprint {
                    weights_sha256: sha256.clone(),
                    tokenizer_sha256: sha256.clone(),
                    configuration_sha256: sha256,
                })
            }
        }
    }

    /// Loads tokenizer and weights.
    ///
    /// # Errors
    /// [`ModelError`] with the file and what is wrong with it.
    pub fn load(&self, compute: &Compute) -> Result<LanguageModel> {
        match self.kind {
            Kind::Folder => {
                let configuration = Configuration::read(&self.path.join(CONFIGURATION))?;
                let architecture = Architecture::read(&configuration)?;
                let tokenizer = ModelTokenizer::read(&self.path, &configuration, architecture.vocabulary)?;
                let tensors = SafetensorsFolder::open(&self.path)?;
                LanguageModel::new(architecture, &tensors, tokenizer, compute)
            }
            Kind::Gguf => {
                let model = GgufModel::open(&self.path)?;
                let configuration = Configuration::from_value(&self.path, model.configuration().clone())?;
                let mut architecture = Architecture::read(&configuration)?;
                let specials = model.special_tokens()?;
                let specials = Specials { begin: specials.bos, end: specials.eos, ..Specials::default() };
                let tokenizer = ModelTokenizer::new(model.tokenizer()?, specials, architecture.vocabulary, &self.path)?;
                let tensors = model.tensors();
                if let Some(shape) = tensors.shape(ROTARY_DIVISORS) {
                    let divisors = tensors.load(ROTARY_DIVISORS, DType::F32, &Device::Cpu)?.to_vec1::<f32>()?;
                    architecture.divide_frequencies(&divisors).map_err(|expected| ModelError::Tensor {
                        file: self.path.clone(),
                        name: ROTARY_DIVISORS.to_string(),
                        found: format!("has the shape {shape:?}"),
                        expected,
                    })?;
                    architecture.foreign.push(ROTARY_DIVISORS.to_string());
                }
                LanguageModel::new(architecture, &tensors, tokenizer, compute)
            }
        }
    }
}

impl LanguageModel {
    fn new(
        architecture: Architecture,
        tensors: &dyn TensorSource,
        tokenizer: ModelTokenizer,
        compute: &Compute,
    ) -> Result<Self> {
        let name = architecture.name.clone();
        let decoder = Decoder::load(architecture, tensors, compute)?;
        let parameters = decoder.parameters();
        Ok(Self { model: Box::new(decoder), tokenizer: Box::new(tokenizer), architecture: name, parameters })
    }
}

/// Whether a file begins as GGUF files do.
fn is_gguf(file: &Path) -> Result<bool> {
    let fault = |source| ModelError::unreadable(file, source);
    let mut start = Vec::new();
    File::open(file).map_err(fault)?.take(4).read_to_end(&mut start).map_err(fault)?;
    Ok(start == b"GGUF")
}

/// SHA-256 of a file, or of the names and SHA-256 of several.
fn hash_of(files: &[PathBuf]) -> Result<String> {
    let hashes = files.par_iter().map(|file| hash_file(file)).collect::<Result<Vec<_>>>()?;
    if let [one] = hashes.as_slice() {
        return Ok(one.clone());
    }
    let mut all = Sha256::new();
    for (file, hash) in files.iter().zip(&hashes) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        all.update(format!("{name}\n{hash}\n"));
    }
    Ok(hexadecimal(&all.finalize()))
}

fn hash_file(file: &Path) -> Result<String> {
    let fault = |source| ModelError::unreadable(file, source);
    let mut reader = File::open(file).map_err(fault)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match reader.read(&mut buffer).map_err(fault)? {
            0 => return Ok(hexadecimal(&hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}
