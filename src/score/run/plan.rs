//! What a run is going to do, how much of it there is and how long it may take.

use std::time::Instant;

use mixopt_corpus::DocumentSource;
use mixopt_model::{CausalModel, LanguageModel, Window};

use crate::inputs::domain::Domain;
use crate::windows::protocol::Layout;
use crate::windows::protocol::{DocumentStart, Protocol};

/// Bytes of text that are encoded to estimate the tokens of a domain.
const SAMPLE_BYTES: usize = 200_000;
/// What a measurement of speed may take, in seconds, whatever there is to do; and what it may take at most.
const PATIENCE: f64 = 1.0;
const MOST_PATIENCE: f64 = 10.0;
/// Share of the whole time that may go into measuring the speed.
const SHARE: f64 = 0.02;
/// Inputs of the windows of a warm-up: too few for the speed, as all weights are read for them.
const SHORTEST: usize = 16;
/// Inputs of the first windows that are measured: with fewer a product takes longer a token.
const USUAL: usize = 128;

/// Work that lies ahead.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, schemars::JsonSchema)]
pub struct Plan {
    /// Models not finished on every domain.
    pub models: Vec<PlannedModel>,
    /// All models on all domains.
    pub cells: Vec<PlannedCell>,
}

/// A model about to be scored.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct PlannedModel {
    /// Its name.
    pub model: String,
    /// Architecture as its configuration names it.
    pub architecture: String,
    /// Number of parameters.
    pub parameters: u64,
    /// Weights in memory, in bytes.
    pub weight_bytes: u64,
    /// Weights and the memory for computing with them, in bytes; an estimate.
    pub memory_bytes: u64,
    /// Inputs per second, measured on a few windows.
    pub tokens_per_second: Option<f64>,
}

/// One model on one domain. Tokens, windows, inputs and seconds are estimates.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, schemars::JsonSchema)]
pub struct PlannedCell {
    /// The model.
    pub model: String,
    /// The domain.
    pub domain: String,
    /// Documents.
    pub documents: u64,
    /// Characters.
    pub characters: u64,
    /// Whether all of it is already on disk; then nothing is estimated.
    pub finished: bool,
    /// Tokens of the documents.
    pub tokens: Option<u64>,
    /// Windows.
    pub windows: Option<u64>,
    /// Inputs of all windows: what the model has to compute.
    pub inputs: Option<u64>,
    /// Inputs of windows that an earlier run has scored.
    pub kept_inputs: u64,
    /// Time that the other windows take, in seconds.
    pub seconds: Option<f64>,
}

impl Plan {
    /// Time that is left, in seconds, where it could be estimated for every cell that is going to be scored.
    pub fn seconds(&self) -> Option<f64> {
        let works = |cell: &&PlannedCell| self.models.iter().any(|model| model.model == cell.model);
        let ahead = self.cells.iter().filter(works).filter(|cell| !cell.finished && cell.characters > 0);
        ahead.map(|cell| cell.seconds).sum()
    }
}

/// Tokens of the first documents of a domain.
struct Sample {
    characters: u64,
    documents: Vec<Vec<u32>>,
}

/// Estimates the work of a model on domains, of each of which so many inputs are done, and measures its speed on a few
/// windows.
pub(crate) fn plan_model(
    name: &str,
    model: &LanguageModel,
    domains: &[(&Domain, u64)],
    layout: Layout,
    batch_tokens: usize,
) -> (PlannedModel, Vec<PlannedCell>) {
    let samples: Vec<Sample> = domains.iter().map(|(domain, _)| sample(domain.source.as_ref(), model)).collect();
    let start = DocumentStart::of(model.tokenizer.as_ref(), name).map_or(0, DocumentStart::put);
    let mut cells = Vec::with_capacity(domains.len());
    let mut operations_left = Vec::with_capacity(domains.len());
    for ((domain, kept), sample) in domains.iter().zip(&samples) {
        let (mut cell, operations) = estimate(name, domain, sample, model.model.as_ref(), layout, start);
        cell.kept_inputs = *kept;
        let left = cell.inputs.map_or(1.0, |inputs| 1.0 - *kept as f64 / (inputs as f64).max(1.0)).max(0.0);
        operations_left.push(operations.map(|operations| operations * left));
        cells.push(cell);
    }
    let total = operations_left.iter().flatten().sum();
    let rate = measure(model.model.as_ref(), &samples, layout, batch_tokens, total);
    for (cell, operations) in cells.iter_mut().zip(operations_left) {
        let seconds = operations.zip(rate).map(|(operations, rate)| operations / rate);
        cell.seconds = seconds.filter(|seconds| seconds.is_finite());
    }
    let left = |cell: &PlannedCell| cell.inputs.map(|inputs| inputs.saturating_sub(cell.kept_inputs));
    let inputs: Option<u64> = cells.iter().map(left).sum();
    let seconds: Option<f64> = cells.iter().map(|cell| cell.seconds).sum();
    let planned = PlannedModel {
        model: name.to_string(),
        architecture: model.architecture.clone(),
        parameters: model.parameters,
        weight_bytes: model.model.weight_bytes(),
        memory_bytes: model.model.weight_bytes() + model.model.working_bytes(layout.extent.context(), batch_tokens),
        tokens_per_second: inputs.zip(seconds).filter(|(_, s)| *s > 0.0).map(|(inputs, s)| inputs as f64 / s),
    };
    (planned, cells)
}

