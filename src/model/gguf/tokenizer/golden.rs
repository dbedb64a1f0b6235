//! llama.cpp's vocabularies with the tokens that the published tokenizers give to a set of awkward texts.
//!
//! `MIXOPT_GGUF_VOCABULARIES` names a folder with its files `ggml-vocab-*.gguf`, `.gguf.inp` and `.gguf.out`; without it the
//! test says so and passes.

use std::path::Path;

use super::build;
use crate::gguf::file::GgufFile;

/// Tokenizers that are refused.
const REFUSED: &[&str] = &["bert-bge", "gemma-4", "nomic-bert-moe"];
/// Texts with decomposed accents, which llama.cpp leaves as they are; Hugging Face's Qwen tokenizers bring them to normal form
/// C first, and so does this one.
const NORMALIZED: &[(&str, &[char])] = &[("qwen35", &['\u{300}', '\u{301}'])];
/// What separates the texts.
const SEPARATOR: &str = "\n__ggml_vocab_test__\n";

#[test]
fn llama_cpp_golden_texts() {
    let Some(folder) = std::env::var_os("MIXOPT_GGUF_VOCABULARIES") else {
        println!("skipped: MIXOPT_GGUF_VOCABULARIES does not name the folder with llama.cpp's vocabularies");
        return;
    };
    let mut checked = 0;
    let mut failures = Vec::new();
    let mut entries: Vec<_> =
        std::fs::read_dir(&folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for texts in entries.iter().filter(|path| path.extension().is_some_and(|extension| extension == "inp")) {
        let model = texts.with_extension("");
        let name = model.file_stem().expect("a name").to_string_lossy().replace("ggml-vocab-", "");
        let file = GgufFile::open(&model).expect("a GGUF file");
        let tokenizer = match build(&file) {
            Err(error) if REFUSED.contains(&name.as_str()) => {
                println!("{name}: refused: {error}");
                continue;
            }
            other => other.unwrap_or_else(|error| panic!("{name}: {error}")),
        };
        let (passed, failed) = check(&tokenizer, texts, &name);
        println!("{name}: {passed} texts as expected, {} not", failed.len());
        checked += passed;
        failures.extend(failed);
    }
    assert!(checked > 0, "no vocabulary with texts in {}", Path::new(&folder).display());
    assert!(failures.is_empty(), "{} texts differ:\n{}", failures.len(), failures.join("\n"));
}

fn check(tokenizer: &tokenizers::Tokenizer, texts: &Path, name: &str) -> (usize, Vec<String>) {
    let inputs = std::fs::read_to_string(texts).expect("texts");
    let outputs = std::fs::read_to_string(texts.with_extension("out")).expect("tokens");
    let inputs: Vec<&str> = inputs.split(SEPARATOR).collect();
    let outputs: Vec<&str> = outputs.lines().collect();
    let mut failures = Vec::new();
    let mut passed = 0;
    for (text, expected) in inputs.iter().zip(&outputs) {
        let expected: Vec<u32> = expected.split_whitespace().map(|token| token.parse().expect("a number")).collect();
        if NORMALIZED.iter().any(|(vocabulary, mark)| *vocabulary == name && text.contains(*mark)) {
            println!("{name}: not compared: {text:?}");
            continue;
        }
        let found = tokenizer.encode(*text, false).expect("tokens");
        if found.get_ids() == expected {
            passed += 1;
        } else {
            failures.push(format!("{name}: {text:?}: {:?}, expected {expected:?}", found.get_ids()));
        }
    }
    (passed, failures)
}
