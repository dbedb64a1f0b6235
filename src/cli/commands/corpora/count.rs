//! `mixopt corpora count`: counts of a manifest's domains from their files.

use std::path::{Path, PathBuf, absolute};

use mixopt::base::{Setting, check_not_input, did_you_mean, list, nearest};
use mixopt::corpus::OnFault;
use mixopt::manifest::{Manifest, ManifestError};
use mixopt::score::{CountSettings, DEFAULT_SAMPLE, DomainCounts, TextTokenizer, count, fill};
use mixopt::whole_file::{check_writable, write_whole};

use super::args::CountArgs;
use super::cells::{plain, shown, shown_error};
use super::progress::CountProgress;
use crate::cli::exit::BadArgument;
use crate::cli::text::output::{Format, Output, heading, shortened, table};
use crate::cli::threads::use_threads;

/// Counts, then writes or prints the manifest.
pub fn run(args: &CountArgs, output: Output) -> anyhow::Result<()> {
    let manifest = Manifest::read(&args.manifest)?;
    if args.sample.is_some_and(|sample| sample.0 == 0) {
        let expected = "at least 1, or `--exact`";
        return Err(BadArgument::error("--sample", "0", "an empty sample says nothing", expected));
    }
    // A place that cannot be written is better known before hours of reading than after them.
    if let Some(out) = &args.out {
        check_out(out, args, &manifest)?;
    } else if args.in_place {
        check_writable(&args.manifest)?;
    }
    let domains = domains(args, &manifest, output)?;
    let tokenizer = tokenizer(args, &manifest, &domains)?;
    if tokenizer.is_none() {
        output.note("tokens are not counted, since neither the manifest nor --tokenizer PATH names a tokenizer");
    }
    for note in tokenizer.iter().flat_map(|(_, tokenizer)| tokenizer.notes()) {
        output.note(&note.to_string());
    }
    use_threads(args.threads)?;
    let settings = CountSettings {
        tokenizer: tokenizer.as_ref().map(|(_, tokenizer)| tokenizer),
        sample_characters: (!args.exact).then(|| args.sample.map_or(DEFAULT_SAMPLE, |sample| sample.0)),
        seed: args.seed,
        on_fault: if args.skip_faulty { OnFault::Skip } else { OnFault::Error },
    };
    let progress = CountProgress::new(output.quiet);
    let counted = count(&manifest, &domains, settings, &progress);
    progress.finish();
    let counted = counted?;

    // The file may have been edited while its domains were read.
    let original = std::fs::read_to_string(&args.manifest)
        .map_err(|source| ManifestError::Unreadable { file: args.manifest.clone(), source })?;
    let mut manifest = Manifest::parse(&args.manifest, &original)?;
    for counts in &counted {
        fill(&mut manifest, counts)?;
    }
    if let Some((name, _)) = &tokenizer {
        manifest.tokenizer = Some(name.clone());
    }
    match (&args.out, args.in_place) {
        (Some(out), _) => {
            write_whole(out, &manifest.relocated(out).to_yaml()?)?;
            print_counts(&counted, output)?;
            output.note(&format!("wrote {}", out.display()));
        }
        (None, true) => {
            let backup = free_backup(&args.manifest);
            write_whole(&backup, &original)?;
            write_whole(&args.manifest, &manifest.to_yaml()?)?;
            print_counts(&counted, output)?;
            let (file, backup) = (args.manifest.display(), backup.display());
            output.note(&format!("wrote {file} without its comments; the old file is {backup}"));
        }
        (None, false) => match output.format {
            Format::Table => output.data(&manifest.to_yaml()?)?,
            Format::Json => output.json(&manifest)?,
            Format::Csv => print_counts(&counted, output)?,
        },
    }
    tell(&counted, output)
}

/// The domains to count, in the manifest's order.
fn domains(args: &CountArgs, manifest: &Manifest, output: Output) -> anyhow::Result<Vec<String>> {
    if let Some(name) = args.domain.iter().find(|name| !manifest.domains.contains_key(*name)) {
        let known: Vec<String> = manifest.domains.keys().cloned().collect();
        let hint = did_you_mean(&nearest(name, &known));
        let problem = format!("{} has no such domain{hint}", manifest.file.display());
        return Err(BadArgument::error("--domain", name, &problem, &format!("one of {}", list(&known))));
    }
    let (mut domains, mut without) = (Vec::new(), Vec::new());
    for (name, domain) in &manifest.domains {
        let is_asked = args.domain.contains(name);
        if is_asked || (args.domain.is_empty() && !domain.paths.is_empty()) {
            domains.push(name.clone());
        } else if args.domain.is_empty() {
            without.push(name.clone());
        }
    }
    if domains.is_empty() {
        return Err(BadArgument::error(
            "MANIFEST",
            &manifest.file.display().to_string(),
            "no domain has paths, so there is nothing to count",
            "a manifest with `paths`",
        ));
    }
    if !without.is_empty() {
        output.note(&format!("not counted, since they have no paths: {}", without.join(", ")));
    }
    Ok(domains)
}

