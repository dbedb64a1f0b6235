//! `mixopt corpora`: a manifest from its first writing to its counts.

use std::path::{Path, PathBuf};

use crate::folder::Folder;
use mixopt::base::Silent;
use mixopt::corpus::{DocumentSource, DomainFiles, DomainSource};
use mixopt::manifest::{Manifest, ManifestDomain};
use mixopt::score::{CountSettings, DomainCounts, TextTokenizer, TokenCount, count};
use serde_json::{Value, json};

fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(path)
}

fn read_json(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(data(path)).unwrap()).unwrap()
}

/// A manifest of one domain `d` and its counts.
fn counted(patterns: &[PathBuf], settings: CountSettings<'_>) -> DomainCounts {
    let mut manifest = Manifest::new("corpora.yaml");
    let paths = patterns.iter().map(|path| path.display().to_string()).collect();
    manifest.domains.insert("d".into(), ManifestDomain { paths, ..ManifestDomain::default() });
    count(&manifest, &["d".to_string()], settings, &Silent).unwrap().remove(0)
}

fn tokens(counts: &DomainCounts) -> TokenCount {
    *counts.tokens.as_ref().unwrap().as_ref().unwrap()
}

/// tests/data/corpora/make.py prints 6 documents, 2 of them empty, 164 characters and 215 bytes.
#[test]
fn counts_are_those_of_python_in_every_format() {
    for ending in ["jsonl", "jsonl.gz", "jsonl.zst", "parquet"] {
        let counts = counted(&[data(&format!("corpora/documents.{ending}"))], CountSettings::default());
        let found = (counts.documents, counts.empty_documents, counts.characters, counts.bytes);
        assert_eq!(found, (6, 2, 164, 215), "{ending}");
        assert!(counts.tokens.is_none());
    }
}

/// The identifiers that Hugging Face transformers gives, with a BOS that is not counted where the model has one.
#[test]
fn tokens_are_those_of_the_reference_without_special_tokens() {
    for model in ["gpt2", "llama", "gemma3", "bloom", "mamba", "qwen2_moe"] {
        let reference = read_json(&format!("models/{model}/reference.json"));
        let documents = reference["documents"].as_array().unwrap();
        let sum = |of: &dyn Fn(&Value) -> u64| documents.iter().map(of).sum::<u64>();
        let is_text = |document: &Value| document["characters"] != 0;
        let special = u64::from(reference["begins_with_special"].as_bool().unwrap());
        let ids = |document: &Value| document["ids"].as_array().unwrap().len() as u64;
        let expected = sum(&|document| if is_text(document) { ids(document) - special } else { 0 });

        for path in [format!("models/{model}"), format!("models/{model}/tokenizer.json")] {
            let tokenizer = TextTokenizer::open(&data(&path)).unwrap();
            let settings = CountSettings { tokenizer: Some(&tokenizer), ..CountSettings::default() };
            let counts = counted(&[data("models/documents.jsonl")], settings);
            assert_eq!(counts.documents, sum(&|document| u64::from(is_text(document))), "{path}");
            assert_eq!(counts.characters, sum(&|document| document["characters"].as_u64().unwrap()), "{path}");
            assert_eq!(counts.bytes, sum(&|document| document["bytes"].as_u64().unwrap()), "{path}");
            assert_eq!(tokens(&counts), TokenCount { tokens: expected, standard_error: None }, "{path}");
            // A sample that holds everything is no estimate.
            let all = CountSettings { sample_characters: Some(counts.characters), ..settings };
            assert_eq!(tokens(&counted(&[data("models/documents.jsonl")], all)), tokens(&counts), "{path}");
        }
    }
}

