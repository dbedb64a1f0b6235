//! Weights in safetensors files, single or in shards.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use memmap2::Mmap;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorInfo};

use crate::adapter;
use crate::error::{ModelError, Result};
use crate::files::{MOST_SETTINGS, is_there, open, read_text};
use crate::weights::tensors::TensorSource;
use mixopt_base::Place;

/// Weights of one file.
pub const WHOLE: &str = "model.safetensors";
/// Which tensor lies in which of several files.
pub const INDEX: &str = "model.safetensors.index.json";

/// The tensors of a folder.
pub struct SafetensorsFolder {
    folder: PathBuf,
    shards: Vec<Shard>,
    /// Which shard holds a tensor.
    places: HashMap<String, usize>,
}

struct Shard {
    file: PathBuf,
    map: Mmap,
    /// Where the numbers begin.
    start: usize,
    tensors: HashMap<String, TensorInfo>,
}

impl SafetensorsFolder {
    /// Opens the files and checks their headers.
    ///
    /// # Errors
    /// [`ModelError`] with the file: truncated, absurd sizes, overlapping tensors, a shard that is missing, a tensor in two
    /// files.
    pub fn open(folder: &Path) -> Result<Self> {
        let mut shards = Vec::new();
        let mut places = HashMap::new();
        for file in files(folder)? {
            let shard = Shard::open(&file)?;
            for name in shard.tensors.keys() {
                if let Some(other) = places.insert(name.clone(), shards.len()) {
                    let other: &Shard = &shards[other];
                    return Err(ModelError::Tensor {
                        file: file.clone(),
                        name: name.clone(),
                        found: format!("is in {} too", other.file.display()),
                        expected: "every tensor in one file".to_string(),
                    });
                }
            }
            shards.push(shard);
        }
        Ok(Self { folder: folder.to_path_buf(), shards, places })
    }

    fn shard(&self, name: &str) -> Option<(&Shard, &TensorInfo)> {
        let shard = self.shards.get(*self.places.get(name)?)?;
        Some((shard, shard.tensors.get(name)?))
    }
}

/// The weight files of a folder, in order of name.
///
/// # Errors
/// [`ModelError::NoModel`] where there are none, with how to convert older formats.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let whole = folder.join(WHOLE);
    if is_there(&whole)? {
        return Ok(vec![whole]);
    }
    let index = folder.join(INDEX);
    if is_there(&index)? {
        return shard_files(folder, &index);
    }
    if let Some(fault) = adapter::fault(folder)? {
        return Err(fault);
    }
    let older = ["pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5", "flax_model.msgpack"]
        .into_iter()
        .find(|name| folder.join(name).exists());
    let remedy = "convert it: python -c \"from transformers import AutoModelForCausalLM as M; \
                  M.from_pretrained('DIR').save_pretrained('DIR-safetensors')\", and the tokenizer likewise";
    Err(ModelError::NoModel {
        path: folder.to_path_buf(),
        found: match older {
            Some(name) => format!("the weights are only in `{name}`"),
            None => format!("neither {WHOLE} nor {INDEX} exists"),
        },
        remedy: match older {
            Some(_) => remedy.to_string(),
            None => {
                "give a folder with config.json, tokenizer.json and safetensors weights, or a GGUF file".to_string()
            }
        },
    })
}

fn shard_files(folder: &Path, index: &Path) -> Result<Vec<PathBuf>> {
    #[derive(serde::Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let text = read_text(index, MOST_SETTINGS, "a list of tensors and their files")?;
    let parsed: Index = serde_json::from_str(&text).map_err(|error| {
        let place = Place::file(index).row(format!("line {}", error.line()));
        ModelError::malformed(place, error.to_string(), "an object `weight_map` of tensor names and file names")
    })?;
    let mut names: Vec<String> = parsed.weight_map.into_values().collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            // A name with folders in it could point anywhere.
            let file = folder.join(&name);
            if Path::new(&name).file_name().is_none_or(|own| own != name.as_str()) || !is_there(&file)? {
                let place = Place::file(index).column("weight_map");
                return Err(ModelError::malformed(
                    place,
                    format!("the file `{name}` is not in the folder"),
                    "all shards next to the index",
                ));
            }
            Ok(file)
        })
        .collect()
}

impl Shard {
    fn open(file: &Path) -> Result<Self> {
        let opened = open(file)?;
        // SAFETY: the file is only read. Another process that changes it while it is mapped would change the weights, as it
        // would for any program that maps them.
        let map = unsafe { Mmap::map(&opened) }.map_err(|source| ModelError::unreadable(file, source))?;
        let (length, metadata) = SafeTensors::read_metadata(&map).map_err(|error| {
            let bytes = map.len();
            ModelError::malformed(
                Place::file(file),
                format!("not a complete safetensors file of {bytes} bytes ({error})"),
                "a header and tensors that fill the file exactly; it may be truncated: copy it again",
            )
        })?;
        let tensors = metadata.tensors().into_iter().map(|(name, info)| (name, info.clone())).collect();
        Ok(Self { file: file.to_path_buf(), start: length + 8, map, tensors })
    }
}

impl TensorSource for SafetensorsFolder {
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.places.keys().cloned().collect();
        names.sort();
        names
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.shard(name).map(|(_, info)| info.shape.clone())
    }

    fn load(&self, name: &str, dtype: DType, device: &Device) -> Result<Tensor> {
        let fault = |file: &Path, found: String, expected: &str| ModelError::Tensor {
            file: file.to_path_buf(),
            name: name.to_string(),
            found,
            expected: expected.to_string(),
        };
        let Some((shard, info)) = self.shard(name) else {
            return Err(fault(&self.folder, "is missing".to_string(), "it to be there"));
        };
        let stored = match info.dtype {
            Dtype::F64 => DType::F64,
            Dtype::F32 => DType::F32,
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::BF16,
            other => {
                let expected = "F64, F32, F16 or BF16; convert quantised checkpoints back, or use GGUF";
                return Err(fault(&shard.file, format!("is of type {other:?}"), expected));
            }
        };
        let (start, end) = info.data_offsets;
        let Some(bytes) = shard.map.get(shard.start + start..shard.start + end) else {
            return Err(fault(&shard.file, "lies outside the file".to_string(), "a whole file"));
        };
        let tensor = Tensor::from_raw_buffer(bytes, stored, &info.shape, device)?;
        Ok(if stored == dtype { tensor } else { tensor.to_dtype(dtype)? })
    }

    fn file(&self, name: &str) -> &Path {
        self.shard(name).map_or(&self.folder, |(shard, _)| &shard.file)
    }
}
