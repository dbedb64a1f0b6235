//! The run folder: what decides the results, prepared corpora, and the finished parts of every model and domain.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use mixopt_base::{Setting, sha256};

use crate::error::{Result, ScoreError};
use crate::results::part::Part;
use crate::windows::protocol::Protocol;
use mixopt_base::whole_file::{WriteError, write_whole};
use mixopt_model::Fingerprint;

/// Everything but models and domains that decides the results of a run.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Deciding {
    /// Version of this program.
    pub program_version: String,
    /// What a token is conditioned on.
    pub protocol: Protocol,
    /// Inputs per window.
    pub context: usize,
    /// Tokens from one window to the next.
    pub stride: usize,
    /// Type of weights and activations.
    pub dtype: String,
    /// Where the model runs.
    pub device: String,
    /// Inputs after which a piece ends.
    pub piece_tokens: u64,
    /// Limit of the sample of each domain.
    pub max_characters: Option<u64>,
    /// Limit of the sample of each domain.
    pub max_documents: Option<u64>,
    /// Seed of the samples.
    pub seed: u64,
}

/// What stands in `settings.json`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Agreed {
    settings: Deciding,
    models: IndexMap<String, Fingerprint>,
    domains: IndexMap<String, DomainIdentity>,
}

/// What tells two domains apart, whatever they are called.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct DomainIdentity {
    documents_sha256: String,
}

/// A run folder that this process alone writes to, as long as the value lives.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    agreed: Agreed,
    /// Whether nothing was there before.
    is_new: bool,
    /// Locked until it is closed, which the system does even for a process that is killed.
    _lock: File,
}

const SETTINGS: &str = "settings.json";
const PARTS: &str = "parts";
const CORPORA: &str = "corpora";
const LOCK: &str = "lock";
/// Prefix of files that are not finished yet.
const UNFINISHED: &str = ".mixopt-";

