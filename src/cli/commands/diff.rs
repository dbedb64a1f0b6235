//! `mixopt diff`: two mixtures side by side.

use std::path::PathBuf;

use clap::Args;

use mixopt::base::{Setting, ShareUnit};
use mixopt::manifest::Manifest;
use mixopt::mixture::{
    Change, DiffError, DomainDiff, Evidence, FitFigures, Limit, LimitKind, MixtureDiff, MixtureFile, Reason, Side,
    amount, diff, percentages, read_or_known, weights_in_unit,
};
use mixopt::study::{EmbeddedStudy, Selection, Study, StudyError};

use crate::cli::groups::suggestions;
use crate::cli::groups::{StudyArgs, read_study};
use crate::cli::text::output::{Format, Output, heading, number, paragraph, shortened, table};

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The first mixture: a file, or the name of a known mixture.
    #[arg(value_name = "A", value_parser = suggestions::mixtures(), hide_possible_values = true)]
    pub a: String,
    /// The second.
    #[arg(value_name = "B", value_parser = suggestions::mixtures(), hide_possible_values = true)]
    pub b: String,
    /// Manifest whose counts convert shares between units.
    #[arg(long, value_name = "FILE")]
    pub corpora: Option<PathBuf>,
    /// Target to compare on [default: that of B's fit, else of A's].
    #[arg(short, long, value_name = "TARGET")]
    pub target: Option<String>,
    #[command(flatten)]
    pub study: StudyArgs,
}

/// Domains shown unless everything is asked for.
const MOST_DOMAINS: usize = 20;
/// Names listed in a sentence.
const MOST_NAMED: usize = 8;

/// Prints the comparison.
pub fn run(args: &DiffArgs, output: Output) -> anyhow::Result<()> {
    let (found, note) = compare(args)?;
    match output.format {
        Format::Json => output.json(&found)?,
        Format::Csv => output.csv(&HEADER, found.domains.iter().map(|(name, domain)| row(&found, name, domain)))?,
        Format::Table => output.print(&text(&found, output.verbose))?,
    }
    if let Some(note) = note {
        output.note(&note);
    }
    Ok(())
}

/// The comparison, and a note where it could not be made on a study.
fn compare(args: &DiffArgs) -> Result<(MixtureDiff, Option<String>), DiffError> {
    let (a, b) = (read_or_known(&args.a)?, read_or_known(&args.b)?);
    let manifest = args.corpora.as_deref().map(Manifest::read).transpose()?;
    args.study.settings()?.check()?;
    let (evidence, note) = match asked_for(&args.study) {
        true => (Some(evidence(&read_study(&args.study)?, args, &a, &b, manifest.as_ref())?), None),
        false => match own_study(&a, &b) {
            None if args.target.is_some() => return Err(no_study(args).into()),
            None => (None, None),
            Some(name) => {
                let study = EmbeddedStudy::find(&name).and_then(|study| study.read(None));
                match study.map_err(DiffError::from).and_then(|study| evidence(&study, args, &a, &b, manifest.as_ref()))
                {
                    Ok(evidence) => (Some(evidence), None),
                    Err(error) if args.target.is_some() => return Err(error),
                    Err(error) => (None, Some(format!("not compared on the study {name}: {error}"))),
                }
            }
        },
    };
    Ok((diff([&args.a, &args.b], &a, &b, manifest.as_ref(), evidence)?, note))
}

fn asked_for(study: &StudyArgs) -> bool {
    study.study.is_some() || study.bpc.is_some() || study.scores.is_some()
}

/// The study of the program that the mixtures were fitted on, where it is one.
fn own_study(a: &MixtureFile, b: &MixtureFile) -> Option<String> {
    let mut names = [a, b].into_iter().filter_map(|file| file.fit.as_ref()).map(|fit| fit.study.as_str());
    let first = names.next().filter(|name| *name != "files")?;
    names.all(|name| name == first).then(|| first.to_string())
}

