//! The compression table: bits per character (or byte) of each model on each domain.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Result, StudyError};
use crate::names::Aliases;
use crate::scores::records::ScoreRecord;
use crate::scores::reported::contradiction;
use crate::sizes;
use crate::tables::matrix::{Index, LabelledMatrix};
use crate::tables::shapes::{DOMAINS, Grid, Long, Shape, lacks};
use crate::tables::table::{Cell, Table};
use mixopt_base::{Place, Setting, Unit};

/// Compression of models (rows) on domains (columns).
#[derive(Debug, Clone)]
pub struct CompressionTable {
    /// Bits per unit; `NaN` where a model was not measured on a domain.
    pub matrix: LabelledMatrix,
    /// Cells that hold what bits cannot be, by row and column: whoever needs one has to decide. They have no value.
    pub faults: BTreeMap<(usize, usize), Arc<StudyError>>,
    /// What the bits are counted per.
    pub unit: Unit,
    /// Numbers of parameters that the file itself states, by model.
    pub sizes: BTreeMap<String, f64>,
    /// Domains that were left out because they are averages of the others.
    pub averages: Vec<String>,
    /// Families that the file itself states, by model.
    pub families: Vec<(String, String)>,
    /// What the user should know about how the file was read.
    pub messages: Vec<String>,
    /// The files read.
    pub files: Vec<PathBuf>,
}

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
    /// Reads a generic table that is already in memory, one row a cell at most.
    pub fn from_table(table: &Table, unit: Option<Unit>, aliases: &Aliases) -> Result<Self> {
        let read = match Shape::of(table, &DOMAINS, aliases)? {
            Shape::Long(long) => Self::from_long(table, &long, unit, aliases),
            Shape::Grid(grid) => Self::from_grid(grid, unit),
        }?;
        Ok(Self { sizes: sizes::of_table(table, aliases), ..read })
    }

    fn from_grid(grid: Grid<'_>, unit: Option<Unit>) -> Result<Self> {
        let mut cells = Cells::missing(grid.models.clone(), grid.items.clone());
        grid.cells(|model, domain, cell| match cell {
            Cell::Empty => {}
            Cell::Number(value) => cells.put((model, domain), check_bits(value, || grid.place(model, domain))),
            Cell::Other(found) => cells.put((model, domain), Err(grid.not_a_number(model, domain, &found))),
        });
        let (unit, messages) = (unit.unwrap_or(Unit::Characters), grid.messages);
        Ok(Self { messages, ..cells.table(unit) })
    }

    fn from_long(table: &Table, long: &Long<'_>, unit: Option<Unit>, aliases: &Aliases) -> Result<Self> {
        let (models, domains) = long.names(aliases)?;
        let bits = table.find_column(&["bits"]);
        let nats = table.find_column(&["nats", "nll_nats"]);
        let characters = table.find_column(&["characters", "chars"]);
        let bytes = table.find_column(&["bytes"]);
        let count = |unit| if unit == Unit::Characters { characters.clone() } else { bytes.clone() };

        let (mut rows, mut columns) = (Index::default(), Index::default());
        let places: Vec<(usize, usize)> =
            models.iter().zip(&domains).map(|(m, d)| (rows.insert(m), columns.insert(d))).collect();
        let mut cells = Cells::missing(rows.names, columns.names);

        // Sums are exact under regrouping, a ratio is not: they go first where a table has both.
        let sums = bits.clone().or(nats.clone());
        let wanted = unit.unwrap_or(if characters.is_some() { Unit::Characters } else { Unit::Bytes });
        if let (Some(sum_column), Some(count_column)) = (sums, count(wanted)) {
            let factor = if bits.is_some() { 1.0 } else { std::f64::consts::LOG2_E };
            let totals = table.numbers(&sum_column)?;
            let counts = table.numbers(&count_column)?;
            let may_repeat = table.find_column(&["shard", "part", "piece"]).is_some();
            let mut added = nalgebra::DMatrix::<f64>::zeros(cells.matrix.rows.len(), cells.matrix.columns.len());
            let mut counted = added.clone();
            for (row, &(i, j)) in places.iter().enumerate() {
                if counted[(i, j)] > 0.0 && !may_repeat {
                    return Err(long.repeated(row, &models[row], &domains[row]));
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
                    cells.put((i, j), check_bits(value, || table.place(row, &sum_column)));
                }
            }
            return Ok(cells.table(wanted));
        }

        let ratio = RATIOS
            .iter()
            .filter(|(_, of)| unit.is_none_or(|unit| unit == *of))
            .find_map(|(name, of)| table.find_column(&[name]).map(|column| (column, *of)));
        let Some((column, unit)) = ratio else {
            return Err(lacks(table, "`bits_per_character`, or `bits` (or `nats`) with `characters`"));
        };
        table.check_kind(&column, "numbers")?;
        let values = table.cells(&column);
        let mut seen = std::collections::HashSet::new();
        for (row, &(i, j)) in places.iter().enumerate() {
            if !seen.insert((i, j)) {
                return Err(long.repeated(row, &models[row], &domains[row]));
            }
            match &values[row] {
                Cell::Empty => {}
                Cell::Number(value) => cells.put((i, j), check_bits(*value, || table.place(row, &column))),
                Cell::Other(found) => cells.put((i, j), Err(table.not_a_number(row, &column, found))),
            }
        }
        Ok(cells.table(unit))
    }

    /// Gives domains the names that a study has for them.
    ///
    /// # Errors
    /// Two domains under one name.
    pub(crate) fn rename_domains(&mut self, aliases: &Aliases) -> Result<()> {
        let mut seen = std::collections::HashSet::new();
        for domain in &mut self.matrix.columns {
            *domain = aliases.resolve(domain);
            if !seen.insert(domain.clone()) {
                let file = self.files.first().cloned().unwrap_or_default();
                return Err(StudyError::Duplicate { place: Place::file(&file), kind: "domain", name: domain.clone() });
            }
        }
        Ok(())
    }

    /// Builds the table from what tools reported; `path` is for errors.
    pub(crate) fn from_records(records: Vec<ScoreRecord>, aliases: &Aliases, path: &Path) -> Result<Self> {
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
        let mut places = Vec::new();
        let mut families = Vec::new();
        for record in &records {
            let place = || Place::file(&record.file).column(format!("{} of {}", record.benchmark, record.model));
            if unit_of(record) != unit {
                return Err(StudyError::Ambiguous {
                    place: place(),
                    found: "both bits per byte and bits per character".to_string(),
                    remedy: "give one or the other".to_string(),
                });
            }
            let value = match &record.no_number {
                Some(what) => Err(StudyError::malformed(place(), what.clone(), "a finite number")),
                None => check_bits(record.value, place),
            };
            let model = aliases.resolve(&record.model);
            if let Some(family) = &record.family {
                families.push((model.clone(), family.clone()));
            }
            places.push(((rows.insert(&model), columns.insert(&record.benchmark)), value));
        }
        let mut cells = Cells::missing(rows.names, columns.names);
        let mut seen: BTreeMap<(usize, usize), &ScoreRecord> = BTreeMap::new();
        for (record, (at, value)) in records.iter().zip(places) {
            match seen.insert(at, record) {
                Some(other) => cells.put(at, Err(contradiction(other, record))),
                None => cells.put(at, value),
            }
        }
        families.dedup();
        Ok(Self { families, ..cells.table(unit) })
    }
}

