//! Sums of bits against a model whose probabilities are known in closed form.

use std::f64::consts::LN_2;

use mixopt_model::Encode;
use mixopt_score::{Domain, Protocol};

use super::mocks::{Bytes, Provider, Setup, TOKENIZERS, domain, exact_nats, texts};

/// Nats of every document by the definition of the protocol, without any window: the inputs of target t (from 1) begin
/// at 0 for t ≤ C, else at the multiple of S that puts t among the last S targets of C.
fn nats_by_definition(tokenizer: Bytes, texts: &[String], setup: &Setup) -> Vec<f64> {
    let encoded: Vec<Vec<u32>> = texts.iter().map(|text| tokenizer.encode(text).unwrap()).collect();
    let (context, stride) = (setup.context, setup.stride);
    let begin = |t: usize| if t <= context { 0 } else { (t - context).div_ceil(stride) * stride };
    let nats = |sequence: &[u32], t: usize| {
        let from = begin(t);
        let before = (t >= from + 2).then(|| sequence[t - 2]);
        f64::from(exact_nats(before, sequence[t - 1], sequence[t], t - from))
    };
    match setup.protocol {
        Protocol::Document => encoded
            .iter()
            .map(|tokens| {
                let put = if tokenizer.own_start { None } else { tokenizer.start };
                let sequence: Vec<u32> = put.into_iter().chain(tokens.iter().copied()).collect();
                (1..sequence.len()).map(|t| nats(&sequence, t)).sum()
            })
            .collect(),
        Protocol::Paper => {
            let stream = encoded.concat();
            let windows = (stream.len() - (context + 1)) / stride + 1;
            let last = (windows - 1) * stride + context;
            let mut start = 0;
            encoded
                .iter()
                .map(|tokens| {
                    let range = start.max(1)..(start + tokens.len()).min(last + 1);
                    start += tokens.len();
                    range.map(|t| nats(&stream, t)).sum()
                })
                .collect()
        }
    }
}

/// Columns of a CSV table by name.
pub fn column(text: &str, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let index = reader.headers().unwrap().iter().position(|header| header == name).expect(name);
    reader.records().map(|record| record.unwrap()[index].to_string()).collect()
}

pub fn numbers(text: &str, name: &str) -> Vec<f64> {
    column(text, name).iter().map(|cell| cell.parse().unwrap()).collect()
}

#[test]
fn bits_are_those_of_the_definition() {
    let texts = texts();
    for protocol in [Protocol::Paper, Protocol::Document] {
        for tokenizer in TOKENIZERS {
            for (context, stride) in [(12, 5), (12, 12), (12, 1), (1, 1), (100, 33), (200, 64)] {
                let folder = tempfile::tempdir().unwrap();
                let setup = Setup { protocol, context, stride, piece_tokens: 3 * context as u64, ..Setup::default() };
                let model = Provider::new("m", tokenizer);
                let (outcome, rows) =
                    setup.score(folder.path(), "bpc.csv", &[&model], &[domain("web", &texts)]).unwrap();
                assert!(outcome.faults.is_empty(), "{:?}", outcome.faults);
                let expected = nats_by_definition(tokenizer, &texts, &setup);
                let case = format!("{protocol:?} {tokenizer:?} {context} {stride}");
                let documents = std::fs::read_to_string(folder.path().join("bpc.documents.csv")).unwrap();
                let found = numbers(&documents, "bits");
                let expected_bits: Vec<f64> = expected.iter().map(|nats| nats / LN_2).collect();
                assert_eq!(found, expected_bits, "{case}");

                // The cell is the sum of its documents.
                let row = &rows[0];
                assert_eq!(row.bits, found.iter().fold(0.0, |sum, bits| sum + bits), "{case}");
                let characters: usize = texts.iter().map(|text| text.chars().count()).sum();
                let bytes: usize = texts.iter().map(String::len).sum();
                assert_eq!((row.characters, row.bytes), (characters as u64, bytes as u64));
                assert_eq!(row.bits_per_character, row.bits / characters as f64);
                assert_eq!(row.bits_per_byte, row.bits / bytes as f64);
                let tokens = bytes + if tokenizer.own_start { texts.len() } else { 0 };
                assert_eq!(row.tokens, tokens as u64, "{case}");
                let scored = match protocol {
                    Protocol::Document => bytes,
                    Protocol::Paper => (tokens - (context + 1)) / stride * stride + context,
                };
                assert_eq!(row.scored_tokens, scored as u64, "{case}");
                assert_eq!((row.documents, row.empty_documents), (texts.len() as u64, 3));
                for (name, sum) in [
                    ("characters", row.characters),
                    ("bytes", row.bytes),
                    ("tokens", row.tokens),
                    ("scored_tokens", row.scored_tokens),
                ] {
                    assert_eq!(numbers(&documents, name).iter().sum::<f64>(), sum as f64, "{case} {name}");
                }
            }
        }
    }
}

/// The smallest case by hand: two documents of two bytes, BOS put by the tokenizer, windows of 3.
#[test]
fn a_stream_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup { context: 3, stride: 1, ..Setup::default() };
    let model = Provider::new("m", TOKENIZERS[0]);
    let (_, rows) = setup.score(folder.path(), "bpc.csv", &[&model], &[domain("web", &["ab", "cd"])]).unwrap();
    // Stream: BOS a b BOS c d. First window: a, b, BOS; then c after (a b BOS) and d after (b BOS c).
    let [bos, a, b, c, d] = [256, 97, 98, 99, 100];
    let first = exact_nats(None, bos, a, 1) + exact_nats(Some(bos), a, b, 2);
    let second = exact_nats(Some(a), b, bos, 3) + exact_nats(Some(b), bos, c, 3) + exact_nats(Some(bos), c, d, 3);
    assert_eq!(rows[0].bits, f64::from(first) / LN_2 + f64::from(second) / LN_2);
    assert_eq!(rows[0].scored_tokens, 5);
    assert_eq!(model.windows(), 3);
}

/// Results do not depend on batches nor on a plan before; values are such that any other order of a sum would show.
#[test]
fn batches_change_nothing() {
    let texts: Vec<String> = (0..40).flat_map(|_| texts()).collect();
    for protocol in [Protocol::Paper, Protocol::Document] {
        let mut before: Option<(Vec<u8>, Vec<u8>)> = None;
        for batch_tokens in [1, 40, 64, 77, 100_000] {
            let folder = tempfile::tempdir().unwrap();
            let setup = Setup { protocol, batch_tokens, plan: batch_tokens == 40, ..Setup::default() };
            let model = Provider { nats: super::mocks::rough_nats, ..Provider::new("m", TOKENIZERS[0]) };
            let domains: Vec<Domain> = vec![domain("web", &texts)];
            setup.score(folder.path(), "bpc.parquet", &[&model], &domains).unwrap();
            let files = ["bpc.parquet", "bpc.documents.parquet"];
            let [table, documents] = files.map(|name| std::fs::read(folder.path().join(name)).unwrap());
            match &before {
                None => before = Some((table, documents)),
                Some(before) => assert!(*before == (table, documents), "{protocol:?} {batch_tokens}"),
            }
        }
    }
}

/// A batch holds as many inputs as it may.
#[test]
fn batches_are_filled() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup { batch_tokens: 40, ..Setup::default() };
    let model = Provider::new("m", TOKENIZERS[1]);
    setup.score(folder.path(), "bpc.csv", &[&model], &[domain("web", &texts())]).unwrap();
    // Three windows of 12 inputs.
    assert_eq!(model.calls.largest.load(std::sync::atomic::Ordering::Relaxed), 36);
}
