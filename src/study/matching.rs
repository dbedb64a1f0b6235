//! Models that two tables call by different names: the name of a folder and the name on a hub.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::names::normalised;

/// Pairs of positions in two lists of names that mean the same model, beside those that are equal already.
///
/// In this order, each only where exactly one name on either side fits: names that differ in letter case, `-` or `_`, or
/// the way a path is spelled; a name and the same with a commit that is known to be its own or begins as the other's; the
/// last part of a path or a bare name, and the name in an organisation that ends in it. `commits`: commits of names in
/// `names` that do not have it.
pub(crate) fn pairs(names: &[String], others: &[String], commits: &BTreeMap<String, String>) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let equal: HashMap<&str, usize> = others.iter().enumerate().map(|(j, other)| (other.as_str(), j)).collect();
    let mut taken: Vec<bool> = names.iter().map(|name| equal.contains_key(name.as_str())).collect();
    let own: HashSet<&str> = names.iter().map(String::as_str).collect();
    let mut others_taken: Vec<bool> = others.iter().map(|other| own.contains(other.as_str())).collect();
    let left: Vec<Name> = names.iter().map(|name| Name::new(name, commits.get(name))).collect();
    let right: Vec<Name> = others.iter().map(|name| Name::new(name, None)).collect();
    // Whatever is the same has the same last part.
    let (left_by_last, right_by_last) = (by_last_part(&left), by_last_part(&right));
    for is_same in [same_spelling as fn(&Name, &Name) -> bool, same_commit, same_last_part] {
        for (i, name) in left.iter().enumerate() {
            let near = right_by_last.get(name.last()).map(Vec::as_slice).unwrap_or_default();
            let fitting: Vec<usize> = near.iter().copied().filter(|&j| is_same(name, &right[j])).collect();
            let [j] = fitting[..] else { continue };
            let is_only =
                left_by_last[name.last()].iter().filter(|&&other| is_same(&left[other], &right[j])).count() == 1;
            if is_only && !taken[i] && !others_taken[j] {
                found.push((i, j));
                (taken[i], others_taken[j]) = (true, true);
            }
        }
    }
    found.sort_unstable();
    found
}

fn by_last_part(names: &[Name]) -> HashMap<&str, Vec<usize>> {
    let mut positions: HashMap<&str, Vec<usize>> = HashMap::new();
    names.iter().enumerate().for_each(|(at, name)| positions.entry(name.last()).or_default().push(at));
    positions
}

/// The name among `others` that probably means this one, by the last parts of both.
pub(crate) fn closest(name: &str, others: &[String]) -> Option<String> {
    let last = |name: &str| Name::new(name, None).last().to_string();
    let own = last(name);
    let parts: Vec<String> = others.iter().map(|other| last(other)).collect();
    let alike = parts.iter().position(|part| *part == own);
    let nearest = || {
        let nearest = mixopt_base::nearest(&own, &parts)?;
        parts.iter().position(|part| *part == nearest)
    };
    alike.or_else(nearest).map(|at| others[at].clone())
}

/// A name without what spelling does not mean.
struct Name {
    /// Lower case, with `-` for `_`.
    name: String,
    revision: Option<String>,
    commit: Option<String>,
    /// Whether it may lack the organisation: a bare name, or a path of folders.
    is_bare: bool,
}

impl Name {
    fn new(text: &str, commit: Option<&String>) -> Self {
        let (path, snapshot) = normalised(text);
        let (name, revision) = match path.rsplit_once('@') {
            Some((name, revision)) if !name.is_empty() => (name.to_string(), Some(revision.to_string())),
            _ => (path, None),
        };
        let slashes = name.bytes().filter(|&byte| byte == b'/').count();
        Self {
            name: name.to_lowercase().replace('_', "-"),
            revision,
            commit: snapshot.or_else(|| commit.cloned()),
            is_bare: slashes != 1 || text.trim().starts_with('.'),
        }
    }

    fn last(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    fn revision_or_commit(&self) -> Option<&str> {
        self.revision.as_deref().or(self.commit.as_deref())
    }
}

fn same_spelling(first: &Name, second: &Name) -> bool {
    first.name == second.name && first.revision == second.revision
}

fn same_commit(first: &Name, second: &Name) -> bool {
    const LEAST_DIGITS: usize = 7;
    let (Some(a), Some(b)) = (first.revision_or_commit(), second.revision_or_commit()) else { return false };
    let least = a.len().min(b.len());
    let is_commit =
        least >= LEAST_DIGITS && [a, b].iter().all(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    first.name == second.name && is_commit && (a.starts_with(b) || b.starts_with(a))
}

fn same_last_part(first: &Name, second: &Name) -> bool {
    first.last() == second.last() && first.revision == second.revision && (first.is_bare || second.is_bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(names: &[&str], others: &[&str]) -> Vec<(usize, usize)> {
        let of = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        pairs(&of(names), &of(others), &BTreeMap::new())
    }

    #[test]
    fn a_folder_is_the_only_hub_name_that_ends_in_it() {
        assert_eq!(matched(&["org/Tiny-1b"], &["tiny_1B"]), [(0, 0)]);
        assert_eq!(matched(&["org/tiny"], &["/data/models/tiny/"]), [(0, 0)]);
        assert_eq!(matched(&["a/tiny", "b/tiny"], &["tiny"]), [], "two fit");
        assert_eq!(matched(&["a/tiny"], &["tiny", "models/old/tiny"]), [], "two fit");
        assert_eq!(matched(&["a/tiny"], &["b/tiny"]), [], "two organisations");
        assert_eq!(matched(&["a/tiny@step1"], &["tiny@step2"]), [], "two revisions");
        assert_eq!(matched(&["a/tiny@step1", "a/tiny@step2"], &["tiny@step1"]), [(0, 0)]);
        assert_eq!(matched(&["a/tiny", "tiny"], &["tiny"]), [], "equal names go first");
    }

    #[test]
    fn commits_fit_by_their_beginning() {
        let commit = "0123456789012345678901234567890123456789";
        assert_eq!(matched(&["a/b@0123456"], &[&format!("a/b@{commit}")]), [(0, 0)]);
        assert_eq!(matched(&["a/b@step"], &["a/b@step10"]), []);
        let commits = BTreeMap::from([("a/b".to_string(), commit.to_string())]);
        assert_eq!(pairs(&["a/b".to_string()], &[format!("a/b@{commit}")], &commits), [(0, 0)]);
    }

    #[test]
    fn the_closest_name_is_by_the_last_part() {
        let others = ["org/pythia-1b", "HuggingFaceTB/SmolLM2-135M"].map(String::from);
        assert_eq!(closest("smollm2_135m", &others).as_deref(), Some("HuggingFaceTB/SmolLM2-135M"));
        assert_eq!(closest("pythia-1B-v0", &others[..1]).as_deref(), Some("org/pythia-1b"));
        assert_eq!(closest("unlike", &others), None);
    }
}
