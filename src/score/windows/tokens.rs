//! Tokens of a domain's documents, made in parallel ahead of the model.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

use rayon::prelude::*;

use crate::error::{Result, ScoreError};
use mixopt_corpus::{Document, DocumentSource};
use mixopt_model::Encode;

/// Documents and bytes that are encoded at once: enough for every processor, little enough to hold several times.
const CHUNK_DOCUMENTS: usize = 256;
const CHUNK_BYTES: usize = 1 << 20;
/// Chunks that may wait for the model.
const CHUNKS_AHEAD: usize = 2;

type Chunk = Result<Vec<Vec<u32>>>;

/// The tokens of every document, in order. Ends after the first error.
pub struct EncodedDocuments {
    chunks: Receiver<Chunk>,
    current: std::vec::IntoIter<Vec<u32>>,
    ended: bool,
}

impl EncodedDocuments {
    /// Starts to read and encode on a thread of `scope`, which ends early where this value is dropped.
    pub fn ahead<'scope>(
        scope: &'scope Scope<'scope, '_>,
        model: &'scope str,
        source: &'scope dyn DocumentSource,
        tokenizer: &'scope dyn Encode,
    ) -> Self {
        let (sender, chunks) = sync_channel(CHUNKS_AHEAD);
        scope.spawn(move || {
            // Otherwise a tokenizer that panics would look like the end of the documents.
            let encoded = catch_unwind(AssertUnwindSafe(|| encode_all(model, source, tokenizer, &sender)));
            if let Err(panic) = encoded {
                let part = format!("its tokenizer, on domain `{}`,", source.domain());
                // A receiver that is gone wants no error either.
                let _ = sender.send(Err(ScoreError::panicked(model, part, panic.as_ref())));
            }
        });
        Self { chunks, current: Vec::new().into_iter(), ended: false }
    }
}

impl Iterator for EncodedDocuments {
    type Item = Result<Vec<u32>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(tokens) = self.current.next() {
                return Some(Ok(tokens));
            }
            if self.ended {
                return None;
            }
            match self.chunks.recv() {
                Ok(Ok(chunk)) => self.current = chunk.into_iter(),
                Ok(Err(error)) => {
                    self.ended = true;
                    return Some(Err(error));
                }
                // The thread has sent everything.
                Err(_) => self.ended = true,
            }
        }
    }
}

/// Sends the chunks until the end, the first error, or until nobody wants them any more.
fn encode_all(model: &str, source: &dyn DocumentSource, tokenizer: &dyn Encode, sender: &SyncSender<Chunk>) {
    let corpus_fault = |fault| ScoreError::Corpus { domain: source.domain().to_string(), source: fault };
    let mut documents = match source.documents() {
        Ok(documents) => documents,
        Err(fault) => {
            // A receiver that is gone wants no error either.
            let _ = sender.send(Err(corpus_fault(fault)));
            return;
        }
    };
    let mut ended = false;
    while !ended {
        let mut texts: Vec<Document> = Vec::new();
        let mut bytes = 0;
        let mut fault = None;
        while texts.len() < CHUNK_DOCUMENTS && bytes < CHUNK_BYTES {
            match documents.next() {
                Some(Ok(document)) => {
                    bytes += document.text.len();
                    texts.push(document);
                }
                Some(Err(error)) => {
                    fault = Some(corpus_fault(error));
                    break;
                }
                None => break,
            }
        }
        ended = fault.is_some() || texts.is_empty();
        if !texts.is_empty() && sender.send(encode(model, source.domain(), tokenizer, &texts)).is_err() {
            return;
        }
        if let Some(fault) = fault {
            let _ = sender.send(Err(fault));
        }
    }
}

/// Encodes documents in parallel; their order is kept, and the error is that of the first document that has one.
fn encode(model: &str, domain: &str, tokenizer: &dyn Encode, documents: &[Document]) -> Chunk {
    let encoded: Vec<Result<Vec<u32>>> = documents
        .par_iter()
        .map(|document| {
            tokenizer.encode(&document.text).map_err(|source| ScoreError::ModelOnDocument {
                model: model.to_string(),
                domain: domain.to_string(),
                document: document.id.clone(),
                position: 0,
                source,
            })
        })
        .collect();
    encoded.into_iter().collect()
}
