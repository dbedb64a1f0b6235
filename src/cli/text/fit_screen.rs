//! The first screen of `mixopt fit`: what was fitted, what to do, and how sure that is.

use mixopt::mixture::{FitReport, LeadInterval, MethodFindings, Standing, amount, prior_in_words, signed};
use mixopt::trust::{ComparedMethod, Interval};

use crate::cli::text::fit_tables::{ordered, studied};
use crate::cli::text::output::{heading, number, paragraph, shortened, table};
use crate::cli::text::trust_tables::method_in_words;

/// Domains in the table of shares.
const MOST_DOMAINS: usize = 8;
/// Of many domains so many at least.
const LEAST_DOMAINS: usize = 3;
/// Characters of a domain's name.
const MOST_NAME: usize = 28;
/// Ways of choosing in the table of unseen families.
const MOST_METHODS: usize = 5;
/// Warnings shown; the rest are counted.
const MOST_WARNINGS: usize = 4;
/// Lines of the screen.
const MOST_LINES: usize = 40;

/// The whole screen; `next` are the commands that are most likely wanted. Warnings that would make it too long are counted.
pub fn screen(report: &FitReport, next: &[String], all_warnings: bool) -> String {
    if all_warnings {
        return whole(report, next, MOST_DOMAINS, usize::MAX);
    }
    // Room is taken from the table of shares first, then from the warnings.
    let lengths =
        (1..=MOST_WARNINGS).rev().flat_map(|warnings| [MOST_DOMAINS, 6, 4].map(|domains| (domains, warnings)));
    let with = |(domains, warnings): (usize, usize)| whole(report, next, domains, warnings);
    let longest = lengths.map(with).find(|text| text.lines().count() <= MOST_LINES);
    longest.unwrap_or_else(|| with((4, 1)))
}

fn whole(report: &FitReport, next: &[String], most_domains: usize, most_warnings: usize) -> String {
    let domains = report.answer.recommended.weights.len();
    let mut text = heading(&format!("Mixture for {}", report.question.target));
    text += &studied(&report.question, domains, &left_out(report));
    text.push('\n');
    for sentence in &report.verdict {
        text += &paragraph(sentence, "• ", "  ");
    }
    text.push('\n');
    text += &shares(report, most_domains);
    text += &methods(report);
    text += &warnings(report, most_warnings);
    for (index, command) in next.iter().enumerate() {
        text += &format!("{} {command}\n", if index == 0 { "next:" } else { "     " });
    }
    text
}

/// How many models and domains the fit did without.
fn left_out(report: &FitReport) -> String {
    let counted = [("model", report.record.dropped_models.len()), ("domain", report.record.dropped_domains.len())];
    let parts: Vec<String> = counted
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    if parts.is_empty() {
        return String::new();
    }
    format!(" Left out: {} (-v inputs).", parts.join(", "))
}

/// A share in percent with one decimal, two where all are small.
fn share(value: f64, decimals: usize) -> String {
    format!("{:.decimals$}%", 100.0 * value)
}

