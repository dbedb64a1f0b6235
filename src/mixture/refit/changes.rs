//! What has changed between a fit and the same fit made again.

use indexmap::IndexMap;
use std::path::Path;

use mixopt_base::ShareUnit;
use mixopt_fit::total_variation;
use mixopt_study::{Dropped, InputFile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compare::diff::FitFigures;
use crate::file::fit_record::FitRecord;
use crate::file::format::MixtureFile;
use crate::refit::recorded::RecordedFit;
use crate::values::{Kind, Program, Weights};

/// Shares that differ by less are the same: files hold six decimals.
const SAME: f64 = 5e-7;

/// A repeated fit next to its file: the whole output of `mixopt refit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefitReport {
    /// The mixture file as it was given.
    pub mixture: String,
    /// The target expression.
    pub target: String,
    /// Which mixture of the fit it is.
    pub kind: Kind,
    /// Embedded study, or `files`.
    pub study: String,
    /// Folder that relative paths are relative to; `null`: the working directory.
    pub folder: Option<String>,
    /// What has changed around the fit.
    pub changes: RefitChanges,
    /// Shares by domain, before and now; current ones first.
    pub domains: IndexMap<String, DomainMove>,
    /// Figures of the mixture, before and now.
    pub figures: BeforeAndNow<FitFigures>,
    /// The part of the mixture that moved, from 0 to 1: half the sum of absolute differences.
    pub moved: f64,
    /// The answer in one sentence.
    pub verdict: String,
    /// Notes on the current inputs and settings.
    pub messages: Vec<String>,
}

/// What has changed around a fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefitChanges {
    /// Inputs with another checksum, new ones, and ones that are no longer read.
    pub inputs: Vec<InputChange>,
    /// Number of inputs that are the same.
    pub same_inputs: usize,
    /// Models added.
    pub models_came: Vec<String>,
    /// Models removed, with reasons if known.
    pub models_went: Vec<Dropped>,
    /// Domains added.
    pub domains_came: Vec<String>,
    /// Domains removed, with reasons if known.
    pub domains_went: Vec<Dropped>,
    /// Settings of the file unknown to this program: `NAME: VALUE`.
    pub unknown_settings: Vec<String>,
    /// What shares count, if that has changed; shares are then not comparable.
    pub unit: Option<BeforeAndNow<ShareUnit>>,
    /// Program and version, if they have changed.
    pub program: Option<BeforeAndNow<Option<Program>>>,
}

/// One input that has changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputChange {
    /// What it is used for.
    pub role: String,
    /// The file as it is recorded.
    pub file: String,
    /// SHA-256 in the mixture file; `null`: it was not read.
    pub before: Option<String>,
    /// Current SHA-256; `null`: it is no longer read.
    pub now: Option<String>,
}

/// A figure before and now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BeforeAndNow<T> {
    /// As in the mixture file.
    pub before: T,
    /// As it is now.
    pub now: T,
}

/// One domain before and now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainMove {
    /// Its share; `null` if it was not a domain.
    pub before: Option<f64>,
    /// Its current share; `null` if it is no longer a domain.
    pub now: Option<f64>,
    /// How much its share grew.
    pub difference: f64,
}

impl RefitReport {
    /// Compares a fit made again with what its file says.
    pub(super) fn new(recorded: &RecordedFit, made: &MixtureFile, messages: Vec<String>) -> Self {
        let (before, record) = (&recorded.mixture, recorded.record());
        let now = made.fit.as_ref().unwrap_or(record);
        let domains = moves(&before.weights, &made.weights);
        let shares = |of: fn(&DomainMove) -> Option<f64>| -> Vec<f64> {
            domains.values().map(|domain| of(domain).unwrap_or(0.0)).collect()
        };
        let moved = total_variation(&shares(|domain| domain.before), &shares(|domain| domain.now));
        let changes = RefitChanges::new(recorded, made, now);
        let figures = BeforeAndNow { before: FitFigures::of(record), now: FitFigures::of(now) };
        let mut report = Self {
            mixture: recorded.given.clone(),
            target: record.target.clone(),
            kind: before.kind,
            study: record.study.clone(),
            folder: recorded.folder.as_ref().map(|folder| folder.display().to_string()),
            changes,
            domains,
            figures,
            moved: if moved < SAME { 0.0 } else { moved },
            verdict: String::new(),
            messages,
        };
        report.verdict = report.sentence();
        report
    }

