//! `mixopt export`: a mixture in the file that a trainer reads.

use std::path::{Path, PathBuf};

use clap::Args;

use mixopt::base::setting::filled;
use mixopt::base::{Setting, ShareUnit, check_not_input};
use mixopt::count::Count;
use mixopt::export::{
    Export, ExportError, ExportOptions, Stages, Step, SumRule, TARGETS, Target, Zeros, export, target,
};
use mixopt::manifest::Manifest;
use mixopt::mixture::{FitError, read_or_known};
use mixopt::whole_file::{check_writable, write_whole};

use crate::cli::groups::suggestions;
use crate::cli::text::output::{Format, Output, heading, paragraph, shortened, table, text_table};

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// A mixture file, or the name of a published mixture (see `mixopt mixtures`).
    #[arg(value_name = "MIXTURE", required_unless_present = "list", value_parser = suggestions::mixtures(), hide_possible_values = true)]
    pub mixture: Option<String>,
    /// What to export to (see --list).
    #[arg(short, long, value_name = "TARGET", required_unless_present = "list")]
    pub to: Option<String>,
    /// List the targets, or show everything about one.
    #[arg(long, value_name = "TARGET", num_args = 0..=1, conflicts_with_all = ["mixture", "to"])]
    pub list: Option<Option<String>>,
    /// Manifest with the trainer's names of the domains and their counts (corpora.yaml).
    #[arg(long, value_name = "FILE")]
    pub corpora: Option<PathBuf>,
    /// What the trainer's weights count, if not what --list says.
    #[arg(long, value_enum)]
    pub unit: Option<ShareUnit>,
    /// Validation data, for trainers that need it: NAME=PATHS, comma-separated (repeatable).
    #[arg(long, value_name = "NAME=PATHS")]
    pub valid: Vec<String>,
    /// Tokens of the whole training, to compute epochs [default: as in the mixture file].
    #[arg(long, value_name = "TOKENS")]
    pub budget: Option<Count>,
    /// Export this stage only.
    #[arg(long, value_name = "NAME", help_heading = "Stages", conflicts_with = "each_stage")]
    pub stage: Option<String>,
    /// Write one file per stage: the stage's name goes before the extension of --out.
    #[arg(long, help_heading = "Stages", requires = "out")]
    pub each_stage: bool,
    /// Tokens per training step, for trainers that start stages at steps.
    #[arg(long, value_name = "N", help_heading = "Stages")]
    pub tokens_per_step: Option<Count>,
    /// Sequences per training step.
    #[arg(long, value_name = "N", help_heading = "Stages")]
    pub batch_size: Option<Count>,
    /// Tokens per sequence.
    #[arg(long, value_name = "N", help_heading = "Stages")]
    pub sequence_length: Option<Count>,
    /// Sequences per mixture block of Levanter [default: 2048].
    #[arg(long, value_name = "N")]
    pub block_size: Option<Count>,
    /// Write the file here instead of printing it.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub out: Option<PathBuf>,
}

/// Exports a mixture, or lists what it can be exported to.
pub fn run(args: &ExportArgs, output: Output) -> anyhow::Result<()> {
    if let Some(wanted) = &args.list {
        return match wanted {
            None => list(output),
            Some(name) => detail(target(name)?, output),
        };
    }
    let (Some(given), Some(name)) = (&args.mixture, &args.to) else {
        // The parser has asked for both.
        return list(output);
    };
    let target = target(name)?;
    let mixture = read_or_known(given).map_err(FitError::from)?;
    let manifest = args.corpora.as_deref().map(Manifest::read).transpose()?;
    let mut options = options(args)?;
    // Of a published mixture there is no such file, so nothing can be overwritten.
    let file = Path::new(given).to_path_buf();
    let check = |out: &Path| -> anyhow::Result<()> {
        check_not_input(Setting::Out, out, [Some(&file), args.corpora.as_ref()].into_iter().flatten())?;
        Ok(check_writable(out)?)
    };
    if !args.each_stage {
        args.out.as_deref().map_or(Ok(()), check)?;
        let exported = export(target, &mixture, manifest.as_ref(), &options)?;
        write(&exported, args.out.as_deref(), output)?;
        return match output.format {
            Format::Json => output.json(&exported),
            _ => print(&exported, args.out.is_none(), output),
        };
    }
    let Some(out) = &args.out else {
        return Ok(());
    };
    if mixture.stages.is_empty() {
        return Err(ExportError::NoStage { stage: "(each)".to_string(), stages: Vec::new() }.into());
    }
    // All are made before any is written: a fault in the last leaves no first.
    let mut files: Vec<(PathBuf, Export)> = Vec::with_capacity(mixture.stages.len());
    for stage in &mixture.stages {
        options.stage = Some(stage.name.clone());
        let file = beside(out, &stage.name);
        check(&file)?;
        if let Some((_, other)) = files.iter().find(|(known, _)| *known == file) {
            let other = other.stages.first().and_then(|stage| stage.name.clone()).unwrap_or_default();
            return Err(ExportError::Setting {
                setting: Setting::EachStage,
                found: format!("would write {} for both `{other}` and `{}`", file.display(), stage.name),
                expected: "stage names that differ in letters and digits, or one at a time with `--stage NAME`"
                    .to_string(),
            }
            .into());
        }
        files.push((file, export(target, &mixture, manifest.as_ref(), &options)?));
    }
    for (file, exported) in &files {
        write(exported, Some(file), output)?;
    }
    match output.format {
        Format::Json => output.json(&files.iter().map(|(_, exported)| exported).collect::<Vec<_>>()),
        _ => files.iter().try_for_each(|(_, exported)| print(exported, false, output)),
    }
}

