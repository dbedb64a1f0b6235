//! The tables of `mixopt fit`.

use mixopt::fit::total_variation;
use mixopt::mixture::{
    Baselines, Figures, FitReport, Percentages, Question, Weights, amount, in_words, percent_in_words as percent,
    percentages, prior_in_words,
};

use crate::cli::text::output::{heading, number, paragraph, shortened, table, text_table};
use crate::cli::text::trust_tables::range;

/// Domains shown in tables unless everything is asked for.
const MOST_DOMAINS: usize = 12;
/// Domains alone that are shown where there are more.
const MOST_ALONE: usize = 3;

/// On what a report stands.
pub fn studied(question: &Question, domains: usize, more: &str) -> String {
    let text = format!(
        "{} models of {} families, {domains} domain{}, study {}; shares are of {}.{more}",
        question.models,
        question.families,
        if domains == 1 { "" } else { "s" },
        question.study,
        question.unit
    );
    paragraph(&text, "", "")
}

/// Domains in the order of the recommended shares, then of the optimum's.
pub fn ordered(findings: &FitReport) -> Vec<usize> {
    let recommended: Vec<f64> = findings.answer.recommended.weights.values().copied().collect();
    let optimum: Vec<f64> = match &findings.answer.optimum.weights {
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

/// The mixtures side by side, with tokens and epochs where there is a budget.
pub fn weights(findings: &FitReport, verbose: bool) -> String {
    let of = |weights: &Weights| percentages(&weights.values().copied().collect::<Vec<f64>>());
    let recommended = of(&findings.answer.recommended.weights);
    let optimum = findings.answer.optimum.weights.as_ref().map(of);
    let count = findings.answer.recommended.weights.len();
    let has_prior = findings.baselines.prior.is_some();
    let prior = of(&findings.answer.recommended.prior_weights);
    let names: Vec<&str> = findings.domains().collect();
    let order = ordered(findings);
    let shown = if verbose || count <= MOST_DOMAINS { count } else { MOST_DOMAINS };
    let supply = findings.answer.supply.as_ref();
    let mut rows: Vec<Vec<String>> = order[..shown]
        .iter()
        .map(|&d| {
            let mut row = vec![
                shortened(names[d], verbose),
                recommended.text(d),
                optimum.as_ref().map_or("–".to_string(), |optimum| optimum.text(d)),
                prior.text(d),
            ];
            row.splice(2..2, stability_cells(findings, names[d], verbose));
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
        row.splice(2..2, stability_header(findings, verbose).iter().map(|_| String::new()));
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
    let added = stability_header(findings, verbose);
    header.splice(2..2, added.iter().map(String::as_str));
    table(&header, &rows) + &stability_note(findings)
}

/// Columns that say how sure a share is.
fn stability_header(findings: &FitReport, verbose: bool) -> Vec<String> {
    let trust = &findings.trust;
    let mut header = Vec::new();
    if trust.mixture.as_ref().is_some_and(|stability| !stability.domains.is_empty()) {
        header.push(format!("{} interval", percent(trust.confidence)));
        header.push("present".to_string());
        if verbose {
            header.push("rank".to_string());
        }
    }
    if trust.near_optimal.is_some() {
        header.push("as good".to_string());
    }
    header
}

/// The same for one domain.
fn stability_cells(findings: &FitReport, domain: &str, verbose: bool) -> Vec<String> {
    let trust = &findings.trust;
    let mut cells = Vec::new();
    if let Some(stability) = trust.mixture.as_ref().filter(|stability| !stability.domains.is_empty()) {
        let domain = stability.domains.get(domain);
        cells.push(domain.map_or(String::new(), |domain| range(domain.interval)));
        cells.push(domain.map_or(String::new(), |domain| percent(domain.selected)));
        if verbose {
            cells.push(domain.map_or(String::new(), |domain| format!("{}–{}", domain.rank.lower, domain.rank.upper)));
        }
    }
    if let Some(near) = &trust.near_optimal {
        cells.push(near.domains.get(domain).map_or(String::new(), |interval| range(*interval)));
    }
    cells
}

fn stability_note(findings: &FitReport) -> String {
    let trust = &findings.trust;
    let mut parts = Vec::new();
    if let Some(stability) = trust.mixture.as_ref().filter(|stability| !stability.domains.is_empty()) {
        parts.push(format!(
            "interval and presence: {} refits on families drawn again (the middle {} of shares; how often a domain has \
             any).",
            stability.replicates,
            percent(trust.confidence)
        ));
    }
    if let Some(near) = &trust.near_optimal {
        parts.push(format!(
            "as good: shares among all mixtures with a {} of {:.4} or more.",
            near.criterion.in_words(),
            near.threshold
        ));
    }
    if parts.is_empty() { String::new() } else { paragraph(&parts.join(" "), "", "") }
}

/// Constraints that hold the optimum back and what each costs.
pub fn binding(findings: &FitReport, verbose: bool) -> String {
    const MOST: usize = 8;
    let binding = &findings.answer.optimum.binding;
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
pub fn frontier(findings: &FitReport, verbose: bool) -> String {
    let Some(first) = findings.answer.pareto.first() else { return String::new() };
    let names: Vec<&str> = first.correlations.keys().map(String::as_str).collect();
    let points = &findings.answer.pareto;
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
pub fn trade_off(findings: &FitReport, verbose: bool) -> String {
    let points = &findings.answer.trade_off;
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    if last.correlation - first.correlation < 1e-6 {
        return String::new();
    }
    let step = if verbose { 1 } else { points.len().div_ceil(5).max(1) };
    let start: Vec<f64> = findings.answer.recommended.prior_weights.values().copied().collect();
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
    let what = findings.answer.recommended.criterion.in_words();
    heading(&format!("From {} to the best {what}", prior_in_words(&findings.answer.recommended.prior)))
        + &table(&["correlation", "share moved", "distance"], &rows)
        + "\n"
}

/// How the mixtures track every benchmark, so that it is seen what is paid for the target.
pub fn tracked(findings: &FitReport, verbose: bool) -> String {
    let prior = if findings.baselines.prior.is_some() { "prior" } else { "equal shares" };
    let rows = findings.tracked.iter().map(|(name, tracked)| {
        (name.as_str(), tracked.models, vec![tracked.recommended, tracked.optimum, tracked.prior])
    });
    benchmarks(&["recommended", "optimum", prior], rows.collect(), verbose)
}

/// Correlations of mixtures with every benchmark: its name, its models, and one correlation for each mixture.
pub fn benchmarks(mixtures: &[&str], tracked: Vec<(&str, usize, Vec<Option<f64>>)>, verbose: bool) -> String {
    if tracked.len() < 2 {
        return String::new();
    }
    // One more row takes no more room than saying that there is one.
    let all = verbose || tracked.len() <= MOST_DOMAINS + 1;
    let shown = if all { tracked.len() } else { MOST_DOMAINS };
    let mut rows: Vec<Vec<String>> = tracked[..shown]
        .iter()
        .map(|(name, models, correlations)| {
            let mut row = vec![shortened(name, verbose), models.to_string()];
            row.extend(correlations.iter().map(|&correlation| number(correlation, 4)));
            row
        })
        .collect();
    if shown < tracked.len() {
        let mut row = vec![format!("{} more (-v shows all)", tracked.len() - shown)];
        row.resize(2 + mixtures.len(), String::new());
        rows.push(row);
    }
    let header: Vec<&str> = ["benchmark", "models"].into_iter().chain(mixtures.iter().copied()).collect();
    heading("What the mixtures mean for every benchmark (pearson)") + &table(&header, &rows) + "\n"
}

/// The correlation with each of several targets.
pub fn by_target(findings: &FitReport) -> String {
    if findings.answer.by_target.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = findings
        .answer
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

/// In-sample figures of the mixtures.
pub fn in_sample(findings: &FitReport, verbose: bool) -> String {
    let mut mixtures = vec![("recommended", &findings.answer.recommended.figures)];
    if findings.answer.optimum.weights.is_some() {
        mixtures.push(("optimum", &findings.answer.optimum.figures));
    }
    mixtures.extend(findings.baselines.prior.as_ref().map(|prior| ("prior", prior)));
    mixtures.push(("equal shares", &findings.baselines.uniform));
    figures(&mixtures, &findings.baselines, verbose)
}

/// In-sample figures of mixtures, and of the domains that are best alone.
pub fn figures(mixtures: &[(&str, &Figures)], baselines: &Baselines, verbose: bool) -> String {
    let row = |name: String, figures: &Figures| {
        vec![name, number(figures.pearson, 4), number(figures.spearman, 4), number(figures.rmse, 4)]
    };
    let mut rows: Vec<Vec<String>> = mixtures.iter().map(|(name, figures)| row((*name).to_string(), figures)).collect();
    let mut single: Vec<(&String, &Figures)> = baselines.single.iter().collect();
    single.sort_by(|a, b| b.1.pearson.unwrap_or(-2.0).total_cmp(&a.1.pearson.unwrap_or(-2.0)));
    let shown = if verbose || single.len() <= MOST_DOMAINS { single.len() } else { MOST_ALONE };
    for (name, figures) in &single[..shown] {
        rows.push(row(format!("{} alone", shortened(name, verbose)), figures));
    }
    table(&["mixture", "pearson", "spearman", "rmse"], &rows)
}

/// How the recommendation was made.
pub fn made(report: &FitReport) -> String {
    let recommended = &report.answer.recommended;
    let Some(ridge) = &recommended.ridge else { return String::new() };
    let toward = match (&recommended.toward, report.baselines.prior.is_some()) {
        (Some(toward), false) => format!("the marginal mixture, {}", in_words(toward)),
        (Some(toward), true) => format!("{}, {}", prior_in_words(&recommended.prior), in_words(toward)),
        (None, _) => String::new(),
    };
    let penalty = |lambda: Option<f64>| lambda.map_or("∞".to_string(), |lambda| format!("{lambda:.3e}"));
    let mut text = heading("How the recommendation was made");
    text += &paragraph(
        &format!(
            "The optimum ({}) shrunk toward {toward}, with penalty {}.",
            recommended.criterion.in_words(),
            penalty(ridge.lambda)
        ),
        "",
        "",
    );
    if !ridge.path.is_empty() {
        let rows: Vec<Vec<String>> = ridge
            .path
            .iter()
            .map(|point| {
                vec![
                    penalty(point.lambda),
                    format!("{:.4}", point.correlation),
                    format!("{:.4}", point.below_best),
                    format!("{:.4}", point.standard_error),
                    if point.lambda == ridge.lambda { "chosen" } else { "" }.to_string(),
                ]
            })
            .collect();
        text += &table(&["penalty", "on families left out", "below the best", "standard error", ""], &rows);
        text += &paragraph("Chosen: the largest penalty that is below the best by one standard error at most.", "", "");
    }
    text + "\n"
}

/// The bound, and the law of the recommended mixture.
pub fn proof(findings: &FitReport) -> String {
    let optimum = &findings.answer.optimum;
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
    let recommended = &findings.answer.recommended;
    if let (Some(slope), Some(intercept)) = (recommended.figures.slope, recommended.figures.intercept)
        && findings.answer.by_target.is_empty()
    {
        let bits = findings.question.unit.bits_name();
        let sign = if slope < 0.0 { '−' } else { '+' };
        text += &paragraph(
            &format!(
                "Law of the recommended mixture: {} ≈ {intercept:.4} {sign} {:.4} × {bits}.",
                findings.question.target,
                slope.abs()
            ),
            "",
            "  ",
        );
    }
    text
}
