//! `mixopt corpora check`: what a manifest has, lacks and has wrong.

use indicatif::DecimalBytes;

use mixopt::base::Task;
use mixopt::export::unknown_trainers;
use mixopt::manifest::{DomainReport, Manifest, ManifestReport};

use super::args::CheckArgs;
use super::cells::{plain, shown, shown_error};
use crate::cli::text::numbers::grouped;
use crate::cli::text::output::{Format, Output, heading, paragraph, shortened, table};

/// Checks and prints; something wrong is the program's failure.
pub fn run(args: &CheckArgs, output: Output) -> anyhow::Result<()> {
    let manifest = Manifest::read(&args.manifest)?;
    for unknown in unknown_trainers(&manifest) {
        output.note(&format!(
            "{}: {unknown}; `{}` shows what exports read",
            manifest.file.display(),
            Task::ListConsumers
        ));
    }
    let report = manifest.report(args.trainer.as_deref());
    match output.format {
        Format::Json => output.json(&report)?,
        Format::Csv => csv(&report, output)?,
        Format::Table => output.print(&text(&report, args.trainer.as_deref(), output.verbose))?,
    }
    let told = |problem: &mixopt::manifest::Problem| match &problem.domain {
        Some(domain) => format!("domain `{domain}`: {}", problem.problem),
        None => problem.problem.clone(),
    };
    match report.problems.as_slice() {
        [] => Ok(()),
        [problem] => Err(anyhow::anyhow!("{}: {}", report.file, told(problem))),
        problems => {
            let lines: Vec<String> = problems.iter().map(|problem| format!("\n  {}", told(problem))).collect();
            Err(anyhow::anyhow!("{}: {} problems:{}", report.file, problems.len(), lines.concat()))
        }
    }
}

fn text(report: &ManifestReport, trainer: Option<&str>, verbose: bool) -> String {
    let mut header = vec!["domain", "files", "on disk", "documents", "characters", "bytes", "tokens", ""];
    let has_limits = report.domains.iter().any(|domain| domain.max_epochs.is_some());
    if has_limits {
        header.push("max epochs");
    }
    header.extend(trainer);
    let row = |domain: &DomainReport| {
        let mut row = vec![
            shortened(&domain.domain, verbose),
            shown(domain.files),
            domain.file_bytes.map_or("–".to_string(), |bytes| DecimalBytes(bytes).to_string()),
            shown(domain.documents),
            shown(domain.characters),
            shown(domain.bytes),
            shown(domain.tokens),
            shown_error(domain.tokens_standard_error),
        ];
        if has_limits {
            row.push(domain.max_epochs.map_or("–".to_string(), |epochs| epochs.to_string()));
        }
        if trainer.is_some() {
            row.push(domain.trainer.as_ref().map_or("–".to_string(), |names| names.join(", ")));
        }
        row
    };
    let rows: Vec<Vec<String>> = report.domains.iter().map(row).collect();
    let mut text = heading(&format!("Corpora in {}", report.file)) + &table(&header, &rows) + "\n";
    let tokenizer = report.tokenizer.as_ref().map(|tokenizer| format!(" (tokenizer {tokenizer})")).unwrap_or_default();
    let total = match report.total_tokens {
        Some(total) => format!("Total tokens: {}{tokenizer}.", grouped(total)),
        None => format!("Total tokens: unknown, since not every domain has a count{tokenizer}."),
    };
    text += &paragraph(&total, "", "  ");
    for (tag, members) in &report.tags {
        text += &paragraph(&format!("Tag {tag}: {}.", members.join(", ")), "", "  ");
    }
    for missing in &report.missing {
        let (counts, domains) = (missing.counts.join(", "), missing.domains.join(", "));
        let line = format!("Missing: {counts} of {domains}; {}.", missing.remedy);
        text += &paragraph(&line, "", "  ");
    }
    text
}

fn csv(report: &ManifestReport, output: Output) -> anyhow::Result<()> {
    let header = [
        "domain",
        "files",
        "file_bytes",
        "documents",
        "characters",
        "bytes",
        "tokens",
        "tokens_standard_error",
        "max_epochs",
        "trainer",
        "tags",
    ];
    output.csv(
        &header,
        report.domains.iter().map(|domain| {
            vec![
                domain.domain.clone(),
                plain(domain.files),
                plain(domain.file_bytes),
                plain(domain.documents),
                plain(domain.characters),
                plain(domain.bytes),
                plain(domain.tokens),
                plain(domain.tokens_standard_error),
                plain(domain.max_epochs),
                domain.trainer.as_ref().map(|names| names.join(" ")).unwrap_or_default(),
                domain.tags.join(" "),
            ]
        }),
    )
}
