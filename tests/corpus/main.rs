//! Corpora in the formats and layouts that data teams have; what is wrong with them; samples written and read back.
//!
//! `tests/data/corpora/make.py` wrote the fixtures and the numbers that are expected of them.

mod writers;

use std::cell::Cell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use mixopt_corpus::{
    Document, DocumentSource, DomainFiles, DomainSource, Observer, OnFault, PreparedDomain, Sampling, Silent, prepare,
};
use polars_core::prelude::{Column, DataFrame};
use polars_io::prelude::ParquetWriter;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/corpora");
const FORMATS: [&str; 4] = ["documents.jsonl", "documents.jsonl.gz", "documents.jsonl.zst", "documents.parquet"];

/// A folder of files that goes away after the test.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with(files: &[(&str, &[u8])]) -> Self {
        let folder = Self::new();
        files.iter().for_each(|(name, bytes)| drop(folder.write(name, bytes)));
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let file = self.path(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, bytes).unwrap();
        file
    }

    fn source(&self, pattern: &str) -> DomainSource {
        DomainSource::new("web", [self.path(pattern).to_str().unwrap()])
    }

    fn resolve(&self, pattern: &str) -> DomainFiles {
        self.source(pattern).resolve().unwrap()
    }

    /// Labels of the files that a pattern leads to.
    fn labels(&self, pattern: &str) -> Vec<String> {
        self.resolve(pattern).files().iter().map(|file| file.label.clone()).collect()
    }

    /// The message of a pattern that leads nowhere or of documents that cannot be read, without the folder's path.
    fn fault(&self, source: &DomainSource) -> String {
        let error = match source.resolve() {
            Err(error) => error,
            Ok(files) => files.documents().unwrap().find_map(Result::err).expect("a fault"),
        };
        error
            .to_string()
            .replace(&format!("{}/", self.0.path().display()), "")
            .replace(self.0.path().to_str().unwrap(), ".")
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(self.0.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn documents(source: &impl DocumentSource) -> Vec<Document> {
    source.documents().unwrap().map(Result::unwrap).collect()
}

fn fixture(name: &str) -> DomainSource {
    DomainSource {
        metadata: vec!["meta.url".into(), "source".into()],
        ..DomainSource::new("web", [format!("{FIXTURES}/{name}")])
    }
}

fn json_line(id: usize, text: &str) -> String {
    format!("{}\n", serde_json::json!({"id": id.to_string(), "text": text}))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_format_gives_the_documents_that_python_reads() {
    let folder = Folder::new();
    for name in FORMATS {
        let files = fixture(name).resolve().unwrap();
        let prepared = prepare(&files, &Sampling::default(), &folder.path("out.zst"), &Silent).unwrap();
        let counts = prepared.counts();
        assert_eq!((counts.documents, counts.empty_documents, counts.faulty_documents), (6, 2, 0), "{name}");
        assert_eq!((counts.characters, counts.bytes), (164, 215), "{name}");
        assert_eq!((counts.read_documents, counts.read_characters, counts.read_bytes), (6, 164, 215), "{name}");
        // Over identifiers, texts and metadata.
        assert_eq!(prepared.sha256(), "e986ee19841ed5e1516dc5e5131667c2c38b4dbf70dd6d7b823052249cacb7ee", "{name}");
        assert_eq!(prepared.description().text_field.as_deref(), Some("text"));
        assert_eq!(documents(&prepared), documents(&files), "{name}");
    }
}

#[test]
fn numbers_are_carried_as_metadata_in_the_same_form() {
    for name in FORMATS {
        let source = DomainSource { metadata: vec!["meta.score".into(), "none".into()], ..fixture(name) };
        let scores: Vec<_> = documents(&source.resolve().unwrap()).into_iter().map(|d| d.metadata).collect();
        let expected =
            ["0.0", "0.25", "0.375", "0.5", "0.75", "0.875"].map(|score| vec![Some(score.to_string()), None]);
        assert_eq!(scores, expected, "{name}");
        // A field that no document has is one that somebody mistyped.
        let folder = Folder::new();
        let prepared = prepare(&source.resolve().unwrap(), &Sampling::default(), &folder.path("out.zst"), &Silent);
        assert_eq!(prepared.unwrap().description().absent_metadata, ["none"], "{name}");
    }
}

#[test]
fn documents_without_identifiers_are_known_by_their_place() {
    let folder =
        Folder::with(&[("a/x.jsonl", b"\n{\"text\":\"1\"}\r\n{\"text\":\"2\"}"), ("b/x.jsonl", b"{\"text\":\"3\"}\n")]);
    let ids = |source: DomainSource| -> Vec<String> {
        documents(&source.resolve().unwrap()).into_iter().map(|document| document.id).collect()
    };
    assert_eq!(ids(folder.source("*/*.jsonl")), ["a/x.jsonl:2", "a/x.jsonl:3", "b/x.jsonl:1"]);
    assert_eq!(ids(folder.source("a/x.jsonl")), ["x.jsonl:2", "x.jsonl:3"]);
    // Two files named by themselves share a name: the paths tell them apart.
    let (a, b) = (folder.path("a/x.jsonl"), folder.path("b/x.jsonl"));
    let both = DomainSource::parse(&format!("web={},{}", b.display(), a.display())).unwrap();
    assert_eq!(ids(both), [format!("{}:2", a.display()), format!("{}:3", a.display()), format!("{}:1", b.display())]);
    let parquet = DomainSource { id_field: None, ..folder.source("p.parquet") };
    let mut frame = DataFrame::new(2, vec![Column::new("content".into(), ["x", "y"])]).unwrap();
    ParquetWriter::new(std::fs::File::create(folder.path("p.parquet")).unwrap()).finish(&mut frame).unwrap();
    assert_eq!(ids(parquet), ["p.parquet:1", "p.parquet:2"]);
}

#[test]
fn directories_are_read_in_sorted_order_without_hidden_files() {
    let line = json_line(1, "x");
    let folder = Folder::with(&[
        ("set/b.jsonl", line.as_bytes()),
        ("set/a/z.json.gz", &gzip(line.as_bytes())),
        ("set/a/c.ndjson", line.as_bytes()),
        ("set/.cache/d.jsonl", line.as_bytes()),
        ("set/.hidden.jsonl", b"no"),
        ("set/README.md", b"# About"),
        ("set/picture.png", b"\x89PNG"),
    ]);
    assert_eq!(folder.labels("set"), ["a/c.ndjson", "a/z.json.gz", "b.jsonl"]);
    assert_eq!(folder.labels("set/**/*.jsonl"), ["b.jsonl"]);
    assert_eq!(folder.labels("s*"), ["set/a/c.ndjson", "set/a/z.json.gz", "set/b.jsonl"]);
    assert_eq!(folder.labels("set/{a,b}*"), ["a/c.ndjson", "a/z.json.gz", "b.jsonl"]);
    assert_eq!(folder.labels("set/.cache/*"), ["d.jsonl"]);
    assert_eq!(folder.labels("*/a/*.ndjson"), ["set/a/c.ndjson"]);
    assert_eq!(folder.labels("{set/a/c,set/b}*"), ["set/a/c.ndjson", "set/b.jsonl"]);
    assert_eq!(folder.labels("**/a"), ["set/a/c.ndjson", "set/a/z.json.gz"]);
    // Each file once, however often it is named.
    let set = folder.path("set");
    let twice = DomainSource::parse(&format!("web={0},{0}/*.jsonl", set.display())).unwrap().resolve().unwrap();
    assert_eq!(twice.files().len(), 3);
    assert_eq!(
        twice.bytes(),
        twice.files().iter().map(|file| std::fs::metadata(&file.path).unwrap().len()).sum::<u64>()
    );
}

/// Folders that a pattern cannot mean are not even opened: one may be closed, or lead in a circle.
#[test]
#[cfg(unix)]
fn folders_beside_a_pattern_are_let_alone() {
    let folder = Folder::with(&[("set/a.jsonl", b""), ("set/circle/b.jsonl", b"")]);
    std::os::unix::fs::symlink(folder.path("set"), folder.path("set/circle/up")).unwrap();
    assert_eq!(folder.labels("set/*.jsonl"), ["a.jsonl"]);
    assert_eq!(folder.labels("*/*.jsonl"), ["set/a.jsonl"]);
    assert_eq!(
        folder.fault(&folder.source("set")),
        "cannot read set/circle/up: a link leads back to one of its parents"
    );
}

#[test]
fn of_a_dolma_set_the_documents_are_read() {
    let line = gzip(json_line(1, "x").as_bytes());
    let folder = Folder::with(&[
        ("set/documents/part/0.json.gz", &line),
        ("set/attributes/tagger/part/0.json.gz", &line),
        ("other/attributes/0.json.gz", &line),
    ]);
    assert_eq!(folder.labels("set"), ["documents/part/0.json.gz"]);
    assert_eq!(folder.labels("other"), ["attributes/0.json.gz"]);
}

#[test]
fn a_folder_of_source_code_is_one_document_a_file() {
    let text = "fn main() {}\r\n";
    let folder = Folder::with(&[
        ("code/src/main.rs", text.as_bytes()),
        ("code/package.json", b"{\n \"name\": \"x\"\n}\n"),
        ("code/README.md", b"\xef\xbb\xbf# Code"),
        ("code/old/main.c.gz", &gzip(b"int main;")),
        ("code/empty.txt", b""),
        ("code/logo.png", b"\x89PNG"),
    ]);
    let files = folder.resolve("code");
    let mut reader = files.reader();
    let read: Vec<_> = reader.by_ref().map(|document| document.map(|d| (d.id, d.text)).unwrap()).collect();
    let expected = [
        ("README.md", "\u{feff}# Code"),
        ("old/main.c.gz", "int main;"),
        ("package.json", "{\n \"name\": \"x\"\n}\n"),
        ("src/main.rs", text),
    ];
    assert_eq!(read, expected.map(|(id, text)| (id.to_string(), text.to_string())));
    assert_eq!(reader.counts().empty, 1);
    assert_eq!(reader.bytes_read(), files.bytes());
}

#[test]
fn json_files_are_records_where_they_hold_records() {
    let folder = Folder::with(&[
        ("records/a.json", json_line(1, "x").as_bytes()),
        ("records/README.md", b"# About"),
        ("array/a.json", b"[\n {\"text\": \"x\"}\n]"),
    ]);
    assert_eq!(documents(&folder.resolve("records")).len(), 1);
    assert_eq!(
        folder.fault(&folder.source("array")),
        "array/a.json, line 1: a JSON array; expected one JSON object per line (`jq -c '.[]' FILE` converts an array)"
    );
}

#[test]
fn paths_that_lead_to_no_document_are_told() {
    let folder = Folder::with(&[
        ("data/a.parquet", b""),
        ("data/b.parquet", b""),
        ("tokens/x.npy", b""),
        ("megatron/x.bin", b""),
        ("megatron/x.idx", b""),
        ("mds/index.json", b"{}"),
        ("mds/shard.00000.mds.zstd", b""),
        ("saved/data-00000-of-00001.arrow", b""),
        ("saved/state.json", b"{}"),
        ("saved/dataset_info.json", b"{}"),
        ("web/0.tar", b""),
        ("web/1.tar", b""),
        ("mixed/a.jsonl.zst", b""),
        ("mixed/b.txt", b""),
        ("mixed/c.py", b""),
    ]);
    std::fs::create_dir(folder.path("empty")).unwrap();
    for (pattern, expected) in [
        ("data/*.jsonl", "`data/*.jsonl`: no file matches; data holds `a.parquet`, `b.parquet`"),
        (
            "dta/*.jsonl",
            "`dta/*.jsonl`: no directory dta; . holds `data`, `empty`, `mds`, `megatron`, `mixed` and 3 more",
        ),
        ("data/c.parquet", "`data/c.parquet`: no such file or directory; data holds `a.parquet`, `b.parquet`"),
        ("empty", "`empty`: it contains no files; the nearest directory, empty, is empty"),
        (
            "tokens",
            "tokens/x.npy: NumPy arrays (such as token ids) contain no text; give the text that it was tokenised from",
        ),
        (
            "megatron",
            "megatron/x.bin: binary data (such as Megatron's token ids) contain no text; give the text that it was tokenised from",
        ),
        (
            "mds",
            "mds/shard.00000.mds.zstd: MosaicML shards (MDS) are not supported; write their text column as JSONL with the `streaming` package",
        ),
        (
            "saved",
            "saved/data-00000-of-00001.arrow: Arrow files are not supported; write them as Parquet, with `datasets`: load_from_disk(FOLDER).to_parquet(FILE)",
        ),
        (
            "web/*.tar",
            "web/0.tar: archives (such as WebDataset shards) are not supported; extract them into a folder, or write their texts as JSONL",
        ),
        (
            "web/1.tar",
            "web/1.tar: archives (such as WebDataset shards) are not supported; extract them into a folder, or write their texts as JSONL",
        ),
        (
            "mixed",
            "`mixed` has both records (mixed/a.jsonl.zst) and plain text (mixed/b.txt and 1 more); name one kind with a pattern, such as `mixed/**/*.jsonl.zst`",
        ),
        (
            "data/[a",
            "pattern `data/[a`: unclosed character class; missing ']'; expected `*`, `?`, `[…]`, `{a,b}` within a name and `**` for any folders",
        ),
    ] {
        assert_eq!(folder.fault(&folder.source(pattern)), expected);
    }
}

#[test]
fn faulty_lines_stop_the_reading_or_are_counted() {
    let lines = b"\xef\xbb\xbf{\"text\":\"one\"}\nnot json\n{\"body\":\"x\"}\n{\"text\":3}\n\n{\"text\":\"\xff\"}\n{\"text\":\"\\ud800\"}\n{\"text\":null}\n{\"text\":\"two\"}";
    let folder = Folder::with(&[("a.jsonl", lines)]);
    let source = folder.source("a.jsonl");
    assert_eq!(
        folder.fault(&source),
        "a.jsonl, line 2: a line that is not JSON (expected ident, column 2); expected one JSON object per line"
    );
    let files = DomainSource { on_fault: OnFault::Skip, ..source }.resolve().unwrap();
    let mut reader = files.reader();
    let texts: Vec<_> = reader.by_ref().map(|document| document.unwrap().text).collect();
    assert_eq!(texts, ["one", "two"]);
    let counts = reader.counts();
    assert_eq!((counts.documents, counts.empty, counts.faulty), (2, 1, 5));
}

#[test]
fn damaged_files_are_told_and_never_skipped() {
    let text: String = (0..5000).map(|n| json_line(n, &format!("{}", n * n))).collect();
    let (gz, zst) = (gzip(text.as_bytes()), zstd::encode_all(text.as_bytes(), 3).unwrap());
    let parquet = std::fs::read(format!("{FIXTURES}/documents.parquet")).unwrap();
    let mut flipped = gz.clone();
    flipped[gz.len() / 2] ^= 0x10;
    let folder = Folder::with(&[
        ("cut.jsonl.gz", &gz[..gz.len() / 2]),
        ("cut.jsonl.zst", &zst[..zst.len() / 2]),
        ("cut.parquet", &parquet[..parquet.len() / 2]),
        ("flipped.jsonl.gz", &flipped),
        ("plain.jsonl.gz", text.as_bytes()),
        ("empty.jsonl.zst", b""),
        ("none.parquet", b"hello"),
        ("latin.txt", b"caf\xe9"),
    ]);
    for (name, expected) in [
        (
            "cut.jsonl.gz",
            "cut.jsonl.gz: the gzip data are truncated; expected a complete gzip file; was it copied or written completely?",
        ),
        (
            "cut.jsonl.zst",
            "cut.jsonl.zst: the zstd data are truncated; expected a complete zstd file; was it copied or written completely?",
        ),
        (
            "plain.jsonl.gz",
            "plain.jsonl.gz: the file is not gzip data; expected a complete gzip file, as its name says",
        ),
        (
            "empty.jsonl.zst",
            "empty.jsonl.zst: the file is not zstd data; expected a complete zstd file, as its name says",
        ),
        (
            "cut.parquet",
            "cut.parquet: data that are not Parquet (parquet: File out of specification: The file must end with PAR1); expected a complete Parquet file",
        ),
        ("none.parquet", "none.parquet: data that are not Parquet (parquet: File out of specification: "),
        ("flipped.jsonl.gz", "flipped.jsonl.gz: "),
    ] {
        let source = DomainSource { on_fault: OnFault::Skip, ..folder.source(name) };
        let message = folder.fault(&source);
        assert!(message.starts_with(expected), "{message}");
    }
    let latin = folder.source("latin.txt");
    assert_eq!(folder.fault(&latin), "latin.txt: bytes that are not UTF-8, after byte 3; expected text in UTF-8");
    // One text among many may be passed over.
    assert_eq!(documents(&DomainSource { on_fault: OnFault::Skip, ..latin }.resolve().unwrap()), []);
}

#[test]
fn files_without_an_ending_for_their_packing_are_unpacked() {
    let folder = Folder::with(&[("a.jsonl", &gzip(json_line(1, "x").as_bytes()))]);
    assert_eq!(documents(&folder.resolve("a.jsonl"))[0].text, "x");
}

#[test]
fn parquet_columns_that_cannot_be_read_are_told() {
    let folder = Folder::new();
    let with = |text: Option<&str>, id: Option<&str>, metadata: &[&str]| DomainSource {
        text_field: text.map(str::to_string),
        id_field: id.map(str::to_string),
        metadata: metadata.iter().map(|name| name.to_string()).collect(),
        ..fixture("documents.parquet")
    };
    let fields = "it has `id`, `text`, `meta`, `source`, `added`, `embedding`";
    for (source, expected) in [
        (
            with(Some("txt"), None, &[]),
            format!(
                ": no field `txt`; {fields}; did you mean `text`?; expected a text field; name it with the domain's `text_field`"
            ),
        ),
        (with(None, Some("key"), &[]), format!(": no field `key`; {fields}; expected the field set for this domain")),
        (
            with(Some("meta"), None, &[]),
            ", `meta`: a column of structs; name one of its fields, as `column.field`; expected a column of text"
                .to_string(),
        ),
        (
            with(None, None, &["embedding"]),
            ", `embedding`: a column of lists; expected a column of text, numbers or truth values".to_string(),
        ),
        (
            with(None, None, &["added"]),
            ", `added`: a column of Timestamp; expected a column of text, numbers or truth values".to_string(),
        ),
        (
            with(Some("meta.score"), None, &[]),
            ", `meta.score`: a column of Float64; expected a column of text".to_string(),
        ),
    ] {
        assert_eq!(folder.fault(&source), format!("{FIXTURES}/documents.parquet{expected}"));
    }
    let nested = documents(&with(Some("meta.url"), None, &["text"]).resolve().unwrap());
    assert_eq!((nested.len(), nested[7].text.as_str()), (8, "https://example.org/7"));
    assert_eq!((nested[0].metadata[0].as_deref(), &nested[5].metadata[0]), (Some("The quick brown fox.\n"), &None));
}

#[test]
fn long_parquet_files_are_read_by_slices_in_their_order() {
    let folder = Folder::new();
    let texts: Vec<String> = (0..150_000).map(|n| format!("text {n}")).collect();
    let columns = vec![Column::new("other".into(), &texts), Column::new("text".into(), &texts)];
    let mut frame = DataFrame::new(texts.len(), columns).unwrap();
    for (name, group) in [("one.parquet", texts.len()), ("many.parquet", 7_000)] {
        let file = std::fs::File::create(folder.path(name)).unwrap();
        ParquetWriter::new(file).with_row_group_size(Some(group)).finish(&mut frame).unwrap();
        let files = folder.resolve(name);
        let read: Vec<String> = documents(&files).into_iter().map(|document| document.text).collect();
        assert!(read == texts, "{name}");
    }
}

/// A damaged Parquet file is an error or other text, and never the end of the program.
#[test]
fn parquet_files_with_any_byte_changed_end_no_program() {
    let whole = std::fs::read(format!("{FIXTURES}/documents.parquet")).unwrap();
    let folder = Folder::new();
    // The decoder's own panics are caught; their messages would fill the screen.
    thread_local!(static IS_READING: Cell<bool> = const { Cell::new(false) });
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !IS_READING.get() {
            usual(panic);
        }
    }));
    let read = |bytes: &[u8]| {
        let file = folder.write("x.parquet", bytes);
        let source = DomainSource::new("web", [file.to_str().unwrap()]);
        let files = source.resolve().unwrap();
        IS_READING.set(true);
        let is_whole = files.documents().unwrap().all(|document| document.is_ok());
        IS_READING.set(false);
        is_whole
    };
    let mut faults = 0;
    for index in (0..whole.len()).step_by(5) {
        let mut damaged = whole.clone();
        damaged[index] ^= 1 << (index % 8);
        faults += u32::from(!read(&damaged));
        if index % 15 == 0 {
            assert!(!read(&whole[..index]), "cut at {index}");
        }
    }
    assert!(faults > 50, "{faults} faults");
    assert!(read(&whole));
}

