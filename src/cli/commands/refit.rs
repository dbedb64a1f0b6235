//! `mixopt refit`: a fit made again from its mixture file.

use std::path::PathBuf;

use clap::Args;

use mixopt::base::{Setting, check_not_input};
use mixopt::mixture::{
    BeforeAndNow, DomainMove, FitFigures, InputChange, RecordedFit, RefitChanges, RefitReport, percentages,
};
use mixopt::study::InputFile;
use mixopt::whole_file::{check_writable, write_whole};

use crate::cli::text::output::{Format, Output, heading, number, paragraph, shortened, table, text_table};
use crate::cli::text::progress::Bar;
use crate::cli::threads::use_threads;

#[derive(Debug, Args)]
pub struct RefitArgs {
    /// Mixture file that `mixopt fit --out` wrote.
    #[arg(value_name = "MIXTURE")]
    pub mixture: String,
    /// Folder for the recorded relative paths [default: the working directory, else that of the mixture file].
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Write the new mixture (YAML; JSON if the name ends in .json).
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Threads to use [default: all processors]; the result does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub threads: Option<u32>,
}

/// Domains and inputs shown unless everything is asked for.
const MOST_ROWS: usize = 20;
/// Characters of a checksum that are shown.
const DIGITS: usize = 12;

/// Fits again and prints what has changed.
pub fn run(args: &RefitArgs, output: Output) -> anyhow::Result<()> {
    use_threads(args.threads)?;
    let recorded = RecordedFit::read(&args.mixture, args.folder.as_deref())?;
    if let Some(file) = &args.out {
        check_not_input(Setting::Out, file, recorded.files())?;
        let read = recorded.record().inputs.iter().map(|input: &InputFile| match &recorded.folder {
            Some(folder) => folder.join(&input.file),
            None => PathBuf::from(&input.file),
        });
        check_not_input(Setting::Out, file, read)?;
        check_writable(file)?;
    }
    let bar = Bar::new(output.quiet);
    let made = recorded.again(&bar);
    bar.finish();
    let made = made?;
    if let Some(file) = &args.out {
        let read = made.mixture.fit.iter().flat_map(|fit| &fit.inputs);
        check_not_input(Setting::Out, file, read.map(|input| &input.file))?;
        write_whole(file, &made.mixture.text_for(file)?)?;
    }
    let report = &made.report;
    match output.format {
        Format::Json => output.json(report)?,
        Format::Csv => csv(report, output)?,
        Format::Table => {
            output.print(&text(report, output.verbose))?;
            report.messages.iter().for_each(|message| output.note(message));
        }
    }
    if let Some(file) = &args.out {
        output.note(&format!("wrote {}", file.display()));
    }
    Ok(())
}

fn text(report: &RefitReport, verbose: bool) -> String {
    let mut text = heading(&format!("Fit of {} repeated for {}", report.mixture, report.target));
    if let Some(folder) = &report.folder {
        text += &paragraph(&format!("Files are those of the folder {folder}."), "", "");
    }
    text.push('\n');
    text += &changes(&report.changes, verbose);
    text.push('\n');
    text += &shares(report, verbose);
    text.push('\n');
    text += &figures(&report.figures, verbose);
    text.push('\n');
    text + &paragraph(&report.verdict, "", "")
}

/// What has changed around the fit.
fn changes(changes: &RefitChanges, verbose: bool) -> String {
    let mut text = String::new();
    if !changes.inputs.is_empty() {
        let shown = if verbose { changes.inputs.len() } else { changes.inputs.len().min(MOST_ROWS) };
        let mut rows: Vec<Vec<String>> = changes.inputs[..shown].iter().map(input_row).collect();
        if shown < changes.inputs.len() {
            let more = format!("{} more (-v shows all)", changes.inputs.len() - shown);
            rows.push(vec![more, String::new(), String::new(), String::new()]);
        }
        text += &text_table(&["input", "file", "before", "now"], &rows);
    }
    let same = match changes.same_inputs {
        0 => "No input is".to_string(),
        1 => "1 input is".to_string(),
        count => format!("{count} inputs are"),
    };
    text += &paragraph(&format!("{same} the same."), "", "");
    for (what, names) in [("Models added", &changes.models_came), ("Domains added", &changes.domains_came)] {
        if !names.is_empty() {
            text += &paragraph(&format!("{what}: {}.", named(names, verbose)), "", "  ");
        }
    }
    for (what, gone) in [("Models removed", &changes.models_went), ("Domains removed", &changes.domains_went)] {
        if !gone.is_empty() {
            let names: Vec<String> = gone.iter().map(|gone| format!("{} ({})", gone.name, gone.reason)).collect();
            text += &paragraph(&format!("{what}: {}.", named(&names, verbose)), "", "  ");
        }
    }
    if !changes.unknown_settings.is_empty() {
        let listed = named(&changes.unknown_settings, verbose);
        text += &paragraph(&format!("Settings unknown to this version, ignored: {listed}."), "", "  ");
    }
    if let Some(BeforeAndNow { before, now }) = &changes.unit {
        text += &paragraph(&format!("Shares were of {before} and are now of {now}."), "", "  ");
    }
    if let Some(BeforeAndNow { before, now }) = &changes.program {
        let [before, now] = [before, now].map(|program| {
            program.as_ref().map_or("unknown".to_string(), |program| format!("{} {}", program.name, program.version))
        });
        text += &paragraph(&format!("Program: {before}, now {now}."), "", "  ");
    }
    text
}

