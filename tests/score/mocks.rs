//! Documents in memory, tokenizers of bytes and models whose probabilities are known in closed form.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use mixopt_base::Place;
use mixopt_corpus::{CorpusError, Document, DocumentSource, Documents};
use mixopt_model::{CausalModel, Encode, Fingerprint, LanguageModel, ModelError, Window};
use mixopt_score::{
    CellRow, Conduct, Deciding, Domain, Extent, Journal, Layout, ModelProvider, Outcome, Protocol, RunObserver,
    ScoreError, Silent, run, write_tables,
};

pub const BOS: u32 = 256;
pub const EOS: u32 = 257;

/// Documents in memory.
#[derive(Clone)]
pub struct Texts {
    pub name: String,
    pub documents: Vec<Document>,
    /// Reading fails after so many.
    pub broken_after: Option<usize>,
}

impl DocumentSource for Texts {
    fn domain(&self) -> &str {
        &self.name
    }

    fn documents(&self) -> mixopt_corpus::Result<Documents<'_>> {
        let fault = || CorpusError::malformed(Place::file("texts.jsonl").row("line 3"), "no JSON", "JSON");
        let whole = self.documents.iter().take(self.broken_after.unwrap_or(usize::MAX)).cloned().map(Ok);
        Ok(Box::new(whole.chain(self.broken_after.map(|_| Err(fault())))))
    }
}

/// A domain of these texts; ids are `d0`, `d1`, …
pub fn domain(name: &str, texts: &[impl AsRef<str>]) -> Domain {
    let documents: Vec<Document> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| Document {
            id: format!("d{index}"),
            text: text.as_ref().to_string(),
            metadata: vec![(index % 2 == 0).then(|| format!("host{index}"))],
        })
        .collect();
    Domain {
        sha256: format!("documents of {name}: {}", documents.len()),
        documents: documents.len() as u64,
        characters: documents.iter().map(Document::characters).sum(),
        empty_documents: 3,
        metadata: vec!["host".to_string()],
        source: Box::new(Texts { name: name.to_string(), documents, broken_after: None }),
    }
}

/// One token a byte, none for a vertical tab. Panics at a bell.
#[derive(Debug, Clone, Copy)]
pub struct Bytes {
    /// Puts BOS before every document itself.
    pub own_start: bool,
    /// What stands for the start where it does not.
    pub start: Option<u32>,
}

impl Encode for Bytes {
    fn encode(&self, text: &str) -> mixopt_model::Result<Vec<u32>> {
        assert!(!text.contains('\u{7}'), "a bell rang");
        let text = text.replace('\u{b}', "");
        Ok(self.own_start.then_some(BOS).into_iter().chain(text.bytes().map(u32::from)).collect())
    }

    fn begins_with_special(&self) -> bool {
        self.own_start
    }

    fn document_start(&self) -> Option<u32> {
        self.start
    }
}

/// −log p of a target after the last two inputs of a window that holds `length` inputs so far. Multiples of 1/128, so
/// that any sum is exact in any order.
pub fn exact_nats(before: Option<u32>, last: u32, target: u32, length: usize) -> f32 {
    let before = before.map_or(777, u64::from);
    let mixed = before * 31 + u64::from(last) * 7 + u64::from(target) * 13 + length as u64 * 17;
    (mixed % 1009) as f32 / 128.0
}

/// The same, with values whose sums depend on their order.
pub fn rough_nats(before: Option<u32>, last: u32, target: u32, length: usize) -> f32 {
    (exact_nats(before, last, target, length) * 0.777).exp()
}

/// What a model does beside its work.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Habit {
    Sound,
    /// Runs out of memory beyond so many inputs at once.
    MostInputs(usize),
    /// Gives this for the target byte.
    Gives {
        after: u8,
        target: u8,
        value: f32,
    },
    /// Has no row for this byte.
    Lacks(u8),
    /// Has so many positions.
    Positions(usize),
    /// Panics.
    Panics,
}

pub struct ClosedForm {
    pub nats: fn(Option<u32>, u32, u32, usize) -> f32,
    pub habit: Habit,
    pub calls: Arc<Calls>,
}

/// What a model was asked.
#[derive(Debug, Default)]
pub struct Calls {
    pub windows: AtomicU64,
    pub loads: AtomicU64,
    pub largest: AtomicUsize,
}