fn corpus(folder: &Folder) -> DomainFiles {
    for shard in 0..4 {
        let lines = (0..50).map(|n| json_line(shard * 50 + n, &"aé😀z".repeat(1 + (n * 7 + shard) % 23)));
        folder.write(&format!("corpus/{shard}.jsonl"), lines.collect::<String>().as_bytes());
    }
    folder.resolve("corpus")
}

#[test]
fn a_prepared_sample_is_exact_sorted_and_the_same_every_time() {
    let folder = Folder::new();
    let files = corpus(&folder);
    let all = documents(&files);
    let total: u64 = all.iter().map(Document::characters).sum();
    let sampling = Sampling { max_characters: Some(total / 3), max_documents: None, seed: 7 };
    let prepared = prepare(&files, &sampling, &folder.path("a.zst"), &Silent).unwrap();
    let kept = documents(&prepared);
    let counts = *prepared.counts();
    assert_eq!((counts.read_documents, counts.read_characters), (200, total));
    assert_eq!((counts.characters, counts.documents), (total / 3, kept.len() as u64));
    assert_eq!(kept.iter().map(|document| document.text.len() as u64).sum::<u64>(), counts.bytes);
    assert!(counts.cut_documents <= 1);
    let position = |document: &Document| all.iter().position(|other| other.id == document.id).unwrap();
    assert!(kept.is_sorted_by(|a, b| position(a) < position(b)));
    let cut = kept.iter().filter(|document| all[position(document)].text != document.text).count() as u64;
    assert_eq!(cut, counts.cut_documents);
    assert!(kept.iter().all(|document| all[position(document)].text.starts_with(&document.text)));
    // Its end is reached as well as its start: each quarter gives some.
    assert!((0..4).all(|quarter| kept.iter().any(|document| position(document) / 50 == quarter)));

    prepare(&files, &sampling, &folder.path("b.zst"), &Silent).unwrap();
    let read = |name: &str| std::fs::read(folder.path(name)).unwrap();
    assert_eq!(read("a.zst"), read("b.zst"));
    let other = prepare(&files, &Sampling { seed: 8, ..sampling }, &folder.path("c.zst"), &Silent).unwrap();
    assert_ne!(other.sha256(), prepared.sha256());

    // Reopened it is the same.
    let reopened = PreparedDomain::open(&folder.path("a.zst")).unwrap();
    assert_eq!(reopened.description(), prepared.description());
    assert_eq!(reopened.domain(), "web");
    reopened.verify().unwrap();
}

