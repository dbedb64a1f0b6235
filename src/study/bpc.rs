//! The compression table: bits per character (or byte) of each model on each domain.

use std::path::{Path, PathBuf};

use super::documents::DocumentSums;
use super::error::{Result, StudyError};
use super::layouts;
use super::matrix::{Index, LabelledMatrix};
use super::names::Aliases;
use super::records::ScoreRecord;
use super::table::Table;
use mixopt_base::{Place, Unit};

/// Compression of models (rows) on domains (columns).
#[derive(Debug, Clone)]
pub struct CompressionTable {
    /// Bits per unit; `NaN` where a model was not measured on a domain.
    pub matrix: LabelledMatrix,
    /// What the bits are counted per.
    pub unit: Unit,
    /// Families that the file itself states, by model.
    pub families: Vec<(String, String)>,
    /// What the user should know about how the file was read.
    pub messages: Vec<String>,
    /// The files read.
    pub files: Vec<PathBuf>,
}

pub(super) const MODEL: [&str; 3] = ["model", "model_name", "model_id"];
pub(super) const DOMAIN: [&str; 4] = ["domain", "corpus", "subset", "dataset"];
/// Columns of a long table that hold a ready-made ratio, with its unit.
const RATIOS: [(&str, Unit); 4] = [
    ("bits_per_character", Unit::Characters),
    ("bpc", Unit::Characters),
    ("bits_per_byte", Unit::Bytes),
    ("bpb", Unit::Bytes),
];
/// Bits per character beyond this are taken for a mistake: uniform guessing over 2²⁰ tokens of one character costs 20.
const MOST_BITS: f64 = 20.0;

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
                    let table = sums.compression()?;
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
                found: format!("the table holds {}", table.unit.bits_name()),
                remedy: format!(
                    "{} cannot be had without counts of characters and bytes; leave out `--bpc-unit {}`",
                    unit.bits_name(),
                    unit.bits_name()
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

    /// Reads a generic table that is already in memory, one row a cell at most.
    pub fn from_table(table: &Table, unit: Option<Unit>, aliases: &Aliases) -> Result<Self> {
        let domain = table.find_column(&DOMAIN);
        match (table.find_column(&MODEL), domain) {
            (Some(model), Some(domain)) => Self::from_long(table, &model, &domain, unit, aliases),
            (Some(model), None) => Self::from_wide(table, &model, unit, aliases),
            (None, Some(domain)) => Self::from_turned(table, &domain, unit, aliases),
            (None, None) => Err(StudyError::malformed(
                Place::file(table.file()),
                format!("columns {}", mixopt_base::list(&table.columns())),
                "a column `model` (one row a model, or a model and domain) or `domain` (one row a domain)",
            )),
        }
    }

    fn from_wide(table: &Table, model: &str, unit: Option<Unit>, aliases: &Aliases) -> Result<Self> {
        let models: Vec<String> = table.names(model, "model")?.iter().map(|name| aliases.resolve(name)).collect();
        refuse_repeats(table, model, "model", &models)?;
        let mut messages = Vec::new();
        let domains = value_columns(table, model, &mut messages);
        if domains.is_empty() {
            return Err(no_values(table, "one column of bits per character for each domain"));
        }
        let mut matrix = LabelledMatrix::missing(models, domains.clone());
        for (j, domain) in domains.iter().enumerate() {
            let values = table.numbers(domain)?;
            for (i, &value) in values.iter().enumerate() {
                check_bits(value, || table.place(i, domain))?;
            }
            matrix.values.column_mut(j).copy_from_slice(&values);
        }
        matrix.columns.iter_mut().for_each(|name| *name = name.trim().to_string());
        Ok(Self { matrix, unit: unit.unwrap_or(Unit::Characters), families: Vec::new(), messages, files: Vec::new() })
    }

    fn from_turned(table: &Table, domain: &str, unit: Option<Unit>, aliases: &Aliases) -> Result<Self> {
        let domains = table.names(domain, "domain")?;
        refuse_repeats(table, domain, "domain", &domains)?;
        let mut messages = Vec::new();
        let columns = value_columns(table, domain, &mut messages);
        if columns.is_empty() {
            return Err(no_values(table, "one column of bits per character for each model"));
        }
        let models: Vec<String> = columns.iter().map(|name| aliases.resolve(name.trim())).collect();
        refuse_repeats_in(Place::file(table.file()), "model", &models)?;
        let mut matrix = LabelledMatrix::missing(models, domains);
        for (i, column) in columns.iter().enumerate() {
            for (j, value) in table.numbers(column)?.into_iter().enumerate() {
                check_bits(value, || table.place(j, column))?;
                matrix.values[(i, j)] = value;
            }
        }
        Ok(Self { matrix, unit: unit.unwrap_or(Unit::Characters), families: Vec::new(), messages, files: Vec::new() })
    }

    fn from_long(table: &Table, model: &str, domain: &str, unit: Option<Unit>, aliases: &Aliases) -> Result<Self> {
        let models: Vec<String> = table.names(model, "model")?.iter().map(|name| aliases.resolve(name)).collect();
        let domains = table.names(domain, "domain")?;
        let bits = table.find_column(&["bits"]);
        let nats = table.find_column(&["nats", "nll_nats"]);
        let characters = table.find_column(&["characters", "chars"]);
        let bytes = table.find_column(&["bytes"]);
        let count = |unit| if unit == Unit::Characters { characters.clone() } else { bytes.clone() };

        let (mut rows, mut columns) = (Index::default(), Index::default());
        let places: Vec<(usize, usize)> =
            models.iter().zip(&domains).map(|(m, d)| (rows.insert(m), columns.insert(d))).collect();
        let mut matrix = LabelledMatrix::missing(rows.names, columns.names);

        // Sums are exact under regrouping, a ratio is not: they go first where a table has both.
        let sums = bits.clone().or(nats.clone());
        let wanted = unit.unwrap_or(if characters.is_some() { Unit::Characters } else { Unit::Bytes });
        if let (Some(sum_column), Some(count_column)) = (sums, count(wanted)) {
            let factor = if bits.is_some() { 1.0 } else { std::f64::consts::LOG2_E };
            let totals = table.numbers(&sum_column)?;
            let counts = table.numbers(&count_column)?;
            let may_repeat = table.find_column(&["shard", "part", "piece"]).is_some();
            let mut added = nalgebra::DMatrix::<f64>::zeros(matrix.rows.len(), matrix.columns.len());
            let mut counted = added.clone();
            for (row, &(i, j)) in places.iter().enumerate() {
                if counted[(i, j)] > 0.0 && !may_repeat {
                    return Err(repeated_cell(table, row, domain, &models[row], &domains[row]));
                }
                if totals[row].is_nan() || counts[row].is_nan() {
                    continue;
                }
                if counts[row] <= 0.0 {
                    return Err(StudyError::OutOfRange {
                        place: table.place(row, &count_column),
                        what: "a count".to_string(),
                        found: counts[row],
                        expected: "more than 0".to_string(),
                    });
                }
                added[(i, j)] += totals[row] * factor;
                counted[(i, j)] += counts[row];
            }
            for (row, &(i, j)) in places.iter().enumerate() {
                if counted[(i, j)] > 0.0 {
                    let value = added[(i, j)] / counted[(i, j)];
                    check_bits(value, || table.place(row, &sum_column))?;
                    matrix.values[(i, j)] = value;
                }
            }
            return Ok(Self { matrix, unit: wanted, families: Vec::new(), messages: Vec::new(), files: Vec::new() });
        }

        let ratio = RATIOS
            .iter()
            .filter(|(_, of)| unit.is_none_or(|unit| unit == *of))
            .find_map(|(name, of)| table.find_column(&[name]).map(|column| (column, *of)));
        let Some((column, unit)) = ratio else {
            return Err(no_values(table, "`bits_per_character`, or `bits` (or `nats`) with `characters`"));
        };
        let values = table.numbers(&column)?;
        let mut seen = std::collections::HashSet::new();
        for (row, &(i, j)) in places.iter().enumerate() {
            if !seen.insert((i, j)) {
                return Err(repeated_cell(table, row, domain, &models[row], &domains[row]));
            }
            check_bits(values[row], || table.place(row, &column))?;
            matrix.values[(i, j)] = values[row];
        }
        Ok(Self { matrix, unit, families: Vec::new(), messages: Vec::new(), files: Vec::new() })
    }

    fn from_records(records: Vec<ScoreRecord>, aliases: &Aliases, path: &Path) -> Result<Self> {
        let unit_of = |record: &ScoreRecord| match record.metric.as_deref() {
            Some("bits_per_character") => Unit::Characters,
            _ => Unit::Bytes,
        };
        let Some(first) = records.first() else {
            return Err(StudyError::malformed(
                Place::file(path),
                "no bits per byte or per character",
                "results of rolling log-likelihood tasks, or a table of bits per character",
            ));
        };
        let unit = unit_of(first);
        let (mut rows, mut columns) = (Index::default(), Index::default());
        let mut cells = Vec::new();
        let mut families = Vec::new();
        for record in &records {
            let place = || Place::file(&record.file).column(format!("{} of {}", record.benchmark, record.model));
            if unit_of(record) != unit {
                return Err(StudyError::Ambiguous {
                    place: place(),
                    found: "bits per byte stand beside bits per character".to_string(),
                    remedy: "give one or the other".to_string(),
                });
            }
            check_bits(record.value, place)?;
            let model = aliases.resolve(&record.model);
            if let Some(family) = &record.family {
                families.push((model.clone(), family.clone()));
            }
            cells.push((rows.insert(&model), columns.insert(&record.benchmark), record.value));
        }
        let mut matrix = LabelledMatrix::missing(rows.names, columns.names);
        for (record, (i, j, value)) in records.iter().zip(cells) {
            if !matrix.values[(i, j)].is_nan() {
                return Err(StudyError::Duplicate {
                    place: Place::file(&record.file).column(&record.benchmark),
                    kind: "model",
                    name: record.model.clone(),
                });
            }
            matrix.values[(i, j)] = value;
        }
        families.dedup();
        Ok(Self { matrix, unit, families, messages: Vec::new(), files: Vec::new() })
    }
}

