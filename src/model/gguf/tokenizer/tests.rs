//! Tokenizers of both kinds against the programs that made their vocabularies (`tests/data/gguf/make_tokenizers.py`).

use std::path::{Path, PathBuf};

use super::{SpecialTokens, build, special_tokens};
use crate::gguf::file::GgufFile;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/gguf")
}

fn file(name: &str) -> GgufFile {
    GgufFile::open(&data().join("tokenizers").join(format!("{name}.gguf"))).unwrap()
}

#[test]
fn tokens_are_those_of_the_reference() {
    let text = std::fs::read_to_string(data().join("tokenizers.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
    let texts: Vec<String> = serde_json::from_value(expected["texts"].clone()).unwrap();
    let mut failures = Vec::new();
    let mut compared = 0;
    for (name, tokens) in expected["tokens"].as_object().unwrap() {
        let tokenizer = build(&file(name)).unwrap();
        let tokens: Vec<Option<Vec<u32>>> = serde_json::from_value(tokens.clone()).unwrap();
        assert_eq!(tokens.len(), texts.len());
        for (text, tokens) in texts.iter().zip(tokens) {
            let Some(tokens) = tokens else { continue };
            compared += 1;
            let found = tokenizer.encode(text.as_str(), true).unwrap();
            if found.get_ids() != tokens {
                failures.push(format!("{name}: {text:?}: {:?}, not {tokens:?}", found.get_ids()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(compared > 100, "only {compared} were compared");
}

#[test]
fn bos_is_added_where_the_file_or_its_kind_says_so() {
    let special = |name: &str| special_tokens(&file(name)).unwrap();
    assert_eq!(special("sentencepiece"), SpecialTokens { bos: Some(1), eos: Some(2), adds_bos: true, adds_eos: false });
    assert!(special("llama-bpe").adds_bos);
    assert!(!special("gpt-2").adds_bos && special("gpt-2").bos.is_some());
    assert!(!special("smollm").adds_bos);
}

#[test]
fn text_comes_back() {
    for name in ["gpt-2", "sentencepiece", "sentencepiece-gemma"] {
        let tokenizer = build(&file(name)).unwrap();
        for text in ["The best  mixture", "日本語 and 한국어 🙂", "    indented\n\n\tcode"] {
            let tokens = tokenizer.encode(text, true).unwrap();
            assert_eq!(tokenizer.decode(tokens.get_ids(), true).unwrap(), text, "{name}");
        }
    }
}