impl Journal {
    /// Opens or makes a run folder for these settings. Settings under which nothing was scored bind nobody. A folder that no
    /// run has made is left alone.
    ///
    /// `restart`: throws away what is there.
    ///
    /// # Errors
    /// [`ScoreError::StrangeFolder`] where it is someone else's, [`ScoreError::Locked`] where another process holds it, [`ScoreError::SettingsDiffer`] where it was begun with other
    /// settings, or the file that cannot be written or read.
    pub fn open(folder: &Path, settings: &Deciding, restart: bool) -> Result<Self> {
        check_own(folder)?;
        let is_new = !folder.exists();
        make_folder(folder)?;
        let lock = lock(folder)?;
        if restart {
            for name in [PARTS, CORPORA] {
                remove(&folder.join(name), |path| std::fs::remove_dir_all(path))?;
            }
            remove(&folder.join(SETTINGS), |path| std::fs::remove_file(path))?;
        }
        make_folder(&folder.join(PARTS))?;
        make_folder(&folder.join(CORPORA))?;
        sweep(folder);
        sweep(&folder.join(CORPORA));
        let file = folder.join(SETTINGS);
        let agreed = match std::fs::read_to_string(&file) {
            Ok(text) => serde_json::from_str::<Agreed>(&text).map_err(|error| {
                let expected = format!("settings as mixopt wrote them; `{}` starts over", Setting::Restart);
                ScoreError::malformed(&file, error.to_string(), expected)
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Agreed { settings: settings.clone(), models: IndexMap::new(), domains: IndexMap::new() }
            }
            Err(source) => return Err(ScoreError::unreadable(&file, source)),
        };
        let mut journal = Self { folder: folder.to_path_buf(), agreed, is_new, _lock: lock };
        if let Err(differ) = journal.compare("", &journal.agreed.settings, settings) {
            if holds_part(&folder.join(PARTS)) {
                return Err(differ);
            }
            journal.agreed = Agreed { settings: settings.clone(), models: IndexMap::new(), domains: IndexMap::new() };
        }
        journal.save()?;
        Ok(journal)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes a model into the run, or checks that it is still the one that has scored something.
    ///
    /// # Errors
    /// [`ScoreError::SettingsDiffer`], [`ScoreError::Unwritable`].
    pub fn admit_model(&mut self, name: &str, fingerprint: &Fingerprint) -> Result<()> {
        if let Some(before) = self.agreed.models.get(name) {
            match self.compare(&format!("model `{name}` "), before, fingerprint) {
                // A file that could not be read and was put right is no other model.
                Err(_) if !holds_part(&self.folder.join(PARTS).join(file_name(name))) => {}
                compared => return compared,
            }
        }
        self.agreed.models.insert(name.to_string(), fingerprint.clone());
        self.save()
    }

    /// Takes a domain into the run, or checks that its documents are still those that were scored.
    ///
    /// # Errors
    /// [`ScoreError::SettingsDiffer`], [`ScoreError::Unwritable`].
    pub fn admit_domain(&mut self, name: &str, documents_sha256: &str) -> Result<()> {
        let identity = DomainIdentity { documents_sha256: documents_sha256.to_string() };
        if let Some(before) = self.agreed.domains.get(name) {
            let compared = self.compare(&format!("domain `{name}` "), before, &identity);
            let folder = file_name(name);
            let scored = || folders_in(&self.folder.join(PARTS)).any(|model| holds_part(&model.join(&folder)));
            if compared.is_ok() || scored() {
                return compared;
            }
        }
        self.agreed.domains.insert(name.to_string(), identity);
        self.save()
    }

    /// Where the prepared documents of a domain are kept.
    pub fn corpus_file(&self, domain: &str) -> PathBuf {
        self.folder.join(CORPORA).join(format!("{}.jsonl.zst", file_name(domain)))
    }

    /// The parts of a model on a domain, both of which are admitted.
    ///
    /// # Errors
    /// [`ScoreError::Unwritable`].
    pub fn cell(&self, model: &str, domain: &str) -> Result<CellParts> {
        let folder = self.folder.join(PARTS).join(file_name(model)).join(file_name(domain));
        make_folder(&folder)?;
        sweep(&folder);
        let deciding = (&self.agreed.settings, self.agreed.models.get(model), self.agreed.domains.get(domain));
        let text = serde_json::to_string(&deciding).map_err(|error| {
            ScoreError::malformed(&self.folder.join(SETTINGS), error.to_string(), "settings that can be written")
        })?;
        Ok(CellParts { folder, model: model.to_string(), domain: domain.to_string(), identity: sha256(text) })
    }

    /// Takes a folder away that this value has made and in which nothing came to lie: no prepared documents, no parts.
    pub fn close_unused(self) {
        // A folder goes only where it is empty, and one that stays does no harm.
        let remove_folder = |name: &str| std::fs::remove_dir(self.folder.join(name));
        let remove_file = |name: &str| std::fs::remove_file(self.folder.join(name));
        if self.is_new && remove_folder(PARTS).is_ok() && remove_folder(CORPORA).is_ok() {
            let _ = remove_file(SETTINGS).and_then(|()| remove_file(LOCK)).and_then(|()| remove_folder(""));
        }
    }

    fn save(&self) -> Result<()> {
        let file = self.folder.join(SETTINGS);
        let text = serde_json::to_string_pretty(&self.agreed)
            .map_err(|error| ScoreError::malformed(&file, error.to_string(), "settings that can be written"))?;
        Ok(write_whole(&file, &(text + "\n"))?)
    }

    /// Finds the first field that differs.
    fn compare(&self, of: &str, before: &impl serde::Serialize, now: &impl serde::Serialize) -> Result<()> {
        let object = |value: serde_json::Result<serde_json::Value>| match value {
            Ok(serde_json::Value::Object(object)) => object,
            _ => serde_json::Map::new(),
        };
        let (before, now) = (object(serde_json::to_value(before)), object(serde_json::to_value(now)));
        for (key, now) in &now {
            let before = before.get(key).unwrap_or(&serde_json::Value::Null);
            if before != now {
                return Err(ScoreError::SettingsDiffer {
                    folder: self.folder.clone(),
                    setting: format!("{of}{key}"),
                    before: plain(before),
                    now: plain(now),
                });
            }
        }
        Ok(())
    }
}

/// The parts of one model on one domain.
#[derive(Debug, Clone)]
pub struct CellParts {
    folder: PathBuf,
    /// The model.
    pub model: String,
    /// The domain.
    pub domain: String,
    /// SHA-256 of everything that decides the results.
    pub identity: String,
}

impl CellParts {
    /// The file of a piece.
    pub fn piece_file(&self, piece: u64) -> PathBuf {
        self.folder.join(format!("{piece:06}.part"))
    }

    /// The file of the last part, which is written once all others are there.
    pub fn ending_file(&self) -> PathBuf {
        self.folder.join("end.part")
    }

    /// Reads the part of a piece; `None` where it is not there, or (with the reason) not as it must be.
    ///
    /// # Errors
    /// [`ScoreError::Unreadable`].
    pub fn piece(&self, piece: u64) -> Result<(Option<Part>, Option<String>)> {
        let file = self.piece_file(piece);
        match self.read(&file)? {
            (Some(part), _) if part.header.piece != piece || part.header.ending.is_some() => {
                Ok((None, Some(format!("{}: another piece, number {}", file.display(), part.header.piece))))
            }
            found => Ok(found),
        }
    }

    /// Reads a part; `None` where it is not there, or (with the reason) not as it must be.
    ///
    /// # Errors
    /// [`ScoreError::Unreadable`].
    fn read(&self, file: &Path) -> Result<(Option<Part>, Option<String>)> {
        match Part::read(file) {
            Ok(Some(part)) if part.header.identity == self.identity => Ok((Some(part), None)),
            Ok(Some(_)) => Ok((None, Some(format!("{}: results of other settings", file.display())))),
            Ok(None) => Ok((None, None)),
            Err(fault @ ScoreError::Malformed { .. }) => Ok((None, Some(fault.to_string()))),
            Err(fault) => Err(fault),
        }
    }

    /// Inputs of the pieces that are there and sound, up to the first that is not.
    ///
    /// # Errors
    /// [`ScoreError::Unreadable`].
    pub fn kept_inputs(&self) -> Result<u64> {
        let mut inputs = 0;
        for piece in 0.. {
            match self.piece(piece)?.0 {
                Some(part) => inputs += part.header.inputs,
                None => break,
            }
        }
        Ok(inputs)
    }

    /// The last part, where it and all parts before it are there and sound.
    ///
    /// # Errors
    /// [`ScoreError::Unreadable`].
    pub fn finished(&self) -> Result<Option<Part>> {
        let (Some(ending), _) = self.read(&self.ending_file())? else { return Ok(None) };
        let Some(pieces) = ending.header.ending.as_ref().map(|ending| ending.pieces) else { return Ok(None) };
        for piece in 0..pieces {
            if self.piece(piece)?.0.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(ending))
    }
}

/// Checks that a folder is that of a run, or holds nothing.
fn check_own(folder: &Path) -> Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(WriteError::new(folder, source).into()),
    };
    if is_settings(&folder.join(SETTINGS)) {
        return Ok(());
    }
    // A run that is killed as it begins or begins anew leaves its folder without settings.
    let is_left = |path: &Path, name: &str| match name {
        LOCK => path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0),
        PARTS | CORPORA => std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none()),
        name => name.starts_with(UNFINISHED),
    };
    let strange = entries.flatten().find(|entry| !is_left(&entry.path(), &entry.file_name().to_string_lossy()));
    strange.map_or(Ok(()), |entry| {
        Err(ScoreError::StrangeFolder {
            folder: folder.to_path_buf(),
            holds: entry.file_name().to_string_lossy().into_owned(),
        })
    })
}