impl CausalModel for ClosedForm {
    fn log_probabilities(&self, windows: &[Window<'_>]) -> mixopt_model::Result<Vec<Vec<f32>>> {
        let inputs: usize = windows.iter().map(|window| window.inputs.len()).sum();
        if let Habit::MostInputs(most) = self.habit
            && inputs > most
        {
            return Err(ModelError::OutOfMemory { problem: format!("{inputs} inputs") });
        }
        assert!(self.habit != Habit::Panics, "index out of bounds");
        self.calls.largest.fetch_max(inputs, Ordering::Relaxed);
        self.calls.windows.fetch_add(windows.len() as u64, Ordering::Relaxed);
        windows
            .iter()
            .map(|window| {
                let unscored = window.inputs.len() - window.targets.len();
                window
                    .targets
                    .iter()
                    .enumerate()
                    .map(|(index, &target)| {
                        let at = unscored + index;
                        let last = window.inputs[at];
                        match self.habit {
                            Habit::Gives { after, target: named, value }
                                if target == u32::from(named) && last == u32::from(after) =>
                            {
                                return Ok(value);
                            }
                            Habit::Lacks(byte) if target == u32::from(byte) => {
                                return Err(ModelError::BeyondVocabulary { token: target, text: None, vocabulary: 60 });
                            }
                            _ => {}
                        }
                        let before = at.checked_sub(1).map(|at| window.inputs[at]);
                        Ok(-(self.nats)(before, last, target, at + 1))
                    })
                    .collect()
            })
            .collect()
    }

    fn vocabulary(&self) -> usize {
        258
    }

    fn most_positions(&self) -> Option<usize> {
        match self.habit {
            Habit::Positions(most) => Some(most),
            _ => None,
        }
    }

    fn trained_positions(&self) -> Option<usize> {
        None
    }

    fn working_bytes(&self, _context: usize, batch: usize) -> u64 {
        batch as u64
    }

    fn weight_bytes(&self) -> u64 {
        1000
    }

    fn operations(&self, inputs: usize, _scored: usize) -> f64 {
        inputs as f64
    }
}

/// A model that is made when it is loaded.
pub struct Provider {
    pub name: String,
    pub fingerprint: Fingerprint,
    pub tokenizer: Bytes,
    pub nats: fn(Option<u32>, u32, u32, usize) -> f32,
    pub habit: Habit,
    pub calls: Arc<Calls>,
    pub unreadable: bool,
    /// Positions that are known before it is loaded.
    pub known_positions: Option<usize>,
}

impl Provider {
    pub fn new(name: &str, tokenizer: Bytes) -> Self {
        let sha256 = |of: &str| format!("{of} of {name}");
        Self {
            name: name.to_string(),
            fingerprint: Fingerprint {
                weights_sha256: sha256("weights"),
                tokenizer_sha256: sha256("tokenizer"),
                configuration_sha256: sha256("configuration"),
            },
            tokenizer,
            nats: exact_nats,
            habit: Habit::Sound,
            calls: Arc::default(),
            unreadable: false,
            known_positions: None,
        }
    }

    pub fn windows(&self) -> u64 {
        self.calls.windows.load(Ordering::Relaxed)
    }
}

impl ModelProvider for Provider {
    fn name(&self) -> &str {
        &self.name
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn most_positions(&self) -> Option<usize> {
        self.known_positions
    }

    fn load(&self) -> mixopt_model::Result<LanguageModel> {
        self.calls.loads.fetch_add(1, Ordering::Relaxed);
        if self.unreadable {
            return Err(ModelError::malformed(Place::file("model.safetensors"), "3 bytes", "a header of 8"));
        }
        Ok(LanguageModel {
            model: Box::new(ClosedForm { nats: self.nats, habit: self.habit, calls: Arc::clone(&self.calls) }),
            tokenizer: Box::new(self.tokenizer),
            architecture: "closed_form".to_string(),
            parameters: 42,
            notes: Vec::new(),
        })
    }
}

/// How a run of the tests works.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    pub protocol: Protocol,
    pub context: usize,
    pub stride: usize,
    pub piece_tokens: u64,
    pub batch_tokens: usize,
    pub plan: bool,
    pub restart: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            protocol: Protocol::Paper,
            context: 12,
            stride: 5,
            piece_tokens: 60,
            batch_tokens: 40,
            plan: false,
            restart: false,
        }
    }
}

impl Setup {
    pub fn deciding(&self) -> Deciding {
        Deciding {
            program_version: "0".to_string(),
            protocol: self.protocol,
            context: self.context,
            stride: self.stride,
            dtype: "f32".to_string(),
            device: "cpu".to_string(),
            piece_tokens: self.piece_tokens,
            max_characters: None,
            max_documents: None,
            seed: 0,
        }
    }

    /// Runs in `folder/bpc.run` and writes `folder/NAME` and its documents.
    pub fn score(
        &self,
        folder: &Path,
        name: &str,
        models: &[&Provider],
        domains: &[Domain],
    ) -> Result<(Outcome, Vec<CellRow>), ScoreError> {
        self.score_watched(folder, name, models, domains, &Silent)
    }

    pub fn score_watched(
        &self,
        folder: &Path,
        name: &str,
        models: &[&Provider],
        domains: &[Domain],
        watch: &dyn RunObserver,
    ) -> Result<(Outcome, Vec<CellRow>), ScoreError> {
        let models: Vec<&dyn ModelProvider> = models.iter().map(|&model| model as &dyn ModelProvider).collect();
        let deciding = self.deciding();
        let mut journal = Journal::open(&folder.join("bpc.run"), &deciding, self.restart)?;
        let layout = Layout {
            protocol: self.protocol,
            extent: Extent::new(self.context, self.stride)?,
            piece_tokens: self.piece_tokens,
        };
        let conduct = Conduct { batch_tokens: self.batch_tokens, plan: self.plan, only_plan: false };
        let outcome = run(&models, domains, layout, conduct, &mut journal, watch)?;
        let rows = write_tables(&folder.join(name), &models, domains, &deciding, &journal)?;
        Ok((outcome, rows))
    }
}

/// Texts of many lengths, some with several bytes a character, one with a single byte.
pub fn texts() -> Vec<String> {
    let lengths = [7, 40, 1, 3, 90, 12, 13, 14, 2, 61, 30, 5];
    let letters: Vec<char> = "etaoin shrdlu,ñ字é\n".chars().collect();
    lengths
        .iter()
        .enumerate()
        .map(|(d, &length)| (0..length).map(|i| letters[(i * i + 3 * i + 7 * d + i * d) % letters.len()]).collect())
        .collect()
}

/// A tokenizer that puts BOS itself, one that does not but has one, and one that has only an EOS.
pub const TOKENIZERS: [Bytes; 3] = [
    Bytes { own_start: true, start: Some(BOS) },
    Bytes { own_start: false, start: Some(BOS) },
    Bytes { own_start: false, start: Some(EOS) },
];
