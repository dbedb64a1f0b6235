//! The fit that a mixture file records: its settings, and the files that it was made of.

use std::path::{Path, PathBuf};

use mixopt_base::{Observer, Task};
use mixopt_study::{InputFile, StudySettings};
use serde_json::Value;

use crate::error::MixtureError;
use crate::file::fit_record::FitRecord;
use crate::file::format::MixtureFile;
use crate::file::known::known_mixture;
use crate::fit::find::find;
use crate::refit::changes::RefitReport;
use crate::refit::error::RefitError;
use crate::settings::fit_file::FitFile;
use crate::settings::fit_settings::{FitSettings, Prior};
use crate::values::Kind;

/// A fit as its mixture file records it, with its files found again.
#[derive(Debug, Clone)]
pub struct RecordedFit {
    /// The mixture as it was given.
    pub given: String,
    /// The mixture.
    pub mixture: MixtureFile,
    /// Study and settings, with paths as they are read now.
    pub asked: FitFile,
    /// Folder that relative paths are taken from, where it is not the working directory.
    pub folder: Option<PathBuf>,
    /// Settings in the file that this program does not know, and passes over.
    pub unknown_settings: Vec<String>,
    record: FitRecord,
}

/// A fit made again.
#[derive(Debug, Clone)]
pub struct Refit {
    /// What has changed.
    pub report: RefitReport,
    /// The mixture of today.
    pub mixture: MixtureFile,
}

impl RecordedFit {
    /// Reads the file of a fit and finds the files that the fit was made of: in `folder`, or else, where they are not in
    /// the working directory, in the folder of the mixture file.
    ///
    /// # Errors
    /// [`RefitError::NotFitted`] for a mixture that no fit made, [`RefitError::Missing`] for files that are gone, and what
    /// is wrong with a file that is no mixture.
    pub fn read(given: &str, folder: Option<&Path>) -> Result<Self, RefitError> {
        let file = Path::new(given);
        if !file.exists() && !Prior::is_path(given) {
            known_mixture(given)?;
            let found = "a published mixture, not the result of a fit".to_string();
            return Err(RefitError::NotFitted { mixture: given.to_string(), found, remedy: instead() });
        }
        let (mixture, unknown_settings) = read(file)?;
        let Some(record) = mixture.fit.clone() else {
            let (found, remedy) = no_fit(&mixture);
            return Err(RefitError::NotFitted { mixture: given.to_string(), found, remedy });
        };
        let recorded = FitFile { study: study_of(file, &record)?, fit: record.settings.clone() };
        let (asked, folder) = located(given, &recorded, &record.inputs, folder)?;
        Ok(Self { given: given.to_string(), mixture, asked, folder, unknown_settings, record })
    }

    /// What the file says of the fit.
    pub fn record(&self) -> &FitRecord {
        &self.record
    }

    /// The files that will be read, the mixture file first.
    pub fn files(&self) -> Vec<PathBuf> {
        let fit = &self.asked.fit;
        let prior = match &fit.prior {
            Prior::Mixture(prior) => Some(PathBuf::from(prior)),
            Prior::None | Prior::Uniform | Prior::Natural => None,
        };
        let named = fit.corpora.iter().chain(&fit.domain_aliases).map(PathBuf::from);
        let files = self.asked.study.files().map(Path::to_path_buf);
        std::iter::once(PathBuf::from(&self.given)).chain(files).chain(named).chain(prior).collect()
    }

    /// Makes the fit again.
    ///
    /// # Errors
    /// [`RefitError::Fit`] where the study, the target, a name, a constraint, the manifest or the prior can no longer be
    /// used.
    pub fn again(&self, observer: &dyn Observer) -> Result<Refit, RefitError> {
        let study = self.asked.study.read()?;
        let report = find(&study, &self.asked.fit, observer)?;
        let made = MixtureFile::new(&report, self.mixture.kind).ok_or_else(|| RefitError::NotFitted {
            mixture: self.given.clone(),
            found: format!(
                "it was the optimum for {}, but no mixture correlates positively with it any more",
                self.asked.fit.target
            ),
            remedy: format!("with another target, as `{}` writes it", Task::WriteFit),
        })?;
        let mixture = MixtureFile { name: self.mixture.name.clone(), source: self.mixture.source.clone(), ..made };
        Ok(Refit { report: RefitReport::new(self, &mixture, report.record.messages), mixture })
    }
}

