//! `mixopt show`: a mixture file read back.

use std::path::PathBuf;

use clap::Args;

use mixopt::base::ShareUnit;
use mixopt::count::Count;
use mixopt::manifest::Manifest;
use mixopt::mixture::{FitError, FitRecord, Kind, MixtureFile, PlanRecord, amount, percentages, read_or_known};
use mixopt::study::InputFile;

use crate::cli::groups::suggestions;
use crate::cli::text::output::{Format, Output, heading, number, paragraph, shortened, table};

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// A mixture file, or the name of a published mixture (see `mixopt mixtures`).
    #[arg(value_name = "MIXTURE", value_parser = suggestions::mixtures(), hide_possible_values = true)]
    pub mixture: String,
    /// Manifest with the counts that another unit or a budget needs.
    #[arg(long, value_name = "FILE")]
    pub corpora: Option<PathBuf>,
    /// Show shares in another unit.
    #[arg(long, value_enum)]
    pub unit: Option<ShareUnit>,
    /// Show the tokens and epochs of each domain for this budget.
    #[arg(long, value_name = "TOKENS", requires = "corpora")]
    pub budget: Option<Count>,
}

/// Domains shown unless everything is asked for.
const MOST_DOMAINS: usize = 20;

/// Prints a mixture.
pub fn run(args: &ShowArgs, output: Output) -> anyhow::Result<()> {
    let mut mixture = read_or_known(&args.mixture).map_err(FitError::from)?;
    let manifest = args.corpora.as_deref().map(Manifest::read).transpose()?;
    if let Some(unit) = args.unit {
        mixture = mixture.in_unit(unit, manifest.as_ref())?;
    }
    if let (Some(budget), Some(manifest)) = (args.budget, &manifest) {
        mixture = mixture.with_budget(budget.0, manifest)?;
    }
    match output.format {
        Format::Json => output.json(&mixture),
        Format::Csv => {
            let supply = |domain: &str| mixture.supply.as_ref().and_then(|supply| supply.domains.get(domain));
            output.csv(
                &["domain", "weight", "tokens", "epochs"],
                mixture.weights.iter().map(|(domain, weight)| {
                    let supply = supply(domain);
                    vec![
                        domain.clone(),
                        weight.to_string(),
                        supply.map(|domain| domain.tokens.to_string()).unwrap_or_default(),
                        supply.map(|domain| domain.epochs.to_string()).unwrap_or_default(),
                    ]
                }),
            )
        }
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
    let stages: Vec<_> =
        mixture.stages.iter().map(|stage| percentages(&stage.weights.values().copied().collect::<Vec<_>>())).collect();
    let supply = mixture.supply.as_ref();
    let mut rows: Vec<Vec<String>> = order[..shown]
        .iter()
        .filter_map(|&d| {
            let (name, _) = mixture.weights.get_index(d)?;
            let mut row = vec![shortened(name, verbose)];
            row.extend(stages.iter().map(|stage| stage.text(d)));
            row.push(printed.text(d));
            if let Some(supply) = supply {
                row.extend(match supply.domains.get(name) {
                    Some(domain) => {
                        [amount(domain.tokens as f64), amount(domain.available as f64), format!("{:.2}", domain.epochs)]
                    }
                    None => ["0".to_string(), "–".to_string(), "–".to_string()],
                });
            }
            Some(row)
        })
        .collect();
    if shown < order.len() {
        let mut row = vec![format!("{} more (-v shows all)", order.len() - shown)];
        row.extend(stages.iter().map(|stage| stage.sum(&order[shown..])));
        row.push(printed.sum(&order[shown..]));
        if supply.is_some() {
            row.extend([String::new(), String::new(), String::new()]);
        }
        rows.push(row);
    }
    let mut header = vec!["domain".to_string()];
    header.extend(mixture.stages.iter().map(|stage| format!("{} ({})", stage.name, amount(stage.budget as f64))));
    header.push(if stages.is_empty() { format!("share of {}", mixture.unit) } else { format!("all {}", mixture.unit) });
    if supply.is_some() {
        header.extend(["tokens", "available", "epochs"].map(String::from));
    }
    text += &table(&header.iter().map(String::as_str).collect::<Vec<_>>(), &rows);
    text.push('\n');

    if let Some(source) = &mixture.source {
        text += &paragraph(&format!("Source: {source}"), "", "  ");
    }
    if let Some(fit) = &mixture.fit {
        text += &record(fit, mixture.kind);
    }
    if let Some(plan) = &mixture.plan {
        text += &stages_of(plan);
    }
    if let Some(program) = &mixture.program {
        text += &paragraph(&format!("Written by {} {}.", program.name, program.version), "", "  ");
    }
    text
}

/// What the plan says of its stages.
fn stages_of(plan: &PlanRecord) -> String {
    let rows: Vec<Vec<String>> = plan
        .stages
        .iter()
        .map(|(name, stage)| {
            vec![
                name.clone(),
                stage.target.clone(),
                number(stage.recommended.pearson, 4),
                number(stage.recommended.held_out_pearson, 4),
                number(stage.prior.pearson, 4),
                number(stage.prior.held_out_pearson, 4),
            ]
        })
        .collect();
    let summary = format!(
        "The best plan gives every stage {:.2}% or more of what it could reach by itself (no plan more than {:.2}%); this one is \
         the nearest to {} {} that.",
        100.0 * plan.share_of_best,
        100.0 * plan.bound,
        if plan.prior == "uniform" { "equal shares" } else { &plan.prior },
        plan.settings.within.in_words()
    );
    table(&["stage", "target", "pearson", "held-out pearson", "prior", "held-out prior"], &rows)
        + "\n"
        + &paragraph(&summary, "", "  ")
        + &plan.inputs.iter().map(input).collect::<String>()
}

fn input(input: &InputFile) -> String {
    paragraph(
        &format!("{}: {} (SHA-256 {}…)", input.role, input.file, &input.sha256[..input.sha256.len().min(12)]),
        "",
        "  ",
    )
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
            if baseline.name == "uniform" { "equal shares".to_string() } else { format!("{} only", baseline.name) };
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
    text += &fit.inputs.iter().map(input).collect::<String>();
    text
}
