//! The models table: family, size and other facts of each model.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::{Result, StudyError};
use super::matching;
use super::names::Aliases;
use super::sizes;
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
    /// Columns with numbers and something else, and what is wrong with them: whoever needs one has to mend it.
    pub unusable: BTreeMap<String, Arc<StudyError>>,
    /// Columns of text beside the model and its family.
    pub texts: Vec<String>,
}

/// What numbers of parameters are called.
const PARAMETERS: &str = "parameters";

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
        let (mut covariates, mut unusable, mut texts) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for column in columns.iter().filter(|column| **column != key && Some(*column) != family_column.as_ref()) {
            if table.is_text(column) {
                texts.push(column.clone());
                continue;
            }
            let factor = sizes::factor(column);
            let name = factor.map_or(column.trim(), |_| PARAMETERS).to_string();
            match numbers(table, column, factor) {
                Ok(values) => {
                    covariates.insert(name, values);
                }
                Err(error) => {
                    unusable.insert(name, Arc::new(error));
                }
            }
        }
        Ok(Self { names, families, covariates, unusable, texts })
    }

    /// Adds numbers of parameters for the models that lack them.
    pub(crate) fn add_sizes(&mut self, sizes: &BTreeMap<String, f64>) {
        for name in sizes.keys() {
            if self.position(name).is_none() {
                self.names.push(name.clone());
                self.families.push(None);
                self.covariates.values_mut().for_each(|values| values.push(f64::NAN));
            }
        }
        let missing = vec![f64::NAN; self.names.len()];
        let values = self.covariates.entry(PARAMETERS.to_string()).or_insert(missing);
        for (name, value) in self.names.iter().zip(values) {
            if let Some(size) = sizes.get(name).filter(|_| value.is_nan()) {
                *value = *size;
            }
        }
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
        if let Some(error) = self.unusable.get(name).or_else(|| self.unusable.get(name.strip_prefix("log_")?)) {
            return Err(StudyError::Unusable(error.clone()));
        }
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

/// The numbers of a column, or of parameters counted in units of `factor`.
fn numbers(table: &Table, column: &str, factor: Option<f64>) -> Result<Vec<f64>> {
    let values = table.numbers(column)?;
    let Some(factor) = factor else { return Ok(values) };
    match values.iter().position(|&value| value <= 0.0) {
        Some(row) => Err(StudyError::OutOfRange {
            place: table.place(row, column),
            what: "the number of parameters".to_string(),
            found: values[row],
            expected: "more than 0".to_string(),
        }),
        None => Ok(values.into_iter().map(|value| value * factor).collect()),
    }
}
