//! The files of a study.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mixopt_base::{Setting, Unit};

use super::Study;
use super::embedded::embedded_targets;
use super::error::{Result, StudyError};
use super::inputs::InputFile;
use super::models::ModelsTable;
use super::names::{Aliases, Pattern};
use super::settings::StudySettings;
use super::sizes;
use super::targets::TargetDefinitions;
use crate::compression::bpc::CompressionTable;
use crate::compression::documents::DocumentSums;
use crate::scores::records::{Metric, Scale};
use crate::scores::score_column::ScoreOptions;
use crate::scores::score_table::ScoreTable;
use crate::tables::table::Table;

/// The files of a study and how they are to be read.
///
/// ```
/// use mixopt_study::{Study, StudyFiles};
///
/// let folder = tempfile::tempdir()?;
/// let (bpc, scores) = (folder.path().join("bpc.csv"), folder.path().join("scores.csv"));
/// std::fs::write(&bpc, "model,web,code\na-1b,0.80,0.60\na-7b,0.70,0.50\n")?;
/// std::fs::write(&scores, "model,reading\na-1b,41.2\na-7b,55.9\n")?;
///
/// let study = Study::read(&StudyFiles::new(bpc, scores))?;
/// assert_eq!(study.compression.matrix.columns, ["web", "code"]);
/// assert_eq!(study.scores.benchmarks[0].name, "reading");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct StudyFiles {
    /// Table of bits per character (or byte), or a table by document, which is added up.
    pub compression: PathBuf,
    /// Table of scores, a result file of an evaluation tool, or a folder of them.
    pub scores: PathBuf,
    /// Table by document for `compression`.
    pub documents: Option<PathBuf>,
    /// Table of models.
    pub models: Option<PathBuf>,
    /// Column of the table of models that groups them into families; `family` by default.
    pub family_column: Option<String>,
    /// Table of other names of models.
    pub aliases: Option<PathBuf>,
    /// Table of other names of domains.
    pub domain_aliases: Option<PathBuf>,
    /// Definitions of targets, in addition to the built-in ones.
    pub targets: Option<PathBuf>,
    /// Unit of the compression, if its column does not say.
    pub unit: Option<Unit>,
    /// Whether domains of the compression table that are averages of the others are kept.
    pub keep_averages: bool,
    /// What the scores measure, where it does not tell itself.
    pub score_options: ScoreOptions,
}

impl StudyFiles {
    /// Compression and scores, all else by default.
    pub fn new(compression: impl Into<PathBuf>, scores: impl Into<PathBuf>) -> Self {
        Self { compression: compression.into(), scores: scores.into(), ..Self::default() }
    }
}

impl Study {
    /// Reads a study from its files; the definitions of targets are the built-in ones.
    ///
    /// # Errors
    /// [`StudyError`] with the file, the place, what was found and what was expected.
    pub fn read(files: &StudyFiles) -> Result<Self> {
        let mut inputs = Vec::new();
        let aliases = match &files.aliases {
            Some(file) => {
                inputs.push(InputFile::of_file("aliases", file)?);
                Aliases::read(file)?
            }
            None => Aliases::default(),
        };
        let (mut compression, added_up) =
            CompressionTable::read_with_documents(&files.compression, files.unit, &aliases)?;
        let domain_aliases = match &files.domain_aliases {
            Some(file) => {
                inputs.push(InputFile::of_file("domain_aliases", file)?);
                Aliases::of_domains(file)?
            }
            None => Aliases::default(),
        };
        let mut documents = match (&files.documents, added_up) {
            (None, added_up) => added_up,
            (Some(file), None) => {
                inputs.push(InputFile::of_file("documents", file)?);
                let documents = DocumentSums::read(file, Some(compression.unit), &aliases)?;
                documents.reconcile(&compression)?;
                Some(documents)
            }
            (Some(file), Some(_)) => {
                return Err(StudyError::Setting {
                    setting: Setting::Documents,
                    found: file.display().to_string(),
                    problem: format!("{} is itself a table by document", files.compression.display()),
                    expected: "one of the two".to_string(),
                });
            }
        };
        compression.rename_domains(&domain_aliases)?;
        if let Some(documents) = &mut documents {
            documents.rename_domains(&domain_aliases);
        }
        if let Some(documents) = &documents {
            compression.messages.extend(documents.messages());
        }
        let mut definitions = embedded_targets()?.averages();
        let mut score_options = files.score_options.clone();
        if let Some(file) = &files.targets {
            let own = TargetDefinitions::read(file)?;
            score_options.defined.extend(own.metrics());
            definitions.extend(own);
        }
        if !files.keep_averages {
            compression.leave_out_averages();
        }
        let mut scores = ScoreTable::read(&files.scores, &score_options, &aliases)?;
        let mut models = match (&files.models, &files.family_column) {
            (Some(file), column) => {
                inputs.push(InputFile::of_file("models", file)?);
                Some(ModelsTable::from_table(&Table::read(file)?, column.as_deref(), &aliases)?)
            }
            (None, Some(column)) => {
                return Err(StudyError::Setting {
                    setting: Setting::FamilyColumn,
                    found: column.clone(),
                    problem: "no models table".to_string(),
                    expected: format!("`{}` as well", Setting::ModelsTable.to_give()),
                });
            }
            (None, None) => None,
        };
        let known = compression.matrix.rows.clone();
        let mut same = scores.rename_like(&known);
        if let Some(models) = &mut models {
            let rows = scores.matrix.rows.iter().filter(|row| !known.contains(row));
            let known: Vec<String> = known.iter().chain(rows).cloned().collect();
            same.extend(models.rename_like(&known));
        }
        same.sort();
        same.dedup();
        if !same.is_empty() {
            let pairs: Vec<String> = same.iter().map(|(name, other)| format!("`{name}` is `{other}`")).collect();
            scores.messages.push(format!("matched as the same models: {}", mixopt_base::list(&pairs)));
        }
        let mut known_sizes = scores.sizes.clone();
        known_sizes.extend(compression.sizes.clone());
        let models = complete(models, known_sizes, &compression.matrix.rows, &mut scores.messages);
        if let Some(file) = &files.targets {
            inputs.push(InputFile::of_file("targets", file)?);
        }
        for file in &compression.files {
            inputs.push(InputFile::of_file("compression", file)?);
        }
        for file in &scores.files {
            inputs.push(InputFile::of_file("scores", file)?);
        }
        let settings = StudySettings::from(files);
        Ok(Self { name: "files".to_string(), compression, documents, scores, models, definitions, inputs, settings })
    }

