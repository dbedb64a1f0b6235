//! Models and domains that fail, and what becomes of the others.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use mixopt_base::Observer;
use mixopt_corpus::Document;
use mixopt_score::{Domain, Protocol, RunObserver, ScoreError};

use super::mocks::{Bytes, Habit, Provider, Setup, TOKENIZERS, Texts, domain, texts};

fn with_habit(name: &str, habit: Habit) -> Provider {
    Provider { habit, ..Provider::new(name, TOKENIZERS[1]) }
}

/// Scores a model that fails beside one that does not, and gives the text of the fault.
fn fault_beside(setup: &Setup, failing: &Provider, domains: &[Domain], cells: usize) -> String {
    let folder = tempfile::tempdir().unwrap();
    let sound = Provider::new("sound", TOKENIZERS[1]);
    let (outcome, rows) = setup.score(folder.path(), "bpc.csv", &[failing, &sound], domains).unwrap();
    assert_eq!(outcome.faults.len(), 1, "{:?}", outcome.faults);
    assert_eq!(rows.len(), cells, "{rows:?}");
    assert!(folder.path().join("bpc.csv").exists());
    outcome.faults[0].to_string()
}

#[test]
fn a_number_that_is_none_is_told_with_its_place() {
    let mut words = texts();
    words[6] = "all is well until Q5 comes".to_string();
    let domains = [domain("web", &texts()), domain("code", &words)];
    for protocol in [Protocol::Paper, Protocol::Document] {
        for (value, shown) in [(f32::NAN, "NaN"), (f32::NEG_INFINITY, "-inf"), (f32::INFINITY, "inf")] {
            let failing = with_habit("failing", Habit::Gives { after: b'Q', target: b'5', value });
            let text = fault_beside(&Setup { protocol, ..Setup::default() }, &failing, &domains, 3);
            let place = "model `failing` on domain `code`: the log-probability of token 19 of document `d6`";
            assert!(text.starts_with(place) && text.contains(&format!(" is {shown};")), "{protocol:?}: {text}");
        }
    }
}

#[test]
fn a_token_beyond_the_vocabulary_is_told_with_its_document() {
    let mut words = texts();
    words[9] = "here is one ~ that is not known, after a while and not before it".to_string();
    let domains = [domain("web", &texts()), domain("code", &words)];
    let failing = with_habit("failing", Habit::Lacks(b'~'));
    let text = fault_beside(&Setup::default(), &failing, &domains, 3);
    assert!(text.starts_with("model `failing` on domain `code`, document `d9`, token "), "{text}");
    assert!(text.contains("token 126 is outside the model's vocabulary of 60"), "{text}");
}

#[test]
fn a_model_that_cannot_be_loaded_or_is_too_short_stops_no_other() {
    let domains = [domain("web", &texts()), domain("code", &texts())];
    for plan in [false, true] {
        let setup = Setup { plan, ..Setup::default() };
        let broken = Provider { unreadable: true, ..Provider::new("broken", TOKENIZERS[0]) };
        let text = fault_beside(&setup, &broken, &domains, 2);
        assert_eq!(text, "model `broken`: model.safetensors: 3 bytes; expected a header of 8");
        assert_eq!(broken.calls.loads.load(Ordering::Relaxed), 1, "tried once");
        let text = fault_beside(&setup, &with_habit("short", Habit::Positions(11)), &domains, 2);
        assert!(text.contains("model `short` has 11 positions, fewer than `context 12`"), "{text}");
        assert_eq!(with_habit("enough", Habit::Positions(12)).windows(), 0);
    }
    let enough = with_habit("enough", Habit::Positions(12));
    let folder = tempfile::tempdir().unwrap();
    let (outcome, _) = Setup::default().score(folder.path(), "bpc.csv", &[&enough], &domains).unwrap();
    assert!(outcome.faults.is_empty());
}

