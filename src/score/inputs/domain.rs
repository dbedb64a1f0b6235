//! Models and domains as a run is given them.

use mixopt_corpus::DocumentSource;
use mixopt_model::{Fingerprint, LanguageModel};

/// A domain whose documents are counted.
pub struct Domain {
    /// The documents, and the domain's name.
    pub source: Box<dyn DocumentSource>,
    /// SHA-256 of the documents, in hexadecimal.
    pub sha256: String,
    /// Documents that are not empty.
    pub documents: u64,
    /// Their Unicode code points.
    pub characters: u64,
    /// Documents without any character, which were left out.
    pub empty_documents: u64,
    /// Names of the metadata columns.
    pub metadata: Vec<String>,
}

impl Domain {
    /// Name of the domain.
    pub fn name(&self) -> &str {
        self.source.domain()
    }
}

/// A model that can be loaded when its turn comes.
pub trait ModelProvider: Sync {
    /// Name of the model in the table.
    fn name(&self) -> &str;

    /// What tells it apart from others.
    fn fingerprint(&self) -> &Fingerprint;

    /// The most inputs that it can take at all, where that is known before it is loaded.
    fn most_positions(&self) -> Option<usize> {
        None
    }

    /// Loads tokenizer and weights.
    ///
    /// # Errors
    /// [`ModelError`](mixopt_model::ModelError).
    fn load(&self) -> mixopt_model::Result<LanguageModel>;
}