    /// Adds the targets that a file defines.
    ///
    /// # Errors
    /// A file that cannot be read as definitions, one that says what a benchmark measures: the scores are read already.
    pub fn define(&mut self, file: &Path) -> Result<()> {
        let definitions = TargetDefinitions::read(file)?;
        if let Some((name, metric)) = definitions.metrics().pop_first() {
            let place = mixopt_base::Place::file(file).column(format!("{name}.metric"));
            let expected =
                format!("no `metric`: what the benchmarks of the study {} measure is already known", self.name);
            return Err(StudyError::malformed(place, format!("`{}`", metric.name()), expected));
        }
        self.definitions.extend(definitions);
        self.inputs.push(InputFile::of_file("targets", file)?);
        self.settings.targets = Some(file.to_path_buf());
        Ok(())
    }
}

/// The table of models with sizes: its own, those that other tables state, and where neither has one the one in the name.
fn complete(
    models: Option<ModelsTable>,
    mut known: BTreeMap<String, f64>,
    measured: &[String],
    messages: &mut Vec<String>,
) -> Option<ModelsTable> {
    let own = models.as_ref().and_then(|models| models.covariate("parameters", measured).ok());
    let lacks =
        |(i, name): (usize, &String)| !known.contains_key(name) && own.as_ref().is_none_or(|own| own[i].is_nan());
    let told: BTreeMap<String, f64> = measured
        .iter()
        .enumerate()
        .filter(|&(i, name)| lacks((i, name)))
        .filter_map(|(_, name)| Some((name.clone(), sizes::of_name(name)?)))
        .collect();
    if let Some((name, size)) = told.iter().next() {
        let more = if told.len() > 1 { format!(" and {} more", told.len() - 1) } else { String::new() };
        messages.push(format!(
            "sizes inferred from model names: {:.3} billion of `{name}`{more} (`parameters` in a models table takes precedence)",
            size / 1e9
        ));
    }
    known.extend(told);
    match models {
        None if known.is_empty() => None,
        models => {
            let mut models = models.unwrap_or_default();
            models.add_sizes(&known);
            Some(models)
        }
    }
}

impl ScoreOptions {
    /// Reads declarations such as `cola=score`, `mmlu*=percent`, `hellaswag=10`, and a number of shots alone for all.
    ///
    /// # Errors
    /// [`StudyError::Setting`] for a text without `=` or with an unknown value.
    pub fn parse(metrics: &[String], scales: &[String], shots: &[String]) -> Result<Self> {
        let for_all = |text: &String| if text.contains('=') { text.clone() } else { format!("*={text}") };
        let mut shots: Vec<String> = shots.iter().map(for_all).collect();
        // What is declared for some goes before what is declared for all.
        shots.sort_by_key(|text| text.starts_with("*="));
        Ok(Self {
            defined: BTreeMap::new(),
            shots: declared(Setting::Shots, &shots, &["NUMBER"], |number| number.trim().parse().ok())?,
            metrics: declared(Setting::Metrics, metrics, &Metric::ALL.map(Metric::name), Metric::parse)?,
            scales: declared(Setting::Scales, scales, &["fraction", "percent"], |name| match name {
                "fraction" => Some(Scale::Fraction),
                "percent" => Some(Scale::Percent),
                _ => None,
            })?,
        })
    }
}

fn declared<T>(
    setting: Setting,
    texts: &[String],
    values: &[&str],
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<(Pattern, T)>> {
    texts
        .iter()
        .map(|text| {
            let fault = |problem: String| StudyError::Setting {
                setting,
                found: text.clone(),
                problem,
                expected: format!("PATTERN={}", values.join("|")),
            };
            let (pattern, value) = text.rsplit_once('=').ok_or_else(|| fault("`=` is missing".to_string()))?;
            let parsed = parse(value).ok_or_else(|| fault(format!("`{value}` is unknown")))?;
            Ok((Pattern::parse(setting, pattern)?, parsed))
        })
        .collect()
}
