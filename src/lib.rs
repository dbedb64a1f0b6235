//! mixopt finds the pretraining mixture whose compression tracks a benchmark best.
//!
//! Let `B` hold the bits per character of models (rows) on domains (columns) and `y` the models' benchmark scores. A
//! mixture `w` (shares of characters, `w ≥ 0`, `Σw = 1`) compresses at `Bw`, and
//!
//! ```text
//! max over w of  corr(−Bw, y)
//! ```
//!
//! is a projection onto a convex cone: it has one global optimum, found exactly, with an upper bound on every other
//! mixture. The idea that compression tracks skill linearly is that of Huang et al., *Compression Represents Intelligence
//! Linearly* (arXiv 2404.09937).
//!
//! Data flows one way: [`corpus`] (documents) → [`model`] (language models) → [`score`] (bits per character) → [`study`]
//! (tables and their join) → [`fit`] (matrices and numbers) → [`mixture`] (the answer and its file). Each of them is a
//! crate of its own; this one is their front door.
//!
//! ```
//! use mixopt::{fit::Silent, mixture::{FitSettings, find}, study::EmbeddedStudy};
//!
//! let study = EmbeddedStudy::find("huang2024")?.read(None)?;
//! let report = find(&study, &FitSettings::new("mmlu"), &Silent)?;
//! assert_eq!(report.question.models, 19);
//! assert!(report.answer.optimum.gap.unwrap() < 1e-9);
//! # Ok::<(), mixopt::mixture::FitError>(())
//! ```

mod error;

pub use error::Error;

pub use mixopt_base as base;
pub use mixopt_base::{count, place, whole_file};
pub use mixopt_corpus as corpus;
pub use mixopt_export as export;
pub use mixopt_fit as fit;
pub use mixopt_manifest as manifest;
pub use mixopt_mixture as mixture;
#[cfg(feature = "score")]
pub use mixopt_model as model;
#[cfg(feature = "score")]
pub use mixopt_score as score;
pub use mixopt_study as study;
pub use mixopt_trust as trust;
