//! What a manifest has, lacks and has wrong.

use std::collections::HashMap;
use std::path::PathBuf;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use mixopt_base::{Task, did_you_mean_aside, nearest};

use super::file::{Manifest, ManifestDomain};

/// Bytes that a character has at most in UTF-8.
const MOST_BYTES: u64 = 4;

/// What a manifest has, lacks and has wrong.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ManifestReport {
    /// The manifest.
    pub file: String,
    /// Its tokenizer.
    pub tokenizer: Option<String>,
    /// Its domains in order.
    pub domains: Vec<DomainReport>,
    /// Tokens of all domains, where each has them.
    pub total_tokens: Option<u64>,
    /// Members of each tag.
    pub tags: IndexMap<String, Vec<String>>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// What is missing and the command that fills it.
    pub missing: Vec<Missing>,
}

/// What a manifest has of one domain.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DomainReport {
    /// Name of the domain.
    pub domain: String,
    /// Files that its paths lead to; none where it has no paths or they lead nowhere.
    pub files: Option<u64>,
    /// Their bytes on disk, compressed where they are.
    pub file_bytes: Option<u64>,
    /// Documents.
    pub documents: Option<u64>,
    /// Unicode code points.
    pub characters: Option<u64>,
    /// Bytes of UTF-8.
    pub bytes: Option<u64>,
    /// Tokens.
    pub tokens: Option<u64>,
    /// Their standard error where they are an estimate.
    pub tokens_standard_error: Option<f64>,
    /// The most epochs over it, where it has a limit of its own.
    pub max_epochs: Option<f64>,
    /// What the trainer that was asked for calls it.
    pub trainer: Option<Vec<String>>,
    /// Its tags.
    pub tags: Vec<String>,
}

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// The domain, where it is of one.
    pub domain: Option<String>,
    /// What is wrong and how to mend it.
    pub problem: String,
}

/// Counts that domains lack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Missing {
    /// The domains without them.
    pub domains: Vec<String>,
    /// Which of `documents`, `characters`, `bytes` and `tokens`.
    pub counts: Vec<String>,
    /// What fills them.
    pub remedy: String,
}

impl Manifest {
    /// Looks at all domains: whether their paths lead to files, their counts can be, and `trainer` has a name for each.
    pub fn report(&self, trainer: Option<&str>) -> ManifestReport {
        let mut problems = Vec::new();
        let mut owners: HashMap<PathBuf, String> = HashMap::new();
        let mut domains = Vec::with_capacity(self.domains.len());
        for (name, domain) in &self.domains {
            let mut tell = |problem: String| problems.push(Problem { domain: Some(name.clone()), problem });
            let (files, file_bytes) = self.files(name, &mut owners, &mut tell);
            implausible(domain).into_iter().for_each(&mut tell);
            if domain.tokens.is_some() && self.tokenizer.is_none() {
                tell("it has a token count, but the manifest names no `tokenizer` for it".to_string());
            }
            let own = trainer.map(|trainer| domain.trainers.get(trainer).cloned());
            if let (Some(None), Some(trainer)) = (&own, trainer) {
                tell(format!("it has no entry for `{trainer}`{} under `trainers`", self.similar_trainer(trainer)));
            }
            domains.push(DomainReport {
                domain: name.clone(),
                files,
                file_bytes,
                documents: domain.documents,
                characters: domain.characters,
                bytes: domain.bytes,
                tokens: domain.tokens,
                tokens_standard_error: domain.tokens_standard_error,
                max_epochs: domain.max_epochs,
                trainer: own.flatten(),
                tags: domain.tags.clone(),
            });
        }
        let tags = self.tags().into_iter().filter_map(|tag| self.members(&tag).ok().map(|members| (tag, members)));
        ManifestReport {
            file: self.file.display().to_string(),
            tokenizer: self.tokenizer.clone(),
            total_tokens: domains.iter().try_fold(0_u64, |sum, domain| sum.checked_add(domain.tokens?)),
            domains,
            tags: tags.collect(),
            problems,
            missing: self.missing(),
        }
    }

