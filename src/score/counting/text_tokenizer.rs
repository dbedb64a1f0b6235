//! A tokenizer by its path, for counting.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rayon::prelude::*;
use tokenizers::Tokenizer;

use mixopt_base::Place;
use mixopt_corpus::Document;
use mixopt_model::{ModelError, read_tokenizer};

use super::error::{CountError, Result};

const GIVE: &str = "give a tokenizer.json, a model folder with one, or a GGUF file";

/// Counts the tokens of texts, without the special tokens that begin, end or separate documents: how many of those there
/// are is up to the training that packs the documents. Special tokens that a text itself spells out count as the
/// tokenizer has them.
pub struct TextTokenizer(Tokenizer);

impl TextTokenizer {
    /// The tokenizer's file in a model folder.
    pub const FILE: &str = "tokenizer.json";

    /// Opens a `tokenizer.json`, a model folder that has one, or a GGUF file (a vocabulary alone is enough).
    ///
    /// # Errors
    /// [`CountError::Tokenizer`] with the file and what is wrong with it.
    pub fn open(path: &Path) -> Result<Self> {
        let absent = |found: &str| {
            let (found, remedy) = (found.to_string(), GIVE.to_string());
            CountError::Tokenizer(ModelError::NoModel { path: path.to_path_buf(), found, remedy })
        };
        let mut file = path.to_path_buf();
        if path.is_dir() {
            file.push(Self::FILE);
            if !file.is_file() {
                return Err(absent("the folder has no tokenizer.json"));
            }
        } else if !path.is_file() {
            return Err(absent("there is no such file or folder"));
        }
        let mut tokenizer = if is_gguf(&file)? {
            read_tokenizer(&file)?
        } else {
            Tokenizer::from_file(&file).map_err(|error| {
                let expected = "a tokenizer of the tokenizers library, a model folder or a GGUF file";
                ModelError::malformed(Place::file(&file), error.to_string(), expected)
            })?
        };
        // A tokenizer that was saved with a greatest length would count no further.
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| {
            ModelError::malformed(Place::file(&file), error.to_string(), "a tokenizer without truncation")
        })?;
        Ok(Self(tokenizer))
    }

    /// Tokens of a text.
    ///
    /// # Errors
    /// [`ModelError::Encode`] where the tokenizer fails on it.
    pub fn count(&self, text: &str) -> Result<u64, ModelError> {
        let encoding = self.0.encode_fast(text, false);
        let encoding = encoding.map_err(|error| ModelError::Encode { problem: error.to_string() })?;
        Ok(encoding.get_ids().len() as u64)
    }

    /// Tokens of each of a domain's documents, encoded in parallel.
    ///
    /// # Errors
    /// [`CountError::Encode`] for the first document that the tokenizer fails on.
    pub fn count_each(
        &self,
        domain: &str,
        documents: &[&Document],
        heard: impl Fn(&Document) + Sync,
    ) -> Result<Vec<u64>> {
        let counts: Vec<Result<u64>> = documents
            .par_iter()
            .map(|document| {
                let count = self.count(&document.text).map_err(|source| CountError::Encode {
                    domain: domain.to_string(),
                    document: document.id.clone(),
                    source,
                })?;
                heard(document);
                Ok(count)
            })
            .collect();
        counts.into_iter().collect()
    }
}

fn is_gguf(file: &Path) -> Result<bool> {
    let fault = |source| ModelError::unreadable(file, source);
    let mut start = Vec::new();
    File::open(file).map_err(fault)?.take(4).read_to_end(&mut start).map_err(fault)?;
    Ok(start == b"GGUF")
}
