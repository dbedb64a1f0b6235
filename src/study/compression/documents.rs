//! The documents that a compression table was measured on: what its numbers' uncertainty is computed from.

use std::path::{Path, PathBuf};

use crate::compression::bpc::{Cells, CompressionTable, check_bits};
use crate::error::{Result, StudyError};
use crate::names::Aliases;
use crate::tables::table::Table;
use mixopt_base::{Place, Setting, Unit, list};

/// Relative difference that a ratio of sums may have from the compression table: summation in another order.
const ALLOWED: f64 = 1e-6;
/// Cells that a message names.
const MOST_NAMED: usize = 4;

/// Bits of every model on every document, by domain: what `mixopt score` writes next to its table.
#[derive(Debug, Clone)]
pub struct DocumentSums {
    /// The file.
    pub file: PathBuf,
    /// What sizes count.
    pub unit: Unit,
    /// Models, in the order of the file.
    pub models: Vec<String>,
    /// Domains, in the order of the file.
    pub domains: Vec<DomainSums>,
    /// Models that were not measured on the documents of a domain that the others were.
    pub unusable: Vec<UnusableCell>,
}

/// The documents of one domain.
#[derive(Debug, Clone)]
pub struct DomainSums {
    /// Its name.
    pub name: String,
    /// Identifiers of the documents, in the order of the file.
    pub documents: Vec<String>,
    /// Characters (or bytes) of each document.
    pub sizes: Vec<f64>,
    /// Bits of each document, by model; `None` for a model that was not measured on just these documents.
    pub bits: Vec<Option<Vec<f64>>>,
}

/// A model on a domain without usable documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableCell {
    /// The model.
    pub model: String,
    /// The domain.
    pub domain: String,
    /// Documents that the other models have and it has not.
    pub lacking: usize,
    /// Documents that it has and the others have not.
    pub additional: usize,
    /// The first of either.
    pub example: String,
}

impl std::fmt::Display for UnusableCell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { model, domain, lacking, additional, example } = self;
        write!(f, "{model} on {domain} ({lacking} missing, {additional} extra, such as `{example}`)")
    }
}

impl DomainSums {
    /// Bits per unit of a model, the ratio of its sums; `None` for one without usable documents.
    pub fn ratio(&self, model: usize) -> Option<f64> {
        let bits = self.bits.get(model)?.as_ref()?;
        Some(bits.iter().sum::<f64>() / self.sizes.iter().sum::<f64>())
    }
}

impl DocumentSums {
    /// Reads a table with a row for each model and document: `model`, `domain`, `id` (or `document`), `bits` (or `nats`)
    /// and `characters` (or `bytes`); other columns are passed over.
    ///
    /// `unit`: which of the two sizes to use; characters where there are any unless it is given. Where models were
    /// measured on different documents of a domain, the documents that most models share count (of several such sets the
    /// largest), and the other models are in [`unusable`](Self::unusable).
    ///
    /// # Errors
    /// [`StudyError`] with the place: a column that is missing, a size that is not above zero, negative bits, a document
    /// that stands twice under a model, one whose size is not the same for all models.
    pub fn read(file: &Path, unit: Option<Unit>, aliases: &Aliases) -> Result<Self> {
        Self::from_table(&Table::read(file)?, unit, aliases)
    }

    /// The compression table that the documents add up to; a model is missing on a domain where its documents are not
    /// those of the other models, whose text it cannot be compared on.
    pub fn compression(&self) -> CompressionTable {
        let names = self.domains.iter().map(|domain| domain.name.clone()).collect();
        let mut cells = Cells::missing(self.models.clone(), names);
        for (j, domain) in self.domains.iter().enumerate() {
            for (i, model) in self.models.iter().enumerate() {
                if let Some(value) = domain.ratio(i) {
                    let place = || Place::file(&self.file).column(format!("{} of {model}", domain.name));
                    cells.put((i, j), check_bits(value, place));
                }
            }
        }
        let of_documents = format!(
            "{} has a row for each document: they were added up by domain, and are used as `{}` too",
            self.file.display(),
            Setting::Documents
        );
        CompressionTable { messages: vec![of_documents], files: vec![self.file.clone()], ..cells.table(self.unit) }
    }

    /// Gives domains the names that a study has for them.
    pub(crate) fn rename_domains(&mut self, aliases: &Aliases) {
        self.domains.iter_mut().for_each(|domain| domain.name = aliases.resolve(&domain.name));
    }

    /// Checks that the documents add up to a compression table, within a relative 10⁻⁶.
    ///
    /// # Errors
    /// The first cell that is another, and a table with which there is no model on a domain in common.
    pub fn reconcile(&self, compression: &CompressionTable) -> Result<()> {
        let matrix = &compression.matrix;
        let mut common = 0;
        for domain in &self.domains {
            let Some(j) = matrix.column(&domain.name) else { continue };
            for (model, name) in self.models.iter().enumerate() {
                let (Some(i), Some(found)) = (matrix.row(name), domain.ratio(model)) else { continue };
                let expected = matrix.values[(i, j)];
                if expected.is_nan() {
                    continue;
                }
                common += 1;
                if (found - expected).abs() > ALLOWED * expected.abs() {
                    let other = compression.files.first().cloned().unwrap_or_else(|| "the compression table".into());
                    return Err(StudyError::OtherRun {
                        files: Box::new([self.file.clone(), other]),
                        model: name.clone(),
                        domain: domain.name.clone(),
                        unit: self.unit_name(),
                        found,
                        expected,
                    });
                }
            }
        }
        if common == 0 {
            let domains: Vec<String> = self.domains.iter().map(|domain| domain.name.clone()).collect();
            return Err(StudyError::malformed(
                Place::file(&self.file),
                format!("models {} on domains {}", list(&self.models), list(&domains)),
                format!("models {} on domains {}", list(&matrix.rows), list(&matrix.columns)),
            ));
        }
        Ok(())
    }

    /// What the user should know: which models have no documents on a domain because theirs are others'.
    pub fn messages(&self) -> Vec<String> {
        if self.unusable.is_empty() {
            return Vec::new();
        }
        let shown: Vec<String> = self.unusable.iter().take(MOST_NAMED).map(ToString::to_string).collect();
        let more = self.unusable.len().saturating_sub(MOST_NAMED);
        vec![format!(
            "{}: not measured on the documents that most models were measured on, so their documents are not used: {}{}",
            self.file.display(),
            shown.join(", "),
            if more > 0 { format!(" and {more} more") } else { String::new() }
        )]
    }

    fn unit_name(&self) -> String {
        self.unit.bits_name().replace('_', " ")
    }
}