#[test]
fn a_prepared_domain_is_itself_a_corpus() {
    let folder = Folder::new();
    let prepared = prepare(&corpus(&folder), &Sampling::default(), &folder.path("all.jsonl.zst"), &Silent).unwrap();
    assert_eq!(documents(&folder.resolve("all.jsonl.zst")), documents(&prepared));
}

#[test]
fn a_damaged_prepared_domain_is_told() {
    let folder = Folder::new();
    let file = folder.path("a.zst");
    let prepared =
        prepare(&fixture("documents.jsonl").resolve().unwrap(), &Sampling::default(), &file, &Silent).unwrap();
    let (whole, kept) = (std::fs::read(&file).unwrap(), documents(&prepared));
    let changed = folder.path("changed.zst");
    let outcome = |bytes: &[u8]| {
        std::fs::write(&changed, bytes).unwrap();
        let prepared = PreparedDomain::open(&changed)?;
        let read: Vec<_> = prepared.documents()?.collect::<Result<_, _>>()?;
        Ok::<_, mixopt_corpus::CorpusError>((read, prepared.description().clone()))
    };
    for length in (0..whole.len()).step_by(3) {
        assert!(outcome(&whole[..length]).is_err(), "cut at {length}");
    }
    for index in (0..whole.len()).step_by(2) {
        let mut damaged = whole.clone();
        damaged[index] ^= 1;
        // A letter of a path or name may change unseen; documents may not.
        if let Ok((read, _)) = outcome(&damaged) {
            assert_eq!(read, kept, "byte {index}");
        }
    }
    let fault =
        |bytes: &[u8]| outcome(bytes).unwrap_err().to_string().replace(changed.to_str().unwrap(), "changed.zst");
    assert_eq!(
        fault(b"{\"text\":\"not prepared\"}"),
        "changed.zst: no description of a prepared domain at its end; expected a complete prepared domain; prepare it again"
    );
    // Documents of another file under this file's description.
    let other = prepare(&corpus(&folder), &Sampling::default(), &folder.path("b.zst"), &Silent).unwrap();
    let frame = |bytes: &[u8]| bytes.windows(4).rposition(|word| word == 0x184d_2a5d_u32.to_le_bytes()).unwrap();
    let others = std::fs::read(other.file()).unwrap();
    let crossed = [&others[..frame(&others)], &whole[frame(&whole)..]].concat();
    assert!(fault(&crossed).starts_with("changed.zst: 200 documents of "), "{}", fault(&crossed));
}

