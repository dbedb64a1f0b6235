//! `mixopt show`: a mixture file read back.

use crate::mixture::{FitRecord, Kind, MixtureFile, percentages};

use super::args::{Format, ShowArgs};
use super::output::{Output, heading, number, paragraph, shortened, table};

/// Domains shown unless everything is asked for.
const MOST_DOMAINS: usize = 20;

/// Prints a mixture file.
pub fn run(args: &ShowArgs, output: Output) -> anyhow::Result<()> {
    let mixture = MixtureFile::read(&args.file)?;
    match output.format {
        Format::Json => output.json(&mixture),
        Format::Csv => output.csv(
            &["domain", "weight"],
            mixture.weights.iter().map(|(domain, weight)| vec![domain.clone(), weight.to_string()]),
        ),
        Format::Table => output.print(&text(&mixture, output.verbose)),
    }
}

fn text(mixture: &MixtureFile, verbose: bool) -> String {
    let kind = match mixture.kind {
        Kind::Recommended => "Recommended mixture",
        Kind::Optimum => "Optimum",
        Kind::Plan => "Plan",
        Kind::Given => "Mixture",
    };
    let subject = match (&mixture.name, &mixture.fit) {
        (Some(name), _) => format!(": {name}"),
        (None, Some(fit)) => format!(" for {}", fit.target),
        (None, None) => String::new(),
    };
    let mut text = heading(&format!("{kind}{subject}"));
    let shares: Vec<f64> = mixture.weights.values().copied().collect();
    let printed = percentages(&shares);
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]).then(a.cmp(&b)));
    let shown = if verbose { order.len() } else { order.len().min(MOST_DOMAINS) };
    let mut rows: Vec<Vec<String>> = order[..shown]
        .iter()
        .filter_map(|&d| mixture.weights.get_index(d).map(|(name, _)| vec![shortened(name, verbose), printed.text(d)]))
        .collect();
    if shown < order.len() {
        rows.push(vec![format!("{} more (-v shows all)", order.len() - shown), printed.sum(&order[shown..])]);
    }
    text += &table(&["domain", &format!("share of {}", mixture.unit)], &rows);
    text.push('\n');

    if let Some(source) = &mixture.source {
        text += &paragraph(&format!("Source: {source}"), "", "  ");
    }
    if let Some(fit) = &mixture.fit {
        text += &record(fit, mixture.kind);
    }
    if let Some(program) = &mixture.program {
        text += &paragraph(&format!("Written by {} {}.", program.name, program.version), "", "  ");
    }
    text
}

/// What the fit says of the mixture.
fn record(fit: &FitRecord, kind: Kind) -> String {
    let mut text = String::new();
    let held_out = fit.held_out.as_ref();
    let this = match kind {
        Kind::Optimum => "this mixture (the optimum)",
        _ => "this mixture",
    };
    let mut rows = vec![vec![
        this.to_string(),
        number(fit.in_sample.pearson, 4),
        number(held_out.and_then(|figures| figures.pearson), 4),
    ]];
    let baselines = std::iter::once(&fit.baselines.uniform).chain(&fit.baselines.best_single);
    for baseline in baselines {
        let name =
            if baseline.name == "uniform" { "equal shares".to_string() } else { format!("{} alone", baseline.name) };
        rows.push(vec![name, number(baseline.pearson, 4), number(baseline.held_out_pearson, 4)]);
    }
    text += &table(&["", "pearson", "held-out pearson"], &rows);
    text.push('\n');
    if let Some(bound) = fit.optimum.bound {
        text += &paragraph(
            &format!(
                "No mixture of these domains exceeds {bound:.6} on these models ({}); the optimum reaches {:.6}.",
                fit.optimum.criterion, fit.optimum.correlation
            ),
            "",
            "  ",
        );
    }
    text += &paragraph(
        &format!(
            "Fitted on {} models of {} families (study {}), seed {}.",
            fit.models.len(),
            fit.families.len(),
            fit.study,
            fit.settings.seed
        ),
        "",
        "  ",
    );
    for input in &fit.inputs {
        text += &paragraph(
            &format!("{}: {} (SHA-256 {}…)", input.role, input.file, &input.sha256[..input.sha256.len().min(12)]),
            "",
            "  ",
        );
    }
    text
}
