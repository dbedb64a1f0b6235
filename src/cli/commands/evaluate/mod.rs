//! `mixopt evaluate`: how a given mixture does.

mod args;

use std::path::Path;

use mixopt::base::Setting;
use mixopt::mixture::{
    Control, EvaluationReport, FitError, FitSettings, MixtureFile, Percentages, Prior, Weights, evaluate, percentages,
    read_or_known,
};
use mixopt::study::{InputFile, Study};

use crate::cli::exit::BadArgument;
use crate::cli::groups::read_study;
use crate::cli::text::fit_tables::{self, benchmarks};
use crate::cli::text::left_out::left_out;
use crate::cli::text::output::{Format, Output, heading, paragraph, shortened, table};
use crate::cli::text::progress::Bar;
use crate::cli::text::section::{Sections, sections_asked};
use crate::cli::text::trust_tables::{comparison, range, sections};
use crate::cli::threads::use_threads;

pub use args::EvaluateArgs;

/// Domains and benchmarks shown unless everything is asked for.
const MOST_ROWS: usize = 12;
/// What a fit writes for a study that is not part of the program.
const FILES: &str = "files";

/// Evaluates and prints.
pub fn run(args: &EvaluateArgs, output: Output) -> anyhow::Result<()> {
    use_threads(args.threads)?;
    let mixture = read_or_known(&args.mixture).map_err(FitError::from)?;
    let target = target(args, &mixture)?;
    let study = study(args, &mixture)?;
    let (settings, note) = settings(args, target, &study, &mixture);
    let bar = Bar::new(output.quiet);
    let findings = evaluate(&study, &settings, &args.mixture, &mixture, &bar);
    bar.finish();
    let mut findings = findings?;
    findings.record.messages.extend(note);
    let file = Path::new(&args.mixture);
    if file.exists() {
        findings.record.inputs.push(InputFile::of_file("mixture", file).map_err(FitError::from)?);
    }
    match output.format {
        Format::Json => output.json(&findings)?,
        Format::Csv => csv(&findings, output)?,
        Format::Table => {
            output.print(&text(&findings, Sections(&sections_asked(output.verbose, &args.sections))))?;
            findings.record.messages.iter().for_each(|message| output.note(message));
        }
    }
    Ok(())
}

/// The target asked for, else that of the mixture's fit.
fn target(args: &EvaluateArgs, mixture: &MixtureFile) -> Result<String, FitError> {
    let own = || mixture.fit.as_ref().map(|fit| fit.target.clone());
    args.target.clone().or_else(own).ok_or_else(|| FitError::Setting {
        setting: Setting::Target,
        found: String::new(),
        expected: "a target, since the mixture has no fit that would say what it is for (`mixopt targets` lists them)"
            .to_string(),
    })
}

/// The study asked for, else that of the mixture's fit, else that of the program.
fn study(args: &EvaluateArgs, mixture: &MixtureFile) -> anyhow::Result<Study> {
    let mut study = args.study.clone();
    if let (None, None, None, Some(fit)) = (&study.study, &study.bpc, &study.scores, &mixture.fit) {
        if fit.study == FILES {
            return Err(BadArgument::error(
                "--mixture",
                &args.mixture,
                "it was fitted on files, which are not part of the program",
                "them again (`--bpc FILE --scores FILE`), or `--study NAME`",
            ));
        }
        study.study = Some(fit.study.clone());
    }
    Ok(read_study(&study)?)
}

