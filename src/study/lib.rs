//! A study: how well models compress domains, what they score, and what is known about them.
//!
//! Three tables go in (compression, scores, models), each from a file in one of many formats; a target and a selection
//! join them into the complete matrix and vector that a fit works on.

mod compression;
mod embedded;
// Each variant's own text names its fields.
mod error;
mod explained;
mod files;
mod inputs;
mod join;
pub mod layouts;
mod matching;
mod models;
mod names;
mod scores;
mod settings;
mod sizes;
mod tables;
mod targets;

pub use compression::bpc::CompressionTable;
pub use compression::documents::{DocumentSums, DomainSums, UnusableCell};
pub use embedded::{DEFAULT_STUDY, EmbeddedStudy, STUDIES, embedded_targets};
pub use error::{Result, StudyError};
pub use files::StudyFiles;
pub use inputs::InputFile;
pub use join::{Dropped, JoinedStudy, LEAST_FAMILIES, LEAST_MODELS, MissingRule, Selection};
pub use mixopt_base::{Place, Unit, nearest};
pub use models::ModelsTable;
pub use names::{Aliases, Pattern};
pub use scores::records::{Metric, Sample, Scale, ScoreRecord};
pub use scores::score_column::{Absent, ScoreOptions};
pub use scores::score_table::{Benchmark, ScoreTable};
pub use settings::StudySettings;
pub use tables::matrix::LabelledMatrix;
pub use tables::table::Table;
pub use targets::{Part, Target, TargetDefinition, TargetDefinitions, known_targets, parse_expression};

/// The tables of a study.
#[derive(Debug, Clone)]
pub struct Study {
    /// Name of an embedded study, or `files`.
    pub name: String,
    /// Compression of models on domains.
    pub compression: CompressionTable,
    /// The documents that the compression was measured on, where given.
    pub documents: Option<DocumentSums>,
    /// Scores of models on benchmarks.
    pub scores: ScoreTable,
    /// Facts about models, where given.
    pub models: Option<ModelsTable>,
    /// Named targets.
    pub definitions: TargetDefinitions,
    /// What it was read from.
    pub inputs: Vec<InputFile>,
    /// How it is read again.
    pub settings: StudySettings,
}
