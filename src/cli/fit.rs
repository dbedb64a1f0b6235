//! `mixopt fit`: the best mixture for a target.

use crate::fit::{Distance, Objective, Recommender, total_variation};
use crate::mixture::{
    Control, DomainBound, Figures, Findings, FitError, FitSettings, FrozenGroup, GroupBound, HeldOutFigures,
    KeptDomain, Kind, MixtureFile, Percentages, Prior, Weights, amount, find, in_words, percentages,
};
use crate::study::{Dropped, MissingRule, StudyError};
use crate::whole_file::{check_writable, write_whole};

use super::args::{DistanceArg, FitArgs, Format, KindArg, MissingArg, ObjectiveArg, RecommendArg};
use super::output::{Output, heading, number, paragraph, shortened, table, text_table};
use super::progress::Bar;
use super::source::read_study;

/// Domains shown in tables unless everything is asked for.
const MOST_DOMAINS: usize = 12;

/// Fits and prints.
pub fn run(args: &FitArgs, output: Output) -> anyhow::Result<()> {
    let settings = settings(args)?;
    if args.show_settings {
        return output.json(&settings);
    }
    if let Some(threads) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads as usize).build_global()?;
    }
    // A place that cannot be written is better known before a long fit than after it.
    if let Some(file) = &args.out {
        check_writable(file)?;
    }
    let study = read_study(&args.study).map_err(FitError::from)?;
    let bar = Bar::new(output.quiet);
    let findings = find(&study, &settings, &bar);
    bar.finish();
    let findings = findings?;

    if let Some(file) = &args.out {
        let kind = match args.out_mixture {
            KindArg::Recommended => Kind::Recommended,
            KindArg::Optimum => Kind::Optimum,
        };
        let mixture = MixtureFile::new(&findings, kind).ok_or_else(|| {
            anyhow::anyhow!(
                "no mixture correlates positively with {}, so there is no optimum to write",
                settings.target
            )
        })?;
        write_whole(file, &mixture.to_yaml()?)?;
    }
    match output.format {
        Format::Json => output.json(&findings)?,
        Format::Csv => csv(&findings, output)?,
        Format::Table => {
            output.print(&text(&findings, output.verbose))?;
            findings.messages.iter().for_each(|message| output.note(message));
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
        objective: match args.objective {
            ObjectiveArg::Pearson => Objective::Pearson,
            ObjectiveArg::Spearman => Objective::Spearman,
            ObjectiveArg::Worst => Objective::Worst,
        },
        control: match args.control.as_deref() {
            None => Control::Automatic,
            Some("none") => Control::None,
            Some(column) => Control::Column(column.to_string()),
        },
        include_models: args.selection.include_models.clone(),
        exclude_models: args.selection.exclude_models.clone(),
        drop_families: args.selection.drop_family.clone(),
        exclude_domains: args.selection.exclude.clone(),
        missing: match args.missing {
            MissingArg::DropModel => MissingRule::DropModel,
            MissingArg::DropDomain => MissingRule::DropDomain,
            MissingArg::Error => MissingRule::Error,
        },
        min_weight: constraints.min_weight,
        max_weight: constraints.max_weight,
        bounds: all(&constraints.bound, DomainBound::parse)?,
        groups: all(&constraints.group, GroupBound::parse)?,
        frozen: all(&constraints.freeze, FrozenGroup::parse)?,
        keep: all(&constraints.keep, KeptDomain::parse)?,
        drop: constraints.drop.clone(),
        most_domains: constraints.at_most,
        prior: Prior::from(near.prior.as_str()),
        recommender: match (near.recommend, near.ridge) {
            (_, Some(lambda)) => Recommender::RidgeOf(lambda),
            (RecommendArg::Ridge, None) => Recommender::Ridge,
            (RecommendArg::LeastChange, None) => Recommender::LeastChange,
        },
        within: near.within,
        distance: match near.distance {
            DistanceArg::Quadratic => Distance::Quadratic,
            DistanceArg::Kl => Distance::KullbackLeibler,
        },
        corpora: constraints.corpora.as_ref().map(|file| file.display().to_string()),
        unit: constraints.unit.map(Into::into),
        budget: constraints.budget.map(|budget| budget.0),
        max_epochs: constraints.max_epochs,
        replicates: args.replicates as usize,
        seed: args.seed,
        ..FitSettings::new(args.target.clone())
    })
}

