//! Samples that favour no part of a corpus, from one reading of it, in memory bounded by the sample.

use std::collections::BinaryHeap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use crate::document::Document;
use crate::error::{CorpusError, Result};

/// How much of a domain is taken. Without limits all of it is.
///
/// Every document that has text draws a random number, in the order of the corpus, from a stream of the seed and the
/// domain's name. Documents are taken in the order of their numbers until a limit is reached, and come out in the order of
/// the corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sampling {
    /// Most characters (Unicode code points). The document that crosses this limit is cut at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_characters: Option<u64>,
    /// Most documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_documents: Option<u64>,
    /// Seed of the random numbers.
    pub seed: u64,
}

impl Sampling {
    /// Whether anything may be left out.
    pub fn is_limited(&self) -> bool {
        self.max_characters.is_some() || self.max_documents.is_some()
    }

    /// Checks the limits.
    ///
    /// # Errors
    /// [`CorpusError::Setting`] for a limit of zero.
    pub fn check(&self) -> Result<()> {
        for (setting, limit) in [("max_characters", self.max_characters), ("max_documents", self.max_documents)] {
            if limit == Some(0) {
                return Err(CorpusError::Setting {
                    setting,
                    found: "0".to_string(),
                    problem: "an empty sample cannot be measured".to_string(),
                    expected: "at least 1, or no limit".to_string(),
                });
            }
        }
        Ok(())
    }
}

/// A document of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sampled {
    /// The document, with what is left of its text.
    pub document: Document,
    /// Whether its end was cut off.
    pub cut: bool,
}

/// Takes documents one after the other and keeps those of the sample.
///
/// At any time it holds the sample of the documents seen so far: those of the least draws, as many as reach a limit. A
/// further document can only push out the greatest draws, so nothing that was let go is ever needed again.
pub struct Sampler {
    sampling: Sampling,
    draws: ChaCha8Rng,
    seen: u64,
    /// Characters of the held documents.
    characters: u64,
    held: BinaryHeap<Held>,
}

impl Sampler {
    /// An empty sample. Draws depend on the seed and on the domain's name alone.
    pub fn new(sampling: &Sampling, domain: &str) -> Self {
        Self {
            sampling: *sampling,
            draws: draws(sampling.seed, domain),
            seen: 0,
            characters: 0,
            held: BinaryHeap::new(),
        }
    }

    /// Takes the next document of the corpus, which has `characters` characters and not none.
    pub fn take(&mut self, document: Document, characters: u64) {
        let rank = (self.draws.next_u64(), self.seen);
        self.seen += 1;
        self.insert(rank, document, characters);
    }

    /// Takes a document with a draw and a place in the corpus of its own; the sample does not depend on the order in which
    /// documents are inserted.
    pub fn insert(&mut self, rank: (u64, u64), document: Document, characters: u64) {
        let is_full = self.reaches_limit(self.characters, self.held.len() as u64);
        if is_full && self.held.peek().is_some_and(|greatest| rank > greatest.rank) {
            return;
        }
        self.characters += characters;
        self.held.push(Held { rank, characters, sampled: Sampled { document, cut: false } });
        while let Some(greatest) = self.held.peek() {
            let characters_without = self.characters - greatest.characters;
            if !self.reaches_limit(characters_without, self.held.len() as u64 - 1) {
                break;
            }
            self.characters = characters_without;
            self.held.pop();
        }
        self.cut_greatest();
    }

    /// The greatest draw that a further document may have to be of the sample.
    pub fn greatest_draw(&self) -> u64 {
        let is_full = self.reaches_limit(self.characters, self.held.len() as u64);
        self.held.peek().filter(|_| is_full).map_or(u64::MAX, |greatest| greatest.rank.0)
    }

    /// The sample, in the order of the corpus.
    pub fn finish(self) -> Vec<Sampled> {
        let mut held = self.held.into_vec();
        held.sort_unstable_by_key(|held| held.rank.1);
        held.into_iter().map(|held| held.sampled).collect()
    }

