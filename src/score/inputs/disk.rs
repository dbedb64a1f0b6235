//! From settings to models and domains that can be scored.

use std::path::Path;
use std::time::UNIX_EPOCH;

use mixopt_base::whole_file::{WriteError, write_whole};
use mixopt_corpus::{CorpusError, DomainFiles, DomainSource, PreparedDomain, Sampling, prepare};
use mixopt_model::{Compute, Fingerprint, LanguageModel, ModelSource};

use crate::error::{Result, ScoreError};
use crate::inputs::domain::{Domain, ModelProvider};
use crate::inputs::settings::ModelSetting;
use crate::results::journal::Journal;
use crate::run::observer::RunObserver;

/// A model on disk.
#[derive(Debug, Clone)]
pub struct DiskModel {
    name: String,
    source: ModelSource,
    fingerprint: Fingerprint,
    compute: Compute,
    most_positions: Option<usize>,
}

impl DiskModel {
    /// Finds a model's files, reads its configuration and hashes them.
    ///
    /// # Errors
    /// [`ScoreError::Model`]: what can be told without loading the weights.
    pub fn find(setting: &ModelSetting, compute: &Compute, observer: &dyn RunObserver) -> Result<Self> {
        let shown = setting.name.clone().unwrap_or_else(|| setting.path.display().to_string());
        let fault = |source| ScoreError::Model { model: shown.clone(), source };
        let source = ModelSource::find(&setting.path).map_err(fault)?;
        let name = setting.name.clone().unwrap_or_else(|| source.name());
        observer.preparing(&format!("reading {name}"));
        let most_positions = source.architecture().map_err(fault)?.most_positions;
        let fingerprint = source.fingerprint().map_err(fault)?;
        Ok(Self { name, source, fingerprint, compute: compute.clone(), most_positions })
    }
}

impl ModelProvider for DiskModel {
    fn name(&self) -> &str {
        &self.name
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn most_positions(&self) -> Option<usize> {
        self.most_positions
    }

    fn load(&self) -> mixopt_model::Result<LanguageModel> {
        self.source.load(&self.compute)
    }
}

/// Reads a domain into the run folder; a domain that is there, from the same files, is not read again.
///
/// # Errors
/// [`ScoreError::Corpus`] where the domain cannot be read, [`ScoreError::Unwritable`] where the run folder cannot be
/// written, [`ScoreError::Interrupted`].
pub fn prepare_domain(
    source: &DomainSource,
    sampling: &Sampling,
    journal: &Journal,
    observer: &dyn RunObserver,
) -> Result<Domain> {
    let fault = |fault| match fault {
        CorpusError::Interrupted => ScoreError::Interrupted,
        CorpusError::Unwritable(fault) => ScoreError::Unwritable(fault),
        other => ScoreError::Corpus { domain: source.name.clone(), source: other },
    };
    let files = source.resolve().map_err(fault)?;
    let file = journal.corpus_file(&source.name);
    let request_file = file.with_extension("request.json");
    let request = request(source, sampling, &files);
    let before = std::fs::read_to_string(&request_file).ok().filter(|before| *before == request);
    // A file that is damaged is made again.
    let sound = |prepared: &PreparedDomain| prepared.verify().is_ok();
    let prepared = match before.and_then(|_| PreparedDomain::open(&file).ok()).filter(sound) {
        Some(prepared) => prepared,
        None => {
            observer.preparing(&format!("reading {}", source.name));
            // Were it to stay, a process that is killed in between would leave it beside documents that it is not about.
            remove(&request_file)?;
            let prepared = prepare(&files, sampling, &file, observer).map_err(fault)?;
            write_whole(&request_file, &request)?;
            prepared
        }
    };
    let counts = *prepared.counts();
    if counts.faulty_documents > 0 {
        observer.note(&format!(
            "{}: {} lines or rows without a document were skipped",
            source.name, counts.faulty_documents
        ));
    }
    for column in &prepared.description().absent_metadata {
        observer.note(&format!("{}: no document has the metadata field `{column}`", source.name));
    }
    Ok(Domain {
        sha256: prepared.sha256().to_string(),
        documents: counts.documents,
        characters: counts.characters,
        empty_documents: counts.empty_documents,
        metadata: source.metadata.clone(),
        source: Box::new(prepared),
    })
}

/// What a prepared domain was asked for: the settings, and the files with size and time of change.
fn request(source: &DomainSource, sampling: &Sampling, files: &DomainFiles) -> String {
    let files: Vec<serde_json::Value> = files
        .files()
        .iter()
        .map(|file| serde_json::json!([file.path.display().to_string(), file.bytes, modified(&file.path)]))
        .collect();
    serde_json::json!({ "domain": source, "sampling": sampling, "files": files }).to_string()
}

/// Removes a file that may be there.
fn remove(file: &Path) -> Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(WriteError::new(file, error).into()),
        _ => Ok(()),
    }
}

/// Time of a file's last change in nanoseconds; `None` where the system does not tell.
fn modified(file: &Path) -> Option<String> {
    let time = file.metadata().and_then(|metadata| metadata.modified()).ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_nanos().to_string())
}