/// Reads every text of a repeatable option.
fn all<T>(texts: &[String], parse: impl Fn(&str) -> Result<T, StudyError>) -> Result<Vec<T>, StudyError> {
    texts.iter().map(|text| parse(text)).collect()
}

/// The whole answer as text.
fn text(findings: &Findings, verbose: bool) -> String {
    let unit = findings.unit;
    let domains = findings.recommended.weights.len();
    let mut text = heading(&format!("Mixture for {}", findings.target));
    text += &paragraph(
        &format!(
            "{} models of {} families, {domains} domain{}, study {}; weights are shares of {unit}.",
            findings.models,
            findings.families,
            if domains == 1 { "" } else { "s" },
            findings.study
        ),
        "",
        "",
    );
    text.push('\n');
    for sentence in &findings.verdict {
        text += &paragraph(sentence, "• ", "  ");
    }
    text.push('\n');
    text += &heading("Weights");
    text += &weights(findings, verbose);
    text.push('\n');
    text += &binding(findings, verbose);
    text += &heading(if findings.by_target.is_empty() {
        "How well each tracks the target"
    } else {
        "How well each tracks the mean of the standardised targets"
    });
    text += &comparison(findings, verbose);
    text += &paragraph(
        "pearson and spearman: −bits per character with the score. held-out: predicted with true scores, each family left out \
         in turn and everything refitted without it. rmse: in units of the score.",
        "",
        "",
    );
    text.push('\n');
    text += &by_target(findings);
    text += &frontier(findings, verbose);
    text += &trade_off(findings, verbose);
    text += &tracked(findings, verbose);
    text += &proof(findings);
    if !findings.dropped_models.is_empty() {
        text += &dropped("Models", &findings.dropped_models, verbose);
    }
    if !findings.dropped_domains.is_empty() {
        text += &dropped("Domains", &findings.dropped_domains, verbose);
    }
    if !findings.constant_domains.is_empty() {
        let names = findings.constant_domains.join(", ");
        text += &paragraph(&format!("Same for all models, so any share changes nothing: {names}."), "", "  ");
    }
    text
}

/// Domains in the order of the recommended shares, then of the optimum's.
fn ordered(findings: &Findings) -> Vec<usize> {
    let recommended: Vec<f64> = findings.recommended.weights.values().copied().collect();
    let optimum: Vec<f64> = match &findings.optimum.weights {
        Some(weights) => weights.values().copied().collect(),
        None => vec![0.0; recommended.len()],
    };
    let mut order: Vec<usize> = (0..recommended.len()).collect();
    // Shares that print alike are ordered by the optimum.
    let printed = |share: f64| (share * 1e4).round() as i64;
    order.sort_by(|&a, &b| {
        printed(recommended[b]).cmp(&printed(recommended[a])).then(optimum[b].total_cmp(&optimum[a])).then(a.cmp(&b))
    });
    order
}

