//! Results of finished cells, read back from their parts: a row for every document and one for each model and domain.

use std::collections::VecDeque;
use std::f64::consts::LN_2;

use mixopt_base::{Setting, Task};
use mixopt_model::Fingerprint;

use crate::error::{Result, ScoreError};
use crate::inputs::domain::Domain;
use crate::results::journal::{CellParts, Deciding};
use crate::results::part::{DocumentSums, Ending, Part};
use crate::windows::protocol::Protocol;

/// One model on one domain.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CellRow {
    /// The model.
    pub model: String,
    /// The domain.
    pub domain: String,
    /// Sum of −log₂ p over all scored tokens.
    pub bits: f64,
    /// Unicode code points of all documents.
    pub characters: u64,
    /// Bytes of all documents in UTF-8.
    pub bytes: u64,
    /// Documents that are not empty.
    pub documents: u64,
    /// Documents without any character, which were left out.
    pub empty_documents: u64,
    /// Tokens of all documents.
    pub tokens: u64,
    /// Tokens whose bits are counted.
    pub scored_tokens: u64,
    /// `bits / characters`.
    pub bits_per_character: f64,
    /// `bits / bytes`.
    pub bits_per_byte: f64,
    /// What a token is conditioned on.
    pub protocol: Protocol,
    /// Inputs per window.
    pub context: u64,
    /// Tokens from one window to the next.
    pub stride: u64,
    /// Type of weights and activations.
    pub dtype: String,
    /// Where the model ran.
    pub device: String,
    /// Seed of the sample.
    pub seed: u64,
    /// Architecture of the model.
    pub architecture: String,
    /// Its number of parameters.
    pub parameters: u64,
    /// SHA-256 of its weights.
    pub weights_sha256: String,
    /// SHA-256 of its tokenizer.
    pub tokenizer_sha256: String,
    /// SHA-256 of the documents.
    pub corpus_sha256: String,
    /// Version of the program.
    pub program_version: String,
}

/// One document under one model.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentRow {
    /// Its identifier.
    pub id: String,
    /// Sum of −log₂ p over its scored tokens.
    pub bits: f64,
    /// Unicode code points.
    pub characters: u64,
    /// Bytes of UTF-8.
    pub bytes: u64,
    /// Its tokens.
    pub tokens: u64,
    /// Those whose bits are counted.
    pub scored_tokens: u64,
    /// Values of the domain's metadata columns.
    pub metadata: Vec<Option<String>>,
}

/// Goes through the documents of a finished cell in order and adds them up; `None` where the cell is not finished.
///
/// The sum of the rows' bits, in their order, is the cell's to the last bit.
///
/// # Errors
/// Parts that cannot be read or do not fit each other or the documents; what `each` gives.
pub(crate) fn read_cell(
    parts: &CellParts,
    fingerprint: &Fingerprint,
    domain: &Domain,
    settings: &Deciding,
    mut each: impl FnMut(DocumentRow) -> Result<()>,
) -> Result<Option<CellRow>> {
    let Some(last) = parts.finished()? else { return Ok(None) };
    let Some(ending) = last.header.ending.clone() else { return Ok(None) };
    let mut row = empty_row(parts, fingerprint, domain, settings, &ending);
    let mut sums = MergedSums::new(parts, last, ending.pieces);
    let corpus_fault = |source| ScoreError::Corpus { domain: parts.domain.clone(), source };
    for document in domain.source.documents().map_err(corpus_fault)? {
        let document = document.map_err(corpus_fault)?;
        let Some(sums) = sums.next_document()? else {
            return Err(misfit(parts, format!("sums of {} documents, fewer than the domain has", row.documents)));
        };
        let characters = document.characters();
        let document = DocumentRow {
            bits: sums.nats / LN_2,
            characters,
            bytes: document.text.len() as u64,
            tokens: sums.tokens,
            scored_tokens: sums.scored_tokens,
            id: document.id,
            metadata: document.metadata,
        };
        row.bits += document.bits;
        row.characters += document.characters;
        row.bytes += document.bytes;
        row.tokens += document.tokens;
        row.scored_tokens += document.scored_tokens;
        row.documents += 1;
        each(document)?;
    }
    if row.documents != ending.documents || row.tokens != ending.tokens || sums.next_document()?.is_some() {
        return Err(misfit(parts, format!("sums of {} documents instead of {}", ending.documents, row.documents)));
    }
    row.bits_per_character = row.bits / row.characters as f64;
    row.bits_per_byte = row.bits / row.bytes as f64;
    Ok(Some(row))
}

