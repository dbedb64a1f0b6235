//! The join: which models and domains a fit uses, and why the others drop out.

use mixopt_base::{Setting, Unit};
use nalgebra::DMatrix;

use super::Study;
use super::error::{Result, StudyError};
use super::explained::similar;
use super::names::Pattern;
use super::targets::Target;

/// Fewest models that a fit is made from.
pub const LEAST_MODELS: usize = 5;
/// Fewest families that a fit is made from: one to fit on and one to test on.
pub const LEAST_FAMILIES: usize = 2;

/// What happens to models without bits per character on some domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum MissingRule {
    /// Models with a missing domain drop out.
    #[default]
    DropModel,
    /// Domains with a missing model drop out.
    DropDomain,
    /// A missing cell is an error.
    Error,
}

/// Which models and domains to use.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Models to keep (all where empty).
    pub include_models: Vec<Pattern>,
    /// Models to leave out.
    pub exclude_models: Vec<Pattern>,
    /// Families to leave out.
    pub drop_families: Vec<Pattern>,
    /// Domains to leave out.
    pub exclude_domains: Vec<Pattern>,
    /// What to do about missing cells.
    pub missing: MissingRule,
}

impl Selection {
    /// Reads the patterns that select models and domains.
    ///
    /// # Errors
    /// A pattern that cannot be read, with its setting.
    pub fn parse(
        include_models: &[String],
        exclude_models: &[String],
        drop_families: &[String],
        exclude_domains: &[String],
        missing: MissingRule,
    ) -> Result<Self> {
        let patterns = |setting: Setting, texts: &[String]| -> Result<Vec<Pattern>> {
            texts.iter().map(|text| Pattern::parse(setting, text)).collect()
        };
        Ok(Self {
            include_models: patterns(Setting::IncludeModels, include_models)?,
            exclude_models: patterns(Setting::ExcludeModels, exclude_models)?,
            drop_families: patterns(Setting::DropFamilies, drop_families)?,
            exclude_domains: patterns(Setting::ExcludeDomains, exclude_domains)?,
            missing,
        })
    }
}

/// Something that a fit does not use, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Dropped {
    /// Model or domain.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// A model with its family, and why the selection refuses it, if it does.
#[derive(Debug, Clone)]
struct Candidate {
    pub name: String,
    pub family: String,
    pub refused: Option<String>,
}

/// Complete data of one target: every model has every number.
#[derive(Debug, Clone)]
pub struct JoinedStudy {
    /// Model names (rows).
    pub models: Vec<String>,
    /// Family of each model.
    pub families: Vec<String>,
    /// Domain names (columns).
    pub domains: Vec<String>,
    /// Bits per character (or byte), models × domains.
    pub bits: DMatrix<f64>,
    /// The target of each model, higher is better.
    pub target: Vec<f64>,
    /// Row of each model in the study's score table.
    pub score_rows: Vec<usize>,
    /// What the bits are per.
    pub unit: Unit,
    /// Models that dropped out.
    pub dropped_models: Vec<Dropped>,
    /// Domains that dropped out.
    pub dropped_domains: Vec<Dropped>,
    /// What the user should know.
    pub messages: Vec<String>,
}

impl JoinedStudy {
    /// Family of each model as a number, and the families' names in order of first appearance.
    pub fn family_numbers(&self) -> (Vec<usize>, Vec<String>) {
        let mut names: Vec<String> = Vec::new();
        let numbers = self
            .families
            .iter()
            .map(|family| {
                names.iter().position(|name| name == family).unwrap_or_else(|| {
                    names.push(family.clone());
                    names.len() - 1
                })
            })
            .collect();
        (numbers, names)
    }
}

impl Study {
    /// Joins compression and scores by model name for one target.
    ///
    /// # Errors
    /// A pattern that means nothing, missing cells under [`MissingRule::Error`], fewer than [`LEAST_MODELS`] models or
    /// [`LEAST_FAMILIES`] families left, a target that is the same for all.
    pub fn join(&self, target: &Target, selection: &Selection) -> Result<JoinedStudy> {
        self.join_only(target, selection).map_err(|error| self.explained(error))
    }

