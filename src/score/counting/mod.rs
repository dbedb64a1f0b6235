//! Counts of a manifest's domains from their files.

// Each variant's own text names its fields.
mod error;
mod estimate;
mod text_tokenizer;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rand::Rng;

use mixopt_base::Observer;
use mixopt_corpus::{CorpusError, Document, DomainFiles, OnFault, Sampler, Sampling, draws_of_part};
use mixopt_manifest::{Manifest, ManifestError};

pub use error::{CountError, Result};
pub use estimate::{SampledDocument, TokenCount, ratio_estimate};
pub use text_tokenizer::TextTokenizer;

/// The most characters of a domain that are encoded to estimate its tokens, unless told otherwise.
pub const DEFAULT_SAMPLE: u64 = 20_000_000;
/// Files are read at the same time in parts of at least so many bytes on disk.
const PART_BYTES: u64 = 8 << 20;
/// Documents and bytes that are encoded at once.
const CHUNK_DOCUMENTS: usize = 256;
const CHUNK_BYTES: usize = 1 << 20;

/// How domains are counted.
#[derive(Clone, Copy, Default)]
pub struct CountSettings<'a> {
    /// The tokenizer; without one tokens are not counted.
    pub tokenizer: Option<&'a TextTokenizer>,
    /// The most characters of each domain that are encoded; all of them where there is no limit.
    pub sample_characters: Option<u64>,
    /// Seed of the samples.
    pub seed: u64,
    /// What to do with lines and rows without a document.
    pub on_fault: OnFault,
}

/// Counts of one domain. Documents without a character are none.
#[derive(Debug)]
pub struct DomainCounts {
    /// Name of the domain.
    pub domain: String,
    /// Documents.
    pub documents: u64,
    /// Unicode code points.
    pub characters: u64,
    /// Bytes of UTF-8.
    pub bytes: u64,
    /// Documents passed over as they have no character.
    pub empty_documents: u64,
    /// Lines and rows passed over as they hold no document.
    pub faulty_documents: u64,
    /// Tokens, where there is a tokenizer, or why they cannot be told.
    pub tokens: Option<Result<TokenCount>>,
}

/// Counts domains: documents, characters and bytes of all their text, and tokens of all or of an even sample of it.
///
/// Every file is read once. Readers go through parts of domains at the same time, as many as rayon has threads; every
/// document draws a number from the stream of its part, and those with the least are the sample, so that counts and
/// estimates depend on nothing but files and settings.
///
/// Memory is bounded by the sample's limit for each domain and, for each thread, by the greatest document.
///
/// # Errors
/// A domain that the manifest does not have, that has no paths or whose files cannot be read; the first in the order of
/// `domains` and their files.
pub fn count(
    manifest: &Manifest,
    domains: &[String],
    settings: CountSettings<'_>,
    observer: &dyn Observer,
) -> Result<Vec<DomainCounts>> {
    let counted = domains.iter().map(|name| Counted::new(manifest, name, settings)).collect::<Result<Vec<_>>>()?;
    let parts: Vec<Part<'_>> = counted
        .iter()
        .flat_map(|domain| (0..).zip(&domain.parts).map(move |(index, files)| Part { domain, index, files }))
        .collect();
    observer.begin("reading", parts.iter().map(|part| part.files.bytes()).sum(), "bytes");
    let sums = read_all(&parts, settings.tokenizer, observer)?;

    let mut results: Vec<DomainCounts> = Vec::with_capacity(counted.len());
    let mut sums = sums.into_iter();
    for domain in &counted {
        let mut sum = Sums::default();
        sums.by_ref().take(domain.parts.len()).for_each(|part| sum.add(&part));
        if sum.documents == 0 {
            let source = CorpusError::NoDocuments { domain: domain.name.clone(), empty: sum.empty, faulty: sum.faulty };
            return Err(domain.fault(source));
        }
        results.push(DomainCounts {
            domain: domain.name.clone(),
            documents: sum.documents,
            characters: sum.characters,
            bytes: sum.bytes,
            empty_documents: sum.empty,
            faulty_documents: sum.faulty,
            tokens: settings.tokenizer.map(|_| Ok(TokenCount { tokens: sum.tokens, standard_error: None })),
        });
    }
    if let (Some(tokenizer), Some(limit)) = (settings.tokenizer, settings.sample_characters) {
        let total = results.iter().map(|result| result.characters.min(limit)).sum();
        observer.begin("counting tokens of samples", total, "characters");
        for (domain, result) in counted.into_iter().zip(&mut results) {
            let sample = domain.sampler.map(Mutex::into_inner);
            let Some(Ok(sampler)) = sample else { continue };
            result.tokens = Some(of_sample(sampler, result, tokenizer, limit, observer));
        }
    }
    Ok(results)
}

