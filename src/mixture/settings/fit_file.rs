//! A fit described in one file: which study, and what is asked of it.

use std::ops::RangeInclusive;
use std::path::Path;

use mixopt_base::{Setting, Task, did_you_mean, nearest, yaml};
use mixopt_study::StudySettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{FitError, MixtureError};
use crate::settings::fit_settings::{FitSettings, Prior};

/// Replicates that a fit can be asked for.
const REPLICATES: RangeInclusive<usize> = 2..=1_000_000;
/// The most refits that a fit can be asked for.
const MOST_REFITS: usize = 1_000_000;

/// A whole fit, as in a settings file. Omitted keys have their defaults.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FitFile {
    /// Where the tables come from. Relative paths are relative to the file.
    pub study: StudySettings,
    /// The settings of the fit. Relative paths are relative to the file.
    pub fit: FitSettings,
}

impl FitFile {
    /// Reads a file (YAML, or JSON, which is YAML) and takes its relative paths from its folder.
    ///
    /// The target may be missing (an empty text), for the caller to fill in.
    ///
    /// # Errors
    /// A file that cannot be read; [`FitError::SettingsFile`] with the line for unknown keys and values of another kind.
    pub fn read(file: &Path) -> Result<Self, FitError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| MixtureError::Unreadable { file: file.to_path_buf(), source })?;
        Ok(Self::parse(file, &text)?.relative_to(file.parent().unwrap_or(Path::new(""))))
    }

    /// Reads text, paths as they stand there; `file` is named in errors.
    ///
    /// # Errors
    /// As [`FitFile::read`].
    pub fn parse(file: &Path, text: &str) -> Result<Self, FitError> {
        let fault = |found: String, expected: String| FitError::SettingsFile { file: file.into(), found, expected };
        let described = || format!("settings as `{}` prints them", Task::DescribeFit);
        // An empty file, or one of comments alone, asks for nothing.
        let found: Option<Self> = serde_saphyr::from_str(text).map_err(|error| match error.without_snippet() {
            serde_saphyr::Error::SerdeUnknownField { field, expected, location } => {
                let known: Vec<String> = expected.iter().map(|key| key.to_string()).collect();
                let hint = did_you_mean(&meant(field, &known));
                let line = if location.line() > 0 { format!("line {}: ", location.line()) } else { String::new() };
                fault(format!("{line}unknown key `{field}`{hint}"), format!("one of {}", known.join(", ")))
            }
            _ => fault(yaml::fault(&error), described()),
        })?;
        let mut found = found.unwrap_or_default();
        let replicates = found.fit.replicates;
        if !REPLICATES.contains(&replicates) {
            let expected = format!("a number from {} to {}", REPLICATES.start(), REPLICATES.end());
            return Err(fault(format!("`replicates` of `fit` is {replicates}"), expected));
        }
        if let Some(refits) = found.fit.refits.filter(|&refits| refits > MOST_REFITS) {
            let expected = format!("at most {MOST_REFITS}");
            return Err(fault(format!("`refits` of `fit` is {refits}"), expected));
        }
        // Other names of domains are one table, for the study and for the prior.
        if found.fit.domain_aliases.is_none() {
            found.fit.domain_aliases = found.study.domain_aliases.as_ref().map(|file| file.display().to_string());
        }
        Ok(found)
    }

    /// The same with relative paths taken from a folder. A prior is a file where there is one of this name.
    pub fn relative_to(&self, folder: &Path) -> Self {
        let joined = |file: &String| folder.join(file).display().to_string();
        let fit = &self.fit;
        let prior = match &fit.prior {
            Prior::Mixture(name) if folder.join(name).is_file() || Prior::is_path(name) => Prior::Mixture(joined(name)),
            other => other.clone(),
        };
        Self {
            study: self.study.relative_to(folder),
            fit: FitSettings {
                prior,
                corpora: fit.corpora.as_ref().map(joined),
                domain_aliases: fit.domain_aliases.as_ref().map(joined),
                ..fit.clone()
            },
        }
    }
}

impl Prior {
    /// Whether a mixture's name can only be that of a file.
    pub(crate) fn is_path(name: &str) -> bool {
        let file = Path::new(name);
        file.extension().is_some() || file.components().count() > 1
    }
}

