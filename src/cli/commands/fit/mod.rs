//! `mixopt fit`: the best mixture for a target.

mod args;
mod settings;

use std::path::Path;

use clap::ValueEnum;

use mixopt::base::{Setting, check_not_input};
use mixopt::mixture::{CAUTION, FitError, FitFile, FitReport, Kind, MixtureFile, Prior, find};
use mixopt::whole_file::{check_writable, write_whole};

use crate::cli::groups::{Given, check_not_of_study};
use crate::cli::text::fit_screen::{next, screen};
use crate::cli::text::fit_tables::{binding, by_target, frontier, in_sample, made, proof, tracked, trade_off, weights};
use crate::cli::text::left_out::left_out;
use crate::cli::text::output::{Format, Output, heading, paragraph};
use crate::cli::text::progress::Bar;
use crate::cli::text::section::{Section, Sections, sections_asked};
use crate::cli::text::trust_tables;
use crate::cli::threads::use_threads;
use args::WrittenKind;
use settings::settings;

pub use args::FitArgs;

/// Fits and prints.
pub fn run(args: &FitArgs, given: &Given, output: Output) -> anyhow::Result<()> {
    let asked = settings(args, given)?;
    if args.show_settings {
        return output.json(&asked);
    }
    let FitFile { study, fit: settings } = asked;
    use_threads(args.threads)?;
    // A place that cannot be written is better known before a long fit than after it.
    if let Some(file) = &args.out {
        let prior = match &settings.prior {
            Prior::Mixture(prior) => Some(Path::new(prior)),
            Prior::None | Prior::Uniform | Prior::Natural => None,
        };
        let corpora = settings.corpora.as_deref().map(Path::new);
        check_not_input(Setting::Out, file, study.files().chain(args.settings.as_deref()).chain(corpora).chain(prior))?;
        check_writable(file)?;
    }
    let study = study.read().map_err(FitError::from)?;
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
            let sections = sections_asked(output.verbose, &args.sections);
            let wrote = args.out.as_ref().map(|file| file.display().to_string());
            let next = next(&findings, &typed(), wrote.as_deref());
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

/// The first screen, and the sections asked for.
fn text(report: &FitReport, sections: Sections, next: &[String]) -> String {
    let mut text = screen(report, next, sections.any());
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