    /// Number and bytes of a domain's files; a file that two domains have would be counted and trained on twice.
    fn files(
        &self,
        name: &str,
        owners: &mut HashMap<PathBuf, String>,
        tell: &mut impl FnMut(String),
    ) -> (Option<u64>, Option<u64>) {
        let Ok(Some(source)) = self.source(name) else { return (None, None) };
        let found = match source.resolve() {
            Ok(found) => found,
            Err(error) => {
                tell(error.to_string());
                return (None, None);
            }
        };
        let mut shared: IndexMap<String, Vec<String>> = IndexMap::new();
        for file in found.files() {
            let path = file.path.canonicalize().unwrap_or_else(|_| file.path.clone());
            if let Some(owner) = owners.get(&path) {
                shared.entry(owner.clone()).or_default().push(file.path.display().to_string());
            } else {
                owners.insert(path, name.to_string());
            }
        }
        for (owner, files) in shared {
            let first = files.first().map_or("", String::as_str);
            let more = if files.len() > 1 { format!(" and {} more", files.len() - 1) } else { String::new() };
            tell(format!("{first}{more} also belongs to `{owner}`; leave it in one of the two"));
        }
        (Some(found.files().len() as u64), Some(found.bytes()))
    }

    fn similar_trainer(&self, trainer: &str) -> String {
        let mut known: Vec<String> = self.domains.values().flat_map(|domain| domain.trainers.keys().cloned()).collect();
        known.sort();
        known.dedup();
        did_you_mean_aside(&nearest(trainer, &known).filter(|near| near != trainer))
    }

    fn missing(&self) -> Vec<Missing> {
        let mut found: IndexMap<(Vec<String>, String), Vec<String>> = IndexMap::new();
        for (name, domain) in &self.domains {
            let counts = [
                ("documents", domain.documents),
                ("characters", domain.characters),
                ("bytes", domain.bytes),
                ("tokens", domain.tokens),
            ];
            let lacking: Vec<String> =
                counts.iter().filter(|(_, count)| count.is_none()).map(|(count, _)| count.to_string()).collect();
            if lacking.is_empty() {
                continue;
            }
            let needs_tokenizer = domain.tokens.is_none() && self.tokenizer.is_none();
            let remedy = if domain.paths.is_empty() {
                "add them, or `paths` to count from".to_string()
            } else {
                format!("run `{}`", Task::CountInPlace { manifest: &self.file, needs_tokenizer })
            };
            found.entry((lacking, remedy)).or_default().push(name.clone());
        }
        found.into_iter().map(|((counts, remedy), domains)| Missing { domains, counts, remedy }).collect()
    }
}

/// What cannot be of a domain's counts.
fn implausible(domain: &ManifestDomain) -> Vec<String> {
    let ManifestDomain { tokens, characters, bytes, documents, tokens_standard_error: error, .. } = *domain;
    let mut problems = Vec::new();
    if let (Some(bytes), Some(characters)) = (bytes, characters) {
        if bytes < characters {
            problems
                .push(format!("{bytes} bytes are fewer than {characters} characters; a character has 1 to 4 bytes"));
        } else if bytes > characters.saturating_mul(MOST_BYTES) {
            problems.push(format!(
                "{bytes} bytes are more than 4 for each of {characters} characters; a character has 1 to 4 bytes"
            ));
        }
    }
    let most = [("characters", characters), ("bytes", bytes)];
    if let Some(documents) = documents
        && let Some((what, count)) = most.iter().find_map(|(what, count)| count.map(|count| (what, count)))
        && count < documents
    {
        problems.push(format!("{count} {what} are fewer than {documents} documents, none of which is empty"));
    }
    // Tokenizers that put a space before a text may make one token more of a document than it has bytes, and an estimate
    // may be off by some of its standard errors.
    let room = bytes.or(characters.map(|characters| characters.saturating_mul(MOST_BYTES)));
    if let (Some(tokens), Some(room)) = (tokens, room)
        && tokens > room.saturating_add(documents.unwrap_or(0)).saturating_add((4.0 * error.unwrap_or(0.0)) as u64)
    {
        let of = if bytes.is_some() {
            format!("{room} bytes")
        } else {
            format!("the maximum of {room} bytes for its characters")
        };
        problems.push(format!("{tokens} tokens are more than {of}; a token has at least one byte"));
    }
    if let (Some(tokens), Some(error)) = (tokens, error)
        && error >= tokens as f64
    {
        problems.push(format!("the standard error of its tokens, {error}, is not less than its {tokens} tokens"));
    }
    problems
}
