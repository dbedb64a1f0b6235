//! What a scoring run is to do, as tables.

use indicatif::DecimalBytes;

use mixopt::score::{Plan, PlannedCell};

use crate::cli::text::numbers::{duration, grouped};
use crate::cli::text::output::{Output, heading, number, shortened, table};

/// The plan as tables.
pub fn plan_text(plan: &Plan, verbose: bool) -> String {
    let count = |count: Option<u64>| count.map_or("–".to_string(), grouped);
    let time = |cell: &PlannedCell| match cell.seconds {
        _ if cell.finished => "finished".to_string(),
        Some(seconds) => duration(seconds),
        None => "–".to_string(),
    };
    let rows: Vec<Vec<String>> = plan
        .cells
        .iter()
        .map(|cell| {
            vec![
                shortened(&cell.model, verbose),
                shortened(&cell.domain, verbose),
                grouped(cell.documents),
                grouped(cell.characters),
                count(cell.tokens),
                count(cell.windows),
                count(cell.inputs.map(|inputs| inputs.saturating_sub(cell.kept_inputs))),
                time(cell),
            ]
        })
        .collect();
    let header = ["model", "domain", "documents", "characters", "tokens", "windows", "to compute", "time"];
    let mut text = heading("Plan (tokens, windows and time are estimates)") + &table(&header, &rows);
    let models: Vec<Vec<String>> = plan
        .models
        .iter()
        .map(|model| {
            vec![
                shortened(&model.model, verbose),
                model.architecture.clone(),
                grouped(model.parameters),
                DecimalBytes(model.weight_bytes).to_string(),
                DecimalBytes(model.memory_bytes).to_string(),
                number(model.tokens_per_second, 0),
            ]
        })
        .collect();
    if !models.is_empty() {
        text.push('\n');
        text += &table(&["model", "architecture", "parameters", "weights", "memory", "tokens per second"], &models);
    }
    if let Some(seconds) = plan.seconds().filter(|&seconds| seconds > 0.0) {
        text += &format!("\nTotal time: {}.\n", duration(seconds));
    }
    text
}

/// The plan as a table for programs.
pub fn plan_csv(plan: &Plan, output: Output) -> anyhow::Result<()> {
    let text = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    output.csv(
        &[
            "model",
            "domain",
            "documents",
            "characters",
            "finished",
            "tokens",
            "windows",
            "inputs",
            "kept_inputs",
            "seconds",
        ],
        plan.cells.iter().map(|cell| {
            vec![
                cell.model.clone(),
                cell.domain.clone(),
                cell.documents.to_string(),
                cell.characters.to_string(),
                cell.finished.to_string(),
                text(cell.tokens),
                text(cell.windows),
                text(cell.inputs),
                cell.kept_inputs.to_string(),
                cell.seconds.map(|seconds| seconds.to_string()).unwrap_or_default(),
            ]
        }),
    )
}