fn input_row(change: &InputChange) -> Vec<String> {
    let digest = |sha256: &Option<String>, otherwise: &str| match sha256 {
        Some(digest) => digest.chars().take(DIGITS).collect(),
        None => otherwise.to_string(),
    };
    vec![
        change.role.clone(),
        change.file.clone(),
        digest(&change.before, "(not read)"),
        digest(&change.now, "(not read)"),
    ]
}

/// Some names, with how many more there are.
fn named(names: &[String], verbose: bool) -> String {
    let shown = if verbose { names.len() } else { names.len().min(MOST_ROWS) };
    let more = names.len() - shown;
    let listed = names[..shown].join(", ");
    if more > 0 { format!("{listed} and {more} more") } else { listed }
}

/// Old and new shares, the greatest changes first where not all are shown.
fn shares(report: &RefitReport, verbose: bool) -> String {
    let domains: Vec<(&String, &DomainMove)> = report.domains.iter().collect();
    let of = |share: fn(&DomainMove) -> Option<f64>| -> Vec<f64> {
        domains.iter().map(|(_, domain)| share(domain).unwrap_or(0.0)).collect()
    };
    let (before, now) = (percentages(&of(|domain| domain.before)), percentages(&of(|domain| domain.now)));
    let mut order: Vec<usize> = (0..domains.len()).collect();
    let shown = if verbose || domains.len() <= MOST_ROWS { domains.len() } else { MOST_ROWS };
    if shown < domains.len() {
        let size = |index: usize| domains[index].1.difference.abs();
        order.sort_by(|&one, &other| size(other).total_cmp(&size(one)).then(one.cmp(&other)));
    }
    let mut rows: Vec<Vec<String>> = order[..shown]
        .iter()
        .map(|&index| {
            let (name, domain) = domains[index];
            let share = |share: Option<f64>, text: String| share.map_or("–".to_string(), |_| text);
            vec![
                shortened(name, verbose),
                share(domain.before, before.text(index)),
                share(domain.now, now.text(index)),
                points(domain.difference),
            ]
        })
        .collect();
    if shown < domains.len() {
        let rest = &order[shown..];
        let more = format!("{} more (-v shows all)", rest.len());
        rows.push(vec![more, before.sum(rest), now.sum(rest), String::new()]);
    }
    table(&["share", "before", "now", "points"], &rows)
}

/// Correlations before and now.
fn figures(figures: &BeforeAndNow<FitFigures>, verbose: bool) -> String {
    let BeforeAndNow { before, now } = figures;
    let name = shortened(&before.target, verbose);
    let row = |what: String, figure: fn(&FitFigures) -> Option<f64>| {
        vec![what, number(figure(before), 4), number(figure(now), 4)]
    };
    let mut rows = vec![
        row(format!("pearson with {name}"), |fit| fit.pearson),
        row(format!("held-out pearson with {name}"), |fit| fit.held_out_pearson),
    ];
    if before.bound.is_some() || now.bound.is_some() {
        rows.push(row(format!("upper bound for {name}"), |fit| fit.bound));
    }
    rows.push(vec!["models".to_string(), before.models.to_string(), now.models.to_string()]);
    table(&["figure", "before", "now"], &rows)
}

fn csv(report: &RefitReport, output: Output) -> anyhow::Result<()> {
    let text = |share: Option<f64>| share.map(|share| share.to_string()).unwrap_or_default();
    let row = |(name, domain): (&String, &DomainMove)| {
        vec![name.clone(), text(domain.before), text(domain.now), domain.difference.to_string()]
    };
    output.csv(&["domain", "before", "now", "difference"], report.domains.iter().map(row))
}

/// A difference of shares in points of percent.
fn points(difference: f64) -> String {
    if difference.abs() < 0.0005 { "0.0".to_string() } else { format!("{:+.1}", 100.0 * difference) }
}