/// Columns that hold values rather than names; columns of names are left out with a message.
pub(super) fn value_columns(table: &Table, key: &str, messages: &mut Vec<String>) -> Vec<String> {
    const ATTRIBUTES: [&str; 8] =
        ["parameters", "params", "parameters_b", "params_b", "revision", "family", "series", "creator"];
    let mut left_out = Vec::new();
    let mut kept = Vec::new();
    for column in table.columns().into_iter().filter(|column| column != key) {
        let is_attribute = ATTRIBUTES.iter().any(|name| column.trim().eq_ignore_ascii_case(name));
        if is_attribute || table.is_text(&column) { left_out.push(column) } else { kept.push(column) }
    }
    if !left_out.is_empty() {
        messages.push(format!(
            "{}: columns that describe models rather than measure them were left out: {}",
            table.file().display(),
            left_out.join(", ")
        ));
    }
    kept
}

/// Refuses a name that a key column holds twice.
pub(super) fn refuse_repeats(table: &Table, column: &str, kind: &'static str, names: &[String]) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    match names.iter().position(|name| !seen.insert(name)) {
        Some(row) => Err(StudyError::Duplicate { place: table.place(row, column), kind, name: names[row].clone() }),
        None => Ok(()),
    }
}

/// Refuses a name that stands twice in a header.
pub(super) fn refuse_repeats_in(place: Place, kind: &'static str, names: &[String]) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    match names.iter().find(|name| !seen.insert(*name)) {
        Some(name) => Err(StudyError::Duplicate { place, kind, name: name.clone() }),
        None => Ok(()),
    }
}

fn repeated_cell(table: &Table, row: usize, column: &str, model: &str, domain: &str) -> StudyError {
    StudyError::Duplicate {
        place: table.place(row, column),
        kind: "model and domain",
        name: format!("{model} on {domain}"),
    }
}

fn no_values(table: &Table, expected: &str) -> StudyError {
    let found = format!("columns {}", mixopt_base::list(&table.columns()));
    StudyError::malformed(Place::file(table.file()), found, expected)
}

pub(super) fn check_bits(value: f64, place: impl Fn() -> Place) -> Result<()> {
    // The comparison is written so that a missing cell (NaN) passes.
    if value <= 0.0 || value > MOST_BITS {
        return Err(StudyError::OutOfRange {
            place: place(),
            what: "the compression".to_string(),
            found: value,
            expected: format!("bits per character above 0 and at most {MOST_BITS} (is the unit right?)"),
        });
    }
    Ok(())
}
