//! A finished piece of work on disk: the sums of its documents, with a checksum.
//!
//! A part is text: a line of JSON that says what it is, one line `[nats,scored tokens,tokens]` for each document, and a
//! line with the SHA-256 of all that stands before it.

use std::io::Write;
use std::path::Path;

use mixopt_base::{hexadecimal, sha256};
use sha2::{Digest, Sha256};

use crate::error::{Result, ScoreError};
use crate::windows::window::ScoredWindow;
use mixopt_base::whole_file::{WriteError, write_whole_with};

/// Version of the format.
const VERSION: u32 = 1;
const CHECKSUM: &str = "sha256 ";

/// What one document adds in one piece.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DocumentSums {
    /// Sum of −log p over its tokens that the piece scores, in nats.
    pub nats: f64,
    /// Tokens that the piece scores.
    pub scored_tokens: u64,
    /// All its tokens, in the piece that read it; else 0.
    pub tokens: u64,
}

/// What a piece covers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PartHeader {
    /// Version of the format.
    pub mixopt_part: u32,
    /// The model.
    pub model: String,
    /// The domain.
    pub domain: String,
    /// SHA-256 of everything that decides the results.
    pub identity: String,
    /// Number of the piece, from 0.
    pub piece: u64,
    /// Windows.
    pub windows: u64,
    /// Inputs of all its windows.
    pub inputs: u64,
    /// Targets of all its windows.
    pub scored_tokens: u64,
    /// Index of the first document.
    pub first_document: u64,
    /// Number of documents: consecutive ones from the first.
    pub documents: u64,
    /// Only in the last part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
}

/// What is known once a model has scored all pieces of a domain.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ending {
    /// Pieces before the ending.
    pub pieces: u64,
    /// Documents of the domain.
    pub documents: u64,
    /// Their tokens.
    pub tokens: u64,
    /// Architecture of the model.
    pub architecture: String,
    /// Its number of parameters.
    pub parameters: u64,
}

/// A piece with its sums.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What it covers.
    pub header: PartHeader,
    /// Sums by document, from [`PartHeader::first_document`].
    pub documents: Vec<DocumentSums>,
}

/// A log-probability that is no number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NotFinite {
    /// Index of the document.
    pub document: u64,
    /// Position among its tokens.
    pub position: u64,
    /// What it is.
    pub found: f32,
}

/// Sums of consecutive documents.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PieceSums {
    /// Index of the first document.
    pub first: u64,
    /// Sums by document.
    pub documents: Vec<DocumentSums>,
}

impl PieceSums {
    /// Adds up the log-probabilities of windows: by document, in the order of the tokens.
    ///
    /// # Errors
    /// The first log-probability that is not finite.
    pub fn of(windows: &[ScoredWindow], log_probabilities: &[Vec<f32>]) -> Result<Self, NotFinite> {
        let named = windows.iter().flat_map(|window| {
            let owners = window.owners.iter().map(|owner| owner.document);
            owners.chain(window.arrivals.iter().map(|arrival| arrival.document))
        });
        let mut sums = Self::covering(named);
        for (window, values) in windows.iter().zip(log_probabilities) {
            for arrival in &window.arrivals {
                if let Some(document) = sums.of_document(arrival.document) {
                    document.tokens += arrival.tokens;
                }
            }
            let mut values = values.as_slice();
            for owner in &window.owners {
                let (own, rest) = values.split_at(owner.tokens.min(values.len()));
                values = rest;
                let Some(document) = sums.of_document(owner.document) else { continue };
                for (index, &value) in own.iter().enumerate() {
                    if !value.is_finite() {
                        let position = owner.position + index as u64;
                        return Err(NotFinite { document: owner.document, position, found: value });
                    }
                    document.nats -= f64::from(value);
                }
                document.scored_tokens += own.len() as u64;
            }
        }
        Ok(sums)
    }

