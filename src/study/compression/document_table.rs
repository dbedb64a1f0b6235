//! Reading a table that has a row for each model and document.

use std::collections::{HashMap, HashSet};

use crate::compression::documents::{DocumentSums, DomainSums, UnusableCell};
use crate::error::{Result, StudyError};
use crate::names::Aliases;
use crate::tables::matrix::Index;
use crate::tables::shapes::{DOMAINS, MODEL};
use crate::tables::table::Table;
use mixopt_base::{Place, Task, Unit, list};

const DOCUMENT: [&str; 4] = ["id", "document", "document_id", "doc_id"];
const SHARD: [&str; 3] = ["shard", "part", "piece"];

/// Columns of a table by document.
struct Columns {
    model: String,
    domain: String,
    document: String,
    sum: String,
    /// Bits in one of what `sum` counts.
    factor: f64,
    characters: Option<String>,
    bytes: Option<String>,
}

impl Columns {
    fn find(table: &Table) -> Option<Self> {
        let bits = table.find_column(&["bits"]);
        let factor = if bits.is_some() { 1.0 } else { std::f64::consts::LOG2_E };
        let characters = table.find_column(&["characters", "chars"]);
        let bytes = table.find_column(&["bytes"]);
        if characters.is_none() && bytes.is_none() {
            return None;
        }
        Some(Self {
            model: table.find_column(&MODEL)?,
            domain: table.find_column(&DOMAINS.columns)?,
            document: table.find_column(&DOCUMENT)?,
            sum: bits.or_else(|| table.find_column(&["nats", "nll_nats"]))?,
            factor,
            characters,
            bytes,
        })
    }
}

/// A domain while its rows are read.
#[derive(Default)]
struct Growing {
    documents: Index,
    sizes: Vec<f64>,
    /// Row that gave each size.
    rows: Vec<usize>,
    /// Bits by model and document, `NaN` where there are none.
    bits: HashMap<usize, Vec<f64>>,
}

impl DocumentSums {
    /// Whether a table is one by document: it names documents and has several rows of one model on one domain.
    ///
    /// # Errors
    /// A row without a model or a domain.
    pub(crate) fn is_in(table: &Table) -> Result<bool> {
        let Some(columns) = Columns::find(table) else { return Ok(false) };
        if table.find_column(&SHARD).is_some() {
            return Ok(false);
        }
        let (models, domains) = (table.names(&columns.model, "model")?, table.names(&columns.domain, "domain")?);
        let mut seen = HashSet::new();
        Ok(!models.iter().zip(&domains).all(|cell| seen.insert(cell)))
    }

    /// Reads a table that is already in memory; see [`read`](Self::read).
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn from_table(table: &Table, unit: Option<Unit>, aliases: &Aliases) -> Result<Self> {
        let columns = Columns::find(table).ok_or_else(|| {
            StudyError::malformed(
                Place::file(table.file()),
                format!("columns {}", list(&table.columns())),
                format!(
                    "`model`, `domain`, `id`, `bits` and `characters` (or `bytes`), a row for each model and document, \
                     as `{}` writes next to its table",
                    Task::Score
                ),
            )
        })?;
        let unit = unit.unwrap_or(if columns.characters.is_some() { Unit::Characters } else { Unit::Bytes });
        let size_column = match unit {
            Unit::Characters => columns.characters.as_ref(),
            Unit::Bytes => columns.bytes.as_ref(),
        };
        let size_column = size_column.ok_or_else(|| {
            let unit = if unit == Unit::Characters { "characters" } else { "bytes" };
            let found = format!("columns {}", list(&table.columns()));
            let expected = format!("a column `{unit}`, since the compression is in bits per {}", singular(unit));
            StudyError::malformed(Place::file(table.file()), found, expected)
        })?;

        let (models, mut domains) = (table.names(&columns.model, "model")?, Index::default());
        let mut model_names = Index::default();
        let of_domains = table.names(&columns.domain, "domain")?;
        let documents = table.names(&columns.document, "document")?;
        let (sums, sizes) = (table.numbers(&columns.sum)?, table.numbers(size_column)?);
        let mut growing: Vec<Growing> = Vec::new();
        // Rows of a model follow each other: its name is looked up once.
        let mut last: Option<(&str, usize)> = None;
        for row in 0..table.rows() {
            let model = match last {
                Some((name, position)) if name == models[row] => position,
                _ => model_names.insert(&aliases.resolve(&models[row])),
            };
            last = Some((&models[row], model));
            let domain = domains.insert(&of_domains[row]);
            if domain == growing.len() {
                growing.push(Growing::default());
            }
            let (size, bits) = (sizes[row], sums[row] * columns.factor);
            if size.is_nan() || size <= 0.0 {
                return Err(out_of_range(table, row, size_column, "a document's size", size, "more than 0"));
            }
            if bits < 0.0 {
                return Err(out_of_range(table, row, &columns.sum, "a document's bits", bits, "0 or more"));
            }
            let own = &mut growing[domain];
            let document = own.documents.insert(&documents[row]);
            if document == own.sizes.len() {
                own.sizes.push(size);
                own.rows.push(row);
            } else if own.sizes[document] != size {
                return Err(other_text(table, row, size_column, own, document, size));
            }
            let of_model = own.bits.entry(model).or_default();
            if of_model.len() <= document {
                of_model.resize(document + 1, f64::NAN);
            }
            if !of_model[document].is_nan() {
                let name = format!("{} of {} under {}", documents[row], of_domains[row], models[row]);
                let place = table.place(row, &columns.document);
                return Err(StudyError::Duplicate { place, kind: "document", name });
            }
            of_model[document] = bits;
        }

        let mut unusable = Vec::new();
        let domains = domains
            .names
            .into_iter()
            .zip(growing)
            .map(|(name, domain)| domain.finish(name, &model_names.names, &mut unusable))
            .collect();
        Ok(Self { file: table.file().to_path_buf(), unit, models: model_names.names, domains, unusable })
    }
}