/// A domain that is being counted.
struct Counted {
    name: String,
    parts: Vec<DomainFiles>,
    seed: u64,
    sampler: Option<Mutex<Sampler>>,
    /// Documents with a greater draw are not of the sample.
    greatest_draw: AtomicU64,
}

struct Part<'a> {
    domain: &'a Counted,
    index: u64,
    files: &'a DomainFiles,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    documents: u64,
    characters: u64,
    bytes: u64,
    tokens: u64,
    empty: u64,
    faulty: u64,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.documents += other.documents;
        self.characters += other.characters;
        self.bytes += other.bytes;
        self.tokens += other.tokens;
        self.empty += other.empty;
        self.faulty += other.faulty;
    }
}

impl Counted {
    fn new(manifest: &Manifest, name: &str, settings: CountSettings<'_>) -> Result<Self> {
        let fault = |source| CountError::Corpus { domain: name.to_string(), source };
        let absent = || CountError::NoPaths { file: manifest.file.clone(), domain: name.to_string() };
        let mut source = manifest.source(name)?.ok_or_else(absent)?;
        source.on_fault = settings.on_fault;
        let files = source.resolve().map_err(fault)?;
        let limit = settings.sample_characters.filter(|_| settings.tokenizer.is_some());
        let sampling = Sampling { max_characters: limit, max_documents: None, seed: settings.seed };
        sampling.check().map_err(fault)?;
        Ok(Self {
            name: name.to_string(),
            parts: files.parts(PART_BYTES),
            seed: settings.seed,
            sampler: limit.map(|_| Mutex::new(Sampler::new(&sampling, name))),
            greatest_draw: AtomicU64::new(u64::MAX),
        })
    }

    fn fault(&self, source: CorpusError) -> CountError {
        match source {
            CorpusError::Interrupted => CountError::Interrupted,
            source => CountError::Corpus { domain: self.name.clone(), source },
        }
    }
}

/// Reads all parts, several at a time.
///
/// The error is that of the first part that has one: parts before it are read to their end, parts after it are not begun.
fn read_all(parts: &[Part<'_>], tokenizer: Option<&TextTokenizer>, observer: &dyn Observer) -> Result<Vec<Sums>> {
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
    let read: Mutex<Vec<(usize, Result<Sums>)>> = Mutex::new(Vec::with_capacity(parts.len()));
    // Readers are threads of their own: one of rayon's that waits for its documents to be encoded would begin another part.
    let readers = rayon::current_num_threads().min(parts.len());
    std::thread::scope(|scope| {
        for _ in 0..readers {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(part) = parts.get(index) else { break };
                    let stopped = || failed.load(Ordering::Relaxed) < index || observer.interrupted();
                    let sums =
                        if stopped() { Err(CountError::Interrupted) } else { part.read(tokenizer, observer, &stopped) };
                    if sums.is_err() {
                        failed.fetch_min(index, Ordering::Relaxed);
                    }
                    if let Ok(mut read) = read.lock() {
                        read.push((index, sums));
                    }
                }
            });
        }
    });
    let mut read = read.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    read.sort_by_key(|(index, _)| *index);
    read.into_iter().map(|(_, sums)| sums).collect()
}

