//! Mixtures in the files that training and data stacks read, and back.
//!
//! A [`Target`] says in data what a consumer counts, how it names domains and what to beware of; [`export`] writes a
//! mixture for it and tells in notes what the file cannot say; [`import`] reads such a file into a mixture.
//!
//! ```
//! use mixopt_export::{ExportOptions, export, target};
//! use mixopt_manifest::ShareUnit;
//! use mixopt_mixture::{MixtureFile, Weights};
//!
//! let weights = Weights::from([("web".to_string(), 0.7), ("code".to_string(), 0.3)]);
//! let mixture = MixtureFile::given(ShareUnit::Tokens, &weights, None, None);
//! let written = export(target("megatron-text")?, &mixture, None, &ExportOptions::default())?;
//! assert_eq!(written.text, "0.3 code 0.7 web\n");
//! # Ok::<(), mixopt_export::ExportError>(())
//! ```

mod document;
// Each variant's own text names its fields.
mod error;
mod import;
mod include;
mod places;
mod prepared;
mod read_back;
mod repetition;
mod request;
mod sizes;
mod target;
mod targets;
mod trainers;
mod written;

use serde::Serialize;

use mixopt_base::{Setting, ShareUnit};
use mixopt_manifest::Manifest;
use mixopt_mixture::MixtureFile;

pub use error::{ExportError, ImportError};
pub use import::{Import, ImportOptions, import, import_text};
pub use prepared::{DECIMALS, Entry, PreparedStage};
pub use request::{BLOCK_SIZE, ExportOptions, Step};
pub use target::{FileFormat, Naming, Stages, SumRule, Target, TextPaths, Validation, Zeros};
pub use targets::{TARGETS, target};
pub use trainers::{UnknownTrainer, unknown_trainers};

/// A mixture written for a consumer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Export {
    /// The consumer's name.
    pub target: &'static str,
    /// What the shares are shares of.
    pub unit: ShareUnit,
    /// What they were shares of in the mixture file, where that is something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub converted_from: Option<ShareUnit>,
    /// The stages with their datasets; one without a name where the mixture has none.
    pub stages: Vec<PreparedStage>,
    /// What a reader should know and the file does not say.
    pub notes: Vec<String>,
    /// The file's text.
    pub text: String,
}

/// Writes a mixture for a consumer.
///
/// Shares are converted to the consumer's unit (see [`mixopt_manifest::convert`]), named as it names domains, ordered by
/// domain name and cut to twelve decimals that sum to exactly 1 as printed.
///
/// # Errors
/// [`ExportError`] with what is lacking or cannot be written, and what to do.
pub fn export(
    target: &'static Target,
    mixture: &MixtureFile,
    manifest: Option<&Manifest>,
    options: &ExportOptions,
) -> Result<Export, ExportError> {
    let mut notes = unused(target, options);
    let prepared = prepared::Prepared::new(target, mixture, manifest, options, &mut notes)?;
    let text = (target.write)(&prepared, &mut notes)?;
    Ok(Export {
        target: target.name,
        unit: prepared.unit,
        converted_from: prepared.converted_from,
        stages: prepared.stages,
        notes,
        text,
    })
}

/// Notes on settings that the consumer's file has no place for.
fn unused(target: &Target, options: &ExportOptions) -> Vec<String> {
    let blocks = ["levanter", "marin"].contains(&target.name);
    let given = [
        (Setting::Validation.to_string(), target.validation == Validation::Unused && !options.validation.is_empty()),
        (Setting::BlockSize.to_string(), !blocks && options.block_size.is_some()),
        ("the tokens of a step".to_string(), target.stages == Stages::One && options.step.is_some()),
    ];
    let unused = given.into_iter().filter(|(_, unused)| *unused);
    unused.map(|(setting, _)| format!("{setting}: files for {} cannot hold this; ignored", target.name)).collect()
}
