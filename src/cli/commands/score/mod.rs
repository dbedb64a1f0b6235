//! `mixopt score`: bits per character of models over corpora.

mod args;
mod plan;
mod progress;

use std::path::PathBuf;

use candle_core::{DType, Device};

use mixopt::base::{OverInput, Setting, check_not_input};
use mixopt::corpus::{CorpusError, DomainSource};
use mixopt::model::Compute;
use mixopt::score::{
    CellRow, Conduct, Count, DeviceSetting, DiskModel, Domain, DtypeSetting, Journal, Layout, ModelProvider,
    ModelSetting, RunObserver, ScoreError, ScoreSettings, documents_file, first_twice, prepare_domain, run as score,
    write_tables,
};
use mixopt::whole_file::check_writable;

use crate::cli::text::numbers::duration;
use crate::cli::text::output::{Format, Output, heading, number, shortened, table};
use crate::cli::threads::use_threads;
use plan::{plan_csv, plan_text};
use progress::ScoreProgress;

pub use args::ScoreArgs;

/// Scores and prints.
pub fn run(args: &ScoreArgs, output: Output) -> anyhow::Result<()> {
    let settings = settings(args)?;
    if args.show_settings {
        return output.json(&settings);
    }
    settings.check()?;
    use_threads(args.threads)?;
    let (compute, dtype, device) = compute(&settings)?;
    check_outputs(&settings, args.study.as_ref(), args.restart)?;
    // A place that cannot be written is better known before hours of work than after them.
    check_writable(&settings.out)?;
    check_writable(&documents_file(&settings.out))?;
    let deciding = settings.deciding(dtype, device)?;
    let mut journal = Journal::open(&settings.run_folder(), &deciding, args.restart)?;

    let progress = ScoreProgress::new(output, !args.plan);
    // Models are hashed while corpora are read.
    let (models, domains) = rayon::join(
        || sorted(settings.models.iter().map(|setting| DiskModel::find(setting, &compute, &progress))),
        || {
            let sampling = settings.sampling();
            sorted(settings.domains.iter().map(|source| prepare_domain(source, &sampling, &journal, &progress)))
        },
    );
    let (models, mut faults) = models?;
    let (domains, of_domains) = domains?;
    faults.extend(of_domains);
    if let Some(name) = first_twice(models.iter().map(DiskModel::name)) {
        return Err(ScoreError::Setting {
            setting: Setting::Models,
            found: name,
            problem: "two models have this name".to_string(),
            expected: "a different name for each model: NAME=PATH".to_string(),
        }
        .into());
    }
    if models.is_empty() || domains.is_empty() {
        progress.finish();
        journal.close_unused();
        return told(&faults);
    }
    if !args.plan {
        faults.iter().for_each(|fault| progress.failed(fault));
    }

    let providers: Vec<&dyn ModelProvider> = models.iter().map(|model| model as &dyn ModelProvider).collect();
    let layout =
        Layout { protocol: settings.protocol, extent: settings.extent()?, piece_tokens: deciding.piece_tokens };
    let conduct = Conduct {
        batch_tokens: usize::try_from(settings.batch_tokens.0).unwrap_or(usize::MAX),
        plan: !output.quiet,
        only_plan: args.plan,
    };
    let outcome = score(&providers, &domains, layout, conduct, &mut journal, &progress)?;
    progress.finish();
    faults.extend(outcome.faults);
    if args.plan {
        match output.format {
            Format::Json => output.json(&outcome.plan)?,
            Format::Csv => plan_csv(&outcome.plan, output)?,
            Format::Table => output.print(&plan_text(&outcome.plan, output.verbose))?,
        }
        return told(&faults);
    }
    let rows = write_tables(&settings.out, &providers, &domains, &deciding, &journal)?;
    match output.format {
        Format::Json => output.json(&rows)?,
        Format::Csv => rows_csv(&rows, output)?,
        Format::Table if rows.is_empty() => {}
        Format::Table => output.print(&rows_text(&rows, &providers, &domains, output.verbose))?,
    }
    if let Some((inputs, seconds)) = progress.speed() {
        let rate = inputs as f64 / seconds.max(1e-9);
        output.note(&format!("{inputs} tokens in {}: {rate:.0} tokens per second", duration(seconds)));
    }
    if !rows.is_empty() {
        let (out, documents) = (settings.out.display(), documents_file(&settings.out));
        output.note(&format!("wrote {out} and, by document, {}", documents.display()));
        output.note(&format!("next: mixopt fit --bpc {out} --scores RESULTS --target TARGET"));
    }
    told(&faults)
}

/// Checks that neither table would be written over a file that is read, and that no such file would be thrown away.
fn check_outputs(settings: &ScoreSettings, study: Option<&PathBuf>, restart: bool) -> Result<(), OverInput> {
    let outputs = [settings.out.clone(), documents_file(&settings.out)];
    let named = || settings.models.iter().map(|model| &model.path).chain(study);
    for output in &outputs {
        check_not_input(Setting::Out, output, named())?;
    }
    let run_folder = settings.run_folder().canonicalize().ok().filter(|_| restart);
    if run_folder.is_none() && !outputs.iter().any(|output| output.exists()) {
        return Ok(());
    }
    // What leads to no file is told where the domain is read.
    for files in settings.domains.iter().filter_map(|source| source.resolve().ok()) {
        let read = || files.files().iter().map(|file| &file.path);
        for output in &outputs {
            check_not_input(Setting::Out, output, read())?;
        }
        if let Some(folder) = &run_folder
            && let Some(input) = read().find(|file| file.canonicalize().is_ok_and(|file| file.starts_with(folder)))
        {
            return Err(OverInput { setting: Setting::Restart, output: settings.run_folder(), input: input.clone() });
        }
    }
    Ok(())
}