    fn join_only(&self, target: &Target, selection: &Selection) -> Result<JoinedStudy> {
        let compression = &self.compression.matrix;
        let mut messages = Vec::new();
        let mut dropped = Vec::new();

        let candidates = self.candidates(selection, &mut messages)?;
        let mut columns = self.chosen_domains(selection)?;
        let mut dropped_domains: Vec<Dropped> = (0..compression.columns.len())
            .filter(|j| columns.binary_search(j).is_err())
            .map(|j| drop(&compression.columns[j], "excluded"))
            .collect();

        let mut kept: Vec<(usize, f64, String, usize)> = Vec::new();
        for (position, candidate) in candidates.iter().enumerate() {
            let name = &candidate.name;
            let row = match self.usable(candidate) {
                Ok((_, row)) => row,
                Err(reason) => {
                    dropped.push(drop(name, reason));
                    continue;
                }
            };
            match target.value(&self.scores, row) {
                // The rows of the compression table come first among the candidates.
                Some(value) => kept.push((position, value, candidate.family.clone(), row)),
                None => {
                    let benchmark = target.missing_benchmark(&self.scores, row).unwrap_or("the target");
                    let reason = target.absence(&self.scores, row)?.map(|what| format!(": {what}")).unwrap_or_default();
                    dropped.push(drop(name, format!("no score on {benchmark}{reason}")));
                }
            }
        }

        let faulty = kept.iter().flat_map(|&(i, ..)| columns.iter().map(move |&j| (i, j)));
        if let Some(error) = faulty.filter_map(|cell| self.compression.faults.get(&cell)).next() {
            return Err(StudyError::Unusable(error.clone()));
        }
        let measured = kept.len();
        let is_missing = |i: usize, j: usize| compression.values[(i, j)].is_nan();
        match selection.missing {
            MissingRule::DropDomain => {
                columns.retain(|&j| {
                    let without: Vec<&str> = kept
                        .iter()
                        .filter(|&&(i, ..)| is_missing(i, j))
                        .map(|&(i, ..)| candidates[i].name.as_str())
                        .collect();
                    if without.is_empty() {
                        return true;
                    }
                    let reason = match without.len() {
                        1 => format!("not measured for {}", without[0]),
                        count => format!("not measured for {} and {} more", without[0], count - 1),
                    };
                    dropped_domains.push(drop(&compression.columns[j], reason));
                    false
                });
                if columns.is_empty() {
                    return Err(too_few(
                        "domains",
                        0,
                        1,
                        &dropped_domains,
                        format!("use `{} drop-model`", Setting::Missing),
                    ));
                }
            }
            MissingRule::DropModel => kept.retain(|&(i, ..)| {
                let without: Vec<&str> =
                    columns.iter().filter(|&&j| is_missing(i, j)).map(|&j| compression.columns[j].as_str()).collect();
                if without.is_empty() {
                    return true;
                }
                let more =
                    if without.len() > 3 { format!(" and {} more domains", without.len() - 3) } else { String::new() };
                let first: Vec<&str> = without.iter().take(3).copied().collect();
                dropped.push(drop(&candidates[i].name, format!("not measured on {}{more}", first.join(", "))));
                false
            }),
            MissingRule::Error => {
                let cells: Vec<(String, String)> = kept
                    .iter()
                    .flat_map(|&(i, ..)| columns.iter().map(move |&j| (i, j)))
                    .filter(|&(i, j)| is_missing(i, j))
                    .map(|(i, j)| (candidates[i].name.clone(), compression.columns[j].clone()))
                    .collect();
                if !cells.is_empty() {
                    return Err(StudyError::Missing { cells });
                }
            }
        }

        if kept.len() < LEAST_MODELS {
            let remedy = if kept.len() < measured {
                format!(
                    "add models or measurements, or drop the domains instead with `{} drop-domain`",
                    Setting::Missing
                )
            } else {
                "add models, or drop fewer".to_string()
            };
            return Err(too_few("models", kept.len(), LEAST_MODELS, &dropped, remedy));
        }
        let families: Vec<String> = kept.iter().map(|(_, _, family, _)| family.clone()).collect();
        let mut distinct = families.clone();
        distinct.sort();
        distinct.dedup();
        if distinct.len() < LEAST_FAMILIES {
            let remedy = "add models of other families, or correct the family column";
            return Err(too_few("families", distinct.len(), LEAST_FAMILIES, &dropped, remedy));
        }
        let values: Vec<f64> = kept.iter().map(|&(_, value, ..)| value).collect();
        if mixopt_base::is_constant(&values) {
            return Err(StudyError::ConstantTarget {
                target: target.expression.clone(),
                value: values[0],
                models: values.len(),
            });
        }
        Ok(JoinedStudy {
            models: kept.iter().map(|&(i, ..)| candidates[i].name.clone()).collect(),
            families,
            domains: columns.iter().map(|&j| compression.columns[j].clone()).collect(),
            bits: DMatrix::from_fn(kept.len(), columns.len(), |i, j| compression.values[(kept[i].0, columns[j])]),
            target: values,
            score_rows: kept.iter().map(|&(.., row)| row).collect(),
            unit: self.compression.unit,
            dropped_models: dropped,
            dropped_domains,
            messages,
        })
    }