/// Whether a file has the form of a run's settings, of whatever version.
fn is_settings(file: &Path) -> bool {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    ["settings", "models", "domains"].iter().all(|key| value.get(key).is_some_and(serde_json::Value::is_object))
}

fn lock(folder: &Path) -> Result<File> {
    let file = folder.join(LOCK);
    let fault = |source| ScoreError::Unwritable(WriteError::new(&file, source));
    let lock = File::options().create(true).truncate(false).write(true).open(&file).map_err(fault)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(ScoreError::Locked { folder: folder.to_path_buf() }),
        // Some network file systems have no locks. Parts are written whole, so two runs there cost time, not results.
        Err(TryLockError::Error(_)) => Ok(lock),
    }
}

/// Whether a folder has a part, of whatever depth.
fn holds_part(folder: &Path) -> bool {
    let entries = || std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries().any(|entry| entry.path().extension().is_some_and(|ending| ending == "part"))
        || folders_in(folder).any(|folder| holds_part(&folder))
}

fn folders_in(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir())
}

fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|source| ScoreError::Unwritable(WriteError::new(folder, source)))
}

fn remove(path: &Path, how: impl Fn(&Path) -> std::io::Result<()>) -> Result<()> {
    match how(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(ScoreError::Unwritable(WriteError::new(path, error)))
        }
        _ => Ok(()),
    }
}

/// Removes what a killed process left unfinished. What cannot be removed does no harm.
fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// A value as a person would type it.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "none".to_string(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A name that every file system takes, and that no other model or domain has.
fn file_name(name: &str) -> String {
    const MOST: usize = 80;
    let plain: String = name
        .chars()
        .take(MOST)
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' })
        .collect();
    let digest: String = sha256(name).chars().take(8).collect();
    format!("{plain}-{digest}")
}
