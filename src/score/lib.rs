//! Scores: bits per character of language models over corpora.
//!
//! A [`run`] takes models and domains and leaves, in a [`Journal`], the sums of every document in [parts](Part) that a later
//! run does not compute again; [`write_tables`] makes of them one row for each model and domain, and one for each
//! document.

mod batch;
mod cell;
mod counting;
mod domain;
mod error;
mod inputs;
mod journal;
mod part;
mod plan;
mod protocol;
mod results;
mod run;
mod settings;
mod tables;
mod tokens;
mod watch;
mod window;

pub use cell::Layout;
pub use counting::{
    CountError, CountSettings, DEFAULT_SAMPLE, DomainCounts, SampledDocument, TextTokenizer, TokenCount, count, fill,
    ratio_estimate,
};
pub use domain::{Domain, ModelProvider};
pub use error::{Result, ScoreError};
pub use inputs::{DiskModel, prepare_domain};
pub use journal::{CellParts, Deciding, Journal};
pub use mixopt_base::Count;
pub use part::{DocumentSums, Ending, Part, PartHeader};
pub use plan::{Plan, PlannedCell, PlannedModel};
pub use protocol::{DocumentStart, Extent, Protocol};
pub use results::{CellRow, DocumentRow};
pub use run::{Conduct, Outcome, run};
pub use settings::{DeviceSetting, DtypeSetting, ModelSetting, ScoreSettings, first_twice};
pub use tables::{TableFormat, documents_file, write_tables};
pub use watch::{Unwatched, Watch};
pub use window::{Arrival, Owner, ScoredWindow, Windows};
