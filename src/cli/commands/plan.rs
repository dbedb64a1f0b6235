//! `mixopt plan`: several stages of training that share what text there is.

use std::path::{Path, PathBuf};

use clap::Args;

use mixopt::base::{Setting, check_not_input};
use mixopt::mixture::{FitError, PlanFindings, PlanSettings, StageFindings, amount, percentages, plan};
use mixopt::whole_file::{check_writable, write_whole};

use crate::cli::groups::{StudyArgs, check_not_of_study, read_study};
use crate::cli::text::output::{Format, Output, heading, number, paragraph, shortened, table};
use crate::cli::text::progress::Bar;
use crate::cli::threads::use_threads;

#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Plan file (YAML): corpora, prior, stages with targets, budgets and constraints.
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    #[command(flatten)]
    pub study: StudyArgs,
    /// Write a mixture file (YAML; JSON if the name ends in .json) with the stages.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Print the resolved settings as JSON and stop.
    #[arg(long, help_heading = "Output")]
    pub show_settings: bool,
    /// Threads to use [default: all processors]; the result does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub threads: Option<u32>,
}

/// Domains shown in tables unless everything is asked for.
const MOST_DOMAINS: usize = 20;

/// Plans and prints.
pub fn run(args: &PlanArgs, output: Output) -> anyhow::Result<()> {
    let settings = PlanSettings::read(&args.plan).map_err(FitError::from)?;
    if args.show_settings {
        return output.json(&settings);
    }
    use_threads(args.threads)?;
    if let Some(file) = &args.out {
        let named = [args.plan.as_path(), Path::new(&settings.corpora), Path::new(&settings.prior)];
        check_not_input(Setting::Out, file, args.study.files().chain(named))?;
        check_writable(file)?;
    }
    let study = read_study(&args.study).map_err(FitError::from)?;
    check_not_of_study(args.out.as_ref(), &study)?;
    let bar = Bar::new(output.quiet);
    let findings = plan(&study, &settings, &bar);
    bar.finish();
    let findings = findings?;
    if let Some(file) = &args.out {
        write_whole(file, &findings.file().text_for(file)?)?;
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

fn text(findings: &PlanFindings, verbose: bool) -> String {
    let count = findings.weights.len();
    let mut text = heading(&format!("Plan of {} stages", findings.stages.len()));
    text += &paragraph(
        &format!(
            "{} tokens, {count} domains, study {}; weights are shares of tokens.",
            amount(findings.supply.budget as f64),
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
    text += &heading("How well each stage tracks its target");
    text += &tracking(findings);
    text += &paragraph(
        "pearson: −bits with the score, in sample; held-out: predicted with true scores, each family left out in turn and the whole plan \
         fitted again without it. Criterion: what is maximised, by itself with the whole supply, at the plan's optimum, and for the recommended mixture.",
        "",
        "",
    );
    text
}

fn weights(findings: &PlanFindings, verbose: bool) -> String {
    let names: Vec<&String> = findings.weights.keys().collect();
    let of = |stage: &StageFindings| percentages(&stage.weights.values().copied().collect::<Vec<f64>>());
    let stages: Vec<_> = findings.stages.iter().map(of).collect();
    let overall: Vec<f64> = findings.weights.values().copied().collect();
    let total = percentages(&overall);
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|&a, &b| overall[b].total_cmp(&overall[a]).then(a.cmp(&b)));
    let shown = if verbose { order.len() } else { order.len().min(MOST_DOMAINS) };
    let mut rows: Vec<Vec<String>> = order[..shown]
        .iter()
        .map(|&d| {
            let mut row = vec![shortened(names[d], verbose)];
            row.extend(stages.iter().map(|stage| stage.text(d)));
            row.push(total.text(d));
            if let Some(domain) = findings.supply.domains.get(names[d]) {
                row.push(amount(domain.tokens as f64));
                row.push(amount(domain.available as f64));
                row.push(format!("{:.2}", domain.epochs));
            }
            row
        })
        .collect();
    if shown < order.len() {
        let rest = &order[shown..];
        let mut row = vec![format!("{} more (-v shows all)", rest.len())];
        row.extend(stages.iter().map(|stage| stage.sum(rest)));
        row.push(total.sum(rest));
        row.extend([String::new(), String::new(), String::new()]);
        rows.push(row);
    }
    let mut header = vec!["domain".to_string()];
    header.extend(findings.stages.iter().map(|stage| format!("{} ({})", stage.name, amount(stage.budget as f64))));
    header.extend(["all", "tokens", "available", "epochs"].map(String::from));
    table(&header.iter().map(String::as_str).collect::<Vec<_>>(), &rows)
}

fn tracking(findings: &PlanFindings) -> String {
    let rows: Vec<Vec<String>> = findings
        .stages
        .iter()
        .map(|stage| {
            vec![
                stage.name.clone(),
                stage.target.clone(),
                stage.models.to_string(),
                number(stage.recommended.pearson, 4),
                number(stage.recommended.held_out_pearson, 4),
                number(stage.prior.pearson, 4),
                number(stage.prior.held_out_pearson, 4),
                number(Some(stage.alone), 4),
                number(Some(stage.optimum_correlation), 4),
                number(stage.correlation, 4),
            ]
        })
        .collect();
    table(
        &["stage", "target", "models", "pearson", "held-out", "prior", "held-out", "alone", "optimum", "recommended"],
        &rows,
    )
}

fn csv(findings: &PlanFindings, output: Output) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for stage in &findings.stages {
        for (domain, weight) in &stage.weights {
            rows.push(vec![
                stage.name.clone(),
                stage.start.to_string(),
                stage.budget.to_string(),
                domain.clone(),
                weight.to_string(),
                stage.optimum_weights.get(domain).map(f64::to_string).unwrap_or_default(),
            ]);
        }
    }
    output.csv(&["stage", "start", "budget", "domain", "recommended", "optimum"], rows)
}