fn options(args: &ExportArgs) -> Result<ExportOptions, ExportError> {
    let count = |count: Option<Count>| count.map(|Count(count)| count);
    let setting = |setting: Setting, found: &str, expected: &str| ExportError::Setting {
        setting,
        found: found.to_string(),
        expected: expected.to_string(),
    };
    if args.budget == Some(Count(0)) {
        return Err(setting(Setting::Budget, "0", "a number of tokens above 0"));
    }
    let mut options = ExportOptions {
        unit: args.unit,
        stage: args.stage.clone(),
        budget: count(args.budget),
        step: Step::of(count(args.tokens_per_step), count(args.batch_size), count(args.sequence_length))?,
        block_size: count(args.block_size),
        ..ExportOptions::default()
    };
    for given in &args.valid {
        let expected = "NAME=PATH,… with a name not used before";
        let (name, paths) = given.split_once('=').ok_or_else(|| setting(Setting::Validation, given, expected))?;
        let paths: Vec<String> =
            paths.split(',').map(str::trim).filter(|path| !path.is_empty()).map(String::from).collect();
        if name.trim().is_empty() || paths.is_empty() || options.validation.contains_key(name.trim()) {
            return Err(setting(Setting::Validation, given, expected));
        }
        options.validation.insert(name.trim().to_string(), paths);
    }
    Ok(options)
}

/// `blend.json` and `warmup` become `blend.warmup.json`.
fn beside(out: &Path, stage: &str) -> PathBuf {
    let stage: String = stage
        .chars()
        .map(|character| if character.is_alphanumeric() || "-_.".contains(character) { character } else { '-' })
        .collect();
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    let name = match out.extension() {
        Some(extension) => format!("{stem}.{stage}.{}", extension.to_string_lossy()),
        None => format!("{stem}.{stage}"),
    };
    out.with_file_name(name)
}

fn write(exported: &Export, file: Option<&Path>, output: Output) -> anyhow::Result<()> {
    if let Some(file) = file {
        write_whole(file, &exported.text)?;
    }
    for note in &exported.notes {
        output.note(note);
    }
    if let Some(file) = file {
        output.note(&format!("wrote {}", file.display()));
    }
    Ok(())
}

/// The file's text where it is not written, else what is in it.
fn print(exported: &Export, text: bool, output: Output) -> anyhow::Result<()> {
    let header = ["stage", "domain", "dataset", "share", "epochs"];
    let rows = exported.stages.iter().flat_map(|stage| {
        stage.datasets.iter().map(|entry| {
            vec![
                stage.name.clone().unwrap_or_default(),
                entry.domain.clone(),
                entry.name.clone(),
                entry.share.to_string(),
                entry.epochs.map(|epochs| epochs.to_string()).unwrap_or_default(),
            ]
        })
    });
    if output.format == Format::Csv {
        return output.csv(&header, rows);
    }
    if text {
        return output.data(&exported.text);
    }
    let mut printed = String::new();
    for stage in &exported.stages {
        let subject = stage.name.as_ref().map(|name| format!(", stage {name}")).unwrap_or_default();
        printed += &heading(&format!("Mixture for {}{subject}", exported.target));
        let rows: Vec<Vec<String>> = stage
            .datasets
            .iter()
            .map(|entry| {
                vec![
                    shortened(&entry.name, output.verbose),
                    format!("{:.6}", entry.share),
                    entry.epochs.map_or_else(|| "–".to_string(), |epochs| format!("{epochs:.2}")),
                ]
            })
            .collect();
        printed += &table(&["dataset", &format!("share of {}", exported.unit), "epochs"], &rows);
    }
    output.print(&printed)
}