#[test]
fn a_stream_that_is_too_short_says_what_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let model = Provider::new("m", TOKENIZERS[1]);
    let domains = [domain("tiny", &["six 字"]), domain("just", &["twelve bytes!"]), domain("web", &texts())];
    let setup = Setup::default();
    let (outcome, rows) = setup.score(folder.path(), "bpc.csv", &[&model], &domains).unwrap();
    assert_eq!(rows.iter().map(|row| row.domain.as_str()).collect::<Vec<_>>(), ["just", "web"]);
    let [fault @ ScoreError::ShortStream { found: 7, needed: 13, .. }] = outcome.faults.as_slice() else {
        panic!("{:?}", outcome.faults);
    };
    let text = fault.to_string();
    for part in ["model `m`", "domain `tiny`", "`context`", "more text", "`protocol document`"] {
        assert!(text.contains(part), "{text}");
    }
    // Under `document` it is scored.
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup { protocol: Protocol::Document, ..setup };
    let (outcome, rows) = setup.score(folder.path(), "bpc.csv", &[&model], &domains).unwrap();
    assert!(outcome.faults.is_empty());
    assert_eq!((rows[0].scored_tokens, rows[0].tokens), (7, 7));
}

#[test]
fn a_tokenizer_without_a_start_cannot_score_documents() {
    let none = Provider::new("none", Bytes { own_start: false, start: None });
    let domains = [domain("web", &texts())];
    let text = fault_beside(&Setup { protocol: Protocol::Document, ..Setup::default() }, &none, &domains, 1);
    assert!(text.contains("model `none`") && text.contains("`protocol paper`"), "{text}");
}

#[test]
fn a_domain_that_breaks_off_or_is_empty_stops_no_other() {
    let documents: Vec<Document> = (0..20)
        .map(|index| Document { id: format!("d{index}"), text: "some text to read".into(), metadata: Vec::new() })
        .collect();
    let broken = Domain {
        source: Box::new(Texts { name: "broken".into(), documents, broken_after: Some(9) }),
        sha256: "broken".into(),
        documents: 20,
        characters: 340,
        empty_documents: 0,
        metadata: Vec::new(),
    };
    let domains = [broken, domain("void", &[] as &[&str]), domain("web", &texts())];
    let folder = tempfile::tempdir().unwrap();
    let model = Provider::new("m", TOKENIZERS[0]);
    let setup = Setup { plan: true, ..Setup::default() };
    let (outcome, rows) = setup.score(folder.path(), "bpc.csv", &[&model], &domains).unwrap();
    assert_eq!(rows.len(), 1);
    let faults: Vec<String> = outcome.faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].contains("domain `void` has no text"), "{faults:?}");
    assert!(faults[1].contains("domain `broken`: texts.jsonl, line 3: no JSON; expected JSON"), "{faults:?}");
}

#[test]
fn a_context_that_is_known_to_be_too_long_loads_no_model() {
    let domains = [domain("web", &texts()), domain("code", &texts())];
    for plan in [false, true] {
        let short = Provider { known_positions: Some(11), ..Provider::new("short", TOKENIZERS[1]) };
        let text = fault_beside(&Setup { plan, ..Setup::default() }, &short, &domains, 2);
        assert!(text.contains("model `short` has 11 positions, fewer than `context 12`"), "{text}");
        assert_eq!(short.calls.loads.load(Ordering::Relaxed), 0);
    }
}

#[test]
fn a_model_or_tokenizer_that_panics_stops_no_other() {
    let domains = [domain("web", &texts()), domain("code", &texts())];
    for plan in [false, true] {
        let setup = Setup { plan, ..Setup::default() };
        let folder = tempfile::tempdir().unwrap();
        let models = [with_habit("failing", Habit::Panics), Provider::new("sound", TOKENIZERS[1])];
        let (outcome, rows) = setup.score(folder.path(), "bpc.csv", &[&models[0], &models[1]], &domains).unwrap();
        assert_eq!(rows.len(), 2, "{plan}");
        let text = outcome.faults[0].to_string();
        assert!(text.starts_with("model `failing`: ") && text.contains("index out of bounds"), "{text}");
    }
    // Were the end of its thread taken for the end of the documents, the cell would pass for finished.
    let mut words = texts();
    words.push("a bell: \u{7}".to_string());
    let domains = [domain("bell", &words), domain("web", &texts())];
    let folder = tempfile::tempdir().unwrap();
    let model = Provider::new("m", TOKENIZERS[1]);
    for _ in 0..2 {
        let (outcome, rows) = Setup::default().score(folder.path(), "bpc.csv", &[&model], &domains).unwrap();
        assert_eq!(rows.iter().map(|row| row.domain.as_str()).collect::<Vec<_>>(), ["web"]);
        let text = outcome.faults[0].to_string();
        assert!(text.contains("tokenizer, on domain `bell`, failed") && text.contains("a bell rang"), "{text}");
    }
}