/// What to do with a mixture that no fit made.
fn instead() -> String {
    format!("`{} FILE` writes one; `{}` evaluates this mixture on a study", Task::WriteFit, Task::Evaluate)
}

/// What a mixture without a fit is, and what to do about it.
fn no_fit(mixture: &MixtureFile) -> (String, String) {
    match mixture.kind {
        Kind::Plan => {
            let found = "a plan of stages, which has a fit per stage and none of its own".to_string();
            (found, format!("`{}` with the plan file fits the stages again", Task::Plan))
        }
        Kind::Given => (
            "a mixture that was published, imported or written by hand, not the result of a fit".to_string(),
            instead(),
        ),
        Kind::Recommended | Kind::Optimum => ("it has no `fit`, like a mixture written by hand".to_string(), instead()),
    }
}

/// Reads a mixture file. Settings of its fit that this program does not know are passed over, and told.
fn read(file: &Path) -> Result<(MixtureFile, Vec<String>), MixtureError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| MixtureError::Unreadable { file: file.to_path_buf(), source })?;
    let fault = match MixtureFile::parse(file, &text) {
        Ok(mixture) => return Ok((mixture, Vec::new())),
        Err(fault) => fault,
    };
    let Some((known, unknown)) = without_unknown_settings(&text) else { return Err(fault) };
    // What is wrong besides is told with the lines of the file itself.
    MixtureFile::parse(file, &known).map(|mixture| (mixture, unknown)).map_err(|_| fault)
}

/// The text without the settings of a fit that this program does not know, and these; `None` where there are none.
fn without_unknown_settings(text: &str) -> Option<(String, Vec<String>)> {
    let mut tree: Value = serde_saphyr::from_str(text).ok()?;
    let mut unknown = Vec::new();
    for (key, schema) in
        [("settings", schemars::schema_for!(FitSettings)), ("study_settings", schemars::schema_for!(StudySettings))]
    {
        let Some(Value::Object(settings)) = tree.get_mut("fit").and_then(|fit| fit.get_mut(key)) else { continue };
        let schema = schema.to_value();
        let known = schema.get("properties").and_then(Value::as_object)?;
        settings.retain(|name, value| {
            let is_known = known.contains_key(name);
            if !is_known {
                unknown.push(format!("{name}: {value}"));
            }
            is_known
        });
    }
    if unknown.is_empty() { None } else { Some((tree.to_string(), unknown)) }
}

/// The study of a fit. Files of versions that did not record it are told by the inputs.
fn study_of(file: &Path, record: &FitRecord) -> Result<StudySettings, RefitError> {
    if let Some(settings) = &record.study_settings {
        return Ok(settings.clone());
    }
    let of = |role: &str| -> Vec<PathBuf> {
        record.inputs.iter().filter(|input| input.role == role).map(|input| PathBuf::from(&input.file)).collect()
    };
    let own = |role: &str| of(role).into_iter().find(|file| !is_embedded(file));
    if record.study != "files" {
        return Ok(StudySettings { targets: own("targets"), ..StudySettings::embedded(&record.study) });
    }
    let needed =
        |role: &'static str| together(&of(role)).ok_or_else(|| RefitError::NoInput { file: file.to_path_buf(), role });
    Ok(StudySettings {
        compression: Some(needed("compression")?),
        scores: Some(needed("scores")?),
        documents: own("documents"),
        models: own("models"),
        aliases: own("aliases"),
        domain_aliases: own("domain_aliases"),
        targets: own("targets"),
        ..StudySettings::default()
    })
}

/// One file, or the folder that several lie in.
fn together(files: &[PathBuf]) -> Option<PathBuf> {
    let first = files.first()?;
    if files.len() == 1 {
        return Some(first.clone());
    }
    let folder = first.ancestors().skip(1).find(|folder| files.iter().all(|file| file.starts_with(folder)))?;
    Some(if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_path_buf() })
}