fn no_study(args: &DiffArgs) -> StudyError {
    StudyError::Setting {
        setting: Setting::Target,
        found: args.target.clone().unwrap_or_default(),
        problem: "no study to compare on".to_string(),
        expected: "`--study NAME`, or `--bpc FILE --scores FILE`, as well".to_string(),
    }
}

fn evidence(
    study: &Study,
    args: &DiffArgs,
    a: &MixtureFile,
    b: &MixtureFile,
    manifest: Option<&Manifest>,
) -> Result<Evidence, DiffError> {
    let fits = || [b, a].into_iter().filter_map(|file| file.fit.as_ref());
    let target = args.target.clone().or_else(|| fits().next().map(|fit| fit.target.clone()));
    let Some(target) = target else {
        return Err(DiffError::Study(StudyError::Setting {
            setting: Setting::Study,
            found: study.name.clone(),
            problem: "neither mixture was fitted, so there is no target to compare on".to_string(),
            expected: "`--target TARGET` as well".to_string(),
        }));
    };
    // The models of the fit for this target, so that its figures come out again.
    let selection = match fits().find(|fit| fit.target == target && fit.study == study.name) {
        Some(fit) => fit.settings.selection()?,
        None => Selection::default(),
    };
    let unit = ShareUnit::from(study.compression.unit);
    let weights = |file: &MixtureFile| weights_in_unit(&file.weights, file.unit, unit, manifest);
    let (a, b) = (weights(a)?, weights(b)?);
    Ok(Evidence::new(study, &target, &selection, &a, &b)?)
}

const HEADER: [&str; 11] = [
    "domain",
    "a",
    "b",
    "difference",
    "tokens_a",
    "tokens_b",
    "epochs_a",
    "epochs_b",
    "alone",
    "gain_in_a",
    "gain_in_b",
];

fn row(found: &MixtureDiff, name: &str, domain: &DomainDiff) -> Vec<String> {
    let pulls = found.evidence.as_ref().and_then(|evidence| evidence.domains.get(name));
    let text = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let count = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    vec![
        name.to_string(),
        domain.a.to_string(),
        domain.b.to_string(),
        domain.difference.to_string(),
        count(domain.tokens.map(|tokens| tokens.a)),
        count(domain.tokens.map(|tokens| tokens.b)),
        text(domain.epochs.map(|epochs| epochs.a)),
        text(domain.epochs.map(|epochs| epochs.b)),
        text(pulls.and_then(|pulls| pulls.alone)),
        text(pulls.and_then(|pulls| pulls.gain_in_a)),
        text(pulls.and_then(|pulls| pulls.gain_in_b)),
    ]
}

fn text(found: &MixtureDiff, verbose: bool) -> String {
    let sections = [
        shares(found, verbose),
        distance(found, verbose),
        figures(found),
        correlations(found, verbose),
        limits(found),
        changes(found),
    ];
    let filled: Vec<String> = sections.into_iter().filter(|section| !section.is_empty()).collect();
    heading("Mixtures side by side") + &sides(found) + "\n" + &filled.join("\n")
}

/// What A and B are.
fn sides(found: &MixtureDiff) -> String {
    let mut text = String::new();
    for (letter, side) in [("A", &found.a), ("B", &found.b)] {
        let name = side.name.as_ref().map_or(String::new(), |name| format!(" ({name})"));
        let budget = side.budget.map_or(String::new(), |budget| format!(", {} tokens", amount(budget as f64)));
        let stages = match side.stages {
            0 => String::new(),
            stages => format!(", over all of its {stages} stages"),
        };
        let converted = if side.unit == found.unit {
            String::new()
        } else {
            format!(", converted from shares of {} to shares of {}", side.unit, found.unit)
        };
        text += &paragraph(&format!("{letter}: {}{name}{budget}{stages}{converted}", side.given), "", "   ");
    }
    text
}

