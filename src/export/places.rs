//! What a consumer calls a domain.

use std::path::Path;

use mixopt_manifest::{Manifest, ManifestDomain};

use super::error::ExportError;
use super::target::{Naming, Target, TextPaths};

/// One dataset as a consumer knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Its name, or the place that names it.
    pub name: String,
    /// The places of its data, where the file holds places.
    pub places: Vec<String>,
    /// Whether the places are the manifest's files of text.
    pub text: bool,
}

impl Dataset {
    fn at(place: String) -> Self {
        Self { name: place.clone(), places: vec![place], text: false }
    }
}

/// The datasets of each domain.
///
/// Without a manifest every domain is one dataset of its own name.
///
/// # Errors
/// [`ExportError::NoPlace`] with all domains that the manifest does not name for the target, [`ExportError::SameName`]
/// where two domains lead to the same data.
pub fn datasets(
    target: &Target,
    domains: &[String],
    manifest: Option<&Manifest>,
) -> Result<Vec<Vec<Dataset>>, ExportError> {
    let mut found = Vec::with_capacity(domains.len());
    let mut missing = Vec::new();
    for domain in domains {
        let datasets = match manifest {
            Some(manifest) if target.naming != Naming::Own => {
                datasets_of(target, domain, manifest.domain(domain)?, manifest)
            }
            _ => vec![Dataset::at(domain.clone())],
        };
        if datasets.is_empty() {
            missing.push(domain.clone());
        }
        found.push(datasets);
    }
    if let (false, Some(manifest)) = (missing.is_empty(), manifest) {
        return Err(ExportError::NoPlace {
            file: manifest.file.clone(),
            target: target.name,
            place: target.place,
            key: target.trainers.first().copied().unwrap_or(target.name),
            example: example(target),
            domains: missing,
        });
    }
    check_apart(target, domains, &found)?;
    Ok(found)
}

/// The datasets of one domain of a manifest; none where the manifest does not say.
pub fn datasets_of(target: &Target, name: &str, domain: &ManifestDomain, manifest: &Manifest) -> Vec<Dataset> {
    let mut given: Vec<String> = Vec::new();
    if let Some(entries) =
        target.trainers.iter().filter_map(|key| domain.trainers.get(*key)).find(|entries| !entries.is_empty())
    {
        for entry in entries {
            if !given.contains(entry) {
                given.push(entry.clone());
            }
        }
    }
    let text_paths: Vec<String> = domain.paths.iter().map(|path| beside(manifest, path)).collect();
    match target.naming {
        Naming::Own => vec![Dataset::at(name.to_string())],
        Naming::Named => {
            let names = if given.is_empty() { vec![name.to_string()] } else { given };
            // Files belong to a name only where there is one name.
            let places = if names.len() == 1 { text_paths } else { Vec::new() };
            names.into_iter().map(|name| Dataset { name, places: places.clone(), text: true }).collect()
        }
        Naming::Sources(text) => {
            let from_text = given.is_empty() && text != TextPaths::Unread;
            let places = if from_text { text_paths } else { given };
            if places.is_empty() {
                return Vec::new();
            }
            vec![Dataset { name: name.to_string(), places, text: from_text }]
        }
        Naming::Places(_) if !given.is_empty() => given.into_iter().map(Dataset::at).collect(),
        Naming::Places(TextPaths::Together) => match text_paths.first() {
            Some(first) => vec![Dataset { name: first.clone(), places: text_paths, text: true }],
            None => Vec::new(),
        },
        Naming::Places(TextPaths::Unread) => Vec::new(),
    }
}

/// A path of the manifest, seen from where the manifest's reader stands.
fn beside(manifest: &Manifest, path: &str) -> String {
    let folder = manifest.file.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !Path::new(path).is_absolute() && !path.contains("://") => {
            folder.join(path).to_string_lossy().into_owned()
        }
        _ => path.to_string(),
    }
}

/// A file keyed by name would keep one of two, and one keyed by place would train on the same data under two shares.
fn check_apart(target: &Target, domains: &[String], found: &[Vec<Dataset>]) -> Result<(), ExportError> {
    let mut owners: std::collections::HashMap<&str, &str> = std::collections::HashMap::new();
    for (domain, datasets) in domains.iter().zip(found) {
        for dataset in datasets {
            if let Some(first) = owners.insert(&dataset.name, domain) {
                return Err(ExportError::SameName {
                    target: target.name,
                    place: target.place,
                    name: dataset.name.clone(),
                    first: first.to_string(),
                    second: domain.clone(),
                });
            }
        }
    }
    Ok(())
}

/// What an entry can look like, for the error that asks for one.
fn example(target: &Target) -> &'static str {
    match target.trainers.first().copied() {
        Some("megatron") => "/data/web_text_document",
        Some("olmo-core") => "/data/web/*.npy",
        Some("olmix") => "\"dclm:software\"",
        Some("llm-foundry") => "s3://bucket/web",
        Some("huggingface" | "torchtitan") => "organisation/web",
        Some("llama-factory" | "regmix") => "train_web",
        _ => "/data/web",
    }
}
