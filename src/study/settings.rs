//! Which study is meant, as settings say it: one that is compiled in, or files and how they are to be read.

use std::path::{Path, PathBuf};

use mixopt_base::{Setting, Unit};

use super::Study;
use super::embedded::{DEFAULT_STUDY, EmbeddedStudy};
use super::error::{Result, StudyError};
use super::files::StudyFiles;
use crate::scores::records::Scale;
use crate::scores::score_column::ScoreOptions;

/// Which study is meant. If empty, the default study.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StudySettings {
    /// Embedded study by name, instead of files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Table of bits per character or byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<PathBuf>,
    /// Table by document for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents: Option<PathBuf>,
    /// Scores: a table, a result file of an evaluation tool, or a folder of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scores: Option<PathBuf>,
    /// Table of models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<PathBuf>,
    /// Column of the table of models that groups them into families; `family` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_column: Option<String>,
    /// Table of other names of models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aliases: Option<PathBuf>,
    /// Table of other names of domains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_aliases: Option<PathBuf>,
    /// Definitions of targets, in addition to the built-in ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<PathBuf>,
    /// Unit of the compression, if its column does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// Whether domains that are averages of the others are kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub keep_averages: bool,
    /// What benchmarks measure: `PATTERN=METRIC`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<String>,
    /// Scales of benchmarks: `PATTERN=fraction` or `PATTERN=percent`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scales: Vec<String>,
    /// Numbers of shots: `N`, or `PATTERN=N`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shots: Vec<String>,
}

impl StudySettings {
    /// A study of the program, all else by default.
    pub fn embedded(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }

    /// The name of the study of the program that is meant; `None` where it is one of files.
    pub fn embedded_name(&self) -> Option<&str> {
        match (&self.name, &self.compression, &self.scores) {
            (name, None, None) => Some(name.as_deref().unwrap_or(DEFAULT_STUDY)),
            _ => None,
        }
    }

    /// The same with the name of the study that is meant where none is named.
    pub fn resolved(&self) -> Self {
        Self { name: self.embedded_name().map(str::to_string).or_else(|| self.name.clone()), ..self.clone() }
    }

    /// The files that are named.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let files = [
            &self.compression,
            &self.documents,
            &self.scores,
            &self.models,
            &self.aliases,
            &self.domain_aliases,
            &self.targets,
        ];
        files.into_iter().flatten().map(PathBuf::as_path)
    }

    /// The same with relative paths taken from a folder.
    pub fn relative_to(&self, folder: &Path) -> Self {
        let mut found = self.clone();
        for file in [
            &mut found.compression,
            &mut found.documents,
            &mut found.scores,
            &mut found.models,
            &mut found.aliases,
            &mut found.domain_aliases,
            &mut found.targets,
        ]
        .into_iter()
        .flatten()
        {
            *file = folder.join(&*file);
        }
        found
    }

    /// Whether these settings mean a study together, before any file is read.
    ///
    /// # Errors
    /// [`StudyError::Setting`] for a name beside files, and for what says something of a file that is not given.
    pub fn check(&self) -> Result<()> {
        let lacking = |setting: Setting, found: String, problem: &str, needed: Setting| {
            Err(StudyError::Setting {
                setting,
                found,
                problem: problem.to_string(),
                expected: format!("`{}` as well", needed.to_give()),
            })
        };
        let shown = |file: &PathBuf| file.display().to_string();
        if let (Some(name), Some(file)) = (&self.name, self.compression.as_ref().or(self.scores.as_ref())) {
            return Err(StudyError::Setting {
                setting: Setting::Study,
                found: name.clone(),
                problem: format!("{} is also given", file.display()),
                expected: "either an embedded study or files".to_string(),
            });
        }
        if self.compression.is_none() {
            let keep = self.keep_averages.then(|| "true".to_string());
            for (setting, found) in [
                (Setting::Documents, self.documents.as_ref().map(shown)),
                (Setting::CompressionUnit, self.unit.map(|unit| unit.bits_name().to_string())),
                (Setting::KeepAverages, keep),
            ] {
                if let Some(found) = found {
                    let problem = "no table of bits per character";
                    return lacking(setting, found, problem, Setting::Compression);
                }
            }
        }
        if self.scores.is_none() {
            let listed = |texts: &[String]| (!texts.is_empty()).then(|| texts.join(","));
            for (setting, found) in [
                (Setting::Compression, self.compression.as_ref().map(shown)),
                (Setting::ModelsTable, self.models.as_ref().map(shown)),
                (Setting::Aliases, self.aliases.as_ref().map(shown)),
                (Setting::Metrics, listed(&self.metrics)),
                (Setting::Scales, listed(&self.scales)),
                (Setting::Shots, listed(&self.shots)),
            ] {
                if let Some(found) = found {
                    return lacking(setting, found, "no scores", Setting::Scores);
                }
            }
        }
        Ok(())
    }

    /// Reads the study.
    ///
    /// # Errors
    /// As [`StudySettings::check`]; scores alone; [`StudyError`] for a file that cannot be read as what it is.
    pub fn read(&self) -> Result<Study> {
        self.check()?;
        let mut study = match (&self.compression, &self.scores) {
            (Some(compression), Some(scores)) => Study::read(&StudyFiles {
                compression: compression.clone(),
                scores: scores.clone(),
                documents: self.documents.clone(),
                models: self.models.clone(),
                family_column: self.family_column.clone(),
                aliases: self.aliases.clone(),
                domain_aliases: self.domain_aliases.clone(),
                targets: self.targets.clone(),
                unit: self.unit,
                keep_averages: self.keep_averages,
                score_options: ScoreOptions::parse(&self.metrics, &self.scales, &self.shots)?,
            })?,
            (None, Some(scores)) => {
                return Err(StudyError::Setting {
                    setting: Setting::Scores,
                    found: scores.display().to_string(),
                    problem: "scores cannot be fitted without compression".to_string(),
                    expected: format!("`{}` as well", Setting::Compression.to_give()),
                });
            }
            _ => {
                let name = self.name.as_deref().unwrap_or(DEFAULT_STUDY);
                let mut study = EmbeddedStudy::find(name)?.read(self.family_column.as_deref())?;
                if let Some(file) = &self.targets {
                    study.define(file)?;
                }
                study
            }
        };
        study.settings = self.resolved();
        Ok(study)
    }
}

