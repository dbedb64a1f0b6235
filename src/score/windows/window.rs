//! Windows over the tokens of documents, one after the other, with the document of every scored token.

use std::collections::VecDeque;

use mixopt_model::Window;

use crate::error::Result;
use crate::windows::protocol::{DocumentStart, Extent};

/// Consecutive scored tokens of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// Index of the document, from 0.
    pub document: u64,
    /// Position of the first of these tokens among the document's own, from 0.
    pub position: u64,
    /// How many.
    pub tokens: usize,
}

/// A document that was read for a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Index of the document, from 0.
    pub document: u64,
    /// Its tokens, as the tokenizer gave them.
    pub tokens: u64,
}

/// A window that owns its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoredWindow {
    /// Inputs and, at the end, the last target.
    tokens: Vec<u32>,
    scored: usize,
    /// The documents of the targets, in the order of the targets.
    pub owners: Vec<Owner>,
    /// Documents read since the window before.
    pub arrivals: Vec<Arrival>,
}

impl ScoredWindow {
    /// What the model is given.
    pub fn view(&self) -> Window<'_> {
        let last = self.tokens.len().saturating_sub(1);
        let first = self.tokens.len().saturating_sub(self.scored);
        Window { inputs: self.tokens.get(..last).unwrap_or(&[]), targets: self.tokens.get(first..).unwrap_or(&[]) }
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.tokens.len().saturating_sub(1)
    }

    /// Number of targets.
    pub fn scored(&self) -> usize {
        self.scored
    }
}

/// The windows of a domain under one protocol. No more than one window's tokens and one document are held.
#[derive(Debug)]
pub struct Windows<I> {
    documents: I,
    extent: Extent,
    layout: Layout,
    /// Documents read so far.
    read: u64,
    /// Tokens read so far.
    tokens: u64,
    arrivals: Vec<Arrival>,
}

#[derive(Debug)]
enum Layout {
    Stream(Stream),
    Alone(Alone),
}

/// All documents one after the other.
#[derive(Debug, Default)]
struct Stream {
    buffer: Vec<u32>,
    /// Tokens of the buffer that no window needs any more.
    head: usize,
    /// Place in the stream of the first token of the next window.
    start: u64,
    spans: VecDeque<Span>,
    first_is_done: bool,
}

/// Where a document stands in the stream.
#[derive(Debug, Clone, Copy)]
struct Span {
    document: u64,
    start: u64,
    end: u64,
}

/// One document after its start.
#[derive(Debug)]
struct Alone {
    begin: DocumentStart,
    sequence: Vec<u32>,
    document: u64,
    /// First input of the next window.
    start: usize,
    /// First token that no window has scored.
    unscored: usize,
}

impl<I: Iterator<Item = Result<Vec<u32>>>> Windows<I> {
    /// Windows of [`Protocol::Paper`](crate::Protocol::Paper) over the tokens of documents.
    pub fn over_stream(documents: I, extent: Extent) -> Self {
        Self::new(documents, extent, Layout::Stream(Stream::default()))
    }

    /// Windows of [`Protocol::Document`](crate::Protocol::Document) over the tokens of documents.
    pub fn over_documents(documents: I, extent: Extent, begin: DocumentStart) -> Self {
        let alone = Alone { begin, sequence: Vec::new(), document: 0, start: 0, unscored: 1 };
        Self::new(documents, extent, Layout::Alone(alone))
    }

    fn new(documents: I, extent: Extent, layout: Layout) -> Self {
        Self { documents, extent, layout, read: 0, tokens: 0, arrivals: Vec::new() }
    }

    /// Documents read so far; all once there is no further window.
    pub fn documents(&self) -> u64 {
        self.read
    }

    /// Tokens of the documents read so far.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// Documents read since the last window: those whose tokens fill none.
    pub fn take_arrivals(&mut self) -> Vec<Arrival> {
        std::mem::take(&mut self.arrivals)
    }

    /// The next window, or `None` where the tokens that are left fill none.
    ///
    /// # Errors
    /// What the documents give.
    pub fn next_window(&mut self) -> Result<Option<ScoredWindow>> {
        loop {
            let found = match &mut self.layout {
                Layout::Stream(stream) => stream.window(self.extent),
                Layout::Alone(alone) => alone.window(self.extent),
            };
            if let Some((tokens, owners)) = found {
                let scored = owners.iter().map(|owner| owner.tokens).sum();
                let arrivals = std::mem::take(&mut self.arrivals);
                return Ok(Some(ScoredWindow { tokens, scored, owners, arrivals }));
            }
            let Some(document) = self.documents.next().transpose()? else { return Ok(None) };
            let count = document.len() as u64;
            self.arrivals.push(Arrival { document: self.read, tokens: count });
            match &mut self.layout {
                Layout::Stream(stream) => stream.push(self.read, self.tokens, document),
                Layout::Alone(alone) => alone.put(self.read, document),
            }
            self.read += 1;
            self.tokens += count;
        }
    }
}

impl Stream {
    fn push(&mut self, document: u64, start: u64, tokens: Vec<u32>) {
        if tokens.is_empty() {
            return;
        }
        self.spans.push_back(Span { document, start, end: start + tokens.len() as u64 });
        if self.head == self.buffer.len() {
            self.buffer = tokens;
            self.head = 0;
        } else {
            // Moved only when most of the buffer is done with, so that a long document is not moved at every window.
            if self.head > self.buffer.len() / 2 {
                self.buffer.drain(..self.head);
                self.head = 0;
            }
            self.buffer.extend_from_slice(&tokens);
        }
    }

    fn window(&mut self, extent: Extent) -> Option<(Vec<u32>, Vec<Owner>)> {
        let tokens = self.buffer.get(self.head..)?.get(..extent.context() + 1)?.to_vec();
        let scored = if self.first_is_done { extent.stride() } else { extent.context() };
        self.first_is_done = true;
        let end = self.start + tokens.len() as u64;
        let mut from = end - scored as u64;
        let mut owners = Vec::new();
        for span in &self.spans {
            let until = span.end.min(end);
            if until > from {
                owners.push(Owner {
                    document: span.document,
                    position: from - span.start,
                    tokens: (until - from) as usize,
                });
                from = until;
            }
        }
        // The targets of the next window begin where these end.
        while self.spans.front().is_some_and(|span| span.end <= end) {
            self.spans.pop_front();
        }
        self.head += extent.stride();
        self.start += extent.stride() as u64;
        Some((tokens, owners))
    }
}

impl Alone {
    fn put(&mut self, document: u64, tokens: Vec<u32>) {
        self.document = document;
        self.start = 0;
        self.unscored = 1;
        self.sequence = match self.begin {
            DocumentStart::Own => tokens,
            DocumentStart::Put(token) => {
                let mut sequence = Vec::with_capacity(tokens.len() + 1);
                sequence.push(token);
                sequence.extend_from_slice(&tokens);
                sequence
            }
        };
    }

    fn window(&mut self, extent: Extent) -> Option<(Vec<u32>, Vec<Owner>)> {
        if self.unscored >= self.sequence.len() {
            return None;
        }
        let end = (self.start + extent.context() + 1).min(self.sequence.len());
        let tokens = self.sequence.get(self.start..end)?.to_vec();
        let position = (self.unscored - self.begin.put()) as u64;
        let owner = Owner { document: self.document, position, tokens: end - self.unscored };
        self.unscored = end;
        self.start += extent.stride();
        Some((tokens, vec![owner]))
    }
}