impl Growing {
    /// Keeps the documents that most models share, and the models that have just these.
    fn finish(mut self, name: String, models: &[String], unusable: &mut Vec<UnusableCell>) -> DomainSums {
        let count = self.sizes.len();
        let mut sets: Vec<(Vec<bool>, usize)> = Vec::new();
        let mut of_models: Vec<Option<usize>> = vec![None; models.len()];
        for (model, set_of_model) in of_models.iter_mut().enumerate() {
            let Some(bits) = self.bits.get_mut(&model) else { continue };
            bits.resize(count, f64::NAN);
            let set: Vec<bool> = bits.iter().map(|bits| !bits.is_nan()).collect();
            if !set.contains(&true) {
                continue;
            }
            let place = sets.iter().position(|(other, _)| *other == set).unwrap_or_else(|| {
                sets.push((set, 0));
                sets.len() - 1
            });
            sets[place].1 += 1;
            *set_of_model = Some(place);
        }
        let size = |set: &[bool]| set.iter().filter(|&&has| has).count();
        // Of equals the first: `max_by_key` would take the last.
        let chosen = (0..sets.len()).rev().max_by_key(|&place| (sets[place].1, size(&sets[place].0)));
        let kept: Vec<usize> = match chosen {
            Some(place) => (0..count).filter(|&k| sets[place].0[k]).collect(),
            None => Vec::new(),
        };
        let mut bits = vec![None; models.len()];
        for (model, place) in of_models.into_iter().enumerate() {
            let (Some(place), Some(all)) = (place, self.bits.get(&model)) else { continue };
            if Some(place) == chosen {
                bits[model] = Some(kept.iter().map(|&k| all[k]).collect());
                continue;
            }
            let (own, shared) = (&sets[place].0, chosen.map_or(&sets[place].0, |chosen| &sets[chosen].0));
            let differing: Vec<usize> = (0..count).filter(|&k| own[k] != shared[k]).collect();
            let lacking = differing.iter().filter(|&&k| shared[k]).count();
            unusable.push(UnusableCell {
                model: models[model].clone(),
                domain: name.clone(),
                lacking,
                additional: differing.len() - lacking,
                example: differing.first().map(|&k| self.documents.names[k].clone()).unwrap_or_default(),
            });
        }
        DomainSums {
            name,
            documents: kept.iter().map(|&k| self.documents.names[k].clone()).collect(),
            sizes: kept.iter().map(|&k| self.sizes[k]).collect(),
            bits,
        }
    }
}

fn singular(unit: &str) -> &str {
    unit.trim_end_matches('s')
}

fn out_of_range(table: &Table, row: usize, column: &str, what: &str, found: f64, expected: &str) -> StudyError {
    let place = table.place(row, column);
    if found.is_nan() {
        return StudyError::malformed(place, "an empty cell", format!("{what}, {expected}"));
    }
    StudyError::OutOfRange { place, what: what.to_string(), found, expected: expected.to_string() }
}

fn other_text(table: &Table, row: usize, column: &str, domain: &Growing, document: usize, size: f64) -> StudyError {
    let first = table.place(domain.rows[document], column);
    StudyError::malformed(
        table.place(row, column),
        format!(
            "document `{}` has {size} {column} here but {} at {}",
            domain.documents.names[document],
            domain.sizes[document],
            first.row.as_deref().unwrap_or("another row")
        ),
        "the same documents for every model",
    )
}