/// What is asked, and a note where the selection is that of the mixture's own fit.
fn settings(
    args: &EvaluateArgs,
    target: String,
    study: &Study,
    mixture: &MixtureFile,
) -> (FitSettings, Option<String>) {
    let selection = &args.selection;
    let mut settings = FitSettings {
        control: match args.control.as_deref() {
            None => Control::Automatic,
            Some("none") => Control::None,
            Some(column) => Control::Column(column.to_string()),
        },
        include_models: selection.include_models.clone(),
        exclude_models: selection.exclude_models.clone(),
        drop_families: selection.drop_family.clone(),
        exclude_domains: selection.exclude.clone(),
        missing: args.missing,
        prior: args.prior.as_deref().map_or(Prior::None, Prior::from),
        domain_aliases: args.study.domain_aliases.as_ref().map(|file| file.display().to_string()),
        within: args.within,
        corpora: args.corpora.as_ref().map(|file| file.display().to_string()),
        unit: args.unit,
        replicates: args.replicates as usize,
        refits: args.trust.refits.map(|refits| refits as usize),
        confidence: args.trust.confidence,
        strata: args.trust.strata.clone(),
        tried: args.trust.tried.clone(),
        robust: args.trust.robust,
        seed: args.seed,
        ..FitSettings::new(target)
    };
    // The models of the fit for this target, so that its figures come out again.
    let own = mixture.fit.as_ref().map(|fit| &fit.settings).filter(|own| {
        let same_study = mixture.fit.as_ref().is_some_and(|fit| fit.study == study.name && fit.study != FILES);
        let nothing_asked =
            [&selection.include_models, &selection.exclude_models, &selection.drop_family, &selection.exclude]
                .iter()
                .all(|names| names.is_empty());
        same_study && nothing_asked && own.target == settings.target
    });
    let constraints = constrain(&mut settings, study, mixture);
    let Some(own) = own else { return (settings, constraints) };
    let lists = [
        ("--include-models", &own.include_models),
        ("--exclude-models", &own.exclude_models),
        ("--drop-family", &own.drop_families),
        ("--exclude", &own.exclude_domains),
    ];
    let told: Vec<String> = lists
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(option, names)| format!("{option} {}", names.join(",")))
        .collect();
    settings.include_models.clone_from(&own.include_models);
    settings.exclude_models.clone_from(&own.exclude_models);
    settings.drop_families.clone_from(&own.drop_families);
    settings.exclude_domains.clone_from(&own.exclude_domains);
    let note = (!told.is_empty()).then(|| {
        format!("models and domains are those of the file's own fit ({}); any selection replaces it", told.join(" "))
    });
    (settings, [constraints, note].into_iter().flatten().reduce(|first, second| format!("{first}; {second}")))
}

/// Takes over the constraints of the mixture's own fit, as far as the study has its domains: what it was made under, it is
/// compared under. Returns what the user should know.
fn constrain(settings: &mut FitSettings, study: &Study, mixture: &MixtureFile) -> Option<String> {
    let own = &mixture.fit.as_ref()?.settings;
    let plain = FitSettings::new(own.target.clone());
    let has_domains = mixture.weights.keys().all(|name| study.compression.matrix.column(name).is_some());
    let constrained = FitSettings {
        min_weight: own.min_weight,
        max_weight: own.max_weight,
        bounds: own.bounds.clone(),
        groups: own.groups.clone(),
        // The ratios of a frozen group may be those of the prior.
        frozen: if own.prior == settings.prior { own.frozen.clone() } else { Vec::new() },
        keep: own.keep.clone(),
        drop: own.drop.clone(),
        most_domains: own.most_domains,
        ..plain.clone()
    };
    if !has_domains || constrained == plain {
        return None;
    }
    if own.corpora.is_some() && settings.corpora.is_none() {
        return Some(
            "the file's own fit had constraints with a manifest; `--corpora` with it applies them here".to_string(),
        );
    }
    *settings = FitSettings {
        min_weight: constrained.min_weight,
        max_weight: constrained.max_weight,
        bounds: constrained.bounds,
        groups: constrained.groups,
        frozen: constrained.frozen,
        keep: constrained.keep,
        drop: constrained.drop,
        most_domains: constrained.most_domains,
        ..settings.clone()
    };
    Some("the optimum is that under the constraints of the file's own fit".to_string())
}

/// The whole answer as text.
fn text(findings: &EvaluationReport, shown: Sections) -> String {
    let verbose = shown.any();
    let domains = findings.answer.mixture.weights.len();
    let mut text = heading(&format!("{} for {}", findings.answer.mixture.given, findings.question.target));
    text += &fit_tables::studied(&findings.question, domains, "");
    text.push('\n');
    for sentence in &findings.verdict {
        text += &paragraph(sentence, "• ", "  ");
    }
    text.push('\n');
    text += &weights(findings, verbose);
    text += &figures(findings, verbose);
    text += &tracked(findings, verbose);
    if !verbose {
        text += &comparison(&findings.trust.comparison, findings.trust.confidence, false);
    }
    text += &sections(&findings.trust, shown);
    if let (Some(slope), Some(intercept)) =
        (findings.answer.mixture.figures.slope, findings.answer.mixture.figures.intercept)
    {
        text += &paragraph(
            &format!(
                "Line of the mixture: {} ≈ {intercept:.4} {} {:.4} × {}.",
                findings.question.target,
                if slope < 0.0 { "−" } else { "+" },
                slope.abs(),
                findings.question.unit.bits_name()
            ),
            "",
            "  ",
        );
    }
    text + &left_out(
        &findings.record.dropped_models,
        &findings.record.dropped_domains,
        &findings.constant_domains,
        verbose,
    )
}

