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
use super::files;
use super::gguf::GgufModel;
use super::locate::{Located, locate};
use super::note::ModelNote;
use super::plain_tokenizer::PlainTokenizer;
use super::tokenizer::{self, ModelTokenizer, Specials};
use crate::architecture::configuration::Configuration;
use crate::architecture::description::Architecture;
use crate::weights::safetensors::{self, SafetensorsFolder};
use crate::weights::tensors::TensorSource;

/// The configuration of a Hugging Face folder.
pub const CONFIGURATION: &str = "config.json";
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
pub struct ModelSource(Located);

/// How a model is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A Hugging Face folder.
    Folder,
    /// A GGUF file.
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
    /// What there is to say of it.
    pub notes: Vec<ModelNote>,
}

impl ModelSource {
    /// Finds a model's files: `path` is a Hugging Face folder, a GGUF file, or a folder of the hub's cache, of which the
    /// snapshot of `main` is taken.
    ///
    /// # Errors
    /// [`ModelError::NoModel`] where it is none of them, [`ModelError::Unreadable`].
    pub fn find(path: &Path) -> Result<Self> {
        locate(path).map(Self)
    }

    /// The folder or GGUF file.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Name of the model: the folder's, the file's without `.gguf`, or what the hub calls the model of a folder of its
    /// cache (`acme/tiny`, with `@` and the revision where a snapshot was given).
    pub fn name(&self) -> String {
        self.0.name.clone()
    }

    /// What the model is by its configuration, which is compared with the headers of its weights.
    ///
    /// # Errors
    /// [`ModelError`] with the file and what is wrong with it.
    pub fn architecture(&self) -> Result<Architecture> {
        match self.0.kind {
            Kind::Folder => self.folder().map(|(_, architecture, _)| architecture),
            Kind::Gguf => self.gguf().map(|(_, architecture)| architecture),
        }
    }

    fn folder(&self) -> Result<(Configuration, Architecture, SafetensorsFolder)> {
        let configuration = Configuration::read(&self.path().join(CONFIGURATION))?;
        // What is not supported is told before what is missing.
        Architecture::check_covered(&configuration)?;
        let tensors = SafetensorsFolder::open(self.path())?;
        let configuration = configuration.beside(&tensors);
        let architecture = Architecture::read(&configuration)?;
        Ok((configuration, architecture, tensors))
    }

    fn gguf(&self) -> Result<(GgufModel, Architecture)> {
        let model = GgufModel::open(self.path())?;
        let configuration = Configuration::from_value(self.path(), model.configuration().clone())?;
        let architecture = Architecture::read(&configuration.beside(&model.tensors()))?;
        Ok((model, architecture))
    }

    /// Reads all files once and hashes them.
    ///
    /// # Errors
    /// [`ModelError::Unreadable`], or [`ModelError::NoModel`] where weights or tokenizer are missing.
    pub fn fingerprint(&self) -> Result<Fingerprint> {
        match self.0.kind {
            Kind::Folder => {
                let mut tokenizer = Vec::new();
                for file in tokenizer::FILES.iter().map(|name| self.path().join(name)) {
                    if files::is_there(&file)? {
                        tokenizer.push(file);
                    }
                }
                Ok(Fingerprint {
                    weights_sha256: hash_of(&safetensors::files(self.path())?)?,
                    tokenizer_sha256: hash_of(&tokenizer)?,
                    configuration_sha256: hash_of(&[self.path().join(CONFIGURATION)])?,
                })
            }
            Kind::Gguf => {
                let sha256 = hash_file(self.path())?;
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
        match self.0.kind {
            Kind::Folder => {
                let (configuration, architecture, tensors) = self.folder()?;
                let tokenizer = ModelTokenizer::read(self.path(), &configuration, architecture.vocabulary)?;
                LanguageModel::new(architecture, &tensors, tokenizer, compute)
            }
            Kind::Gguf => {
                let (model, mut architecture) = self.gguf()?;
                let specials = model.special_tokens()?;
                let specials = Specials { begin: specials.bos, end: specials.eos, ..Specials::default() };
                let tokenizer = PlainTokenizer::new(model.tokenizer()?, self.path())?;
                let tokenizer = ModelTokenizer::new(tokenizer, specials, architecture.vocabulary)?;
                let tensors = model.tensors();
                if let Some(shape) = tensors.shape(ROTARY_DIVISORS) {
                    let divisors = tensors.load(ROTARY_DIVISORS, DType::F32, &Device::Cpu)?.to_vec1::<f32>()?;
                    architecture.divide_frequencies(&divisors).map_err(|expected| ModelError::Tensor {
                        file: self.path().to_path_buf(),
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
        let mut notes = tokenizer.notes();
        // Divisors of frequencies do take part, though not as a weight.
        let names: Vec<String> = decoder.unused().iter().filter(|name| *name != ROTARY_DIVISORS).cloned().collect();
        if !names.is_empty() {
            notes.push(ModelNote::UnusedTensors { names });
        }
        Ok(Self { model: Box::new(decoder), tokenizer: Box::new(tokenizer), architecture: name, parameters, notes })
    }
}

/// Whether a file begins as GGUF files do.
pub fn is_gguf(file: &Path) -> Result<bool> {
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