    /// Whether anything at all has changed.
    pub fn is_changed(&self) -> bool {
        self.moved > 0.0 || self.figures.before != self.figures.now || !self.changes.is_empty()
    }

    fn sentence(&self) -> String {
        if !self.is_changed() {
            return "Nothing changed: the same inputs give the same mixture.".to_string();
        }
        if self.changes.unit.is_some() {
            return "Shares are of another unit than before, so the two mixtures cannot be compared.".to_string();
        }
        let causes = self.changes.causes();
        let because = if causes.is_empty() {
            "though its inputs, models and domains are the same: the program computes differently".to_string()
        } else {
            format!("with {}", in_words(&causes))
        };
        if self.moved > 0.0 {
            return format!("The mixture moved by {} {because}.", percent(self.moved));
        }
        let figures = if self.figures.before == self.figures.now { "" } else { " but its figures did" };
        format!("The mixture did not move{figures}, {because}.")
    }
}

impl RefitChanges {
    fn new(recorded: &RecordedFit, made: &MixtureFile, now: &FitRecord) -> Self {
        let (before, record) = (&recorded.mixture, recorded.record());
        let (inputs, same_inputs) = input_changes(&record.inputs, &now.inputs, recorded.folder.as_deref());
        let came = |before: &[String], now: &[String]| -> Vec<String> {
            now.iter().filter(|name| !before.contains(name)).cloned().collect()
        };
        let went = |before: &[String], now: &[String], dropped: &[Dropped]| -> Vec<Dropped> {
            let reason = |name: &String| dropped.iter().find(|dropped| dropped.name == *name);
            before
                .iter()
                .filter(|name| !now.contains(name))
                .map(|name| Dropped {
                    name: name.clone(),
                    reason: reason(name).map_or("no longer among the inputs".to_string(), |found| found.reason.clone()),
                })
                .collect()
        };
        let domains = |weights: &Weights| weights.keys().cloned().collect::<Vec<String>>();
        let (domains_before, domains_now) = (domains(&before.weights), domains(&made.weights));
        Self {
            inputs,
            same_inputs,
            models_came: came(&record.models, &now.models),
            models_went: went(&record.models, &now.models, &now.dropped_models),
            domains_came: came(&domains_before, &domains_now),
            domains_went: went(&domains_before, &domains_now, &now.dropped_domains),
            unknown_settings: recorded.unknown_settings.clone(),
            unit: (before.unit != made.unit).then_some(BeforeAndNow { before: before.unit, now: made.unit }),
            program: (before.program != made.program)
                .then(|| BeforeAndNow { before: before.program.clone(), now: made.program.clone() }),
        }
    }

    /// Whether all is as it was.
    pub fn is_empty(&self) -> bool {
        self.causes().is_empty() && self.unit.is_none()
    }