/// The recommended shares with their intervals beside what there is and the optimum.
fn shares(report: &FitReport, most: usize) -> String {
    let answer = &report.answer;
    let recommended = &answer.recommended;
    let names: Vec<&String> = recommended.weights.keys().collect();
    let order = ordered(report);
    let shown = if names.len() <= most + 1 { names.len() } else { most };
    // Of many domains those that neither mixture uses say nothing.
    let used = order.iter().filter(|&&d| {
        let of = |weights: &mixopt::mixture::Weights| weights.get(names[d]).is_some_and(|share| *share >= 5e-5);
        of(&recommended.weights) || answer.optimum.weights.as_ref().is_some_and(of)
    });
    let shown = if shown < names.len() { shown.min(used.count().max(LEAST_DOMAINS)) } else { shown };
    let largest = recommended.weights.values().copied().fold(0.0, f64::max);
    let decimals = if largest < 0.02 { 2 } else { 1 };
    let stability = report.trust.mixture.as_ref().filter(|stability| !stability.domains.is_empty());
    let base = if report.baselines.prior.is_some() { "prior" } else { "equal shares" };
    let mut header = vec!["domain", "recommended"];
    if answer.candidate.is_some() {
        header.push("favoured");
    }
    let interval = format!("{:.0}% interval", 100.0 * report.trust.confidence);
    if stability.is_some() {
        header.push(&interval);
    }
    let shows_base = answer.candidate.is_none();
    if shows_base {
        header.push(base);
    }
    header.push("optimum");
    let supply = answer.supply.as_ref();
    if supply.is_some() {
        header.extend(["tokens", "epochs"]);
    }
    let row = |d: usize| {
        let name = names[d].as_str();
        let of = |weights: &mixopt::mixture::Weights| weights.get(name).map(|value| share(*value, decimals));
        let mut row = vec![fit_name(name), of(&recommended.weights).unwrap_or_default()];
        row.extend(answer.candidate.as_ref().map(|candidate| of(candidate).unwrap_or_default()));
        if let Some(stability) = stability {
            let found = stability.domains.get(name).map(|domain| domain.interval);
            row.push(found.map_or("–".to_string(), |interval| span(interval, decimals)));
        }
        if shows_base {
            row.push(of(&recommended.prior_weights).unwrap_or_default());
        }
        row.push(answer.optimum.weights.as_ref().and_then(of).unwrap_or_else(|| "–".to_string()));
        if let Some(domain) = supply.and_then(|supply| supply.domains.get(name)) {
            row.push(amount(domain.tokens as f64));
            row.push(format!("{:.2}", domain.epochs));
        }
        row
    };
    let mut rows: Vec<Vec<String>> = order[..shown].iter().map(|&d| row(d)).collect();
    if shown < names.len() {
        let rest: Vec<usize> = order[shown..].to_vec();
        let sum = |weights: &mixopt::mixture::Weights| {
            share(rest.iter().filter_map(|&d| weights.get(names[d])).sum::<f64>(), 1)
        };
        let mut row = vec![format!("{} more", rest.len()), sum(&recommended.weights)];
        row.extend(answer.candidate.as_ref().map(&sum));
        if stability.is_some() {
            row.push(String::new());
        }
        if shows_base {
            row.push(sum(&recommended.prior_weights));
        }
        row.push(answer.optimum.weights.as_ref().map_or("–".to_string(), sum));
        row.resize(header.len(), String::new());
        rows.push(row);
    }
    heading("Shares") + &table(&header, &rows) + "\n"
}

/// A name that leaves room for the shares.
fn fit_name(name: &str) -> String {
    if name.chars().count() <= MOST_NAME {
        return name.to_string();
    }
    // Names that begin alike differ at their ends.
    let end = MOST_NAME / 2;
    let kept: String = name.chars().take(MOST_NAME - 1 - end).collect();
    let last: String = name.chars().skip(name.chars().count() - end).collect();
    format!("{}…{}", kept.trim_end(), last.trim_start())
}

fn span(interval: Interval, decimals: usize) -> String {
    let (lower, upper) = (100.0 * interval.lower + 0.0, 100.0 * interval.upper + 0.0);
    format!("{lower:.decimals$}–{upper:.decimals$}%")
}