/// A cell of which nothing but the domain is known.
pub(crate) fn unplanned(model: &str, domain: &Domain, finished: bool) -> PlannedCell {
    PlannedCell {
        model: model.to_string(),
        domain: domain.name().to_string(),
        documents: domain.documents,
        characters: domain.characters,
        finished,
        ..PlannedCell::default()
    }
}

/// Encodes the first documents. What cannot be read or encoded shows when it is scored.
fn sample(source: &dyn DocumentSource, model: &LanguageModel) -> Sample {
    let mut sample = Sample { characters: 0, documents: Vec::new() };
    let Ok(documents) = source.documents() else { return sample };
    let mut bytes = 0;
    for document in documents.map_while(Result::ok) {
        // The beginning of a book tells enough of it.
        let text = beginning(&document.text, SAMPLE_BYTES - bytes);
        let Ok(tokens) = model.tokenizer.encode(text) else { break };
        bytes += text.len();
        sample.characters += text.chars().count() as u64;
        sample.documents.push(tokens);
        if bytes >= SAMPLE_BYTES {
            break;
        }
    }
    sample
}

/// The first characters of a text, of at most so many bytes but not none.
fn beginning(text: &str, most_bytes: usize) -> &str {
    let end = text.char_indices().map(|(start, character)| start + character.len_utf8());
    let end = end.take_while(|&end| end <= most_bytes).last();
    let first = text.chars().next().map_or(0, char::len_utf8);
    text.get(..end.unwrap_or(first)).unwrap_or(text)
}

/// Tokens, windows and inputs of a cell, and the operations that they take.
fn estimate(
    name: &str,
    domain: &Domain,
    sample: &Sample,
    model: &dyn CausalModel,
    layout: Layout,
    start: usize,
) -> (PlannedCell, Option<f64>) {
    let mut cell = unplanned(name, domain, false);
    if sample.characters == 0 {
        return (cell, None);
    }
    let factor = domain.characters as f64 / sample.characters as f64;
    let scaled = |value: f64| (value * factor).round() as u64;
    let tokens = scaled(sample.documents.iter().map(|tokens| tokens.len() as f64).sum());
    let context = layout.extent.context();
    let (windows, inputs, operations) = match layout.protocol {
        Protocol::Paper => {
            let windows = layout.extent.windows_of_stream(tokens);
            let later = windows.saturating_sub(1) as f64 * model.operations(context, layout.extent.stride());
            let first = if windows > 0 { model.operations(context, context) } else { 0.0 };
            (windows, windows * context as u64, first + later)
        }
        Protocol::Document => {
            let (mut windows, mut inputs, mut operations) = (0.0, 0.0, 0.0);
            for tokens in &sample.documents {
                for (seen, scored) in layout.extent.windows_of_document(tokens.len() + start) {
                    windows += 1.0;
                    inputs += seen as f64;
                    operations += model.operations(seen, scored);
                }
            }
            (scaled(windows), scaled(inputs), operations * factor)
        }
    };
    cell.tokens = Some(tokens);
    cell.windows = Some(windows);
    cell.inputs = Some(inputs);
    (cell, Some(operations))
}

/// Operations a second, from one batch of windows, which grow to their usual length as long as that takes little time. A
/// first, short one counts for nothing: it brings the weights into memory.
fn measure(
    model: &dyn CausalModel,
    samples: &[Sample],
    layout: Layout,
    batch_tokens: usize,
    total: f64,
) -> Option<f64> {
    let context = layout.extent.context();
    let tokens: Vec<u32> = samples
        .iter()
        .flat_map(|sample| &sample.documents)
        .flatten()
        .copied()
        .take(context.saturating_add(1))
        .collect();
    let longest = Some(context.min(tokens.len().checked_sub(1)?)).filter(|&longest| longest > 0)?;
    let count = (batch_tokens / context).clamp(1, rayon::current_num_threads());
    let scored = |length: usize| match layout.protocol {
        Protocol::Paper => (length * layout.extent.stride()).div_ceil(context),
        Protocol::Document => length,
    };
    let operations = |length: usize| count as f64 * model.operations(length, scored(length));
    let time = |length: usize| -> Option<f64> {
        let targets = tokens.get(length + 1 - scored(length)..=length)?;
        let windows = vec![Window { inputs: tokens.get(..length)?, targets }; count];
        let begin = Instant::now();
        model.log_probabilities(&windows).ok()?;
        Some(operations(length) / begin.elapsed().as_secs_f64()).filter(|rate| rate.is_normal())
    };
    let mut length = longest.min(USUAL);
    let warm_up = time(length.min(SHORTEST))?;
    while length > SHORTEST && operations(length) / warm_up > MOST_PATIENCE {
        length /= 2;
    }
    let begin = Instant::now();
    let mut rate = time(length)?;
    // Longer windows tell more; the more there is to do, the more that is worth.
    let patience = (total / rate * SHARE).clamp(PATIENCE, MOST_PATIENCE);
    while length < longest {
        length = (length * 4).min(longest);
        if begin.elapsed().as_secs_f64() + operations(length) / rate > patience {
            break;
        }
        rate = time(length)?;
    }
    Some(rate)
}

#[cfg(test)]
mod tests {
    use super::beginning;

    #[test]
    fn a_beginning_is_cut_between_characters_and_never_empty() {
        let texts: Vec<&str> = (0..8).map(|most| beginning("aé字b", most)).collect();
        assert_eq!(texts, ["a", "a", "a", "aé", "aé", "aé", "aé字", "aé字b"]);
        assert_eq!((beginning("字", 1), beginning("", 5)), ("字", ""));
    }
}