    /// Columns of the compression table that a selection leaves.
    ///
    /// # Errors
    /// A pattern that means no domain, patterns that leave none.
    pub fn chosen_domains(&self, selection: &Selection) -> Result<Vec<usize>> {
        let names = &self.compression.matrix.columns;
        // Who excludes an average that has been left out already has what they want.
        let averages = &self.compression.averages;
        let still_there = |pattern: &&Pattern| {
            !averages.iter().any(|name| pattern.matches(name)) || names.iter().any(|name| pattern.matches(name))
        };
        let patterns: Vec<Pattern> = selection.exclude_domains.iter().filter(still_there).cloned().collect();
        let excluded = chosen(&patterns, "domain", names)?;
        let left: Vec<usize> = (0..names.len()).filter(|&j| !excluded[j]).collect();
        if left.is_empty() {
            let patterns: Vec<&str> = selection.exclude_domains.iter().map(Pattern::text).collect();
            return Err(StudyError::Setting {
                setting: Setting::ExcludeDomains,
                found: patterns.join(","),
                problem: format!("no domain of {} is left", mixopt_base::list(names)),
                expected: "fewer domains, so that at least one is left".to_string(),
            });
        }
        Ok(left)
    }

    /// Rows of a candidate in the compression table and in the score table, or why it cannot be used.
    fn usable(&self, candidate: &Candidate) -> Result<(usize, usize), String> {
        let (compression, scores) = (&self.compression.matrix, &self.scores.matrix);
        let name = &candidate.name;
        if let Some(refused) = &candidate.refused {
            return Err(refused.clone());
        }
        let bits = compression
            .row(name)
            .ok_or_else(|| format!("no bits per character{}", similar(name, &compression.rows, &scores.rows)))?;
        let score =
            scores.row(name).ok_or_else(|| format!("no scores{}", similar(name, &scores.rows, &compression.rows)))?;
        Ok((bits, score))
    }

    /// Rows of the two tables for each model that both have and the selection allows.
    ///
    /// # Errors
    /// A pattern that means no model or family, fewer than `least` models.
    pub fn common_rows(&self, selection: &Selection, least: usize) -> Result<Vec<(usize, usize)>> {
        let (mut rows, mut dropped) = (Vec::new(), Vec::new());
        for candidate in self.candidates(selection, &mut Vec::new())? {
            match self.usable(&candidate) {
                Ok(both) => rows.push(both),
                Err(reason) => dropped.push(drop(&candidate.name, reason)),
            }
        }
        if rows.len() < least {
            let error = too_few("models", rows.len(), least, &dropped, "add models, or drop fewer");
            return Err(self.explained(error));
        }
        Ok(rows)
    }

    /// Models that only one of the two tables has or that the selection leaves out, with the reason.
    ///
    /// # Errors
    /// A pattern that means no model or family.
    pub fn models_left_out(&self, selection: &Selection) -> Result<Vec<Dropped>> {
        let candidates = self.candidates(selection, &mut Vec::new())?;
        let reasons = candidates.iter().map(|candidate| (&candidate.name, self.usable(candidate)));
        Ok(reasons.filter_map(|(name, usable)| Some(drop(name, usable.err()?))).collect())
    }

