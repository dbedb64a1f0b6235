//! `mixopt mixtures`: the published mixtures that the program knows.

use mixopt::mixture::known_mixtures;

use crate::cli::text::output::{Format, Output, paragraph, text_table};

/// Lists them.
pub fn run(output: Output) -> anyhow::Result<()> {
    let known = known_mixtures();
    match output.format {
        Format::Json => output.json(
            &known
                .iter()
                .map(|mixture| {
                    serde_json::json!({ "name": mixture.name, "title": mixture.title, "source": mixture.source })
                })
                .collect::<Vec<_>>(),
        ),
        Format::Csv => output.csv(
            &["name", "title", "source"],
            known.iter().map(|mixture| vec![mixture.name.to_string(), mixture.title.clone(), mixture.source.clone()]),
        ),
        Format::Table => {
            let rows: Vec<Vec<String>> =
                known.iter().map(|mixture| vec![mixture.name.to_string(), mixture.title.clone()]).collect();
            let how = "`mixopt show NAME` has shares and source, `--prior NAME` stays near one, `mixopt diff` compares two.";
            output.print(&(text_table(&["name", "mixture"], &rows) + &paragraph(how, "", "")))
        }
    }
}
