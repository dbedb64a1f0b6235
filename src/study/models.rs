//! The models table: family, size and other facts of each model.

use std::collections::BTreeMap;

use super::error::{Result, StudyError};
use super::matching;
use super::names::Aliases;
use crate::tables::shapes::MODEL;
use crate::tables::table::Table;
use mixopt_base::{Place, Setting};

/// Facts about models, one row each.
#[derive(Debug, Clone, Default)]
pub struct ModelsTable {
    /// Model names.
    pub names: Vec<String>,
    /// Family of each model; models of a family share data, tokenizer or recipe, and are held out together.
    pub families: Vec<Option<String>>,
    /// Numeric facts by name; `NaN` where a model has none. `parameters` is a plain count.
    pub covariates: BTreeMap<String, Vec<f64>>,
}

/// Columns that give a parameter count, with the factor that makes it a plain count.
const PARAMETERS: [(&str, f64); 6] = [
    ("parameters", 1.0),
    ("params", 1.0),
    ("parameters_b", 1e9),
    ("params_b", 1e9),
    ("parameters_billions", 1e9),
    ("#params (b)", 1e9),
];

impl ModelsTable {
    /// Takes the facts from a table with the column `model`, a family column and any numeric columns.
    ///
    /// `family_column`: the column that groups models (`family` where not given). `parameters_b` and the like are
    /// turned into plain counts named `parameters`.
    pub fn from_table(table: &Table, family_column: Option<&str>, aliases: &Aliases) -> Result<Self> {
        let columns = table.columns();
        let key = table.find_column(&MODEL).ok_or_else(|| {
            let found = format!("columns {}", mixopt_base::list(&columns));
            StudyError::malformed(Place::file(table.file()), found, "a column `model`")
        })?;
        let names: Vec<String> = table.names(&key, "model")?.iter().map(|name| aliases.resolve(name)).collect();
        table.refuse_repeats(&key, "model", &names)?;
        let family_column = match family_column {
            Some(name) => {
                Some(table.find_column(&[name]).ok_or_else(|| super::names::unknown("column", name, &columns))?)
            }
            None => table.find_column(&["family"]),
        };
        let families = match &family_column {
            Some(column) => table.labels(column, "family")?,
            None => vec![None; names.len()],
        };
        let mut covariates = BTreeMap::new();
        for column in columns.iter().filter(|column| **column != key && Some(*column) != family_column.as_ref()) {
            if table.is_text(column) {
                continue;
            }
            let lower = column.trim().to_ascii_lowercase();
            let values = table.numbers(column)?;
            match PARAMETERS.iter().find(|(name, _)| *name == lower) {
                Some((_, factor)) => {
                    if let Some(row) = values.iter().position(|&value| value <= 0.0) {
                        return Err(StudyError::OutOfRange {
                            place: table.place(row, column),
                            what: "the number of parameters".to_string(),
                            found: values[row],
                            expected: "more than 0".to_string(),
                        });
                    }
                    covariates.insert("parameters".to_string(), values.iter().map(|v| v * factor).collect());
                }
                None => {
                    covariates.insert(column.trim().to_string(), values);
                }
            }
        }
        Ok(Self { names, families, covariates })
    }

    /// Gives models the names that other tables have for them, where exactly one fits, and returns both.
    pub(crate) fn rename_like(&mut self, others: &[String]) -> Vec<(String, String)> {
        let pairs = matching::pairs(&self.names, others, &BTreeMap::new());
        let rename =
            |(i, j): (usize, usize)| (std::mem::replace(&mut self.names[i], others[j].clone()), others[j].clone());
        pairs.into_iter().map(rename).collect()
    }

    /// Position of a model.
    pub fn position(&self, model: &str) -> Option<usize> {
        self.names.iter().position(|name| name == model)
    }

    /// Names that [`covariate`](Self::covariate) understands.
    pub fn covariate_names(&self) -> Vec<String> {
        let logarithms = self
            .covariates
            .iter()
            .filter(|(_, values)| values.iter().all(|v| v.is_nan() || *v > 0.0))
            .map(|(name, _)| format!("log_{name}"));
        logarithms.chain(self.covariates.keys().cloned()).collect()
    }

    /// A covariate of the models named, or the natural logarithm of one under `log_NAME`. `NaN` where unknown.
    ///
    /// # Errors
    /// An unknown name, or the logarithm of a value that is not positive.
    pub fn covariate(&self, name: &str, models: &[String]) -> Result<Vec<f64>> {
        let raw = |values: &[f64]| -> Vec<f64> {
            models.iter().map(|model| self.position(model).map_or(f64::NAN, |row| values[row])).collect()
        };
        if let Some(values) = self.covariates.get(name) {
            return Ok(raw(values));
        }
        match name.strip_prefix("log_").and_then(|inner| self.covariates.get(inner)) {
            Some(values) => match values.iter().position(|&value| value <= 0.0) {
                None => Ok(raw(values).into_iter().map(f64::ln).collect()),
                Some(row) => Err(StudyError::Setting {
                    setting: Setting::Control,
                    found: name.to_string(),
                    problem: format!("the value of `{}` is {}, which has no logarithm", self.names[row], values[row]),
                    expected: "a column with values above 0, or the column itself without `log_`".to_string(),
                }),
            },
            None => Err(super::names::unknown("numeric column of the models table", name, &self.covariate_names())),
        }
    }
}