fn weights(findings: &Findings, verbose: bool) -> String {
    let of = |weights: &Weights| percentages(&weights.values().copied().collect::<Vec<f64>>());
    let recommended = of(&findings.recommended.weights);
    let optimum = findings.optimum.weights.as_ref().map(of);
    let count = findings.recommended.weights.len();
    let has_prior = findings.baselines.prior.is_some();
    let prior = of(&findings.recommended.prior_weights);
    let names: Vec<&str> = findings.domains().collect();
    let order = ordered(findings);
    let shown = if verbose || count <= MOST_DOMAINS { count } else { MOST_DOMAINS };
    let supply = findings.supply.as_ref();
    let mut rows: Vec<Vec<String>> = order[..shown]
        .iter()
        .map(|&d| {
            let mut row = vec![
                shortened(names[d], verbose),
                recommended.text(d),
                optimum.as_ref().map_or("–".to_string(), |optimum| optimum.text(d)),
                prior.text(d),
            ];
            if let Some(domain) = supply.and_then(|supply| supply.domains.get(names[d])) {
                row.push(amount(domain.tokens as f64));
                row.push(amount(domain.available as f64));
                row.push(format!("{:.2}", domain.epochs));
            }
            row
        })
        .collect();
    if shown < count {
        let rest = |shares: &Percentages| shares.sum(&order[shown..]);
        let mut row = vec![
            format!("{} more (-v shows all)", count - shown),
            rest(&recommended),
            optimum.as_ref().map_or("–".to_string(), rest),
            rest(&prior),
        ];
        if let Some(supply) = supply {
            let others = || order[shown..].iter().filter_map(|&d| supply.domains.get(names[d]));
            row.push(amount(others().map(|domain| domain.tokens as f64).sum()));
            row.push(amount(others().map(|domain| domain.available as f64).sum()));
            row.push(String::new());
        }
        rows.push(row);
    }
    let mut header = vec!["domain", "recommended", "optimum", if has_prior { "prior" } else { "equal shares" }];
    if supply.is_some() {
        header.extend(["tokens", "available", "epochs"]);
    }
    table(&header, &rows)
}

/// Constraints that hold the optimum back and what each costs.
fn binding(findings: &Findings, verbose: bool) -> String {
    const MOST: usize = 8;
    let binding = &findings.optimum.binding;
    if binding.is_empty() {
        return String::new();
    }
    let shown = if verbose { binding.len() } else { binding.len().min(MOST) };
    let mut rows: Vec<Vec<String>> = binding[..shown]
        .iter()
        .map(|binding| {
            vec![
                binding.constraint.clone(),
                binding.domain.as_deref().map_or(String::new(), |domain| shortened(domain, verbose)),
                format!("{:.1}%", 100.0 * binding.limit),
                format!("{:+.5}", binding.price_per_point),
            ]
        })
        .collect();
    if shown < binding.len() {
        rows.push(vec![
            format!("{} more (-v shows all)", binding.len() - shown),
            String::new(),
            String::new(),
            String::new(),
        ]);
    }
    heading("What holds the optimum back")
        + &table(&["constraint", "domain", "limit", "correlation per point"], &rows)
        + &paragraph(
            "correlation per point: gained where the limit is loosened by 1% of the mixture, to first order.",
            "",
            "",
        )
        + "\n"
}

/// What one of two targets costs the other.
fn frontier(findings: &Findings, verbose: bool) -> String {
    let Some(first) = findings.pareto.first() else { return String::new() };
    let names: Vec<&str> = first.correlations.keys().map(String::as_str).collect();
    let points = &findings.pareto;
    let step = if verbose { 1 } else { points.len().div_ceil(5).max(1) };
    let rows: Vec<Vec<String>> = points
        .iter()
        .enumerate()
        .filter(|(index, _)| index % step == 0 || index + 1 == points.len())
        .map(|(_, point)| {
            let mut row: Vec<String> = point.correlations.values().map(|value| format!("{value:.4}")).collect();
            row.push(in_words(&point.weights));
            row
        })
        .collect();
    let mut header = names.clone();
    header.push("mixture");
    heading("No mixture does better on both (pearson)") + &text_table(&header, &rows) + "\n"
}

/// The way from the prior to the best.
fn trade_off(findings: &Findings, verbose: bool) -> String {
    let points = &findings.trade_off;
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    if last.correlation - first.correlation < 1e-6 {
        return String::new();
    }
    let step = if verbose { 1 } else { points.len().div_ceil(5).max(1) };
    let start: Vec<f64> = findings.recommended.prior_weights.values().copied().collect();
    let rows: Vec<Vec<String>> = points
        .iter()
        .enumerate()
        .filter(|(index, _)| index % step == 0 || index + 1 == points.len())
        .map(|(_, point)| {
            let weights: Vec<f64> = point.weights.values().copied().collect();
            vec![
                format!("{:.4}", point.correlation),
                format!("{:.1}%", 100.0 * total_variation(&start, &weights)),
                format!("{:.4}", point.distance),
            ]
        })
        .collect();
    let what = findings.recommended.criterion.replacen("pearson", "correlation", 1);
    heading(&format!("From {} to the best {what}", prior_name(findings)))
        + &table(&["correlation", "of it moved", "distance"], &rows)
        + "\n"
}

