//! Studies that are compiled into the program.

use mixopt_base::Setting;
use std::path::Path;

use super::error::Result;
use super::inputs::InputFile;
use super::models::ModelsTable;
use super::names::{Aliases, unknown};
use super::settings::StudySettings;
use super::targets::TargetDefinitions;
use super::{Pattern, Study};
use crate::compression::bpc::CompressionTable;
use crate::scores::records::Scale;
use crate::scores::score_column::ScoreOptions;
use crate::scores::score_table::ScoreTable;
use crate::tables::table::Table;

/// A study whose tables are part of the program.
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedStudy {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub description: &'static str,
    /// Where its figures are from.
    pub citation: &'static str,
    compression: &'static str,
    scores: &'static str,
    models: &'static str,
}

/// The study used where none is named.
pub const DEFAULT_STUDY: &str = "huang2024";

/// All studies of this program.
pub const STUDIES: [EmbeddedStudy; 1] = [EmbeddedStudy {
    name: DEFAULT_STUDY,
    description: "31 public models, Common Crawl, Python and arXiv-math, 12 benchmarks",
    citation: "Huang, Zhang, Shan and He, Compression Represents Intelligence Linearly, COLM 2024, arXiv 2404.09937v2",
    compression: include_str!("../../benchmarks/huang2024/bits_per_character.csv"),
    scores: include_str!("../../benchmarks/huang2024/scores.csv"),
    models: include_str!("../../benchmarks/huang2024/models.csv"),
}];

const TARGETS: &str = include_str!("../../benchmarks/targets.yaml");

/// The target definitions of this program.
///
/// # Errors
/// None for the definitions that are compiled in, which a test reads.
pub fn embedded_targets() -> Result<TargetDefinitions> {
    TargetDefinitions::parse(Path::new("embedded:targets.yaml"), TARGETS)
}

impl EmbeddedStudy {
    /// Finds a study by name.
    pub fn find(name: &str) -> Result<Self> {
        let known: Vec<String> = STUDIES.iter().map(|study| study.name.to_string()).collect();
        STUDIES.into_iter().find(|study| study.name == name).ok_or_else(|| unknown("study", name, &known))
    }

    /// Reads its tables.
    ///
    /// `family_column`: the column of the models table that groups models (`family`, or for example `creator`).
    pub fn read(&self, family_column: Option<&str>) -> Result<Study> {
        let aliases = Aliases::default();
        let mut inputs = Vec::new();
        let mut table = |role: &str, file: &str, text: &str| {
            let name = format!("embedded:{}/{file}", self.name);
            inputs.push(InputFile::of_bytes(role, name.clone(), text.as_bytes()));
            Table::parse(Path::new(&name), text.as_bytes().to_vec())
        };
        let compression = table("compression", "bits_per_character.csv", self.compression)?;
        let scores = table("scores", "scores.csv", self.scores)?;
        let models = table("models", "models.csv", self.models)?;
        inputs.push(InputFile::of_bytes("targets", "embedded:targets.yaml", TARGETS.as_bytes()));
        let percent = ScoreOptions {
            scales: vec![(Pattern::parse(Setting::Scales, "*")?, Scale::Percent)],
            ..ScoreOptions::default()
        };
        Ok(Study {
            name: self.name.to_string(),
            compression: CompressionTable::from_table(&compression, None, &aliases)?,
            documents: None,
            scores: ScoreTable::from_table(&scores, &percent, &aliases)?,
            models: Some(ModelsTable::from_table(&models, family_column, &aliases)?),
            definitions: embedded_targets()?,
            inputs,
            settings: StudySettings {
                family_column: family_column.map(str::to_string),
                ..StudySettings::embedded(self.name)
            },
        })
    }
}
