//! `mixopt fit`: the best mixture for a target.

mod args;

use std::path::Path;

use clap::ValueEnum;

use mixopt::base::{Setting, check_not_input};
use mixopt::fit::{Distance, Recommender};
use mixopt::mixture::{
    CAUTION, Control, DomainBound, FitError, FitReport, FitSettings, FrozenGroup, GroupBound, KeptDomain, Kind,
    MixtureFile, Prior, find,
};
use mixopt::study::StudyError;
use mixopt::whole_file::{check_writable, write_whole};

use crate::cli::groups::{NearArgs, Recommend, check_not_of_study, read_study};
use crate::cli::text::fit_screen::{next, screen};
use crate::cli::text::fit_tables::{binding, by_target, frontier, in_sample, made, proof, tracked, trade_off, weights};
use crate::cli::text::left_out::left_out;
use crate::cli::text::output::{Format, Output, heading, paragraph};
use crate::cli::text::progress::Bar;
use crate::cli::text::section::{Section, Sections, asked};
use crate::cli::text::trust_tables;
use crate::cli::threads::use_threads;
use args::WrittenKind;

pub use args::FitArgs;

/// Fits and prints.
pub fn run(args: &FitArgs, output: Output) -> anyhow::Result<()> {
    let settings = settings(args)?;
    if args.show_settings {
        return output.json(&settings);
    }
    use_threads(args.threads)?;
    // A place that cannot be written is better known before a long fit than after it.
    if let Some(file) = &args.out {
        let prior = args.near.prior.as_deref().map(Path::new);
        check_not_input(
            Setting::Out,
            file,
            args.study.files().chain(args.constraints.corpora.as_deref()).chain(prior),
        )?;
        check_writable(file)?;
    }
    let study = read_study(&args.study).map_err(FitError::from)?;
    check_not_of_study(args.out.as_ref(), &study)?;
    let bar = Bar::new(output.quiet);
    let findings = find(&study, &settings, &bar);
    bar.finish();
    let findings = findings?;

    if let Some(file) = &args.out {
        let kind = match args.out_mixture {
            WrittenKind::Recommended => Kind::Recommended,
            WrittenKind::Optimum => Kind::Optimum,
        };
        let mixture = MixtureFile::new(&findings, kind).ok_or_else(|| {
            anyhow::anyhow!(
                "no mixture correlates positively with {}, so there is no optimum to write",
                settings.target
            )
        })?;
        write_whole(file, &mixture.text_for(file)?)?;
    }
    match output.format {
        Format::Json => output.json(&findings)?,
        Format::Csv => csv(&findings, output)?,
        Format::Table => {
            let sections = asked(output.verbose, &args.sections);
            let wrote = args.out.as_ref().map(|file| file.display().to_string());
            let next = if output.quiet { Vec::new() } else { next(&findings, &typed(), wrote.as_deref()) };
            output.print(&text(&findings, Sections(&sections), &next))?;
            // What changes the decision is among the warnings of the screen.
            let notes = findings.record.messages.iter().filter(|message| !message.starts_with(CAUTION));
            notes.for_each(|message| output.note(message));
        }
    }
    if let Some(file) = &args.out {
        output.note(&format!("wrote {}", file.display()));
    }
    Ok(())
}

fn settings(args: &FitArgs) -> Result<FitSettings, FitError> {
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
        ..FitSettings::new(args.target.clone())
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

/// The first screen, and the sections asked for.
fn text(report: &FitReport, sections: Sections, next: &[String]) -> String {
    let mut text = screen(report, next);
    if sections.any() {
        text.push('\n');
    }
    if sections.has(Section::Stability) {
        text += &heading("Shares in full");
        text += &weights(report, true);
        text.push('\n');
    }
    if sections.has(Section::Mixture) {
        text += &made(report);
        text += &binding(report, true);
        text += &frontier(report, true);
        text += &trade_off(report, true);
        text += &proof(report);
        text.push('\n');
    }
    if sections.has(Section::Benchmarks) {
        let unit = report.question.unit;
        text += &heading(if report.answer.by_target.is_empty() {
            "How well each tracks the target (in sample)"
        } else {
            "How well each tracks the mean of the standardised targets (in sample)"
        });
        text += &in_sample(report, true);
        text += &paragraph(
            &format!("pearson and spearman: −{} with the score. rmse: in units of the score.", unit.bits_name()),
            "",
            "",
        );
        text.push('\n');
        text += &by_target(report);
        text += &tracked(report, true);
    }
    text += &trust_tables::sections(&report.trust, sections);
    if sections.has(Section::Inputs) {
        text +=
            &left_out(&report.record.dropped_models, &report.record.dropped_domains, &report.constant_domains, true);
    }
    text
}

/// This command as it was typed, without what is only about printing and writing.
fn typed() -> String {
    let mut words = vec!["mixopt".to_string()];
    let mut arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-v" | "--verbose" | "-q" | "--quiet" => {}
            "-o" | "--out" => {
                arguments.next();
            }
            out if out.starts_with("--out=") => {}
            name if Section::from_str(name, false).is_ok() => {}
            plain if plain.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=:,+%@".contains(c)) => {
                words.push(argument);
            }
            other => words.push(format!("'{}'", other.replace('\'', "'\\''"))),
        }
    }
    words.join(" ")
}

fn csv(findings: &FitReport, output: Output) -> anyhow::Result<()> {
    let text = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
    let mut rows = Vec::new();
    for (domain, weight) in &findings.answer.recommended.weights {
        let single = findings.baselines.single.get(domain);
        let supply = findings.answer.supply.as_ref().and_then(|supply| supply.domains.get(domain));
        let trust = &findings.trust;
        let stability = trust.mixture.as_ref().and_then(|stability| stability.domains.get(domain));
        let as_good = trust.near_optimal.as_ref().and_then(|near| near.domains.get(domain));
        let held_out = findings.held_out.baselines.single.get(domain).copied().flatten();
        rows.push(vec![
            domain.clone(),
            weight.to_string(),
            text(findings.answer.optimum.weights.as_ref().and_then(|weights| weights.get(domain).copied())),
            findings.answer.recommended.prior_weights.get(domain).map(f64::to_string).unwrap_or_default(),
            text(single.and_then(|figures| figures.pearson)),
            text(single.and_then(|figures| figures.spearman)),
            text(single.and_then(|figures| figures.rmse)),
            text(held_out.and_then(|figures| figures.pearson)),
            supply.map(|domain| domain.tokens.to_string()).unwrap_or_default(),
            supply.map(|domain| domain.epochs.to_string()).unwrap_or_default(),
            text(stability.map(|stability| stability.interval.lower)),
            text(stability.map(|stability| stability.interval.upper)),
            text(stability.map(|stability| stability.selected)),
            text(as_good.map(|interval| interval.lower)),
            text(as_good.map(|interval| interval.upper)),
        ]);
    }
    output.csv(
        &[
            "domain",
            "recommended",
            "optimum",
            "prior",
            "pearson_alone",
            "spearman_alone",
            "rmse_alone",
            "held_out_pearson_alone",
            "tokens",
            "epochs",
            "interval_lower",
            "interval_upper",
            "present",
            "as_good_least",
            "as_good_greatest",
        ],
        rows,
    )
}