/// How the mixtures track every benchmark, so that it is seen what is paid for the target.
fn tracked(findings: &Findings, verbose: bool) -> String {
    if findings.tracked.len() < 2 {
        return String::new();
    }
    let has_prior = findings.baselines.prior.is_some();
    // One more row takes no more room than saying that there is one.
    let all = verbose || findings.tracked.len() <= MOST_DOMAINS + 1;
    let shown = if all { findings.tracked.len() } else { MOST_DOMAINS };
    let mut rows: Vec<Vec<String>> = findings
        .tracked
        .iter()
        .take(shown)
        .map(|(name, tracked)| {
            vec![
                shortened(name, verbose),
                tracked.models.to_string(),
                number(tracked.recommended, 4),
                number(tracked.optimum, 4),
                number(tracked.prior, 4),
            ]
        })
        .collect();
    if shown < findings.tracked.len() {
        let rest = format!("{} more (-v shows all)", findings.tracked.len() - shown);
        rows.push(vec![rest, String::new(), String::new(), String::new(), String::new()]);
    }
    let prior = if has_prior { "prior" } else { "equal shares" };
    heading("What the mixtures mean for every benchmark (pearson)")
        + &table(&["benchmark", "models", "recommended", "optimum", prior], &rows)
        + "\n"
}

/// The correlation with each of several targets.
fn by_target(findings: &Findings) -> String {
    if findings.by_target.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = findings
        .by_target
        .iter()
        .map(|(name, figures)| {
            vec![
                name.clone(),
                number(figures.recommended.pearson, 4),
                number(figures.recommended.held_out_pearson, 4),
                number(figures.optimum.and_then(|pair| pair.pearson), 4),
                number(figures.optimum.and_then(|pair| pair.held_out_pearson), 4),
                number(figures.uniform.pearson, 4),
                number(figures.uniform.held_out_pearson, 4),
            ]
        })
        .collect();
    let header = ["target", "recommended", "held out", "optimum", "held out", "equal shares", "held out"];
    heading("Each target (pearson)") + &table(&header, &rows) + "\n"
}

fn prior_name(findings: &Findings) -> String {
    match findings.recommended.prior.as_str() {
        "uniform" => "equal shares".to_string(),
        "natural" => "the shares of the supply".to_string(),
        name => format!("the prior ({name})"),
    }
}

fn comparison(findings: &Findings, verbose: bool) -> String {
    let held_out = &findings.held_out;
    let row = |name: String, figures: Option<&Figures>, held_out: &Option<HeldOutFigures>| {
        vec![
            name,
            number(figures.and_then(|f| f.pearson), 4),
            number(figures.and_then(|f| f.spearman), 4),
            number(figures.and_then(|f| f.rmse), 4),
            number(held_out.and_then(|h| h.pearson), 4),
            number(held_out.and_then(|h| h.spearman), 4),
            number(held_out.map(|h| h.rmse), 4),
        ]
    };
    let mut rows = vec![row("recommended".into(), Some(&findings.recommended.figures), &held_out.recommended)];
    if findings.optimum.weights.is_some() {
        rows.push(row("optimum".into(), Some(&findings.optimum.figures), &held_out.optimum));
    }
    if let Some(prior) = &findings.baselines.prior {
        rows.push(row("prior".into(), Some(prior), &held_out.baselines.prior));
    }
    rows.push(row("equal shares".into(), Some(&findings.baselines.uniform), &held_out.baselines.uniform));
    let mut single: Vec<(&String, &Figures)> = findings.baselines.single.iter().collect();
    single.sort_by(|a, b| b.1.pearson.unwrap_or(-2.0).total_cmp(&a.1.pearson.unwrap_or(-2.0)));
    let shown = if verbose || single.len() <= MOST_DOMAINS { single.len() } else { 3 };
    for (name, figures) in &single[..shown] {
        let held_out = held_out.baselines.single.get(*name).copied().flatten();
        rows.push(row(format!("{} alone", shortened(name, verbose)), Some(figures), &held_out));
    }
    if single.len() > 1 {
        rows.push(row("best alone, chosen each time".into(), None, &held_out.best_single));
    }
    table(&["mixture", "pearson", "spearman", "rmse", "held-out pearson", "held-out spearman", "held-out rmse"], &rows)
}