    fn reaches_limit(&self, characters: u64, documents: u64) -> bool {
        self.sampling.max_characters.is_some_and(|limit| characters >= limit)
            || self.sampling.max_documents.is_some_and(|limit| documents >= limit)
    }

    /// Cuts what crosses the limit on characters. It stays enough however many documents of lesser draws follow, as they
    /// leave less room for it and not more.
    fn cut_greatest(&mut self) {
        let excess = self.sampling.max_characters.map_or(0, |limit| self.characters.saturating_sub(limit));
        if excess == 0 {
            return;
        }
        if let Some(mut greatest) = self.held.peek_mut() {
            let kept = greatest.characters - excess;
            truncate(&mut greatest.sampled.document.text, kept);
            greatest.characters = kept;
            greatest.sampled.cut = true;
        }
        self.characters -= excess;
    }
}

/// The stream of draws of a domain under a seed.
fn draws(seed: u64, domain: &str) -> ChaCha8Rng {
    let mut hash = Sha256::new();
    hash.update(b"mixopt sample of documents, 1\0");
    hash.update(seed.to_le_bytes());
    hash.update(domain.as_bytes());
    ChaCha8Rng::from_seed(hash.finalize().into())
}

/// The stream of draws of one part of a domain, for parts that are read at the same time.
pub fn draws_of_part(seed: u64, domain: &str, part: u64) -> ChaCha8Rng {
    let mut hash = Sha256::new();
    hash.update(b"mixopt sample of documents of a part, 1\0");
    hash.update(seed.to_le_bytes());
    hash.update(part.to_le_bytes());
    hash.update(domain.as_bytes());
    ChaCha8Rng::from_seed(hash.finalize().into())
}

/// Keeps the first characters of a text.
fn truncate(text: &mut String, characters: u64) {
    let count = usize::try_from(characters).unwrap_or(usize::MAX);
    if let Some((end, _)) = text.char_indices().nth(count) {
        text.truncate(end);
        text.shrink_to_fit();
    }
}