    /// What has changed, in words.
    fn causes(&self) -> Vec<String> {
        let counted = |count: usize, one: &str, several: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {several}")),
        };
        let changed = self.inputs.len();
        let models = self.models_came.len() + self.models_went.len();
        let domains = self.domains_came.len() + self.domains_went.len();
        let unknown = self.unknown_settings.len();
        [
            counted(changed, "changed input", "changed inputs"),
            counted(models, "model added or removed", "models added or removed"),
            counted(domains, "domain added or removed", "domains added or removed"),
            counted(unknown, "setting less", "settings less"),
            self.program.as_ref().map(|_| "another version of the program".to_string()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// `a`, `a and b`, `a, b and c`.
fn in_words(parts: &[String]) -> String {
    match parts.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => parts.concat(),
    }
}

/// A share in percent with as many decimals as it takes to see that it is not zero.
fn percent(share: f64) -> String {
    let value = 100.0 * share;
    if value >= 0.05 { format!("{value:.1}%") } else { format!("{value:.4}%") }
}

/// Shares of all domains, those of today in their order first.
fn moves(before: &Weights, now: &Weights) -> IndexMap<String, DomainMove> {
    let names = now.keys().chain(before.keys().filter(|name| !now.contains_key(*name)));
    names
        .map(|name| {
            let (before, now) = (before.get(name).copied(), now.get(name).copied());
            // Without the noise of the last digits.
            let difference = ((now.unwrap_or(0.0) - before.unwrap_or(0.0)) * 1e9).round() / 1e9;
            // A negative zero would print as -0.
            let difference = if difference == 0.0 { 0.0 } else { difference };
            (name.clone(), DomainMove { before, now, difference })
        })
        .collect()
}

/// Inputs that have changed, and how many have not. Files of today are called as they are recorded.
fn input_changes(before: &[InputFile], now: &[InputFile], folder: Option<&Path>) -> (Vec<InputChange>, usize) {
    let called = |input: &InputFile| -> String {
        let file = Path::new(&input.file);
        let inside = folder.and_then(|folder| file.strip_prefix(folder).ok()).unwrap_or(file);
        inside.display().to_string()
    };
    let normal = |file: &str| Path::new(file).components().as_path().display().to_string();
    let mut changes = Vec::new();
    let mut same = 0;
    let mut matched = vec![false; now.len()];
    for input in before {
        let found = now.iter().enumerate().position(|(i, other)| {
            !matched[i] && other.role == input.role && normal(&called(other)) == normal(&input.file)
        });
        if let Some(position) = found {
            matched[position] = true;
        }
        let sha256 = found.map(|position| now[position].sha256.clone());
        if sha256.as_ref() == Some(&input.sha256) {
            same += 1;
            continue;
        }
        changes.push(InputChange {
            role: input.role.clone(),
            file: input.file.clone(),
            before: Some(input.sha256.clone()),
            now: sha256,
        });
    }
    for (input, _) in now.iter().zip(&matched).filter(|(_, matched)| !**matched) {
        changes.push(InputChange {
            role: input.role.clone(),
            file: called(input),
            before: None,
            now: Some(input.sha256.clone()),
        });
    }
    (changes, same)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(role: &str, file: &str, sha256: &str) -> InputFile {
        InputFile { role: role.to_string(), file: file.to_string(), sha256: sha256.to_string() }
    }

    #[test]
    fn inputs_are_matched_by_what_they_are_for_and_where_they_were() {
        let before =
            [input("scores", "r/a.json", "1"), input("scores", "r/b.json", "2"), input("models", "m.csv", "3")];
        let now = [
            input("scores", "there/r/a.json", "1"),
            input("models", "there/m.csv", "4"),
            input("scores", "there/r/c.json", "5"),
        ];
        let (changes, same) = input_changes(&before, &now, Some(Path::new("there")));
        assert_eq!(same, 1);
        let told: Vec<(&str, Option<&str>, Option<&str>)> = changes
            .iter()
            .map(|change| (change.file.as_str(), change.before.as_deref(), change.now.as_deref()))
            .collect();
        assert_eq!(
            told,
            [("r/b.json", Some("2"), None), ("m.csv", Some("3"), Some("4")), ("r/c.json", None, Some("5"))]
        );
    }

    #[test]
    fn domains_of_either_side_are_told() {
        let weights = |shares: &[(&str, f64)]| -> Weights {
            shares.iter().map(|&(name, share)| (name.to_string(), share)).collect()
        };
        let found = moves(&weights(&[("web", 0.7), ("old", 0.3)]), &weights(&[("new", 0.2), ("web", 0.8)]));
        assert_eq!(found.keys().collect::<Vec<_>>(), ["new", "web", "old"]);
        assert_eq!(found["web"], DomainMove { before: Some(0.7), now: Some(0.8), difference: 0.1 });
        assert_eq!(found["old"], DomainMove { before: Some(0.3), now: None, difference: -0.3 });
    }

    #[test]
    fn parts_and_small_shares_are_told() {
        assert_eq!(in_words(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!([percent(0.1234), percent(0.000_01)], ["12.3%", "0.0010%"]);
    }
}
