//! Whether chance does as well: permutation tests, with names.

use indexmap::IndexMap;

use mixopt_base::{Observer, Setting, each_once};
use mixopt_study::{StudyError, Target, known_targets};
use mixopt_trust::{
    Exchange, PermutationSettings, PermutationTest, Strata, permutation_test, permutation_test_of, tried,
};

use crate::error::FitError;
use crate::trust::findings::{ChanceExchange, PermutationFindings, SignificanceFindings, TriedFindings};
use crate::trust::input::Examined;

/// Groups that a numeric column is cut into unless said otherwise.
const GROUPS: usize = 3;
/// What `tried` takes for every benchmark.
const ALL: &str = "all";

/// The tests that the settings ask for. `None` where no correlation is defined.
///
/// # Errors
/// Strata or targets that the study does not have, or that leave nothing to exchange.
pub(crate) fn significance(
    examined: &Examined,
    permutations: usize,
    observer: &dyn Observer,
    lacking: &mut Vec<String>,
) -> Result<Option<SignificanceFindings>, FitError> {
    let problem = examined.refitter.problem();
    let settings = |exchange| PermutationSettings {
        exchange,
        controls: &problem.recommended_controls,
        permutations,
        seed: examined.settings.seed,
    };
    let test = |exchange| match examined.given {
        None => permutation_test(examined.refitter, settings(exchange), observer),
        Some(weights) => permutation_test_of(examined.refitter, weights, settings(exchange), observer),
    };
    let plain = match test(Exchange::Models) {
        Ok(plain) => plain,
        Err(error) => {
            lacking.push(format!("significance: {error}"));
            return Ok(None);
        }
    };
    let families = &problem.families;
    let all_single = families.iter().max().is_none_or(|last| last + 1 == families.len());
    let by_family = match test(Exchange::FamilyMeans) {
        Ok(found) => Some(PermutationFindings::of(&found)),
        Err(error) => {
            lacking.push(format!("significance by family: {error}"));
            None
        }
    };
    let strata = examined.settings.strata.as_deref().map(|text| strata(examined, text, lacking)).transpose()?;
    let within_strata = strata
        .as_ref()
        .map(|strata| test(Exchange::WithinStrata(strata)).map_err(|error| strata_fault(examined, &error)))
        .transpose()?;
    Ok(Some(SignificanceFindings {
        criterion: examined.criterion.clone(),
        observed: plain.observed,
        plain: PermutationFindings::of(&plain),
        by_family,
        within_strata: within_strata.as_ref().map(PermutationFindings::of),
        tried_exchange: (!examined.settings.tried.is_empty()).then_some(if all_single {
            ChanceExchange::Models
        } else {
            ChanceExchange::WholeFamilies
        }),
        // Rows of several targets, with gaps, can move by whole families only.
        tried: of_tried(
            examined,
            settings(if all_single { Exchange::Models } else { Exchange::FamilyBlocks }),
            observer,
        )?,
    }))
}

impl PermutationFindings {
    fn of(test: &PermutationTest) -> Self {
        Self {
            p: test.p_value,
            permutations: test.permutations,
            exact: test.exact,
            chance_mean: test.null_mean,
            chance_95: test.null_95,
        }
    }
}

fn strata_fault(examined: &Examined, error: &impl std::fmt::Display) -> FitError {
    let found = examined.settings.strata.clone().unwrap_or_default();
    StudyError::Setting {
        setting: Setting::Strata,
        found,
        problem: error.to_string(),
        expected: "strata of two models or more, such as `parameters:3` for thirds by size".to_string(),
    }
    .into()
}

/// The strata that a text names: `family`, or a numeric column cut into groups.
fn strata(examined: &Examined, text: &str, lacking: &mut Vec<String>) -> Result<Strata, FitError> {
    let case = examined.case;
    let found = if text == "family" {
        Strata::new(&examined.refitter.problem().families)
    } else {
        let (column, groups) = match text.rsplit_once(':') {
            Some((column, groups)) => (column, groups.parse().map_err(|_| fault_of_groups(text, groups))?),
            None => (text, GROUPS),
        };
        let values = examined
            .study
            .models
            .as_ref()
            .ok_or_else(|| StudyError::Setting {
                setting: Setting::Strata,
                found: text.to_string(),
                problem: "there is no models table".to_string(),
                expected: format!("`family`, or `{}` with that column", Setting::ModelsTable.to_give()),
            })?
            .covariate(column, &case.joined.models)?;
        let without: Vec<String> =
            case.joined.models.iter().zip(&values).filter(|(_, v)| v.is_nan()).map(|(m, _)| m.clone()).collect();
        if !without.is_empty() {
            return Err(StudyError::Setting {
                setting: Setting::Strata,
                found: text.to_string(),
                problem: format!("no value for {}", mixopt_base::list(&without)),
                expected: "a column that every model has".to_string(),
            }
            .into());
        }
        Strata::from_covariate(&values, groups)
    };
    let strata = found.map_err(|error| strata_fault(examined, &error))?;
    let alone: Vec<String> = strata.alone().iter().map(|&model| case.joined.models[model].clone()).collect();
    if !alone.is_empty() {
        lacking.push(format!(
            "within strata: {} alone in {} stratum and keep{} their score",
            mixopt_base::list(&alone),
            if alone.len() == 1 { "its" } else { "their" },
            if alone.len() == 1 { "s" } else { "" },
        ));
    }
    Ok(strata)
}

fn fault_of_groups(text: &str, groups: &str) -> StudyError {
    StudyError::Setting {
        setting: Setting::Strata,
        found: text.to_string(),
        problem: format!("`{groups}` is no number of groups"),
        expected: "COLUMN or COLUMN:GROUPS, such as `parameters:3`".to_string(),
    }
}

/// The target of the fit and those tried besides, corrected for each other.
fn of_tried(
    examined: &Examined,
    settings: PermutationSettings,
    observer: &dyn Observer,
) -> Result<IndexMap<String, TriedFindings>, FitError> {
    let study = examined.study;
    let asked = &examined.settings.tried;
    if asked.is_empty() {
        return Ok(IndexMap::new());
    }
    let mut names = vec![examined.settings.target.clone()];
    for name in asked {
        match name.as_str() {
            ALL => names.extend(known_targets(&study.definitions, &study.scores)),
            name => names.push(name.to_string()),
        }
    }
    each_once(&mut names);
    let mut targets = Vec::new();
    for name in &names {
        let target = Target::resolve(name, &study.definitions, &study.scores)?;
        let values = examined.case.joined.score_rows.iter().map(|&row| target.value(&study.scores, row));
        targets.push(values.collect::<Vec<Option<f64>>>());
    }
    let found = tried(examined.refitter, &targets, settings, observer).map_err(|error| StudyError::Setting {
        setting: Setting::Tried,
        found: asked.join(","),
        problem: error.to_string(),
        expected: "targets that the models of the fit have scores on".to_string(),
    })?;
    let named = names.into_iter().zip(&found.targets).filter_map(|(name, target)| {
        let findings = TriedFindings {
            models: target.models,
            correlation: target.observed?,
            p: target.p_value?,
            adjusted_p: target.adjusted?,
            holm_p: target.holm?,
        };
        Some((name, findings))
    });
    Ok(named.collect())
}