impl Part<'_> {
    fn read(
        &self,
        tokenizer: Option<&TextTokenizer>,
        observer: &dyn Observer,
        stopped: &dyn Fn() -> bool,
    ) -> Result<Sums> {
        let name = &self.domain.name;
        let mut sums = Sums::default();
        let mut draws = draws_of_part(self.domain.seed, name, self.index);
        let mut reader = self.files.reader();
        let mut chunk: Vec<Document> = Vec::new();
        let (mut chunk_bytes, mut heard) = (0, 0);
        while let Some(document) = reader.next() {
            let document = document.map_err(|source| self.domain.fault(source))?;
            if stopped() {
                return Err(CountError::Interrupted);
            }
            observer.advance(reader.bytes_read() - heard);
            heard = reader.bytes_read();
            let characters = document.characters();
            let order = sums.documents;
            sums.documents += 1;
            sums.characters += characters;
            sums.bytes += document.text.len() as u64;
            if let Some(sampler) = &self.domain.sampler {
                // Places in the corpus: the part above, the document within it below.
                let rank = (draws.next_u64(), (self.index << 40) | order);
                if rank.0 <= self.domain.greatest_draw.load(Ordering::Relaxed) {
                    let mut sampler = sampler.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    sampler.insert(rank, document, characters);
                    self.domain.greatest_draw.store(sampler.greatest_draw(), Ordering::Relaxed);
                }
            } else if let Some(tokenizer) = tokenizer {
                chunk_bytes += document.text.len();
                chunk.push(document);
                if chunk.len() >= CHUNK_DOCUMENTS || chunk_bytes >= CHUNK_BYTES {
                    sums.tokens += total(tokenizer, name, &chunk)?;
                    chunk.clear();
                    chunk_bytes = 0;
                }
            }
        }
        if let Some(tokenizer) = tokenizer {
            sums.tokens += total(tokenizer, name, &chunk)?;
        }
        observer.advance(self.files.bytes().saturating_sub(heard));
        let counts = reader.counts();
        (sums.empty, sums.faulty) = (counts.empty, counts.faulty);
        Ok(sums)
    }
}

fn total(tokenizer: &TextTokenizer, domain: &str, documents: &[Document]) -> Result<u64> {
    let documents: Vec<&Document> = documents.iter().collect();
    Ok(tokenizer.count_each(domain, &documents, |_| {})?.into_iter().sum())
}

/// Tokens of a domain from its sample; exact where the sample is all of it.
fn of_sample(
    sampler: Sampler,
    counts: &DomainCounts,
    tokenizer: &TextTokenizer,
    limit: u64,
    observer: &dyn Observer,
) -> Result<TokenCount> {
    let sampled = sampler.finish();
    let documents: Vec<&Document> = sampled.iter().map(|sampled| &sampled.document).collect();
    let is_all = documents.len() as u64 == counts.documents && sampled.iter().all(|sampled| !sampled.cut);
    let tokens =
        tokenizer.count_each(&counts.domain, &documents, |document| observer.advance(document.characters()))?;
    if is_all {
        return Ok(TokenCount { tokens: tokens.iter().sum(), standard_error: None });
    }
    let sample: Vec<SampledDocument> = documents
        .iter()
        .zip(tokens)
        .map(|(document, tokens)| SampledDocument { characters: document.characters(), tokens })
        .collect();
    ratio_estimate(&sample, counts.characters, counts.documents).ok_or_else(|| CountError::SampleTooSmall {
        domain: counts.domain.clone(),
        characters: limit,
        documents: counts.documents,
    })
}

/// Puts counts in the place of those that a domain has. Where tokens were to be counted and cannot be told, none are
/// left; where they were not to be, they stay.
///
/// # Errors
/// [`ManifestError::NoDomain`].
pub fn fill(manifest: &mut Manifest, counts: &DomainCounts) -> Result<(), ManifestError> {
    manifest.domain(&counts.domain)?;
    if let Some(domain) = manifest.domains.get_mut(&counts.domain) {
        domain.documents = Some(counts.documents);
        domain.characters = Some(counts.characters);
        domain.bytes = Some(counts.bytes);
        if let Some(tokens) = &counts.tokens {
            let tokens = tokens.as_ref().ok().filter(|count| count.tokens > 0);
            domain.tokens = tokens.map(|count| count.tokens);
            domain.tokens_standard_error = tokens.and_then(|count| count.standard_error);
        }
    }
    Ok(())
}
