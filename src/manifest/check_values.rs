//! What values of a manifest may not be, with the line on which they are.

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

use mixopt_base::{Place, Setting};

use super::error::{ManifestError, Result};
use super::file::{Manifest, ManifestDomain, VERSION};

/// The greatest count: whole numbers up to it are exact in JSON and in floating point.
const MOST: u64 = 1 << 53;

/// A key of a domain whose value cannot be.
struct Fault {
    key: &'static str,
    found: String,
    expected: String,
}

/// Checks a manifest that was read from `text`.
pub(super) fn check_values(manifest: &Manifest, text: &str) -> Result<()> {
    let malformed = |place: Place, found: String, expected: &str| {
        Err(ManifestError::Malformed { place, found, expected: expected.to_string() })
    };
    let file = Place::file(&manifest.file);
    if manifest.mixopt_corpora != VERSION {
        return malformed(file, format!("format version {}", manifest.mixopt_corpora), "version 1");
    }
    if manifest.tokenizer.as_ref().is_some_and(|tokenizer| tokenizer.trim().is_empty()) {
        return malformed(file.column("tokenizer"), "it is empty".into(), "a name or a path, or no such key");
    }
    if manifest.domains.is_empty() {
        return malformed(file.column("domains"), "no domains".into(), "at least one domain");
    }
    for (name, domain) in &manifest.domains {
        if name.trim().is_empty() || name.contains(char::is_control) {
            let found = format!("the domain name `{}`", name.escape_debug());
            return malformed(file.column("domains"), found, "a name that can be printed");
        }
        if let Some(fault) = fault(domain) {
            let file = Place::file(&manifest.file);
            let place = match line(text, name, fault.key) {
                Some(line) => file.row(format!("line {line}")),
                None => file,
            };
            let found = format!("{} of domain `{name}` {}", fault.key, fault.found);
            return malformed(place, found, &fault.expected);
        }
    }
    Ok(())
}

fn fault(domain: &ManifestDomain) -> Option<Fault> {
    let fault = |key, found: &str, expected: &str| {
        Some(Fault { key, found: found.to_string(), expected: expected.to_string() })
    };
    let lists = [("paths", &domain.paths), ("languages", &domain.languages), ("tags", &domain.tags)];
    for (key, list) in lists {
        if list.iter().any(|text| text.trim().is_empty()) {
            return fault(key, "has an empty entry", "texts that are not empty");
        }
    }
    for (trainer, names) in &domain.trainers {
        if trainer.trim().is_empty() || names.is_empty() || names.iter().any(|text| text.trim().is_empty()) {
            return fault(
                "trainers",
                &format!("has an empty entry for `{trainer}`"),
                "what the trainer calls the domain",
            );
        }
    }
    for (key, text) in [("text_field", &domain.text_field), ("licence", &domain.licence)] {
        if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
            return fault(key, "is empty", "a text, or no such key");
        }
    }
    let counts = [
        ("tokens", domain.tokens),
        ("characters", domain.characters),
        ("bytes", domain.bytes),
        ("documents", domain.documents),
    ];
    for (key, count) in counts {
        match count {
            Some(0) => return fault(key, "is 0", "at least 1, or no such key if it is unknown"),
            Some(count) if count > MOST => {
                return fault(key, &format!("is {count}"), &format!("at most {MOST} (2^53)"));
            }
            _ => {}
        }
    }
    if let Some(error) = domain.tokens_standard_error {
        if !(error >= 0.0 && error.is_finite()) {
            return fault("tokens_standard_error", &format!("is {error}"), "a number of tokens, 0 or more");
        }
        if domain.tokens.is_none() {
            return fault(
                "tokens_standard_error",
                "is given without `tokens`",
                "the number of tokens that it is the error of",
            );
        }
    }
    match domain.max_epochs {
        Some(epochs) if !(epochs > 0.0 && epochs.is_finite()) => fault(
            "max_epochs",
            &format!("is {epochs}"),
            &format!("more than 0; leave a domain out with `{}`", Setting::ExcludeDomains),
        ),
        _ => None,
    }
}

/// The line of a domain's value.
fn line(text: &str, domain: &str, key: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Lines {
        domains: IndexMap<String, IndexMap<String, Spanned<IgnoredAny>>>,
    }
    let lines: Lines = serde_saphyr::from_str(text).ok()?;
    Some(lines.domains.get(domain)?.get(key)?.referenced.line())
}
