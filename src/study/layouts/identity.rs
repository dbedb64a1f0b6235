//! Which weights a result is of: a name and a revision, and whatever else tells two checkpoints apart.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::error::Result;
use super::json::Node;
use super::model_name;
use crate::names::normalised;
use crate::scores::records::ScoreRecord;

/// The commit of a repository.
pub(super) const SHA: &str = "sha";

/// Fewest digits of a commit that are shown.
const LEAST_DIGITS: usize = 7;

/// The weights that a result is of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Identity {
    /// Name with revision, as far as there is one beside `main`.
    pub(super) model: String,
    /// What else says which weights they are: `sha`, `subfolder`, `gguf_file`, …
    pub(super) weights: BTreeMap<&'static str, String>,
}

impl Identity {
    /// A model by name and revision; paths are brought to one form.
    pub(super) fn new(name: &str, revision: Option<&str>) -> Self {
        let (name, commit) = normalised(name);
        let model = model_name::with_revision(&name, revision);
        let mut identity = Self { model, weights: BTreeMap::new() };
        identity.add(SHA, commit.as_deref());
        identity
    }

    /// Adds what tells weights apart; empty texts and what means "none" add nothing.
    pub(super) fn add(&mut self, part: &'static str, value: Option<&str>) {
        let value = value.map(str::trim).unwrap_or_default();
        let is_none = ["", "none", "null", "false", "main"].iter().any(|word| value.eq_ignore_ascii_case(word));
        // What is only said to be so is shown by its own name.
        let shown = if ["true", "1"].iter().any(|word| value.eq_ignore_ascii_case(word)) { part } else { value };
        if !is_none {
            self.weights.entry(part).or_insert_with(|| shown.to_string());
        }
    }

    /// Adds those of an object's keys that are there, each as text.
    ///
    /// # Errors
    /// If `settings` is no object.
    pub(super) fn add_keys(&mut self, settings: &Node, parts: &[(&'static str, &str)]) -> Result<()> {
        for (part, key) in parts {
            if let Some(node) = settings.get(key)? {
                self.add(part, Some(&node.as_text()));
            }
        }
        Ok(())
    }
}

/// Gives every record the shortest label that tells its weights from those of the others.
///
/// Records of one name and revision that differ in what else is known of the weights get it appended: a commit as
/// `name@0123abc`, anything else as `name [value]`. A record of which the commit is not known is of the only one that the
/// others name.
pub(super) fn label(records: &mut [ScoreRecord]) {
    let mut known: HashMap<String, BTreeSet<BTreeMap<&'static str, String>>> = HashMap::new();
    for record in records.iter() {
        known.entry(record.model.clone()).or_default().insert(record.weights.clone());
    }
    for record in records {
        let Some(others) = known.get(&record.model).filter(|others| others.len() > 1) else { continue };
        let parts: BTreeSet<&'static str> = others.iter().flat_map(|weights| weights.keys().copied()).collect();
        let mut label = record.model.clone();
        let mut brackets = Vec::new();
        for part in parts {
            let values: BTreeSet<Option<&String>> = others.iter().map(|weights| weights.get(part)).collect();
            let stated = values.iter().flatten().count();
            let differ = if part == SHA { stated > 1 } else { values.len() > 1 };
            let Some(value) = record.weights.get(part).filter(|_| differ) else { continue };
            if part != SHA {
                brackets.push(value.clone());
                continue;
            }
            let short = shortest(value, values.iter().flatten().map(|value| value.as_str()));
            if label.contains('@') { brackets.push(short.to_string()) } else { label = format!("{label}@{short}") }
        }
        if !brackets.is_empty() {
            label = format!("{label} [{}]", brackets.join(", "));
        }
        record.model = label;
    }
}

/// The shortest beginning of a commit that no other one has.
fn shortest<'v>(value: &'v str, others: impl Iterator<Item = &'v str> + Clone) -> &'v str {
    let ends = value.char_indices().map(|(at, _)| at).skip(LEAST_DIGITS);
    let is_own = |&end: &usize| others.clone().all(|other| other == value || !other.starts_with(&value[..end]));
    ends.into_iter().find(is_own).map_or(value, |end| &value[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(models: &[(&str, &[(&'static str, &str)])]) -> Vec<String> {
        let mut records: Vec<ScoreRecord> = models
            .iter()
            .map(|(model, weights)| ScoreRecord {
                model: model.to_string(),
                weights: weights.iter().map(|(part, value)| (*part, value.to_string())).collect(),
                ..ScoreRecord::default()
            })
            .collect();
        label(&mut records);
        records.into_iter().map(|record| record.model).collect()
    }

    #[test]
    fn the_label_is_the_shortest_that_tells_apart() {
        assert_eq!(labels(&[("a", &[(SHA, "0123456789")]), ("a", &[(SHA, "0123456789")])]), ["a", "a"]);
        assert_eq!(
            labels(&[("a", &[(SHA, "0123456789")]), ("a", &[(SHA, "0123456abc")])]),
            ["a@01234567", "a@0123456a"]
        );
        assert_eq!(labels(&[("a", &[(SHA, "0123456789")]), ("a", &[])]), ["a", "a"], "the only commit there is");
        assert_eq!(
            labels(&[("a@r", &[(SHA, "01234567")]), ("a@r", &[(SHA, "11234567")]), ("a@r", &[])]),
            ["a@r [0123456]", "a@r [1123456]", "a@r"]
        );
        assert_eq!(
            labels(&[("a", &[("gguf_file", "q4.gguf"), (SHA, "x")]), ("a", &[("gguf_file", "q8.gguf"), (SHA, "x")])]),
            ["a [q4.gguf]", "a [q8.gguf]"]
        );
        assert_eq!(labels(&[("a", &[("subfolder", "s")]), ("a", &[])]), ["a [s]", "a"]);
    }

    #[test]
    fn a_snapshot_of_a_cache_is_its_repository() {
        let identity = Identity::new("/home/me/hub/models--acme--tiny/snapshots/0123abc/", None);
        assert_eq!((identity.model.as_str(), identity.weights[SHA].as_str()), ("acme/tiny", "0123abc"));
        assert_eq!(Identity::new("./models//tiny/", Some("main")).model, "models/tiny");
        assert_eq!(Identity::new("acme/tiny", Some("step5")).model, "acme/tiny@step5");
    }
}
