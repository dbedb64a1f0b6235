//! Scores: bits per character of language models over corpora.
//!
//! A [`run`] takes models and domains and leaves, in a [`Journal`], the sums of every document in [parts](Part) that a later
//! run does not compute again; [`write_tables`] makes of them one row for each model and domain, and one for each
//! document.

mod counting;
// Each variant's own text names its fields.
mod error;
mod inputs;
mod results;
mod run;
mod windows;

pub use counting::{
    CountError, CountSettings, DEFAULT_SAMPLE, DomainCounts, SampledDocument, TextTokenizer, TokenCount, count, fill,
    ratio_estimate,
};
pub use error::{Result, ScoreError};
pub use inputs::disk::{DiskModel, prepare_domain};
pub use inputs::domain::{Domain, ModelProvider};
pub use inputs::settings::{DeviceSetting, DtypeSetting, ModelSetting, ScoreSettings, first_twice};
pub use mixopt_base::{Count, Observer, Silent};
pub use results::journal::{CellParts, Deciding, Journal};
pub use results::part::{DocumentSums, Ending, Part, PartHeader};
pub use results::rows::{CellRow, DocumentRow};
pub use results::tables::{TableFormat, documents_file, write_tables};
pub use run::observer::RunObserver;
pub use run::plan::{Plan, PlannedCell, PlannedModel};
pub use run::scoring::{Conduct, Outcome, run};
pub use windows::protocol::Layout;
pub use windows::protocol::{DocumentStart, Extent, Protocol};
pub use windows::window::{Arrival, Owner, ScoredWindow, Windows};