/// The key that an unknown one most likely means: a setting may be called as the program calls it, or misspelt.
fn meant(key: &str, known: &[String]) -> Option<String> {
    let plain = |text: &str| text.trim_start_matches('-').replace('-', "_");
    let by_option =
        Setting::ALL.iter().filter(|setting| plain(&setting.to_string()) == plain(key)).find_map(|setting| {
            let mut parts = setting.name().rsplit('.');
            parts.find(|part| known.iter().any(|known| known == part)).map(str::to_string)
        });
    by_option.or_else(|| nearest(key, known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<FitFile, FitError> {
        FitFile::parse(Path::new("fit.yaml"), text)
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        assert_eq!(parse("").unwrap(), FitFile::default());
        assert_eq!(parse("# nothing\n").unwrap(), FitFile::default());
        let found = parse("fit: {target: mmlu, budget: 1T, drop_families: [Qwen]}").unwrap();
        let expected = FitSettings {
            budget: Some(1_000_000_000_000),
            drop_families: vec!["Qwen".to_string()],
            ..FitSettings::new("mmlu")
        };
        assert_eq!(found, FitFile { study: StudySettings::default(), fit: expected });
        // What is written reads back as the same.
        assert_eq!(parse(&serde_json::to_string_pretty(&found).unwrap()).unwrap(), found);
        assert_eq!(parse(&serde_saphyr::to_string(&found).unwrap()).unwrap(), found);
    }

    #[test]
    fn an_unknown_key_is_told_with_its_line_and_the_key_that_is_meant() {
        for (text, expected) in [
            (
                "fit:\n  target: mmlu\n  max_wieght: 0.5\n",
                "fit.yaml: line 3: unknown key `max_wieght`, did you mean `max_weight`?; expected one of target, ",
            ),
            (
                "studdy: {}\n",
                "fit.yaml: line 1: unknown key `studdy`, did you mean `study`?; expected one of study, fit",
            ),
            ("study:\n  bits: a\n", "fit.yaml: line 2: unknown key `bits`; expected one of name, compression, "),
            ("fit:\n  target: [a]\n", "fit.yaml: line 2: "),
            ("fit: {replicates: 1}\n", "fit.yaml: `replicates` of `fit` is 1; expected a number from 2 to 1000000"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.is_usage() && error.to_string().starts_with(expected), "{error}");
        }
    }

    #[test]
    fn settings_are_written_as_options_take_them_or_by_their_parts() {
        let texts = "fit: {control: year, prior: m.yaml, bounds: ['web=0.1..0.4'], groups: ['t:a+b<=0.5'], frozen: ['t:a=3+b=1'], keep: [web, code=0.2]}";
        let parts = "fit:\n  control: {column: year}\n  prior: {mixture: m.yaml}\n  bounds: [{domain: web, least: 0.1, greatest: 0.4}]\n  \
                     groups: [{group: t, members: [a, b], least: 0, greatest: 0.5}]\n  frozen: [{group: t, members: [a, b], parts: [3, 1]}]\n  \
                     keep: [{domain: web, least: 0.01}, {domain: code, least: 0.2}]\n";
        assert_eq!(parse(texts).unwrap(), parse(parts).unwrap());
        for (text, expected) in [
            ("fit:\n  bounds: [web]\n", "fit.yaml: line 2: bounds `web`: `=` is missing; expected NAME=MIN..MAX"),
            (
                "fit:\n  bounds: [{domian: web}]\n",
                "fit.yaml: line 2: unknown key `domian`, did you mean `domain`?; expected one of ",
            ),
            ("fit:\n  prior: 3\n", "fit.yaml: line 2: "),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let text = "study: {compression: b.csv, scores: /s.csv, domain_aliases: d.csv}\nfit: {corpora: c.yaml, prior: {mixture: m.yaml}}";
        let found = parse(text).unwrap().relative_to(Path::new("there"));
        let files: Vec<_> = found.study.files().collect();
        assert_eq!(files, [Path::new("there/b.csv"), Path::new("/s.csv"), Path::new("there/d.csv")]);
        assert_eq!(found.fit.corpora.as_deref(), Some("there/c.yaml"));
        assert_eq!(found.fit.domain_aliases.as_deref(), Some("there/d.csv"));
        assert_eq!(found.fit.prior, Prior::Mixture("there/m.yaml".to_string()));
        let published = parse("fit: {prior: {mixture: llama_1}}").unwrap().relative_to(Path::new("there"));
        assert_eq!(published.fit.prior, Prior::Mixture("llama_1".to_string()));
    }
}