/// Interrupts after so many documents.
struct After(AtomicU64, AtomicU64);

impl Observer for After {
    fn advance(&self, bytes: u64) {
        self.1.fetch_add(bytes, Ordering::Relaxed);
    }

    fn interrupted(&self) -> bool {
        self.0.fetch_sub(1, Ordering::Relaxed) == 1
    }
}

#[test]
fn an_interruption_or_a_fault_leaves_nothing_half_written() {
    let folder = Folder::new();
    let files = corpus(&folder);
    folder.write("old.zst", b"old");
    for name in ["old.zst", "new.zst"] {
        let after = After(AtomicU64::new(120), AtomicU64::new(0));
        let error = prepare(&files, &Sampling::default(), &folder.path(name), &after).unwrap_err();
        assert_eq!(error.to_string(), "interrupted; nothing was written");
    }
    folder.write("bad.jsonl", b"{\"text\":\"x\"}\nbad\n");
    prepare(&folder.resolve("bad.jsonl"), &Sampling::default(), &folder.path("new.zst"), &Silent).unwrap_err();
    assert_eq!(folder.names(), ["bad.jsonl", "corpus", "old.zst"]);
    assert_eq!(std::fs::read(folder.path("old.zst")).unwrap(), b"old");

    // All bytes are heard of by the end.
    let to_the_end = After(AtomicU64::new(0), AtomicU64::new(0));
    prepare(&files, &Sampling::default(), &folder.path("new.zst"), &to_the_end).unwrap();
    assert_eq!(to_the_end.1.into_inner(), files.bytes());
}

#[test]
fn a_domain_without_text_and_a_target_that_is_a_source_are_refused() {
    let folder =
        Folder::with(&[("a.jsonl", b"{\"text\":\"\"}\n{\"text\":null}\nbad\n"), ("b.jsonl", b"{\"text\":\"x\"}\n")]);
    let source = DomainSource { on_fault: OnFault::Skip, ..folder.source("a.jsonl") };
    let error = prepare(&source.resolve().unwrap(), &Sampling::default(), &folder.path("x.zst"), &Silent).unwrap_err();
    assert_eq!(
        error.to_string(),
        "domain `web` has no document with text (2 empty, 1 faulty); check its files and text field"
    );
    let file: &Path = &folder.path("b.jsonl");
    let error = prepare(&folder.resolve("b.jsonl"), &Sampling::default(), file, &Silent).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "out {0}: it is {0}, one of the input files, which would be overwritten; expected another file",
            file.display()
        )
    );
}