/// Shares of the mixture beside those that a fit makes, the largest first.
fn weights(findings: &EvaluationReport, verbose: bool) -> String {
    let list = |weights: &Weights| weights.values().copied().collect::<Vec<f64>>();
    let given = list(&findings.answer.mixture.weights);
    let recommended = list(&findings.answer.recommended.weights);
    let prior = list(&findings.answer.prior_weights);
    let optimum = findings.answer.optimum.as_ref().map(|optimum| list(&optimum.weights));
    let columns: Vec<Percentages> = [Some(&given), Some(&recommended), optimum.as_ref(), Some(&prior)]
        .into_iter()
        .flatten()
        .map(|w| percentages(w))
        .collect();
    let near = findings.trust.near_optimal.as_ref();
    let mut header = vec!["domain", "given", "recommended"];
    if findings.answer.optimum.is_some() {
        header.push("optimum");
    }
    header.push(if findings.baselines.prior.is_some() { "prior" } else { "equal shares" });
    if near.is_some() {
        header.push("as good");
    }
    let mut order: Vec<usize> = (0..given.len()).collect();
    order.sort_by(|&a, &b| {
        given[b].total_cmp(&given[a]).then(recommended[b].total_cmp(&recommended[a])).then(a.cmp(&b))
    });
    let shown = if verbose || order.len() <= MOST_ROWS { order.len() } else { MOST_ROWS };
    let mut rows: Vec<Vec<String>> = order[..shown]
        .iter()
        .filter_map(|&d| findings.answer.mixture.weights.get_index(d).map(|(name, _)| (d, name)))
        .map(|(d, name)| {
            let mut row = vec![shortened(name, verbose)];
            row.extend(columns.iter().map(|column| column.text(d)));
            row.extend(near.map(|near| near.domains.get(name).map_or(String::new(), |interval| range(*interval))));
            row
        })
        .collect();
    if shown < order.len() {
        let mut row = vec![format!("{} more (-v shows all)", order.len() - shown)];
        row.extend(columns.iter().map(|column| column.sum(&order[shown..])));
        row.resize(header.len(), String::new());
        rows.push(row);
    }
    let note = near.map_or(String::new(), |near| {
        let what = near.criterion.in_words();
        let told = format!("as good: shares among all mixtures with a {what} of {:.4} or more.", near.threshold);
        paragraph(&told, "", "")
    });
    heading("Weights") + &table(&header, &rows) + &note + "\n"
}

/// In-sample figures of the mixture and of what it is compared with.
fn figures(findings: &EvaluationReport, verbose: bool) -> String {
    let mut mixtures =
        vec![("given", &findings.answer.mixture.figures), ("recommended", &findings.answer.recommended.figures)];
    mixtures.extend(findings.answer.optimum.as_ref().map(|optimum| ("optimum", &optimum.figures)));
    mixtures.extend(findings.baselines.prior.as_ref().map(|prior| ("prior", prior)));
    mixtures.push(("equal shares", &findings.baselines.uniform));
    let note = format!(
        "in sample. pearson and spearman: −{} with the score. rmse: in units of the score.",
        findings.question.unit.bits_name()
    );
    heading("How well each tracks the target")
        + &fit_tables::figures(&mixtures, &findings.baselines, verbose)
        + &paragraph(&note, "", "")
        + "\n"
}

/// What the mixture means for every benchmark.
fn tracked(findings: &EvaluationReport, verbose: bool) -> String {
    let prior = if findings.baselines.prior.is_some() { "prior" } else { "equal shares" };
    let rows = findings.tracked.iter().map(|(name, tracked)| {
        let of = [tracked.mixture, tracked.recommended, tracked.optimum, tracked.prior];
        (name.as_str(), tracked.models, of.to_vec())
    });
    benchmarks(&["given", "recommended", "optimum", prior], rows.collect(), verbose)
}

fn csv(findings: &EvaluationReport, output: Output) -> anyhow::Result<()> {
    let text = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let near = findings.trust.near_optimal.as_ref();
    let rows = findings.answer.mixture.weights.iter().map(|(domain, share)| {
        let single = findings.baselines.single.get(domain);
        let held_out = findings.held_out.baselines.single.get(domain).copied().flatten();
        let interval = near.and_then(|near| near.domains.get(domain));
        vec![
            domain.clone(),
            share.to_string(),
            text(findings.answer.recommended.weights.get(domain).copied()),
            text(findings.answer.optimum.as_ref().and_then(|optimum| optimum.weights.get(domain).copied())),
            text(interval.map(|interval| interval.lower)),
            text(interval.map(|interval| interval.upper)),
            text(single.and_then(|figures| figures.pearson)),
            text(single.and_then(|figures| figures.spearman)),
            text(single.and_then(|figures| figures.rmse)),
            text(held_out.and_then(|figures| figures.pearson)),
        ]
    });
    let header = [
        "domain",
        "given",
        "recommended",
        "optimum",
        "as_good_least",
        "as_good_greatest",
        "pearson_alone",
        "spearman_alone",
        "rmse_alone",
        "held_out_pearson_alone",
    ];
    output.csv(&header, rows)
}
