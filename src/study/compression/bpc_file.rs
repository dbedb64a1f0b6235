//! Reading a compression table from a file of any kind: a generic table, one by document, or results of evaluation tools.

use std::path::Path;

use crate::compression::bpc::CompressionTable;
use crate::compression::documents::DocumentSums;
use crate::error::{Result, StudyError};
use crate::layouts;
use crate::names::Aliases;
use crate::tables::table::Table;
use mixopt_base::{Place, Setting, Unit};

impl CompressionTable {
    /// Reads a table of bits per character.
    ///
    /// Long: `model, domain` and either `bits_per_character` (`bits_per_byte`), or sums (`bits` or `nats` with
    /// `characters` or `bytes`), which are added up over rows of the same model and domain that differ in `shard`. Wide:
    /// `model` and one column a domain. Turned: `domain` and one column a model. Layouts of evaluation tools that hold
    /// bits per byte or character are read as they are.
    ///
    /// A table by document ([`DocumentSums`]) is added up to domains.
    ///
    /// `unit`: what a wide table's numbers are per, or which of the two a table with both counts should give.
    ///
    /// # Errors
    /// [`StudyError`] with the place; negative, zero or absurd values too.
    pub fn read(path: &Path, unit: Option<Unit>, aliases: &Aliases) -> Result<Self> {
        Ok(Self::read_with_documents(path, unit, aliases)?.0)
    }

    /// The same, with the documents of a table by document; `None` for any other table.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn read_with_documents(
        path: &Path,
        unit: Option<Unit>,
        aliases: &Aliases,
    ) -> Result<(Self, Option<DocumentSums>)> {
        let mut documents = None;
        let mut table = match layouts::read_bits(path)? {
            Some(found) => {
                let mut table = Self::from_records(found.records, aliases, path)?;
                table.messages = found.messages;
                table.files = found.files;
                table
            }
            None => {
                let read = Table::read(path)?;
                let mut table = if DocumentSums::is_in(&read)? {
                    let sums = DocumentSums::from_table(&read, unit, aliases)?;
                    let table = sums.compression();
                    documents = Some(sums);
                    table
                } else {
                    Self::from_table(&read, unit, aliases)?
                };
                table.files = vec![path.to_path_buf()];
                table
            }
        };
        if let Some(unit) = unit.filter(|&unit| unit != table.unit) {
            return Err(StudyError::Ambiguous {
                place: Place::file(path),
                found: format!("the table has {}", table.unit.bits_name()),
                remedy: format!(
                    "{0} cannot be computed without counts of characters and bytes; leave out `{1} {0}`",
                    unit.bits_name(),
                    Setting::CompressionUnit
                ),
            });
        }
        if table.unit == Unit::Bytes {
            table
                .messages
                .push("compression is in bits per byte, so a mixture's shares are shares of bytes".to_string());
        }
        Ok((table, documents))
    }
}
