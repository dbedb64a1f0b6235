//! A tokenizer by its path, for counting.

use std::path::Path;

use rayon::prelude::*;

use mixopt_corpus::Document;
use mixopt_model::{ModelError, ModelNote, PlainTokenizer};

use super::error::{CountError, Result};

/// Counts the tokens of texts, without the special tokens that begin, end or separate documents: how many of those there
/// are is up to the training that packs the documents. Special tokens that a text itself spells out count as the
/// tokenizer has them.
pub struct TextTokenizer(PlainTokenizer);

impl TextTokenizer {
    /// The tokenizer's file in a model folder.
    pub const FILE: &str = "tokenizer.json";

    /// Opens a `tokenizer.json`, a model folder that has one, or a GGUF file (a vocabulary alone is enough).
    ///
    /// # Errors
    /// [`CountError::Tokenizer`] with the file and what is wrong with it.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self(PlainTokenizer::open(path)?))
    }

    /// What there is to say of the tokenizer.
    pub fn notes(&self) -> &[ModelNote] {
        self.0.notes()
    }

    /// Tokens of a text.
    ///
    /// # Errors
    /// [`ModelError::Encode`] where the tokenizer fails on it.
    pub fn count(&self, text: &str) -> Result<u64, ModelError> {
        Ok(self.0.encode(text, false)?.len() as u64)
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
