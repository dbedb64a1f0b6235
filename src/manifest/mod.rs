//! The text that there is to train on: which domains, where they lie, how much of each.
//!
//! A [`Manifest`] is the file `corpora.yaml`. Its counts turn shares of characters into shares of tokens, bytes or
//! documents ([`convert`]) and say how often a budget repeats a domain ([`Manifest::supply`]).

mod check_values;
mod counting;
mod error;
mod estimate;
mod file;
mod relocate;
mod report;
mod supply;
mod text_tokenizer;
mod unit;
mod values;

pub use counting::{CountSettings, CountWatch, DEFAULT_SAMPLE, DomainCounts, Unheard, count};
pub use error::{ManifestError, Result};
pub use estimate::{SampledDocument, TokenCount, ratio_estimate};
pub use file::{Manifest, ManifestDomain, VERSION};
pub use report::{DomainReport, ManifestReport, Missing, Problem};
pub use supply::SupplyLimit;
pub use text_tokenizer::TextTokenizer;
pub use unit::{ShareUnit, convert};