struct Held {
    /// The draw and, for equal draws, the place in the corpus.
    rank: (u64, u64),
    characters: u64,
    sampled: Sampled,
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Held {}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Held {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank.cmp(&other.rank)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn document(index: usize, text: &str) -> Document {
        Document { id: index.to_string(), text: text.to_string(), metadata: Vec::new() }
    }

    fn sample(sampling: &Sampling, domain: &str, texts: &[String]) -> Vec<(String, String, bool)> {
        let mut sampler = Sampler::new(sampling, domain);
        for (index, text) in texts.iter().enumerate() {
            sampler.take(document(index, text), text.chars().count() as u64);
            assert!(sampling.max_characters.is_none_or(|limit| sampler.characters <= limit), "memory is bounded");
        }
        sampler.finish().into_iter().map(|s| (s.document.id, s.document.text, s.cut)).collect()
    }

    /// The definition, with all documents in memory: sort by draw, take until a limit is reached, cut the last.
    fn definition(sampling: &Sampling, domain: &str, texts: &[String]) -> Vec<(String, String, bool)> {
        let mut draws = draws(sampling.seed, domain);
        let mut order: Vec<(u64, usize)> = (0..texts.len()).map(|index| (draws.next_u64(), index)).collect();
        order.sort();
        let mut room = sampling.max_characters.unwrap_or(u64::MAX) as usize;
        let mut kept = Vec::new();
        for (_, index) in order.into_iter().take(sampling.max_documents.unwrap_or(u64::MAX) as usize) {
            if room == 0 {
                break;
            }
            let text: String = texts[index].chars().take(room).collect();
            room -= text.chars().count();
            kept.push((index, text.clone(), text != texts[index]));
        }
        kept.sort();
        kept.into_iter().map(|(index, text, cut)| (index.to_string(), text, cut)).collect()
    }

    proptest! {
        /// Parts of a domain that are read at the same time insert in any order.
        #[test]
        fn the_order_of_insertion_is_of_no_matter(
            documents in proptest::collection::vec((0_u64..20, "[a-zé]{1,9}"), 1..40),
            limit in 1_u64..60,
            most in proptest::option::of(1_u64..10),
            turn in 0_usize..40,
        ) {
            let sampling = Sampling { max_characters: Some(limit), max_documents: most, seed: 0 };
            let of = |order: &mut dyn Iterator<Item = usize>| {
                let mut sampler = Sampler::new(&sampling, "web");
                for index in order {
                    let (draw, text) = &documents[index];
                    // As a reader does: greater draws are not even offered.
                    if *draw <= sampler.greatest_draw() {
                        sampler.insert((*draw, index as u64), document(index, text), text.chars().count() as u64);
                    }
                }
                sampler.finish()
            };
            let count = documents.len();
            let forward = of(&mut (0..count));
            prop_assert_eq!(&of(&mut (0..count).rev()), &forward);
            prop_assert_eq!(&of(&mut (0..count).map(|index| (index + turn) % count)), &forward);
            prop_assert!(!forward.is_empty());
        }

        #[test]
        fn a_sample_is_what_its_definition_gives(
            texts in prop::collection::vec("[aé😀]{1,12}", 0..40),
            max_characters in prop::option::of(1_u64..120),
            max_documents in prop::option::of(1_u64..30),
            seed in 0_u64..1000,
        ) {
            let sampling = Sampling { max_characters, max_documents, seed };
            prop_assert_eq!(sample(&sampling, "web", &texts), definition(&sampling, "web", &texts));
        }

        #[test]
        fn a_sample_has_exactly_its_limit_of_characters(
            texts in prop::collection::vec("[aé😀]{1,12}", 1..40), limit in 1_u64..200, seed in 0_u64..1000,
        ) {
            let sampling = Sampling { max_characters: Some(limit), max_documents: None, seed };
            let all: usize = texts.iter().map(|text| text.chars().count()).sum();
            let kept: usize = sample(&sampling, "web", &texts).iter().map(|(_, text, _)| text.chars().count()).sum();
            prop_assert_eq!(kept as u64, limit.min(all as u64));
        }
    }

    #[test]
    fn every_document_is_as_likely_as_any_other() {
        // 4000 samples of 10 of 50 documents: each is kept 800 times in the mean.
        let texts: Vec<String> = (0..50).map(|_| "x".to_string()).collect();
        let mut kept = [0_u32; 50];
        for seed in 0..4000 {
            let sampling = Sampling { max_documents: Some(10), seed, ..Sampling::default() };
            for (id, _, _) in sample(&sampling, "web", &texts) {
                kept[id.parse::<usize>().unwrap()] += 1;
            }
        }
        // Drawing without replacement: the sum of squares over the variance of one count, 4000 · 0.2 · 0.8, has mean 50
        // and, as counts are negatively correlated by 1/49 each, is chi-square of 49 degrees times 50/49.
        let statistic: f64 = kept.iter().map(|count| (f64::from(*count) - 800.0).powi(2) / 640.0).sum();
        assert!((22.0..95.0).contains(&statistic), "{statistic}");
    }

    #[test]
    fn seeds_and_domains_draw_apart() {
        let texts: Vec<String> = (0..200).map(|index| index.to_string()).collect();
        let of =
            |seed, domain| sample(&Sampling { max_documents: Some(20), seed, ..Sampling::default() }, domain, &texts);
        assert_eq!(of(1, "web"), of(1, "web"));
        assert_ne!(of(1, "web"), of(2, "web"));
        assert_ne!(of(1, "web"), of(1, "code"));
    }

    #[test]
    fn a_limit_of_nothing_is_refused() {
        let sampling = Sampling { max_characters: Some(0), ..Sampling::default() };
        assert_eq!(
            sampling.check().unwrap_err().to_string(),
            "max_characters `0`: an empty sample cannot be measured; expected at least 1, or no limit"
        );
    }
}