/// Ways of choosing on unseen families, by what the recommendation is judged by.
fn methods(report: &FitReport) -> String {
    let Some(protocol) = report.trust.comparison.first() else { return String::new() };
    let judged = &report.answer.decision.train_on;
    let by_partial = judged.criterion.given.is_some();
    let figure = |method: &MethodFindings| if by_partial { method.partial } else { method.pearson };
    let lead = |method: &MethodFindings| if by_partial { method.lead_partial } else { method.lead };
    if protocol.methods.values().all(|method| method.pearson.is_none()) {
        return String::new();
    }
    let published = protocol
        .methods
        .iter()
        .filter(|(name, method)| matches!(name, ComparedMethod::Published(..)) && figure(method).is_some())
        .max_by(|a, b| figure(a.1).unwrap_or(-2.0).total_cmp(&figure(b.1).unwrap_or(-2.0)).then(b.0.cmp(a.0)))
        .map(|(name, _)| *name);
    let first = protocol.methods.keys().next().copied();
    let wanted = [
        first,
        Some(ComparedMethod::Prior),
        Some(ComparedMethod::Uniform),
        Some(ComparedMethod::Optimum),
        Some(ComparedMethod::BestSingle),
        published,
    ];
    let difference = |lead: Option<LeadInterval>| match lead {
        None => [String::new(), String::new()],
        Some(lead) => [
            signed(-lead.difference),
            lead.interval.map_or("–".to_string(), |interval| {
                let turned = interval.times(-1.0);
                let star = if lead.is_clear { " *" } else { "" };
                format!("{} to {}{star}", signed(turned.lower), signed(turned.upper))
            }),
        ],
    };
    let mut rows = Vec::new();
    for name in wanted.into_iter().flatten() {
        let Some(method) = protocol.methods.get(&name) else { continue };
        if rows.len() == MOST_METHODS {
            break;
        }
        let label = match name {
            ComparedMethod::Prior => prior_in_words(&report.answer.recommended.prior),
            ComparedMethod::Recommended if report.answer.candidate.is_some() => "favoured".to_string(),
            ComparedMethod::Recommended => "recommended".to_string(),
            ComparedMethod::Optimum => "optimum".to_string(),
            other => method_in_words(other),
        };
        let mut row = vec![fit_name(&label), number(figure(method), 3)];
        row.extend(difference(lead(method)));
        if by_partial {
            row.push(number(method.pearson, 3));
        }
        rows.push(row);
    }
    let interval = format!("{:.0}% interval", 100.0 * report.trust.confidence);
    let criterion = if by_partial { "partial" } else { "pearson" };
    let mut header = vec!["chosen without the family", criterion, "difference", &interval];
    if by_partial {
        header.push("pearson");
    }
    let partial = match &judged.criterion.given {
        Some(column) => format!("partial: correlation given {}; ", shortened(column, false)),
        None => String::new(),
    };
    let star = if rows.iter().any(|row| row[3].ends_with('*')) { "; * where it excludes zero" } else { "" };
    heading(&format!("Correlation on unseen families ({} left out in turn)", protocol.folds))
        + &table(&header, &rows)
        + &paragraph(&format!("{partial}difference: to the first row, over families{star}."), "", "")
        + "\n"
}

/// What to doubt.
fn warnings(report: &FitReport, most: usize) -> String {
    let mut text = String::new();
    for warning in report.warnings.iter().take(most) {
        text += &paragraph(warning, "! ", "  ");
    }
    if report.warnings.len() > most {
        text += &format!("! {} more with -v\n", report.warnings.len() - most);
    }
    if text.is_empty() { text } else { text + "\n" }
}

/// The commands that are most likely wanted after this report; `command` is how this one was called.
pub fn next(report: &FitReport, command: &str, wrote: Option<&str>) -> Vec<String> {
    let decision = &report.answer.decision;
    let mut next = Vec::new();
    let has_prior = report.baselines.prior.is_some();
    match decision.train_on.standing {
        Standing::NotDistinguishable | Standing::Worse if !has_prior => {
            next.push(format!("{command} --prior today.yaml   # compares with the mixture you have"));
        }
        _ => {}
    }
    match wrote {
        None => next.push(format!("{command} --out mixture.yaml   # writes it for mixopt export")),
        Some(file) => next.push(format!("mixopt export {file} --to olmo-core   # or another trainer")),
    }
    if next.len() < 2 {
        next.push(format!("{command} -v all   # everything behind this"));
    }
    next
}