/// Values apart from the faults of one model or domain; any other fault stops the run.
fn sorted<T>(found: impl Iterator<Item = Result<T, ScoreError>>) -> Result<(Vec<T>, Vec<ScoreError>), ScoreError> {
    let (mut values, mut faults) = (Vec::new(), Vec::new());
    for found in found {
        match found {
            Ok(value) => values.push(value),
            Err(fault) if fault.is_local() => faults.push(fault),
            Err(fault) => return Err(fault),
        }
    }
    Ok((values, faults))
}

/// Lists what failed, as the program's error.
fn told(faults: &[ScoreError]) -> anyhow::Result<()> {
    match faults {
        [] => Ok(()),
        [fault] => Err(anyhow::anyhow!("{fault}")),
        _ => {
            let lines: Vec<String> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
            Err(anyhow::anyhow!("{} faults:{}", faults.len(), lines.concat()))
        }
    }
}

/// The study file where there is one, with the arguments over it.
fn settings(args: &ScoreArgs) -> Result<ScoreSettings, ScoreError> {
    let mut settings = match &args.study {
        Some(file) => ScoreSettings::read(file)?,
        None => ScoreSettings::default(),
    };
    if !args.model.is_empty() {
        settings.models = args.model.iter().map(|text| ModelSetting::parse(text)).collect();
    }
    if !args.domain.is_empty() {
        let parse = |text: &String| {
            DomainSource::parse(text).map_err(|error| match error {
                CorpusError::Setting { found, problem, expected, .. } => {
                    ScoreError::Setting { setting: Setting::Domains, found, problem, expected }
                }
                source => ScoreError::Corpus { domain: text.clone(), source },
            })
        };
        settings.domains = args.domain.iter().map(parse).collect::<Result<_, _>>()?;
    }
    for domain in &mut settings.domains {
        domain.text_field = args.text_field.clone().or(domain.text_field.take());
        domain.id_field = args.id_field.clone().or(domain.id_field.take());
        if !args.metadata.is_empty() {
            domain.metadata = args.metadata.clone();
        }
    }
    let over = |argument: Option<Count>, setting: &mut Count| *setting = argument.unwrap_or(*setting);
    over(args.context, &mut settings.context);
    over(args.stride, &mut settings.stride);
    over(args.batch_tokens, &mut settings.batch_tokens);
    settings.max_characters = args.max_characters.or(settings.max_characters);
    settings.max_documents = args.max_documents.or(settings.max_documents);
    settings.seed = args.seed.unwrap_or(settings.seed);
    settings.protocol = args.protocol.unwrap_or(settings.protocol);
    settings.dtype = args.dtype.unwrap_or(settings.dtype);
    settings.device = args.device.unwrap_or(settings.device);
    if let Some(out) = &args.out {
        settings.out = out.clone();
    }
    Ok(settings)
}

/// Where and in what type to compute, with the names of both.
fn compute(settings: &ScoreSettings) -> Result<(Compute, &'static str, &'static str), ScoreError> {
    let absent = |device: &str| ScoreError::Setting {
        setting: Setting::Device,
        found: device.to_string(),
        problem: format!("this build of mixopt has no support for {device}"),
        expected: "cpu or auto".to_string(),
    };
    match settings.device {
        DeviceSetting::Auto | DeviceSetting::Cpu => {}
        DeviceSetting::Cuda => return Err(absent("cuda")),
        DeviceSetting::Metal => return Err(absent("metal")),
    }
    let (dtype, name) = match settings.dtype {
        DtypeSetting::Auto | DtypeSetting::F32 => (DType::F32, "f32"),
        DtypeSetting::Bf16 => (DType::BF16, "bf16"),
        DtypeSetting::F16 => (DType::F16, "f16"),
    };
    Ok((Compute { dtype, device: Device::Cpu }, name, "cpu"))
}

/// Models × domains.
fn rows_text(rows: &[CellRow], models: &[&dyn ModelProvider], domains: &[Domain], verbose: bool) -> String {
    let names: Vec<String> = domains.iter().map(|domain| shortened(domain.name(), verbose)).collect();
    let mut header = vec!["model"];
    header.extend(names.iter().map(String::as_str));
    let lines: Vec<Vec<String>> = models
        .iter()
        .map(|model| {
            let value = |domain: &Domain| {
                let row = rows.iter().find(|row| row.model == model.name() && row.domain == domain.name());
                number(row.map(|row| row.bits_per_character), 4)
            };
            let mut line = vec![shortened(model.name(), verbose)];
            line.extend(domains.iter().map(value));
            line
        })
        .collect();
    heading("Bits per character") + &table(&header, &lines)
}

fn rows_csv(rows: &[CellRow], output: Output) -> anyhow::Result<()> {
    let header = ["model", "domain", "bits_per_character", "bits_per_byte", "bits", "characters", "bytes", "tokens"];
    output.csv(
        &header,
        rows.iter().map(|row| {
            vec![
                row.model.clone(),
                row.domain.clone(),
                row.bits_per_character.to_string(),
                row.bits_per_byte.to_string(),
                row.bits.to_string(),
                row.characters.to_string(),
                row.bytes.to_string(),
                row.tokens.to_string(),
            ]
        }),
    )
}