fn empty_row(
    parts: &CellParts,
    fingerprint: &Fingerprint,
    domain: &Domain,
    settings: &Deciding,
    ending: &Ending,
) -> CellRow {
    CellRow {
        model: parts.model.clone(),
        domain: parts.domain.clone(),
        bits: 0.0,
        characters: 0,
        bytes: 0,
        documents: 0,
        empty_documents: domain.empty_documents,
        tokens: 0,
        scored_tokens: 0,
        bits_per_character: 0.0,
        bits_per_byte: 0.0,
        protocol: settings.protocol,
        context: settings.context as u64,
        stride: settings.stride as u64,
        dtype: settings.dtype.clone(),
        device: settings.device.clone(),
        seed: settings.seed,
        architecture: ending.architecture.clone(),
        parameters: ending.parameters,
        weights_sha256: fingerprint.weights_sha256.clone(),
        tokenizer_sha256: fingerprint.tokenizer_sha256.clone(),
        corpus_sha256: domain.sha256.clone(),
        program_version: settings.program_version.clone(),
    }
}

fn misfit(parts: &CellParts, found: String) -> ScoreError {
    let expected = format!("sums of this domain's documents; `{}` starts over", Setting::Restart);
    ScoreError::malformed(&parts.ending_file(), found, expected)
}

/// The sums of a cell's documents, one after the other. A document that several pieces score is added up over them, in
/// their order; no more than two parts are held.
struct MergedSums<'a> {
    parts: &'a CellParts,
    /// The next part, whose documents are not in `pending` yet.
    next: Option<Part>,
    ending: Option<Part>,
    piece: u64,
    pieces: u64,
    /// Sums of the documents from `first` on.
    pending: VecDeque<DocumentSums>,
    first: u64,
}

impl<'a> MergedSums<'a> {
    fn new(parts: &'a CellParts, ending: Part, pieces: u64) -> Self {
        Self { parts, next: None, ending: Some(ending), piece: 0, pieces, pending: VecDeque::new(), first: 0 }
    }

    /// The next document's sums; `None` after the last.
    fn next_document(&mut self) -> Result<Option<DocumentSums>> {
        loop {
            if self.next.is_none() {
                self.next = self.read_part()?;
            }
            match self.next.take() {
                Some(part) if part.header.documents > 0 && part.header.first_document <= self.first => {
                    self.add(part)?;
                }
                Some(part) if part.header.documents == 0 => {}
                // A later part does not touch the first of the documents that wait.
                Some(part) => {
                    self.next = Some(part);
                    return match self.pending.pop_front() {
                        Some(sums) => {
                            self.first += 1;
                            Ok(Some(sums))
                        }
                        None => Err(misfit(self.parts, format!("no sums of document {}", self.first))),
                    };
                }
                None => {
                    let sums = self.pending.pop_front();
                    self.first += 1;
                    return Ok(sums);
                }
            }
        }
    }

    fn read_part(&mut self) -> Result<Option<Part>> {
        if self.piece < self.pieces {
            let file = self.parts.piece_file(self.piece);
            let (part, problem) = self.parts.piece(self.piece)?;
            self.piece += 1;
            let found = || problem.unwrap_or_else(|| "the part is missing".to_string());
            let fault =
                || ScoreError::malformed(&file, found(), format!("a valid part; {} scores it again", Task::Again));
            return part.map(Some).ok_or_else(fault);
        }
        Ok(self.ending.take())
    }

    fn add(&mut self, part: Part) -> Result<()> {
        let skipped = self.first.checked_sub(part.header.first_document).map(|skipped| skipped as usize);
        // Parts begin where the documents that are not finished begin, never before.
        if skipped != Some(0) {
            return Err(misfit(self.parts, format!("sums of document {} twice", part.header.first_document)));
        }
        for (index, sums) in part.documents.into_iter().enumerate() {
            match self.pending.get_mut(index) {
                Some(pending) => {
                    pending.nats += sums.nats;
                    pending.scored_tokens += sums.scored_tokens;
                    pending.tokens += sums.tokens;
                }
                None => self.pending.push_back(sums),
            }
        }
        Ok(())
    }
}