/// How far apart they are, and what only one has.
fn distance(found: &MixtureDiff, verbose: bool) -> String {
    let moved = format!("{:.1}% of the mixture moves (total variation distance).", 100.0 * found.total_variation);
    let mut text = paragraph(&moved, "", "  ");
    for (letter, names, share) in [
        ("A", &found.only_in_a, (|domain| domain.a) as fn(&DomainDiff) -> f64),
        ("B", &found.only_in_b, |domain| domain.b),
    ] {
        if !names.is_empty() {
            let sum: f64 = names.iter().filter_map(|name| found.domains.get(name)).map(share).sum();
            let only = format!("Only in {letter} ({:.1}%): {}.", 100.0 * sum, named(names, verbose));
            text += &paragraph(&only, "", "  ");
        }
    }
    text
}

fn named(names: &[String], verbose: bool) -> String {
    if verbose || names.len() <= MOST_NAMED {
        return names.join(", ");
    }
    format!("{} and {} more (-v shows all)", names[..MOST_NAMED].join(", "), names.len() - MOST_NAMED)
}

/// Shares, and tokens, epochs and correlations where they are known.
fn shares(found: &MixtureDiff, verbose: bool) -> String {
    let domains: Vec<(&String, &DomainDiff)> = found.domains.iter().collect();
    let of = |share: fn(&DomainDiff) -> f64| domains.iter().map(|(_, domain)| share(domain)).collect::<Vec<f64>>();
    let (printed_a, printed_b) = (percentages(&of(|domain| domain.a)), percentages(&of(|domain| domain.b)));
    let greatest = of(|domain| domain.a.max(domain.b));
    let mut order: Vec<usize> = (0..domains.len()).collect();
    order.sort_by(|&x, &y| greatest[y].total_cmp(&greatest[x]).then(x.cmp(&y)));
    let shown = if verbose { order.len() } else { order.len().min(MOST_DOMAINS) };

    let has_tokens = domains.iter().any(|(_, domain)| domain.tokens.is_some());
    let judged = found.evidence.as_ref().filter(|evidence| !evidence.domains.is_empty());
    let alone = judged.map(|evidence| format!("r by itself with {}", shortened(&evidence.target, false)));
    let mut header = vec!["domain", "A", "B", "points"];
    if has_tokens {
        header.extend(["tokens A", "tokens B", "epochs A", "epochs B"]);
    }
    header.extend(alone.as_deref());
    let mut rows: Vec<Vec<String>> = order[..shown]
        .iter()
        .map(|&d| {
            let (name, domain) = domains[d];
            let mut row =
                vec![shortened(name, verbose), printed_a.text(d), printed_b.text(d), points(domain.difference)];
            if has_tokens {
                let tokens = |of: Option<u64>| of.map_or("–".to_string(), |tokens| amount(tokens as f64));
                row.push(tokens(domain.tokens.map(|tokens| tokens.a)));
                row.push(tokens(domain.tokens.map(|tokens| tokens.b)));
                row.push(number(domain.epochs.map(|epochs| epochs.a), 2));
                row.push(number(domain.epochs.map(|epochs| epochs.b), 2));
            }
            if let Some(evidence) = judged {
                row.push(number(evidence.domains.get(name).and_then(|pulls| pulls.alone), 3));
            }
            row
        })
        .collect();
    if shown < order.len() {
        let mut row = vec![format!("{} more (-v shows all)", order.len() - shown)];
        row.extend([printed_a.sum(&order[shown..]), printed_b.sum(&order[shown..])]);
        row.resize(header.len(), String::new());
        rows.push(row);
    }
    table(&header, &rows)
}