/// Lists the targets.
fn list(output: Output) -> anyhow::Result<()> {
    let unit = |target: &Target| target.unit.map_or("the mixture's own", ShareUnit::name).to_string();
    match output.format {
        Format::Json => output.json(&TARGETS),
        Format::Csv => output.csv(
            &["target", "consumer", "unit", "sum", "zeros", "stages", "read_back"],
            TARGETS.iter().map(|target| {
                vec![
                    target.name.to_string(),
                    target.consumer.to_string(),
                    unit(target),
                    target.sum.text().to_string(),
                    target.zeros.text().to_string(),
                    target.stages.text(),
                    target.read.is_some().to_string(),
                ]
            }),
        ),
        Format::Table => {
            let rows: Vec<Vec<String>> = TARGETS
                .iter()
                .map(|target| {
                    let sum = if target.sum == SumRule::MustBeOne { "1" } else { "any" };
                    let zeros = match target.zeros {
                        Zeros::Refused => "refused",
                        Zeros::LeftOut => "left out",
                        Zeros::Kept => "kept",
                    };
                    let stages = if target.stages == Stages::Schedule { "all" } else { "one" };
                    let unit = target.unit.map_or("any", ShareUnit::name);
                    let cells = [target.name, unit, sum, zeros, stages, target.consumer];
                    cells.map(String::from).to_vec()
                })
                .collect();
            let text = text_table(&["target", "unit", "sum", "zeros", "stages", "read by"], &rows);
            output.print(
                &(text + "\n" + &paragraph("`mixopt export --list TARGET` shows everything about one.", "", "  ")),
            )
        }
    }
}

/// All that is known of one target.
fn detail(target: &Target, output: Output) -> anyhow::Result<()> {
    match output.format {
        Format::Json => return output.json(target),
        Format::Csv => {
            return output.csv(
                &["target", "key", "value"],
                detail_rows(target).into_iter().map(|mut row| {
                    row.insert(0, target.name.to_string());
                    row
                }),
            );
        }
        Format::Table => {}
    }
    let text = heading(target.name) + &text_table(&["", ""], &detail_rows(target));
    // An empty header leaves an empty line.
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    output.print(&(lines.join("\n") + "\n"))
}

fn detail_rows(target: &Target) -> Vec<Vec<String>> {
    let unit = target.unit.map_or("the mixture's own".to_string(), |unit| unit.name().to_string());
    let mut rows = vec![
        ("read by", target.consumer.to_string()),
        ("shares of", format!("{unit}: a draw is {}", target.draw)),
        ("sum", target.sum.text().to_string()),
        ("zeros", target.zeros.text().to_string()),
        ("repetition", target.repetition.to_string()),
        ("domains", naming(target)),
        ("stages", target.stages.text()),
        ("validation", target.validation.text()),
        ("read back", if target.read.is_some() { "yes (mixopt import)" } else { "no" }.to_string()),
        ("known from", target.source.to_string()),
    ];
    rows.extend(target.traps.iter().map(|trap| ("beware", filled(trap))));
    rows.into_iter().map(|(key, value)| vec![key.to_string(), value]).collect()
}

fn naming(target: &Target) -> String {
    use mixopt::export::{Naming, TextPaths};
    let entries = || {
        let keys: Vec<String> = target.trainers.iter().map(|key| format!("trainers.{key}")).collect();
        format!("{} of the manifest", keys.join(" or "))
    };
    let text = match target.naming.text_paths() {
        TextPaths::Unread => "",
        TextPaths::Together => ", else its paths",
    };
    match target.naming {
        Naming::Own => "by their own names".to_string(),
        Naming::Named => format!("by {}: {}, else by their own names", target.place, entries()),
        Naming::Places(_) => format!("by {}: {}{text}", target.place, entries()),
        Naming::Sources(_) => format!("by their own names, with the {} of {}{text}", target.place, entries()),
    }
}
