//! What a fit is asked for: arguments, and a file of settings before which they come.

use mixopt::base::Setting;
use mixopt::fit::{Distance, Recommender};
use mixopt::mixture::{
    Control, DomainBound, FitError, FitFile, FitSettings, FrozenGroup, GroupBound, KeptDomain, Prior,
};
use mixopt::study::{StudyError, StudySettings};

use super::args::FitArgs;
use crate::cli::groups::{Given, NearArgs, Recommend};

/// The whole fit: what the arguments say, where the user gave them, else what the file says, where there is one.
pub fn settings(args: &FitArgs, given: &Given) -> Result<FitFile, FitError> {
    let own = FitFile { study: args.study.settings()?, fit: of_arguments(args)? };
    let mut found = match &args.settings {
        None => own,
        Some(file) => {
            let held = FitFile::read(file)?;
            let study = study_with(held.study, own.study, given);
            let fit = fit_with(held.fit, own.fit, given);
            if fit.target.trim().is_empty() {
                return Err(FitError::SettingsFile {
                    file: file.clone(),
                    found: "no `target` in `fit`".to_string(),
                    expected: format!("one, or `{}` as well", Setting::Target.to_give()),
                });
            }
            FitFile { study, fit }
        }
    };
    found.study = found.study.resolved();
    Ok(found)
}

/// The study of a file with what was given put in its place.
fn study_with(held: StudySettings, own: StudySettings, given: &Given) -> StudySettings {
    let mut study = held;
    if given.has("study") {
        let StudySettings { family_column, domain_aliases, targets, .. } = study;
        study = StudySettings { name: own.name, family_column, domain_aliases, targets, ..StudySettings::default() };
    }
    // Files take the place of a study of the program.
    if given.has_any(&["bpc", "scores"]) {
        study.name = None;
    }
    macro_rules! take {
        ($($argument:literal => $field:ident),+ $(,)?) => { $(if given.has($argument) { study.$field = own.$field; })+ };
    }
    take! {
        "bpc" => compression,
        "documents" => documents,
        "scores" => scores,
        "models" => models,
        "family_column" => family_column,
        "aliases" => aliases,
        "domain_aliases" => domain_aliases,
        "targets" => targets,
        "bpc_unit" => unit,
        "keep_averages" => keep_averages,
        "metric" => metrics,
        "scale" => scales,
        "shots" => shots,
    }
    study
}

/// The settings of a file with what was given put in their place; a list takes the place of a whole list.
fn fit_with(held: FitSettings, own: FitSettings, given: &Given) -> FitSettings {
    let mut fit = held;
    macro_rules! take {
        ($($argument:literal => $field:ident),+ $(,)?) => { $(if given.has($argument) { fit.$field = own.$field; })+ };
    }
    if given.has_any(&["recommend", "ridge", "estimator", "projection", "within", "distance"]) {
        fit.recommender = own.recommender;
    }
    take! {
        "target" => target,
        "objective" => objective,
        "control" => control,
        "include_models" => include_models,
        "exclude_models" => exclude_models,
        "drop_family" => drop_families,
        "exclude" => exclude_domains,
        "missing" => missing,
        "min_weight" => min_weight,
        "max_weight" => max_weight,
        "bound" => bounds,
        "group" => groups,
        "freeze" => frozen,
        "keep" => keep,
        "drop" => drop,
        "at_most" => most_domains,
        "prior" => prior,
        "domain_aliases" => domain_aliases,
        "within" => within,
        "distance" => distance,
        "corpora" => corpora,
        "unit" => unit,
        "budget" => budget,
        "max_epochs" => max_epochs,
        "replicates" => replicates,
        "refits" => refits,
        "confidence" => confidence,
        "strata" => strata,
        "tried" => tried,
        "robust" => robust,
        "seed" => seed,
    }
    fit
}