    /// All models of the compression table, then those that only the score table has, with what the selection says of
    /// each.
    ///
    /// # Errors
    /// A pattern that means no model or family.
    fn candidates(&self, selection: &Selection, messages: &mut Vec<String>) -> Result<Vec<Candidate>> {
        let compression = &self.compression.matrix;
        let known: std::collections::HashSet<&String> = compression.rows.iter().collect();
        let names: Vec<String> = compression
            .rows
            .iter()
            .chain(self.scores.matrix.rows.iter().filter(|row| !known.contains(row)))
            .cloned()
            .collect();
        let families = self.family_of(&names, messages);
        let included = chosen(&selection.include_models, "model", &names)?;
        let excluded = chosen(&selection.exclude_models, "model", &names)?;
        let mut distinct = families.clone();
        distinct.sort();
        distinct.dedup();
        for pattern in &selection.drop_families {
            pattern.select("family", &distinct)?;
        }
        let refused = |position: usize| {
            if excluded[position] {
                Some("excluded".to_string())
            } else if !selection.include_models.is_empty() && !included[position] {
                Some("not among the models to include".to_string())
            } else if selection.drop_families.iter().any(|pattern| pattern.matches(&families[position])) {
                Some(format!("its family {} is left out", families[position]))
            } else {
                None
            }
        };
        let refused: Vec<Option<String>> = (0..names.len()).map(refused).collect();
        Ok(names
            .into_iter()
            .zip(families)
            .zip(refused)
            .map(|((name, family), refused)| Candidate { name, family, refused })
            .collect())
    }

    /// The family of each model: from the models table, else from the files themselves, else each model is its own.
    fn family_of(&self, models: &[String], messages: &mut Vec<String>) -> Vec<String> {
        let stated: std::collections::HashMap<&str, &str> = self
            .compression
            .families
            .iter()
            .chain(&self.scores.families)
            .map(|(model, family)| (model.as_str(), family.as_str()))
            .collect();
        let with_families = self.models.as_ref().filter(|table| table.families.iter().any(Option::is_some));
        let Some(table) = with_families else {
            let texts = self.models.as_ref().map(|table| table.texts.as_slice()).unwrap_or_default();
            if !texts.is_empty() {
                messages.push(format!(
                    "the models table has no column `family`, so every model counts as its own family; `{}` can name another column: {}",
                    Setting::FamilyColumn,
                    mixopt_base::list(texts)
                ));
            } else if stated.is_empty() {
                messages.push(format!(
                    "no families are known, so every model counts as its own family; held-out results are then too optimistic, \
                     since related models test each other (give `{}` with a `family` column)",
                    Setting::ModelsTable
                ));
            }
            return models
                .iter()
                .map(|model| stated.get(model.as_str()).unwrap_or(&model.as_str()).to_string())
                .collect();
        };
        let mut alone = 0;
        let families: Vec<String> = models
            .iter()
            .map(|model| {
                let family = table.position(model).and_then(|row| table.families[row].as_deref());
                family.or(stated.get(model.as_str()).copied()).unwrap_or_else(|| {
                    alone += 1;
                    model
                })
            })
            .map(str::to_string)
            .collect();
        if alone > 0 {
            messages.push(format!("{alone} models have no family in the models table; each counts as its own"));
        }
        families
    }
}

/// Which names the patterns mean together.
fn chosen(patterns: &[Pattern], kind: &'static str, names: &[String]) -> Result<Vec<bool>> {
    let mut all = vec![false; names.len()];
    for pattern in patterns {
        for (flag, chosen) in all.iter_mut().zip(pattern.select(kind, names)?) {
            *flag |= chosen;
        }
    }
    Ok(all)
}

fn drop(name: &str, reason: impl Into<String>) -> Dropped {
    Dropped { name: name.to_string(), reason: reason.into() }
}

fn too_few(
    kind: &'static str,
    found: usize,
    least: usize,
    dropped: &[Dropped],
    remedy: impl Into<String>,
) -> StudyError {
    StudyError::TooFew {
        kind,
        found,
        least,
        dropped: dropped.iter().map(|d| (d.name.clone(), d.reason.clone())).collect(),
        remedy: remedy.into(),
    }
}