#[test]
fn tokens_of_a_gguf_vocabulary_are_those_of_the_reference() {
    let reference = read_json("gguf/tokenizers.json");
    let texts: Vec<&str> = reference["texts"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    // One that puts a BOS before every text, and two that do not.
    for (name, special) in [("gpt-2", 0), ("qwen2", 0), ("llama-bpe", 1)] {
        let tokenizer = TextTokenizer::open(&data(&format!("gguf/tokenizers/{name}.gguf"))).unwrap();
        for (text, ids) in texts.iter().zip(reference["tokens"][name].as_array().unwrap()) {
            let expected = ids.as_array().unwrap().len() as u64 - special;
            assert_eq!(tokenizer.count(text).unwrap(), expected, "{name}: {text:?}");
        }
    }
}

/// Documents of very different lengths and languages in three files: the same on every machine.
fn write_corpus(folder: &Folder) {
    let mut state = 1_u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let words =
        ["the", "mixture", "of", "models", "Zürich", "日本語", "for index in range(10):\n", "3.14159", "compression"];
    for file in ["a", "b", "c"] {
        let mut lines = String::new();
        for _ in 0..1000 {
            let length = 3 + next(4) * next(60);
            // A document keeps to some of the words, so that documents differ in tokens per character.
            let (first, kinds) = (next(9), 1 + next(4));
            let text: Vec<&str> = (0..length).map(|_| words[((first + next(kinds)) % 9) as usize]).collect();
            lines += &format!("{}\n", json!({ "text": text.join(" ") }));
        }
        folder.write(&format!("{file}.jsonl"), lines);
    }
}

#[test]
fn samples_are_near_the_truth_and_say_how_near() {
    let folder = Folder::empty();
    write_corpus(&folder);
    let files = ["a", "b", "c"].map(|file| folder.path().join(format!("{file}.jsonl")));
    let tokenizer = TextTokenizer::open(&data("models/gpt2")).unwrap();
    let exact = CountSettings { tokenizer: Some(&tokenizer), ..CountSettings::default() };
    let truth = counted(&files, exact);
    assert_eq!(truth.documents, 3000);

    let mut within = [0, 0];
    let mut found = Vec::new();
    for seed in 0..40 {
        let settings = CountSettings { sample_characters: Some(40_000), seed, ..exact };
        let counts = counted(&files, settings);
        assert_eq!((counts.characters, counts.bytes), (truth.characters, truth.bytes));
        let estimate = tokens(&counts);
        let off = (estimate.tokens as f64 - tokens(&truth).tokens as f64).abs() / estimate.standard_error.unwrap();
        within[0] += u32::from(off < 1.0);
        within[1] += u32::from(off < 2.0);
        found.push(estimate.tokens);
    }
    // 27.3 and 38.2 are expected; fewer than these would be seen less than once in a thousand.
    assert!(within[0] >= 17 && within[1] >= 33, "{within:?} of 40");
    found.sort_unstable();
    found.dedup();
    assert!(found.len() > 30, "seeds draw apart");
}

#[test]
fn threads_change_nothing() {
    let folder = Folder::empty();
    write_corpus(&folder);
    let tokenizer = data("models/gpt2").display().to_string();
    folder.prints(&format!("corpora new -q --domain all=*.jsonl --domain one=a.jsonl --tokenizer {tokenizer}"));
    let of = |threads: u32| folder.prints(&format!("corpora count corpora.yaml --sample 20k --threads {threads}"));
    let one = of(1);
    assert!(one.contains("tokens_standard_error: "), "{one}");
    assert_eq!(of(2), one);
    assert_eq!(of(5), one);
}

#[test]
fn parts_of_a_domain_are_the_domain() {
    let folder = Folder::empty();
    // The first record settles the text field of all: in `b` the other field is not read.
    folder.write("a.jsonl", "{\"content\":\"first\"}\n{\"content\":\"second\"}\n");
    folder.write("b.jsonl", "{\"text\":\"not this\",\"content\":\"third\"}\n");
    folder.write("c.jsonl", "{\"content\":\"fourth\"}\n");
    let files = DomainSource::new("d", [folder.path().display().to_string()]).resolve().unwrap();
    let texts = |files: &DomainFiles| -> Vec<String> {
        files.documents().unwrap().map(|document| document.unwrap().text).collect()
    };
    let whole = texts(&files);
    assert_eq!(whole, ["first", "second", "third", "fourth"]);
    for (least, count) in [(1, 3), (50, 2), (u64::MAX, 1)] {
        let parts = files.parts(least);
        assert_eq!(parts.len(), count, "{least}");
        assert_eq!(parts.iter().flat_map(texts).collect::<Vec<_>>(), whole);
    }
}

#[test]
fn a_manifest_is_begun_checked_and_counted() {
    let folder = Folder::empty();
    std::fs::create_dir_all(folder.path().join("data/code")).unwrap();
    std::fs::copy(data("corpora/documents.jsonl"), folder.path().join("data/web.jsonl")).unwrap();
    folder.write("data/code/main.py", "print('hello')\n");
    folder.write("data/code/other.py", "x = 'é'");
    std::fs::copy(data("models/gpt2/tokenizer.json"), folder.path().join("tokenizer.json")).unwrap();

    let run = folder.run("corpora new --domain web=data/web.jsonl --domain code=data/code --tokenizer tokenizer.json");
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    assert_eq!(run.stderr, "note: wrote corpora.yaml; next: mixopt corpora count corpora.yaml --in-place\n");
    let begun = folder.read("corpora.yaml");
    let expected = "\
mixopt_corpora: 1
tokenizer: tokenizer.json
domains:
  web:
    paths:
    - data/web.jsonl
  code:
    paths:
    - data/code
";
    assert_eq!(begun.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n") + "\n", expected);
    assert!(begun.starts_with("# "), "{begun}");

    let report = folder.json("corpora check corpora.yaml");
    assert_eq!(report["total_tokens"], Value::Null);
    assert_eq!(
        report["missing"],
        json!([{
            "domains": ["web", "code"],
            "counts": ["documents", "characters", "bytes", "tokens"],
            "remedy": "run `mixopt corpora count corpora.yaml --in-place`"
        }])
    );

    // Printed first: nothing is written.
    let printed = folder.prints("corpora count corpora.yaml -q");
    assert_eq!(folder.read("corpora.yaml"), begun);
    let run = folder.run("corpora count corpora.yaml --in-place --format csv");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        run.stderr,
        "note: wrote corpora.yaml without its comments; the old file is corpora.yaml.bak\nnote: web: 2 documents without text were skipped\n"
    );
    assert_eq!(folder.read("corpora.yaml"), printed);
    assert_eq!(folder.read("corpora.yaml.bak"), begun, "the comments are kept");
    let rows: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(rows[0], "domain,documents,characters,bytes,tokens,tokens_standard_error");
    assert!(rows[1].starts_with("web,6,164,215,"), "{}", rows[1]);
    assert!(rows[2].starts_with("code,2,22,23,"), "{}", rows[2]);

    // A second time must not write over the only copy with comments.
    folder.prints("corpora count corpora.yaml --in-place -q");
    assert_eq!(folder.read("corpora.yaml.bak"), begun);
    assert_eq!(folder.read("corpora.yaml.bak.2"), printed);

    let report = folder.json("corpora check corpora.yaml");
    assert_eq!(report["missing"], json!([]));
    assert_eq!(report["problems"], json!([]));
    let sum: u64 = report["domains"].as_array().unwrap().iter().map(|domain| domain["tokens"].as_u64().unwrap()).sum();
    assert_eq!(report["total_tokens"], sum);
    assert_eq!(report["domains"][1]["files"], 2);
    assert!(folder.listing().iter().all(|file| !file.display().to_string().contains(".mixopt-")));
}

#[test]
fn a_manifest_in_another_folder_leads_to_the_same_files() {
    let folder = Folder::empty();
    std::fs::create_dir_all(folder.path().join("data")).unwrap();
    std::fs::create_dir_all(folder.path().join("runs")).unwrap();
    folder.write("data/web.jsonl", "{\"text\":\"one\"}\n{\"text\":\"three\"}\n");
    folder.write("data/corpora.yaml", "mixopt_corpora: 1\ndomains: {web: {paths: web.jsonl, tags: [a]}}\n");
    for out in ["up.yaml", "data/beside.yaml", "runs/away.yaml"] {
        folder.prints(&format!("corpora count data/corpora.yaml -q --out {out}"));
        let report = folder.json(&format!("corpora check {out} -q"));
        let web = &report["domains"][0];
        assert_eq!((&web["files"], &web["documents"], &web["characters"]), (&json!(1), &json!(2), &json!(8)), "{out}");
        assert_eq!(report["tags"], json!({"a": ["web"]}));
    }
    assert!(folder.read("up.yaml").contains("- data/web.jsonl\n"));
    assert!(folder.read("data/beside.yaml").contains("- web.jsonl\n"));
}

#[test]
fn some_domains_can_be_counted_alone() {
    let folder = Folder::empty();
    folder.write("a.jsonl", "{\"text\":\"one\"}\n");
    folder.write("b.jsonl", "{\"text\":\"three\"}\n");
    folder.write(
        "corpora.yaml",
        "mixopt_corpora: 1\ndomains:\n  a: {paths: a.jsonl, characters: 9}\n  b: {paths: b.jsonl, characters: 9, tokens: 1k}\n",
    );
    let found = folder.json("corpora count corpora.yaml -q --domain b");
    assert_eq!(found["domains"]["a"], json!({"paths": ["a.jsonl"], "characters": 9}));
    // Without a tokenizer the tokens that were there stay.
    let expected = json!({"paths": ["b.jsonl"], "tokens": 1000, "characters": 5, "bytes": 5, "documents": 1});
    assert_eq!(found["domains"]["b"], expected);
}

#[test]
fn a_sample_of_one_document_leaves_tokens_out_and_fails() {
    let folder = Folder::empty();
    let tokenizer = data("models/gpt2").display().to_string();
    folder.write("a.jsonl", "{\"text\":\"one long document\"}\n{\"text\":\"another long document\"}\n");
    folder.write("corpora.yaml", "mixopt_corpora: 1\ndomains: {a: {paths: a.jsonl}}\n");
    let run = folder.run(&format!("corpora count corpora.yaml -q --tokenizer {tokenizer} --sample 5 --out out.yaml"));
    assert_eq!(run.code, 1);
    assert_eq!(
        run.stderr,
        "error: tokens of these domains are unknown; all other counts are known:\n  domain `a`: a sample of 5 characters \
         holds only one of its 2 documents, too few for a standard error; use a larger `--sample`, or `--exact`\n"
    );
    let written = Manifest::read(&folder.path().join("out.yaml")).unwrap();
    assert_eq!((written.domains["a"].tokens, written.domains["a"].characters), (None, Some(38)));
}

#[test]
fn what_cannot_be_counted_is_told() {
    let folder = Folder::empty();
    let tokenizer = data("models/gpt2").display().to_string();
    folder.write("a.jsonl", "{\"text\":\"one\"}\n{\"text\":\"two\"}\nnot json\n");
    folder.write("b.jsonl", "{\"text\":\"\"}\n");
    folder.write("c.jsonl", "{\"text\":\"three\"}\n");
    folder.write(
        "corpora.yaml",
        "mixopt_corpora: 1\ntokenizer: ours\ndomains:\n  web: {paths: c.jsonl}\n  bad: {paths: a.jsonl}\n  empty: {paths: b.jsonl}\n  gone: {paths: [d.jsonl]}\n  none: {tokens: 5}\n",
    );
    folder.write("alone.yaml", "mixopt_corpora: 1\ndomains: {none: {tokens: 5}}\n");
    folder.write("plain.yaml", "mixopt_corpora: 1\ndomains: {web: {paths: c.jsonl}, bad: {paths: a.jsonl}, empty: {paths: b.jsonl}, none: {}}\n");
    for (code, arguments, expected) in [
        (
            2,
            "count corpora.yaml -q --domain web",
            "tokenizer `ours`: the tokenizer of corpora.yaml is neither a file nor a folder here; expected its files, with `--tokenizer PATH`",
        ),
        (
            2,
            "count corpora.yaml -q --domain web --tokenizer TOKENIZER",
            "--tokenizer `TOKENIZER`: domain `none`, which is not counted, has tokens under `ours`; expected one tokenizer for all: count all domains, or add `tokenizer: TOKENIZER` there first",
        ),
        (
            2,
            "count plain.yaml -q --domain wed",
            "--domain `wed`: plain.yaml has no such domain, did you mean `web`?; expected one of web, bad, empty, none",
        ),
        (
            2,
            "count alone.yaml -q",
            "MANIFEST `alone.yaml`: no domain has paths, so there is nothing to count; expected a manifest with `paths`",
        ),
        (
            2,
            "count plain.yaml -q --domain none",
            "domain `none` has no `paths` in plain.yaml, so there is nothing to count; add them there",
        ),
        (
            2,
            "count plain.yaml -q --out plain.yaml",
            "--out plain.yaml: it is plain.yaml, one of the input files, which would be overwritten; expected another file",
        ),
        (
            2,
            "count plain.yaml -q --domain web --out c.jsonl",
            "--out c.jsonl: it is c.jsonl, one of the input files, which would be overwritten; expected another file",
        ),
        (
            2,
            "count plain.yaml -q --domain web --sample 0 --tokenizer TOKENIZER",
            "--sample `0`: an empty sample says nothing; expected at least 1, or `--exact`",
        ),
        (1, "count plain.yaml -q --out no/where.yaml", "cannot write no/where.yaml: no directory no; create it first"),
        (
            1,
            "count plain.yaml -q --domain bad",
            "domain `bad`: a.jsonl, line 3: a line that is not JSON (expected ident, column 2); expected one JSON object per line",
        ),
        (
            1,
            "count plain.yaml -q --domain empty",
            "domain `empty` has no document with text (1 empty, 0 faulty); check its files and text field",
        ),
        (
            1,
            "count plain.yaml -q --domain web --tokenizer nowhere",
            "nowhere: no such file or folder; give a tokenizer.json, a model folder with one, or a GGUF file",
        ),
        (
            1,
            "count plain.yaml -q --domain web --tokenizer .",
            ".: the folder has no tokenizer.json; give a tokenizer.json, a model folder with one, or a GGUF file",
        ),
        (
            1,
            "count plain.yaml -q --domain web --tokenizer c.jsonl",
            "c.jsonl, `model`: the key is missing; expected a tokenizer of the tokenizers library",
        ),
        (
            2,
            "new -q --domain a=c.jsonl --out c.jsonl",
            "--out `c.jsonl`: the file exists; expected the name of a new file",
        ),
        (
            2,
            "new -q --out new.yaml --domain a=c.jsonl --domain a=a.jsonl",
            "--domain `a`: it is listed twice; expected each domain once, its paths separated by commas",
        ),
        (
            1,
            "new -q --out new.yaml --domain a=d.jsonl",
            "domain `a`: `d.jsonl`: no such file or directory; . holds `a.jsonl`, `alone.yaml`, `b.jsonl`, `c.jsonl`, `corpora.yaml` and 1 more",
        ),
        (
            2,
            "new -q --out new.yaml --domain a",
            "--domain `a`: `=` is missing; expected NAME=PATH, such as web=data/web/*.jsonl.zst",
        ),
        (1, "check d/nowhere.yaml", "cannot read d/nowhere.yaml: No such file or directory (os error 2)"),
    ] {
        let arguments = arguments.replace("TOKENIZER", &tokenizer);
        let message = folder.refuses(code, &format!("corpora {arguments}")).replace(&tokenizer, "TOKENIZER");
        assert_eq!(message, expected, "{arguments}");
    }
    // Lines that hold no document are passed over where that is asked for.
    let run = folder.run("corpora count plain.yaml --domain bad --skip-faulty --format csv");
    assert_eq!(
        run.stdout, "domain,documents,characters,bytes,tokens,tokens_standard_error\nbad,2,6,6,,\n",
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("note: bad: 1 lines or rows without a document were skipped\n"), "{}", run.stderr);
}

#[test]
fn what_cannot_be_of_a_manifest_is_told() {
    let folder = Folder::empty();
    folder.write("a.jsonl", "{\"text\":\"one\"}\n");
    for (domain, expected) in [
        ("characters: 10, bytes: 9", "9 bytes are fewer than 10 characters; a character has 1 to 4 bytes"),
        (
            "characters: 10, bytes: 41",
            "41 bytes are more than 4 for each of 10 characters; a character has 1 to 4 bytes",
        ),
        ("characters: 10, documents: 11", "10 characters are fewer than 11 documents, none of which is empty"),
        ("bytes: 10, documents: 11", "10 bytes are fewer than 11 documents, none of which is empty"),
        ("bytes: 10, documents: 2, tokens: 13", "13 tokens are more than 10 bytes; a token has at least one byte"),
        (
            "characters: 10, tokens: 41",
            "41 tokens are more than the maximum of 40 bytes for its characters; a token has at least one byte",
        ),
        (
            "tokens: 41, tokens_standard_error: 41.0",
            "the standard error of its tokens, 41, is not less than its 41 tokens",
        ),
    ] {
        folder.write("corpora.yaml", format!("mixopt_corpora: 1\ntokenizer: t\ndomains:\n  a: {{{domain}}}\n"));
        let run = folder.run("corpora check corpora.yaml");
        assert_eq!((run.code, run.stderr), (1, format!("error: corpora.yaml: domain `a`: {expected}\n")), "{domain}");
    }
    for fine in [
        "characters: 10, bytes: 40",
        "bytes: 10, documents: 10, tokens: 12",
        "tokens: 5",
        "characters: 10, bytes: 10, tokens: 12, tokens_standard_error: 1",
    ] {
        folder.write("corpora.yaml", format!("mixopt_corpora: 1\ntokenizer: t\ndomains:\n  a: {{{fine}}}\n"));
        folder.prints("corpora check corpora.yaml");
    }
    folder.write(
        "corpora.yaml",
        "mixopt_corpora: 1\ndomains:\n  a: {paths: a.jsonl, trainers: {olmo: a}}\n  b: {paths: '*.jsonl', tokens: 5, trainers: {olmoo: b}}\n",
    );
    let run = folder.run("corpora check corpora.yaml --trainer olmo --format csv");
    assert_eq!(run.code, 1);
    assert_eq!(
        run.stderr,
        "note: corpora.yaml: no export reads `olmo` (did you mean `olmo-core`?) under `trainers` (a); `mixopt\n      export --list` shows what exports read\n\
         note: corpora.yaml: no export reads `olmoo` (did you mean `olmo-core`?) under `trainers` (b);\n      `mixopt export --list` shows what exports read\n\
         error: corpora.yaml: 3 problems:\n  \
         domain `b`: ./a.jsonl also belongs to `a`; leave it in one of the two\n  \
         domain `b`: it has a token count, but the manifest names no `tokenizer` for it\n  \
         domain `b`: it has no entry for `olmo` under `trainers`\n"
    );
    assert_eq!(run.stdout.lines().nth(1), Some("a,1,15,,,,,,,a,"), "{}", run.stdout);
    let report = folder.run("corpora check corpora.yaml --trainer olmp --format json");
    assert!(report.stderr.contains("domain `a`: it has no entry for `olmp` (did you mean `olmo`?) under `trainers`"));
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(
        report["missing"],
        json!([
            {"domains": ["a"], "counts": ["documents", "characters", "bytes", "tokens"],
             "remedy": "run `mixopt corpora count corpora.yaml --tokenizer PATH --in-place`"},
            {"domains": ["b"], "counts": ["documents", "characters", "bytes"],
             "remedy": "run `mixopt corpora count corpora.yaml --in-place`"}
        ])
    );
}

#[test]
fn a_table_is_for_people() {
    let folder = Folder::empty();
    folder.write(
        "corpora.yaml",
        "mixopt_corpora: 1\ntokenizer: ours\ndomains:\n  web: {tokens: 1.2T, characters: 5e12, bytes: 5.1T, documents: 3B, tokens_standard_error: 123456789, tags: english}\n  code: {tokens: 350B, max_epochs: 2, tags: [english, code]}\n",
    );
    let expected = "\
Corpora in corpora.yaml
  domain  files  on disk      documents         characters              bytes             tokens
  web         –        –  3,000,000,000  5,000,000,000,000  5,100,000,000,000  1,200,000,000,000
  code        –        –              –                  –                  –    350,000,000,000

  domain                max epochs
  web     ±123,000,000           –
  code                           2

Total tokens: 1,550,000,000,000 (tokenizer ours).
Tag english: web, code.
Tag code: code.
Missing: documents, characters, bytes of code; add them, or `paths` to count from.
";
    assert_eq!(folder.prints("corpora check corpora.yaml"), expected);
}

#[test]
fn the_schema_takes_what_the_program_takes() {
    let folder = Folder::empty();
    let validator = jsonschema::validator_for(&folder.json("schema corpora")).unwrap();
    let with = |domain: Value| json!({"mixopt_corpora": 1, "domains": {"web": domain}});
    for (is_fine, domain) in [
        (true, json!({"paths": "a", "tokens": "1.2T", "characters": 5e12, "bytes": "1e12", "documents": 7})),
        (true, json!({"paths": ["a", "b"], "trainers": {"olmo": "x", "megatron": ["y"]}, "max_epochs": 0.5})),
        (true, json!({})),
        (false, json!({"tokens": -1})),
        (false, json!({"tokens": "many"})),
        (false, json!({"tokens": 1.5})),
        (false, json!({"token": 1})),
        (false, json!({"max_epochs": 0})),
        (false, json!({"paths": [""]})),
        (false, json!({"tokens": 5, "tokens_standard_error": -1})),
    ] {
        let value = with(domain);
        assert_eq!(validator.is_valid(&value), is_fine, "{value}");
        assert_eq!(Manifest::parse(Path::new("corpora.yaml"), &value.to_string()).is_ok(), is_fine, "{value}");
    }
}