/// A table while its cells are read.
pub(crate) struct Cells {
    matrix: LabelledMatrix,
    faults: BTreeMap<(usize, usize), Arc<StudyError>>,
}

impl Cells {
    /// A table without values.
    pub(crate) fn missing(models: Vec<String>, domains: Vec<String>) -> Self {
        Self { matrix: LabelledMatrix::missing(models, domains), faults: BTreeMap::new() }
    }

    /// Takes the bits of a model on a domain, or what is wrong with them, which leaves the cell without a value.
    pub(crate) fn put(&mut self, at: (usize, usize), value: Result<f64>) {
        match value {
            Ok(value) => self.matrix.values[at] = value,
            Err(fault) => {
                self.matrix.values[at] = f64::NAN;
                self.faults.insert(at, Arc::new(fault));
            }
        }
    }

    /// The table of these cells, of which nothing else is known.
    pub(crate) fn table(self, unit: Unit) -> CompressionTable {
        CompressionTable {
            matrix: self.matrix,
            faults: self.faults,
            unit,
            sizes: BTreeMap::new(),
            averages: Vec::new(),
            families: Vec::new(),
            messages: Vec::new(),
            files: Vec::new(),
        }
    }
}

/// The value, unless it is what bits per character cannot be.
pub(crate) fn check_bits(value: f64, place: impl Fn() -> Place) -> Result<f64> {
    // The comparison is written so that a missing cell (NaN) passes.
    if value <= 0.0 || value > MOST_BITS {
        return Err(StudyError::OutOfRange {
            place: place(),
            what: "the compression".to_string(),
            found: value,
            expected: format!(
                "bits per character above 0 and at most {MOST_BITS} (is the unit right? `{}` leaves a model out)",
                Setting::ExcludeModels
            ),
        });
    }
    Ok(value)
}