fn proof(findings: &Findings) -> String {
    let optimum = &findings.optimum;
    let mut text = String::new();
    if let (Some(bound), Some(gap)) = (optimum.bound, optimum.gap)
        && optimum.weights.is_some()
    {
        let condition = optimum.bound_holds_above_variation.map_or(String::new(), |least| {
            format!(" among mixtures whose compression varies at least {least} as much as their domains do")
        });
        text += &paragraph(
            &format!(
                "Proof: by duality no mixture{condition} reaches more than {bound:.10}; the optimum reaches {:.10} (gap {gap:.1e}).",
                optimum.correlation
            ),
            "",
            "  ",
        );
    }
    let recommended = &findings.recommended;
    if let (Some(slope), Some(intercept)) = (recommended.figures.slope, recommended.figures.intercept)
        && findings.by_target.is_empty()
    {
        let bits = findings.unit.bits_name();
        let sign = if slope < 0.0 { '−' } else { '+' };
        text += &paragraph(
            &format!(
                "Law of the recommended mixture: {} ≈ {intercept:.4} {sign} {:.4} × {bits}.",
                findings.target,
                slope.abs()
            ),
            "",
            "  ",
        );
    }
    text
}

/// What was left out, by reason.
fn dropped(what: &str, dropped: &[Dropped], verbose: bool) -> String {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for entry in dropped {
        match reasons.iter_mut().find(|(reason, _)| *reason == entry.reason) {
            Some((_, names)) => names.push(&entry.name),
            None => reasons.push((&entry.reason, vec![&entry.name])),
        }
    }
    const MOST_REASONS: usize = 6;
    const MOST_NAMES: usize = 4;
    let mut text = String::new();
    let shown = if verbose { reasons.len() } else { reasons.len().min(MOST_REASONS) };
    for (reason, names) in &reasons[..shown] {
        let named = if verbose { names.len() } else { names.len().min(MOST_NAMES) };
        let mut list = names[..named].join(", ");
        if named < names.len() {
            list.push_str(&format!(" and {} more", names.len() - named));
        }
        text += &paragraph(&format!("{what} left out ({}), {reason}: {list}.", names.len()), "", "  ");
    }
    let rest: usize = reasons[shown..].iter().map(|(_, names)| names.len()).sum();
    if rest > 0 {
        text += &paragraph(&format!("{what} left out for other reasons: {rest} (-v lists them)."), "", "  ");
    }
    text
}

fn csv(findings: &Findings, output: Output) -> anyhow::Result<()> {
    let text = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
    let mut rows = Vec::new();
    for (domain, weight) in &findings.recommended.weights {
        let single = findings.baselines.single.get(domain);
        let supply = findings.supply.as_ref().and_then(|supply| supply.domains.get(domain));
        let held_out = findings.held_out.baselines.single.get(domain).copied().flatten();
        rows.push(vec![
            domain.clone(),
            weight.to_string(),
            text(findings.optimum.weights.as_ref().and_then(|weights| weights.get(domain).copied())),
            findings.recommended.prior_weights.get(domain).map(f64::to_string).unwrap_or_default(),
            text(single.and_then(|figures| figures.pearson)),
            text(single.and_then(|figures| figures.spearman)),
            text(single.and_then(|figures| figures.rmse)),
            text(held_out.and_then(|figures| figures.pearson)),
            supply.map(|domain| domain.tokens.to_string()).unwrap_or_default(),
            supply.map(|domain| domain.epochs.to_string()).unwrap_or_default(),
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
        ],
        rows,
    )
}
