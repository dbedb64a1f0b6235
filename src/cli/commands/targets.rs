//! `mixopt targets` and `mixopt studies`: what there is to aim at and to learn from.

use clap::Args;
use serde::Serialize;

use mixopt::study::{
    Aliases, STUDIES, ScoreOptions, ScoreTable, Study, StudyError, Target, TargetDefinitions, embedded_targets,
    known_targets,
};

use crate::cli::groups::{StudyArgs, read_study};
use crate::cli::text::output::{Format, Output, text_table};

#[derive(Debug, Args)]
pub struct TargetsArgs {
    #[command(flatten)]
    pub study: StudyArgs,
}

#[derive(Debug, Serialize)]
struct Listed {
    target: String,
    models: usize,
    benchmarks: Vec<String>,
    description: Option<String>,
    caution: Option<String>,
}

/// Lists the targets of a study, or of a score table alone.
pub fn run(args: &TargetsArgs, output: Output) -> anyhow::Result<()> {
    args.study.settings()?.check()?;
    let (scores, definitions) = match (&args.study.bpc, &args.study.scores) {
        (None, Some(scores)) => {
            let aliases = args.study.aliases.as_deref().map(Aliases::read).transpose()?.unwrap_or_default();
            let mut definitions = embedded_targets()?.averages();
            let mut options = ScoreOptions::parse(&args.study.metric, &args.study.scale, &args.study.shots)?;
            if let Some(file) = &args.study.targets {
                let own = TargetDefinitions::read(file)?;
                options.defined.extend(own.metrics());
                definitions.extend(own);
            }
            (ScoreTable::read(scores, &options, &aliases)?, definitions)
        }
        _ => {
            let Study { scores, definitions, .. } = read_study(&args.study)?;
            (scores, definitions)
        }
    };
    let listed = known_targets(&definitions, &scores)
        .into_iter()
        .map(|name| {
            let target = Target::resolve(&name, &definitions, &scores)?;
            let definition = definitions.targets.get(&name);
            Ok(Listed {
                models: (0..scores.matrix.rows.len()).filter(|&row| target.value(&scores, row).is_some()).count(),
                benchmarks: target.columns.iter().map(|&(column, _)| scores.benchmarks[column].name.clone()).collect(),
                description: match (definition, &target.columns[..]) {
                    (Some(definition), _) => Some(definition.description.clone()),
                    (None, [(column, _)]) => scores.benchmarks[*column].description(),
                    (None, _) => None,
                },
                caution: definition.and_then(|definition| definition.caution.clone()),
                target: name,
            })
        })
        .collect::<Result<Vec<_>, StudyError>>()?;
    match output.format {
        Format::Json => output.json(&listed),
        Format::Csv => output.csv(
            &["target", "models", "benchmarks", "description"],
            listed.iter().map(|l| {
                vec![
                    l.target.clone(),
                    l.models.to_string(),
                    l.benchmarks.join(" "),
                    l.description.clone().unwrap_or_default(),
                ]
            }),
        ),
        Format::Table => {
            let rows: Vec<Vec<String>> = listed
                .iter()
                .map(|l| vec![l.target.clone(), l.models.to_string(), l.description.clone().unwrap_or_default()])
                .collect();
            output.print(&text_table(&["target", "models", "description"], &rows))?;
            scores.messages.iter().for_each(|message| output.note(message));
            Ok(())
        }
    }
}

#[derive(Debug, Serialize)]
struct ListedStudy {
    study: &'static str,
    models: usize,
    domains: Vec<String>,
    benchmarks: usize,
    description: &'static str,
    citation: &'static str,
}

/// Lists the embedded studies.
pub fn studies(output: Output) -> anyhow::Result<()> {
    let listed = STUDIES
        .iter()
        .map(|embedded| {
            let study = embedded.read(None)?;
            Ok(ListedStudy {
                study: embedded.name,
                models: study.compression.matrix.rows.len(),
                domains: study.compression.matrix.columns,
                benchmarks: study.scores.benchmarks.len(),
                description: embedded.description,
                citation: embedded.citation,
            })
        })
        .collect::<Result<Vec<_>, StudyError>>()?;
    match output.format {
        Format::Json => output.json(&listed),
        Format::Csv => output.csv(
            &["study", "models", "domains", "benchmarks", "citation"],
            listed.iter().map(|l| {
                vec![
                    l.study.to_string(),
                    l.models.to_string(),
                    l.domains.join(" "),
                    l.benchmarks.to_string(),
                    l.citation.to_string(),
                ]
            }),
        ),
        Format::Table => {
            let rows: Vec<Vec<String>> = listed
                .iter()
                .map(|l| vec![l.study.to_string(), format!("{}. {}", l.description, l.citation)])
                .collect();
            output.print(&text_table(&["study", "what it holds"], &rows))
        }
    }
}