/// Whether an input is part of the program.
pub(super) fn is_embedded(file: &Path) -> bool {
    file.to_str().is_some_and(|file| file.starts_with("embedded:"))
}

/// What was asked, with paths as they can be read, and the folder that they are taken from where it is not the working
/// directory. Of several folders the one counts that has most of the files, then the one with most files unchanged.
fn located(
    given: &str,
    recorded: &FitFile,
    inputs: &[InputFile],
    folder: Option<&Path>,
) -> Result<(FitFile, Option<PathBuf>), RefitError> {
    let named = named_files(recorded, inputs);
    let folders: Vec<PathBuf> = match folder {
        Some(folder) => vec![folder.to_path_buf()],
        None => vec![PathBuf::new(), Path::new(given).parent().unwrap_or(Path::new("")).to_path_buf()],
    };
    let known: Vec<&InputFile> = inputs.iter().filter(|input| !is_embedded(Path::new(&input.file))).collect();
    let worth = |folder: &Path| {
        let there = named.iter().filter(|file| folder.join(file).exists()).count();
        let unchanged = |input: &&&InputFile| {
            let found = InputFile::of_file(&input.role, &folder.join(&input.file));
            found.is_ok_and(|found| found.sha256 == input.sha256)
        };
        (there, known.iter().filter(unchanged).count())
    };
    let mut chosen = (folders[0].clone(), worth(&folders[0]));
    for folder in folders.iter().skip(1).filter(|folder| **folder != folders[0]) {
        let found = worth(folder);
        if found > chosen.1 {
            chosen = (folder.clone(), found);
        }
    }
    let (folder, _) = chosen;
    let missing: Vec<String> =
        named.iter().filter(|file| !folder.join(file).exists()).map(|file| file.display().to_string()).collect();
    if !missing.is_empty() {
        let called = |folder: &PathBuf| match folder.as_os_str().is_empty() {
            true => "the working directory".to_string(),
            false => folder.display().to_string(),
        };
        let mut folders: Vec<String> = folders.iter().map(called).collect();
        folders.dedup();
        return Err(RefitError::Missing { mixture: given.to_string(), files: missing, folders });
    }
    if folder.as_os_str().is_empty() || named.iter().all(|file| file.is_absolute()) {
        return Ok((recorded.clone(), None));
    }
    Ok((recorded.relative_to(&folder), Some(folder)))
}

/// The files that a fit reads: those of its study, its manifest, its table of names and its prior, where it is a file.
fn named_files(recorded: &FitFile, inputs: &[InputFile]) -> Vec<PathBuf> {
    let fit = &recorded.fit;
    let prior = match &fit.prior {
        Prior::Mixture(prior) => {
            let was_read = inputs.iter().any(|input| input.role == "prior" && input.file == *prior);
            (was_read || Prior::is_path(prior)).then(|| PathBuf::from(prior))
        }
        Prior::None | Prior::Uniform | Prior::Natural => None,
    };
    let named = fit.corpora.iter().chain(&fit.domain_aliases).map(PathBuf::from);
    recorded.study.files().map(Path::to_path_buf).chain(named).chain(prior).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_are_not_known_are_passed_over_and_told() {
        let text = "fit: {settings: {target: a, old_way: [1], seed: 3}, study_settings: {compression: b.csv}}";
        let (known, unknown) = without_unknown_settings(text).unwrap();
        assert_eq!(unknown, ["old_way: [1]"]);
        assert!(known.contains("\"seed\":3") && !known.contains("old_way"), "{known}");
        assert!(without_unknown_settings("fit: {settings: {target: a}}").is_none());
        assert!(without_unknown_settings("weights: {a: 1}").is_none());
    }

    #[test]
    fn several_result_files_stand_for_their_folder() {
        let paths = |files: &[&str]| files.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(together(&paths(&["r/a.json"])), Some("r/a.json".into()));
        assert_eq!(together(&paths(&["r/a/1.json", "r/b/2.json"])), Some("r".into()));
        assert_eq!(together(&paths(&["a.json", "b.json"])), Some(".".into()));
        assert_eq!(together(&[]), None);
    }
}
