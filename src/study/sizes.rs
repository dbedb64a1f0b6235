//! Numbers of parameters, from the tables that have them and as a last resort from names.

use std::collections::BTreeMap;

use crate::names::Aliases;
use crate::tables::shapes::MODEL;
use crate::tables::table::{Cell, Table};

/// Columns that give a parameter count, with the factor that makes it a plain count.
const COLUMNS: [(&str, f64); 7] = [
    ("parameters", 1.0),
    ("params", 1.0),
    ("num_parameters", 1.0),
    ("parameters_b", 1e9),
    ("params_b", 1e9),
    ("parameters_billions", 1e9),
    ("#params (b)", 1e9),
];

/// The factor of a column of parameter counts; `None` for any other.
pub(crate) fn factor(column: &str) -> Option<f64> {
    let column = column.trim();
    COLUMNS.iter().find(|(name, _)| name.eq_ignore_ascii_case(column)).map(|(_, factor)| *factor)
}

/// Numbers of parameters by model, of a table that has a column of models and one of such counts. What is no number above
/// 0 is passed over.
pub(crate) fn of_table(table: &Table, aliases: &Aliases) -> BTreeMap<String, f64> {
    let Some(key) = table.find_column(&MODEL) else { return BTreeMap::new() };
    let columns = table.columns();
    let Some((column, factor)) = columns.iter().find_map(|column| Some((column, factor(column)?))) else {
        return BTreeMap::new();
    };
    let named = table.text(&key).into_iter().zip(table.cells(column));
    named
        .filter_map(|(model, cell)| match (model, cell) {
            (Some(model), Cell::Number(value)) if value > 0.0 => Some((aliases.resolve(&model), value * factor)),
            _ => None,
        })
        .collect()
}

/// The number of parameters that a model's name tells: the one number before a `B` or `M` that stands by itself
/// (`Llama-2-7b`, `pythia-160m-deduped`). A name with several, or with experts (`8x7B`, `A2.7B`), tells none.
pub(crate) fn of_name(name: &str) -> Option<f64> {
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    let last = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let mut sizes = last.split(['-', '_', ' ']).filter_map(|word| {
        let (number, factor) = match word.strip_suffix('b') {
            Some(number) => (number, 1e9),
            None => (word.strip_suffix('m')?, 1e6),
        };
        let is_number = number.starts_with(|first: char| first.is_ascii_digit())
            && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        number.parse::<f64>().ok().filter(|&size| is_number && size > 0.0).map(|size| size * factor)
    });
    let is_of_experts =
        last.split(['-', '_', ' ']).any(|word| word == "moe" || word.contains("x") && word.ends_with('b'));
    sizes.next().filter(|_| sizes.next().is_none() && !is_of_experts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_sizes_where_there_is_one() {
        for (name, size) in [
            ("meta-llama/Llama-2-7b-hf", Some(7e9)),
            ("EleutherAI/pythia-160m-deduped", Some(160e6)),
            ("Qwen/Qwen1.5-0.5B", Some(0.5e9)),
            ("a/OLMo-2-0425-1B@step1000-tokens3B", Some(1e9)),
            ("SmolLM2_135M", Some(135e6)),
            ("mistralai/Mixtral-8x7B-v0.1", None),
            ("Qwen/Qwen1.5-MoE-A2.7B", None),
            ("a/1b-400b-tokens", None),
            ("gpt2-xl", None),
            ("step-1.2.3b", None),
            ("100M-org/model", None),
        ] {
            assert_eq!(of_name(name), size, "{name}");
        }
    }
}