/// The tokenizer, and what the manifest is to call it.
fn tokenizer(
    args: &CountArgs,
    manifest: &Manifest,
    domains: &[String],
) -> anyhow::Result<Option<(String, TextTokenizer)>> {
    let Some(path) = &args.tokenizer else {
        let Some(name) = &manifest.tokenizer else { return Ok(None) };
        let path = manifest.resolve(name);
        if !path.exists() {
            let problem = format!("the tokenizer of {} is neither a file nor a folder here", manifest.file.display());
            return Err(BadArgument::error("tokenizer", name, &problem, "its files, with `--tokenizer PATH`"));
        }
        return Ok(Some((name.clone(), TextTokenizer::open(&path)?)));
    };
    let tokenizer = TextTokenizer::open(path)?;
    let name = manifest.path_for(path);
    // Tokens of two tokenizers cannot be added or compared.
    let is_same = manifest.tokenizer.as_ref().is_some_and(|known| {
        *known == name || absolute(manifest.resolve(known)).ok().is_some_and(|known| absolute(path).ok() == Some(known))
    });
    let other = manifest.domains.iter().find(|(name, domain)| domain.tokens.is_some() && !domains.contains(name));
    match (other, &manifest.tokenizer) {
        (Some((other, _)), known) if !is_same => {
            let under =
                known.as_ref().map_or("a tokenizer that is not named".to_string(), |known| format!("`{known}`"));
            let problem = format!("domain `{other}`, which is not counted, has tokens under {under}");
            let expected = format!("one tokenizer for all: count all domains, or add `tokenizer: {name}` there first");
            Err(BadArgument::error("--tokenizer", &path.display().to_string(), &problem, &expected))
        }
        (_, Some(known)) if is_same => Ok(Some((known.clone(), tokenizer))),
        _ => Ok(Some((name, tokenizer))),
    }
}

/// Checks that the manifest can be written there without a loss: over none of the files that are read.
fn check_out(out: &Path, args: &CountArgs, manifest: &Manifest) -> anyhow::Result<()> {
    let tokenizer = args.tokenizer.clone().or_else(|| manifest.tokenizer.as_ref().map(|name| manifest.resolve(name)));
    let of_folder = tokenizer.as_ref().map(|folder| folder.join(TextTokenizer::FILE));
    check_not_input(Setting::Out, out, [Some(manifest.file.clone()), tokenizer, of_folder].into_iter().flatten())?;
    // Only what is there can be a domain's file.
    for name in manifest.domains.keys().filter(|_| out.exists()) {
        // What leads to no file is told where the domain is counted.
        let Some(Ok(files)) = manifest.source(name)?.map(|source| source.resolve()) else { continue };
        check_not_input(Setting::Out, out, files.files().iter().map(|file| &file.path))?;
    }
    Ok(check_writable(out)?)
}

/// The first of `FILE.bak`, `FILE.bak.2`, … that is not there: an earlier copy may be the only one with the comments.
fn free_backup(file: &Path) -> PathBuf {
    let named = |ending: String| {
        let mut name = file.as_os_str().to_os_string();
        name.push(ending);
        PathBuf::from(name)
    };
    let mut backup = named(".bak".to_string());
    let mut number = 2_u64;
    while backup.exists() {
        backup = named(format!(".bak.{number}"));
        number += 1;
    }
    backup
}

fn print_counts(counted: &[DomainCounts], output: Output) -> anyhow::Result<()> {
    let tokens = |counts: &DomainCounts| counts.tokens.as_ref().and_then(|tokens| tokens.as_ref().ok().copied());
    match output.format {
        Format::Table => {
            let rows: Vec<Vec<String>> = counted
                .iter()
                .map(|counts| {
                    vec![
                        shortened(&counts.domain, output.verbose),
                        shown(Some(counts.documents)),
                        shown(Some(counts.characters)),
                        shown(Some(counts.bytes)),
                        shown(tokens(counts).map(|tokens| tokens.tokens)),
                        shown_error(tokens(counts).and_then(|tokens| tokens.standard_error)),
                    ]
                })
                .collect();
            let header = ["domain", "documents", "characters", "bytes", "tokens", ""];
            output.print(&(heading("Counts") + &table(&header, &rows)))
        }
        Format::Csv => output.csv(
            &["domain", "documents", "characters", "bytes", "tokens", "tokens_standard_error"],
            counted.iter().map(|counts| {
                vec![
                    counts.domain.clone(),
                    counts.documents.to_string(),
                    counts.characters.to_string(),
                    counts.bytes.to_string(),
                    plain(tokens(counts).map(|tokens| tokens.tokens)),
                    plain(tokens(counts).and_then(|tokens| tokens.standard_error)),
                ]
            }),
        ),
        Format::Json => {
            let rows: Vec<serde_json::Value> = counted
                .iter()
                .map(|counts| {
                    serde_json::json!({
                        "domain": counts.domain,
                        "documents": counts.documents,
                        "characters": counts.characters,
                        "bytes": counts.bytes,
                        "tokens": tokens(counts).map(|tokens| tokens.tokens),
                        "tokens_standard_error": tokens(counts).and_then(|tokens| tokens.standard_error),
                    })
                })
                .collect();
            output.json(&rows)
        }
    }
}

/// Tells what was passed over and fails where tokens could not be told.
fn tell(counted: &[DomainCounts], output: Output) -> anyhow::Result<()> {
    let mut faults = Vec::new();
    for counts in counted {
        let (domain, empty, faulty) = (&counts.domain, counts.empty_documents, counts.faulty_documents);
        if faulty > 0 {
            output.note(&format!("{domain}: {faulty} lines or rows without a document were skipped"));
        }
        if empty > 0 {
            output.note(&format!("{domain}: {empty} documents without text were skipped"));
        }
        if let Some(Err(fault)) = &counts.tokens {
            faults.push(format!("\n  {fault}"));
        }
    }
    match faults.as_slice() {
        [] => Ok(()),
        faults => {
            Err(anyhow::anyhow!("tokens of these domains are unknown; all other counts are known:{}", faults.concat()))
        }
    }
}