    /// Sums of documents that were read but not scored.
    pub fn of_arrivals(arrivals: &[crate::windows::window::Arrival]) -> Self {
        let mut sums = Self::covering(arrivals.iter().map(|arrival| arrival.document));
        for arrival in arrivals {
            if let Some(document) = sums.of_document(arrival.document) {
                document.tokens += arrival.tokens;
            }
        }
        sums
    }

    fn covering(documents: impl Iterator<Item = u64>) -> Self {
        let range = documents.fold(None, |range: Option<(u64, u64)>, document| {
            let (first, last) = range.unwrap_or((document, document));
            Some((first.min(document), last.max(document)))
        });
        match range {
            Some((first, last)) => {
                Self { first, documents: vec![DocumentSums::default(); (last - first + 1) as usize] }
            }
            None => Self::default(),
        }
    }

    fn of_document(&mut self, document: u64) -> Option<&mut DocumentSums> {
        let index = usize::try_from(document.checked_sub(self.first)?).ok()?;
        self.documents.get_mut(index)
    }
}

impl Part {
    /// A part of these sums. Fields that are the format's or the sums' are set here.
    pub fn new(mut header: PartHeader, sums: PieceSums) -> Self {
        header.mixopt_part = VERSION;
        header.first_document = sums.first;
        header.documents = sums.documents.len() as u64;
        Self { header, documents: sums.documents }
    }

    /// Writes it whole or not at all.
    ///
    /// # Errors
    /// [`ScoreError::Unwritable`].
    pub fn write(&self, file: &Path) -> Result<()> {
        let fault = |source: std::io::Error| WriteError::new(file, source);
        Ok(write_whole_with(file, |out| -> Result<(), WriteError> {
            let mut out = Hashed { out, hash: Sha256::new() };
            let header = serde_json::to_string(&self.header).map_err(|error| fault(error.into()))?;
            writeln!(out, "{header}").map_err(fault)?;
            for document in &self.documents {
                let row = (document.nats, document.scored_tokens, document.tokens);
                let row = serde_json::to_string(&row).map_err(|error| fault(error.into()))?;
                writeln!(out, "{row}").map_err(fault)?;
            }
            let digest = hexadecimal(&out.hash.finalize());
            writeln!(out.out, "{CHECKSUM}{digest}").map_err(fault)
        })?)
    }

    /// Reads a part; `None` where there is no such file.
    ///
    /// # Errors
    /// [`ScoreError::Unreadable`]; [`ScoreError::Malformed`] where it is not whole as written.
    pub fn read(file: &Path) -> Result<Option<Self>> {
        let malformed = |found: String| ScoreError::malformed(file, found, "a part as mixopt wrote it");
        let bytes = match std::fs::read(file) {
            Ok(bytes) => bytes,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(ScoreError::unreadable(file, source)),
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| malformed("not text".to_string()))?;
        let (body, digest) =
            text.rsplit_once(CHECKSUM).ok_or_else(|| malformed("no checksum at its end".to_string()))?;
        if sha256(body) != digest.trim_end_matches('\n') {
            return Err(malformed("the checksum does not match".to_string()));
        }
        let mut lines = body.lines();
        let header = lines.next().unwrap_or_default();
        let header: PartHeader = serde_json::from_str(header).map_err(|error| malformed(error.to_string()))?;
        if header.mixopt_part != VERSION {
            return Err(malformed(format!("version {} of the format", header.mixopt_part)));
        }
        let documents = lines
            .map(|line| {
                let row: serde_json::Result<(f64, u64, u64)> = serde_json::from_str(line);
                row.map(|(nats, scored_tokens, tokens)| DocumentSums { nats, scored_tokens, tokens })
            })
            .collect::<serde_json::Result<Vec<_>>>()
            .map_err(|error| malformed(error.to_string()))?;
        if documents.len() as u64 != header.documents {
            return Err(malformed(format!("{} documents instead of {}", documents.len(), header.documents)));
        }
        Ok(Some(Self { header, documents }))
    }
}

/// A writer that hashes what goes through.
struct Hashed<'a> {
    out: &'a mut dyn Write,
    hash: Sha256,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
