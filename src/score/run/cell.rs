//! One model on one domain: windows in pieces, every finished piece on disk.

use crate::windows::protocol::Layout;
use mixopt_corpus::DocumentSource;
use mixopt_model::LanguageModel;

use crate::error::{Result, ScoreError};
use crate::results::journal::CellParts;
use crate::results::part::{Ending, NotFinite, Part, PartHeader, PieceSums};
use crate::run::observer::RunObserver;
use crate::windows::batch::{BatchFault, Batcher};
use crate::windows::protocol::{DocumentStart, Protocol};
use crate::windows::tokens::EncodedDocuments;
use crate::windows::window::{ScoredWindow, Windows};

/// Scores a model on a domain: pieces that are on disk are kept, the others are computed and written.
///
/// # Errors
/// [`ScoreError`]; finished pieces stay whatever it is.
pub fn score_cell(
    parts: &CellParts,
    model: &LanguageModel,
    source: &dyn DocumentSource,
    layout: Layout,
    batcher: &mut Batcher,
    observer: &dyn RunObserver,
) -> Result<()> {
    let start = match layout.protocol {
        Protocol::Paper => None,
        Protocol::Document => Some(DocumentStart::of(model.tokenizer.as_ref(), &parts.model)?),
    };
    std::thread::scope(|scope| {
        let encoded = EncodedDocuments::ahead(scope, &parts.model, source, model.tokenizer.as_ref());
        let encoded = encoded.take_while(|_| !observer.interrupted());
        let windows = match start {
            None => Windows::over_stream(encoded, layout.extent),
            Some(start) => Windows::over_documents(encoded, layout.extent, start),
        };
        CellWork { parts, model, source, layout, batcher, observer }.run(windows)
    })
}

struct CellWork<'a> {
    parts: &'a CellParts,
    model: &'a LanguageModel,
    source: &'a dyn DocumentSource,
    layout: Layout,
    batcher: &'a mut Batcher,
    observer: &'a dyn RunObserver,
}

impl CellWork<'_> {
    fn run<I: Iterator<Item = Result<Vec<u32>>>>(mut self, mut windows: Windows<I>) -> Result<()> {
        let mut pieces = 0;
        let mut total = Covered::default();
        loop {
            let piece = gather(&mut windows, self.layout.piece_tokens)?;
            if self.observer.interrupted() {
                return Err(ScoreError::Interrupted);
            }
            if piece.is_empty() {
                break;
            }
            let covered = Covered::by(&piece);
            if self.is_kept(pieces, covered)? {
                self.observer.kept(covered.windows, covered.inputs);
            } else {
                let sums = self.score(&piece)?;
                Part::new(self.header(pieces, covered, None), sums).write(&self.parts.piece_file(pieces))?;
            }
            total.add(covered);
            pieces += 1;
        }
        if pieces == 0 && self.layout.protocol == Protocol::Paper {
            return Err(ScoreError::ShortStream {
                model: self.parts.model.clone(),
                domain: self.parts.domain.clone(),
                found: windows.tokens(),
                needed: self.layout.extent.context() as u64 + 1,
                context: self.layout.extent.context(),
            });
        }
        if total.scored_tokens == 0 {
            return Err(ScoreError::NothingToScore {
                model: self.parts.model.clone(),
                domain: self.parts.domain.clone(),
                documents: windows.documents(),
            });
        }
        let ending = Ending {
            pieces,
            documents: windows.documents(),
            tokens: windows.tokens(),
            architecture: self.model.architecture.clone(),
            parameters: self.model.parameters,
        };
        let sums = PieceSums::of_arrivals(&windows.take_arrivals());
        Part::new(self.header(pieces, total, Some(ending)), sums).write(&self.parts.ending_file())
    }

    fn header(&self, piece: u64, covered: Covered, ending: Option<Ending>) -> PartHeader {
        PartHeader {
            mixopt_part: 0,
            model: self.parts.model.clone(),
            domain: self.parts.domain.clone(),
            identity: self.parts.identity.clone(),
            piece,
            windows: covered.windows,
            inputs: covered.inputs,
            scored_tokens: covered.scored_tokens,
            first_document: 0,
            documents: 0,
            ending,
        }
    }

    /// Whether a sound part of this very piece is on disk.
    fn is_kept(&self, piece: u64, covered: Covered) -> Result<bool> {
        let (part, problem) = self.parts.piece(piece)?;
        if let Some(problem) = problem {
            self.observer.note(&format!("{problem}; this piece is scored again"));
        }
        let Some(part) = part else { return Ok(false) };
        let found = Covered {
            windows: part.header.windows,
            inputs: part.header.inputs,
            scored_tokens: part.header.scored_tokens,
        };
        let fits = found == covered;
        if !fits {
            let file = self.parts.piece_file(piece);
            self.observer.note(&format!("{}: its windows differ from now; this piece is scored again", file.display()));
        }
        Ok(fits)
    }

    fn score(&mut self, piece: &[ScoredWindow]) -> Result<PieceSums> {
        let (model, domain) = (&self.parts.model, &self.parts.domain);
        let found =
            self.batcher.log_probabilities(self.model.model.as_ref(), piece, self.observer).map_err(|fault| {
                let (model, domain) = (model.clone(), domain.clone());
                match fault {
                    BatchFault::Interrupted => ScoreError::Interrupted,
                    BatchFault::OneWindowTooLarge { inputs } => ScoreError::OneWindowTooLarge { model, domain, inputs },
                    BatchFault::WrongCount { expected, found } => {
                        ScoreError::WrongCount { model, domain, found, expected }
                    }
                    BatchFault::Model { window, source } => {
                        let owner = piece.get(window).and_then(|window| window.owners.first());
                        let (document, position) = owner.map_or((0, 0), |owner| (owner.document, owner.position));
                        let document = self.document_id(document);
                        ScoreError::ModelOnDocument { model, domain, document, position, source }
                    }
                }
            })?;
        PieceSums::of(piece, &found).map_err(|NotFinite { document, position, found }| ScoreError::NotFinite {
            model: model.clone(),
            domain: domain.clone(),
            document: self.document_id(document),
            position,
            found,
        })
    }

    /// Reads on to a document that a fault is to be told about.
    fn document_id(&self, index: u64) -> String {
        let found = self.source.documents().ok().and_then(|mut documents| documents.nth(index as usize));
        match found {
            Some(Ok(document)) => document.id,
            _ => format!("number {}", index + 1),
        }
    }
}

/// What windows cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Covered {
    windows: u64,
    inputs: u64,
    scored_tokens: u64,
}

impl Covered {
    fn by(piece: &[ScoredWindow]) -> Self {
        let mut covered = Self { windows: piece.len() as u64, ..Self::default() };
        for window in piece {
            covered.inputs += window.inputs() as u64;
            covered.scored_tokens += window.scored() as u64;
        }
        covered
    }

    fn add(&mut self, other: Self) {
        self.windows += other.windows;
        self.inputs += other.inputs;
        self.scored_tokens += other.scored_tokens;
    }
}

/// The windows of the next piece: until their inputs reach the given number, or none is left.
fn gather<I: Iterator<Item = Result<Vec<u32>>>>(
    windows: &mut Windows<I>,
    piece_tokens: u64,
) -> Result<Vec<ScoredWindow>> {
    let mut piece = Vec::new();
    let mut inputs = 0;
    while inputs < piece_tokens {
        let Some(window) = windows.next_window()? else { break };
        inputs += window.inputs() as u64;
        piece.push(window);
    }
    Ok(piece)
}