/// What the files say of their fits.
fn figures(found: &MixtureDiff) -> String {
    let (a, b) = (&found.a.fit, &found.b.fit);
    let targets: Vec<&str> = {
        let mut targets: Vec<&str> = [a, b].into_iter().flatten().map(|fit| fit.target.as_str()).collect();
        targets.dedup();
        targets
    };
    let mut rows = Vec::new();
    for target in targets {
        let of = |side: &'_ Option<FitFigures>, figure: fn(&FitFigures) -> Option<f64>| {
            number(side.as_ref().filter(|fit| fit.target == target).and_then(figure), 4)
        };
        let name = shortened(target, false);
        let mut push = |what: String, figure: fn(&FitFigures) -> Option<f64>| {
            rows.push(vec![what, of(a, figure), of(b, figure)]);
        };
        push(format!("pearson with {name}"), |fit| fit.pearson);
        push(format!("held-out pearson with {name}"), |fit| fit.held_out_pearson);
        push(format!("upper bound for {name}"), |fit| fit.bound);
    }
    if rows.is_empty() { String::new() } else { table(&["from their fits", "A", "B"], &rows) }
}

/// Both on one study.
fn correlations(found: &MixtureDiff, verbose: bool) -> String {
    let Some(evidence) = &found.evidence else { return String::new() };
    let rows: Vec<Vec<String>> = evidence
        .correlations
        .iter()
        .map(|cell| {
            let models = cell.models.to_string();
            vec![shortened(&cell.target, verbose), number(cell.a, 4), number(cell.b, 4), models]
        })
        .collect();
    let title = match evidence.study.as_str() {
        "files" => "on the study given".to_string(),
        name => format!("on the study {name}"),
    };
    table(&[&format!("pearson {title}"), "A", "B", "models"], &rows)
}

/// Limits that the files' own settings and supplies set.
fn limits(found: &MixtureDiff) -> String {
    let mut text = String::new();
    for (letter, side) in [("A", Side::A), ("B", Side::B)] {
        let reached: Vec<String> = found.limits.iter().filter(|limit| limit.side == side).map(limit_in_words).collect();
        if !reached.is_empty() {
            text += &paragraph(&format!("Limits reached in {letter}: {}.", reached.join(", ")), "", "  ");
        }
    }
    text
}

fn changes(found: &MixtureDiff) -> String {
    if found.changes.is_empty() {
        return String::new();
    }
    let mut text = paragraph("Changed most:", "", "");
    for change in &found.changes {
        let reasons: Vec<String> = change.reasons.iter().map(|reason| reason_in_words(reason, found)).collect();
        let known = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) };
        let Change { domain, difference, .. } = change;
        text += &paragraph(&format!("{domain} {} points{known}", points(*difference)), "  ", "    ");
    }
    text
}

fn reason_in_words(reason: &Reason, found: &MixtureDiff) -> String {
    let letter = |side: Side| match side {
        Side::A => "A",
        Side::B => "B",
    };
    let target = found.evidence.as_ref().map_or("the target", |evidence| &evidence.target);
    match reason {
        Reason::OnlyIn(side) => format!("only in {}", letter(*side)),
        Reason::Limit(limit) => format!("{} in {}", limit_in_words(limit), letter(limit.side)),
        Reason::Price(price) => format!(
            "relaxing `{}` by 1 point changes the optimum of {} by {:+.4}",
            price.binding.constraint,
            letter(price.side),
            price.binding.price_per_point
        ),
        Reason::Alone(value) => format!("by itself it correlates {value:.3} with {target}"),
        Reason::GainInA(value) => format!("adding 1 point of it to A changes A's correlation by {:+.4}", value / 100.0),
    }
}

fn limit_in_words(limit: &Limit) -> String {
    let Limit { domain, kind, value, .. } = limit;
    match kind {
        LimitKind::LeastWeight => format!("{domain} at its minimum weight {value}"),
        LimitKind::GreatestWeight => format!("{domain} at its maximum weight {value}"),
        LimitKind::MaxEpochs => format!("{domain} at its {value} epochs"),
    }
}

/// A difference of shares in points of percent.
fn points(difference: f64) -> String {
    if difference.abs() < 0.0005 { "0.0".to_string() } else { format!("{:+.1}", 100.0 * difference) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_points_are_short() {
        assert_eq!([points(0.1234), points(-0.05), points(1e-7)], ["+12.3", "-5.0", "0.0"]);
    }
}
