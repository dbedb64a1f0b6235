//! Corpora as their writers leave them: numbers that JSON does not have, padding, bookkeeping, logs, texts without end.

use std::path::Path;

use mixopt_corpus::{DomainSource, OnFault};
use polars_core::prelude::{Column, DataFrame};
use polars_io::prelude::ParquetWriter;

use super::{Folder, documents, gzip, json_line};

fn texts(source: &DomainSource) -> Vec<String> {
    documents(&source.resolve().unwrap()).into_iter().map(|document| document.text).collect()
}

#[test]
fn words_for_no_number_beside_a_text_are_of_no_matter() {
    let lines = r#"{"text": "a NaN", "quality": NaN}
{"text": "b", "scores": [Infinity, {"x": -Infinity}], "id": "i"}
{"quality": -Infinity, "text": "c", "id": NaN}
"#;
    let folder = Folder::with(&[
        ("a.jsonl", lines.as_bytes()),
        ("a.json", lines.as_bytes()),
        ("a.jsonl.gz", &gzip(lines.as_bytes())),
    ]);
    for name in ["a.jsonl", "a.json", "a.jsonl.gz", "*.json"] {
        let source = DomainSource { metadata: vec!["quality".into(), "scores".into()], ..folder.source(name) };
        assert_eq!(texts(&source), ["a NaN", "b", "c"], "{name}");
        let read = documents(&source.resolve().unwrap());
        let text = |text: &str| Some(text.to_string());
        assert_eq!(read[0].metadata, [None, None]);
        assert_eq!(read[1].metadata, [None, text(r#"[Infinity,{"x":-Infinity}]"#)]);
        assert_eq!(read[2].metadata, [text("-Infinity"), None]);
        assert!(read[1].id == "i" && read[2].id.ends_with(":3"));
    }
}

#[test]
fn a_text_that_is_no_number_is_a_fault_and_so_is_what_no_writer_writes() {
    for (line, expected) in [
        (
            r#"{"text": NaN}"#,
            "a.jsonl, line 1, `text`: `NaN`, which is not text; expected a string, or null for no text",
        ),
        (
            r#"{"text": -Infinity, "x": 1}"#,
            "a.jsonl, line 1, `text`: `-Infinity`, which is not text; expected a string, or null for no text",
        ),
        (
            r#"{"x": NaN, "text": [NaN]}"#,
            "a.jsonl, line 1, `text`: `[NaN]`, which is not text; expected a string, or null for no text",
        ),
        (
            r#"{"x": NaN, "text": "a" "b"}"#,
            "a.jsonl, line 1: a line that is not JSON (expected `,` or `}`, column 24); expected one JSON object per line",
        ),
        (
            r#"{"x": nan, "text": "a"}"#,
            "a.jsonl, line 1: a line that is not JSON (expected ident, column 8); expected one JSON object per line",
        ),
    ] {
        let folder = Folder::with(&[("a.jsonl", line.as_bytes())]);
        assert_eq!(folder.fault(&folder.source("a.jsonl")), expected);
    }
}

#[test]
fn zeros_after_gzip_data_are_padding() {
    let (a, b) = (gzip(json_line(1, "a").as_bytes()), gzip(json_line(2, "b").as_bytes()));
    // Shorter and longer than what is read at once.
    for zeros in [1, 511, 600_000] {
        let padded = [a.clone(), b.clone(), vec![0; zeros]].concat();
        let folder = Folder::with(&[("a.jsonl.gz", &padded)]);
        assert_eq!(texts(&folder.source("a.jsonl.gz")), ["a", "b"], "{zeros}");
    }
    for damaged in [[a.clone(), vec![0; 9], b.clone()].concat(), [a.clone(), b"x".to_vec()].concat()] {
        let folder = Folder::with(&[("a.jsonl.gz", &damaged)]);
        let fault = folder.fault(&folder.source("a.jsonl.gz"));
        assert!(fault.starts_with("a.jsonl.gz: the gzip data"), "{fault}");
    }
}

#[test]
fn bookkeeping_beside_data_is_no_document() {
    let beside: [(&str, &[u8]); 8] = [
        ("t/_SUCCESS", b""),
        ("t/_metadata", b"PAR1"),
        ("t/_common_metadata", b"PAR1"),
        ("t/_committed_123", b"{}"),
        ("t/_started_123", b""),
        ("t/._SUCCESS.crc", b"crc"),
        ("t/a.crc", b"crc"),
        ("t/.DS_Store", b"\0\x01"),
    ];
    for (name, content) in [("t/a.jsonl", json_line(1, "a")), ("t/a.txt", "a".to_string())] {
        let folder = Folder::with(&beside);
        folder.write(name, content.as_bytes());
        for pattern in ["t", "t/*", "t/**"] {
            assert_eq!(texts(&folder.source(pattern)), ["a"], "{name} by {pattern}");
        }
    }
}

/// A Parquet file with one document.
fn write_parquet(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let mut frame = DataFrame::new(1, vec![Column::new("text".into(), [text])]).unwrap();
    ParquetWriter::new(std::fs::File::create(file).unwrap()).finish(&mut frame).unwrap();
}

fn log(version: u64) -> String {
    format!("t/_delta_log/{version:020}.json")
}

/// A table of two versions: `a` was replaced by `c`, `stray` was never added.
fn delta_table() -> Folder {
    let folder = Folder::with(&[
        (
            &log(0),
            b"{\"protocol\":{\"minReaderVersion\":1}}\n{\"add\":{\"path\":\"a.parquet\",\"size\":1}}\n{\"add\":{\"path\":\"day=1%202/b.parquet\"}}\n",
        ),
        (&log(1), b"{\"commitInfo\":{}}\n{\"remove\":{\"path\":\"a.parquet\"}}\n{\"add\":{\"path\":\"c.parquet\"}}\n"),
        ("t/_delta_log/00000000000000000001.crc", b"{}"),
        ("t/_delta_log/_last_checkpoint", b"{}"),
    ]);
    for (name, text) in [("a", "old"), ("day=1 2/b", "b"), ("c", "c"), ("stray", "stray")] {
        write_parquet(&folder.path(&format!("t/{name}.parquet")), text);
    }
    folder
}

#[test]
fn of_a_delta_table_its_present_files_are_read() {
    let folder = delta_table();
    for (pattern, expected) in [
        ("t", vec!["c", "b"]),
        ("t/**/*.parquet", vec!["c", "b"]),
        ("t/*.parquet", vec!["c"]),
        ("t/day=*/*.parquet", vec!["b"]),
        ("t/day=1 2", vec!["b"]),
        (".", vec!["c", "b"]),
        // Named by itself, it is meant.
        ("t/a.parquet", vec!["old"]),
    ] {
        assert_eq!(texts(&folder.source(pattern)), expected, "{pattern}");
    }
    // An older file may come back.
    folder.write(&log(2), b"{\"add\":{\"path\":\"a.parquet\"}}\n{\"remove\":{\"path\":\"c.parquet\"}}\n");
    assert_eq!(texts(&folder.source("t")), ["old", "b"]);
}

#[test]
fn a_delta_table_that_its_log_does_not_tell_is_refused() {
    const MEND: &str = "rewrite the table as Parquet or JSONL, or name its current files";
    let folder = delta_table();
    folder.write(&log(2), b"{\"add\":{\"path\":\"gone.parquet\"}}\n");
    assert_eq!(
        folder.fault(&folder.source("t")),
        format!("t: the log of this Delta table names `gone.parquet`, which is missing; {MEND}")
    );
    let vector = "{\"storageType\":\"u\",\"pathOrInlineDv\":\"x\",\"offset\":1}";
    let deleted = format!(
        "{{\"add\":{{\"path\":\"c.parquet\",\"deletionVector\":{vector}}}}}\n{{\"remove\":{{\"path\":\"c.parquet\"}}}}\n"
    );
    folder.write(&log(2), deleted.as_bytes());
    assert!(folder.fault(&folder.source("t")).contains("`c.parquet` has deleted rows"));
    folder.write(&log(2), b"{\"add\":");
    assert!(
        folder
            .fault(&folder.source("t"))
            .starts_with("t/_delta_log/00000000000000000002.json, line 1: not a log action")
    );
    for removed in [0, 1] {
        let folder = delta_table();
        folder.write(&log(2), b"{}");
        folder.write("t/_delta_log/00000000000000000001.checkpoint.parquet", b"PAR1");
        std::fs::remove_file(folder.path(&log(removed))).unwrap();
        assert_eq!(
            folder.fault(&folder.source("t")),
            format!(
                "t/_delta_log: the log of this Delta table has no JSON file of version {removed}; checkpoints, in which \
                 older versions are kept, are not read; {MEND}"
            )
        );
    }
}

#[test]
fn a_line_without_end_is_a_fault_of_that_line() {
    // A line of 1100 MiB, packed by the MiB, between good ones.
    let mut megabytes = Vec::new();
    let member = gzip(&vec![b'a'; 1 << 20]);
    (0..1100).for_each(|_| megabytes.extend_from_slice(&member));
    let good = gzip(format!("\"}}\n{}{}", json_line(2, "b"), json_line(3, "c")).as_bytes());
    let bytes = [gzip(json_line(1, "a").as_bytes()), gzip(b"{\"text\":\""), megabytes.clone(), good].concat();
    let folder = Folder::with(&[("a.jsonl.gz", &bytes), ("a.txt.gz", &megabytes)]);
    let expected = "a document of more than 1 GiB; expected documents of at most 1 GiB; is a line break or an end of text missing?";
    assert_eq!(folder.fault(&folder.source("a.jsonl.gz")), format!("a.jsonl.gz, line 2: {expected}"));
    assert_eq!(folder.fault(&folder.source("a.txt.gz")), format!("a.txt.gz: {expected}"));
    let skips = |name: &str| DomainSource { on_fault: OnFault::Skip, ..folder.source(name) };
    assert_eq!(texts(&skips("a.jsonl.gz")), ["a", "b", "c"]);
    assert!(texts(&skips("a.txt.gz")).is_empty());
}