/// What the arguments say, given or not.
fn of_arguments(args: &FitArgs) -> Result<FitSettings, FitError> {
    let constraints = &args.constraints;
    let near = &args.near;
    Ok(FitSettings {
        objective: args.objective,
        control: match args.control.as_deref() {
            None => Control::Automatic,
            Some("none") => Control::None,
            Some(column) => Control::Column(column.to_string()),
        },
        include_models: args.selection.include_models.clone(),
        exclude_models: args.selection.exclude_models.clone(),
        drop_families: args.selection.drop_family.clone(),
        exclude_domains: args.selection.exclude.clone(),
        missing: args.missing,
        min_weight: constraints.min_weight,
        max_weight: constraints.max_weight,
        bounds: all(&constraints.bound, DomainBound::parse)?,
        groups: all(&constraints.group, GroupBound::parse)?,
        frozen: all(&constraints.freeze, FrozenGroup::parse)?,
        keep: all(&constraints.keep, KeptDomain::parse)?,
        drop: constraints.drop.clone(),
        most_domains: constraints.at_most,
        prior: near.prior.as_deref().map_or(Prior::None, Prior::from),
        domain_aliases: args.study.domain_aliases.as_ref().map(|file| file.display().to_string()),
        recommender: recommender(near)?,
        within: near.within.unwrap_or_default(),
        distance: near.distance.unwrap_or(Distance::Quadratic),
        corpora: constraints.corpora.as_ref().map(|file| file.display().to_string()),
        unit: constraints.unit,
        budget: constraints.budget.map(|budget| budget.0),
        max_epochs: constraints.max_epochs,
        replicates: args.replicates as usize,
        refits: args.trust.refits.map(|refits| refits as usize),
        confidence: args.trust.confidence,
        strata: args.trust.strata.clone(),
        tried: args.trust.tried.clone(),
        robust: args.trust.robust,
        seed: args.seed,
        ..FitSettings::new(args.target.clone().unwrap_or_default())
    })
}

/// How the recommendation is made.
fn recommender(near: &NearArgs) -> Result<Recommender, FitError> {
    let one_way = |setting: Setting, found: String, others: &str| FitError::Setting {
        setting,
        found,
        expected: format!("no {others} beside it: the recommendation is made one way"),
    };
    let is_near = near.within.is_some() || near.distance.is_some();
    if let Some(estimator) = near.estimator {
        let given = [
            (near.recommend == Some(Recommend::Ridge), "`--recommend ridge`"),
            (near.recommend == Some(Recommend::LeastChange), "`--recommend least-change`"),
            (near.ridge.is_some(), "`--ridge`"),
            (near.within.is_some(), "`--within`"),
            (near.distance.is_some(), "`--distance`"),
        ];
        if let Some((_, other)) = given.into_iter().find(|(is_given, _)| *is_given) {
            return Err(one_way(Setting::Estimator, estimator.name().to_string(), other));
        }
        return Ok(Recommender::Estimator(estimator, near.projection));
    }
    match (near.recommend, near.ridge) {
        (Some(Recommend::LeastChange), Some(lambda)) => {
            Err(one_way(Setting::Ridge, lambda.to_string(), "`--recommend least-change`"))
        }
        (Some(Recommend::Ridge), None) if is_near => {
            let others = "`--within` or `--distance`, which belong to `least-change`,";
            Err(one_way(Setting::Recommender, "ridge".to_string(), others))
        }
        (_, Some(lambda)) if is_near => {
            let others = "`--within` or `--distance`, which belong to `--recommend least-change`,";
            Err(one_way(Setting::Ridge, lambda.to_string(), others))
        }
        (_, Some(lambda)) => Ok(Recommender::RidgeOf(lambda)),
        (Some(Recommend::LeastChange), None) => Ok(Recommender::LeastChange),
        (None, None) if is_near => Ok(Recommender::LeastChange),
        (_, None) => Ok(Recommender::Ridge),
    }
}

/// Reads every text of a repeatable option.
fn all<T>(texts: &[String], parse: impl Fn(&str) -> Result<T, StudyError>) -> Result<Vec<T>, StudyError> {
    texts.iter().map(|text| parse(text)).collect()
}