#[test]
fn documents_of_which_no_token_is_left_have_no_bits_per_character() {
    let domains = [domain("blank", &["\u{b}", "\u{b}\u{b}"]), domain("web", &texts())];
    for tokenizer in TOKENIZERS {
        let folder = tempfile::tempdir().unwrap();
        let model = Provider::new("m", tokenizer);
        let setup = Setup { protocol: Protocol::Document, ..Setup::default() };
        let (outcome, rows) = setup.score(folder.path(), "bpc.csv", &[&model], &domains).unwrap();
        assert_eq!(rows.len(), 1, "{rows:?}");
        let text = outcome.faults[0].to_string();
        assert!(text.contains("domain `blank`: its tokenizer gives no tokens to score in 2 documents"), "{text}");
    }
}

/// Keeps the faults that are told while others are still to be scored.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Observer for Told {}

impl RunObserver for Told {
    fn scoring(&self, model: &str, domain: &str, _inputs: u64) {
        self.0.lock().unwrap().push(format!("{model} on {domain}"));
    }

    fn failed(&self, fault: &ScoreError) {
        self.0.lock().unwrap().push(fault.to_string().chars().take(20).collect());
    }
}

#[test]
fn a_fault_is_told_at_once_where_work_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let models = [
        Provider::new("sound", TOKENIZERS[1]),
        with_habit("torn", Habit::Panics),
        Provider { known_positions: Some(3), ..Provider::new("small", TOKENIZERS[1]) },
    ];
    let models: Vec<&Provider> = models.iter().collect();
    let domains = [domain("web", &texts()), domain("tiny", &["x"])];
    let told = Told::default();
    Setup::default().score_watched(folder.path(), "bpc.csv", &models, &domains, &told).unwrap();
    let expected = [
        "model `small` has 3 ",
        "sound on web",
        "sound on tiny",
        "model `sound` on dom",
        "torn on web",
        "model `torn`: scorin",
        // Nothing is to be waited for after the last.
        "torn on tiny",
    ];
    assert_eq!(*told.0.lock().unwrap(), expected);
}

/// Keeps the notes.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Observer for Notes {}

impl RunObserver for Notes {
    fn note(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_string());
    }
}

#[test]
fn out_of_memory_halves_the_batch_and_goes_on() {
    let domains = [domain("web", &texts())];
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup { batch_tokens: 1000, piece_tokens: 200, ..Setup::default() };
    let roomy = with_habit("m", Habit::Sound);
    let (_, expected) = setup.score(folder.path(), "bpc.csv", &[&roomy], &domains).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let tight = with_habit("m", Habit::MostInputs(50));
    let notes = Notes::default();
    let (outcome, rows) = setup.score_watched(folder.path(), "bpc.csv", &[&tight], &domains, &notes).unwrap();
    assert!(outcome.faults.is_empty());
    assert_eq!(rows, expected);
    // Pieces of 17 windows: 204 inputs, 102, 51 are too many, then two windows of 12 (25 at most) at once.
    assert_eq!(tight.calls.largest.load(Ordering::Relaxed), 48);
    let notes = notes.0.into_inner().unwrap();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].contains("out of memory with 204 inputs at once; continuing with at most 102"), "{notes:?}");

    let text = fault_beside(&setup, &with_habit("tiny", Habit::MostInputs(11)), &domains, 1);
    assert!(text.contains("not enough memory for one window of 12 inputs"), "{text}");
}