impl From<&StudyFiles> for StudySettings {
    fn from(files: &StudyFiles) -> Self {
        let options = &files.score_options;
        let scale = |scale: Scale| match scale {
            Scale::Fraction => "fraction",
            Scale::Percent => "percent",
        };
        Self {
            name: None,
            compression: Some(files.compression.clone()),
            documents: files.documents.clone(),
            scores: Some(files.scores.clone()),
            models: files.models.clone(),
            family_column: files.family_column.clone(),
            aliases: files.aliases.clone(),
            domain_aliases: files.domain_aliases.clone(),
            targets: files.targets.clone(),
            unit: files.unit,
            keep_averages: files.keep_averages,
            metrics: options.metrics.iter().map(|(of, metric)| format!("{}={}", of.text(), metric.name())).collect(),
            scales: options.scales.iter().map(|(of, value)| format!("{}={}", of.text(), scale(*value))).collect(),
            shots: options.shots.iter().map(|(of, shots)| format!("{}={shots}", of.text())).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_something_of_a_missing_file_is_refused() {
        let files = || StudySettings {
            compression: Some("b.csv".into()),
            scores: Some("s.csv".into()),
            ..StudySettings::default()
        };
        files().check().unwrap();
        for (settings, expected) in [
            (StudySettings { name: Some("huang2024".into()), ..files() }, "study `huang2024`: b.csv is also given"),
            (StudySettings { scores: None, ..files() }, "compression `b.csv`: no scores"),
            (
                StudySettings { models: Some("m.csv".into()), ..StudySettings::default() },
                "models `m.csv`: no scores; expected `scores` as well",
            ),
            (
                StudySettings { unit: Some(Unit::Bytes), ..StudySettings::default() },
                "unit `bits_per_byte`: no table of bits per character; expected `compression` as well",
            ),
        ] {
            let error = settings.check().unwrap_err();
            assert!(error.is_usage() && error.to_string().starts_with(expected), "{error}");
        }
    }

    #[test]
    fn a_study_says_how_it_was_read() {
        let study = StudySettings::default().read().unwrap();
        assert_eq!(study.settings, StudySettings::embedded(DEFAULT_STUDY));
        let options = ScoreOptions::parse(&["cola=score".into()], &["mmlu*=percent".into()], &["5".into()]).unwrap();
        let files = StudyFiles { score_options: options, ..StudyFiles::new("b.csv", "s.csv") };
        let settings = StudySettings::from(&files);
        assert_eq!(settings.metrics, ["cola=score"]);
        assert_eq!(settings.scales, ["mmlu*=percent"]);
        assert_eq!(settings.shots, ["*=5"]);
        let moved = settings.relative_to(Path::new("there"));
        assert_eq!(moved.files().collect::<Vec<_>>(), [Path::new("there/b.csv"), Path::new("there/s.csv")]);
    }
}
