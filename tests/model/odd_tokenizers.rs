//! Tokenizers that are damaged, random, or larger than their model.

use std::path::Path;

use mixopt_model::{ModelError, ModelNote, PlainTokenizer};
use serde_json::{Value, json};

use super::bad_models::{check, copy, fault, loaded};

/// Changes the tokenizer's file as JSON, then as text.
fn change(folder: &Path, change: impl FnOnce(&mut Value), text: impl FnOnce(String) -> String) {
    let file = folder.join("tokenizer.json");
    let mut values: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    change(&mut values);
    std::fs::write(file, text(values.to_string())).unwrap();
}

#[test]
fn what_the_library_panics_over_is_an_error_with_file_and_key() {
    let decoder = |values: &mut Value| {
        values["decoder"] =
            json!({"type": "ByteLevel", "add_prefix_space": "HERE", "trim_offsets": true, "use_regex": true});
    };
    let refused = |edit: &dyn Fn(&mut Value), text: &dyn Fn(String) -> String| {
        let folder = copy("gpt2");
        change(folder.path(), edit, text);
        let error = fault(folder.path());
        assert!(error.contains("expected a tokenizer of the tokenizers library"), "{error}");
        for word in ["panicked", "unwrap", "bug in mixopt"] {
            assert!(!error.contains(word), "{error}");
        }
        // Counting goes through the same door.
        assert!(PlainTokenizer::open(folder.path()).is_err(), "{error}");
        error
    };
    let same = |text: String| text;
    check(
        &refused(&decoder, &|text| text.replace("\"HERE\"", "1e309")),
        &["DIR/tokenizer.json, line 1", "out of range"],
    );
    check(&refused(&decoder, &|text| text.replace("\"HERE\"", "")), &["DIR/tokenizer.json, line 1: not JSON"]);
    let empty = json!({"type": "Replace", "pattern": {"Regex": ""}, "content": "xxxx"});
    let normaliser = |values: &mut Value| values["normalizer"] = empty.clone();
    check(&refused(&normaliser, &same), &["DIR/tokenizer.json, `normalizer`: it fails on text"]);
    let prefix = |values: &mut Value| values["model"]["continuing_subword_prefix"] = "AAA".into();
    check(&refused(&prefix, &same), &["DIR/tokenizer.json, `model`"]);
    for (key, value) in [
        ("normalizer", json!({"type": "Invented"})),
        ("pre_tokenizer", json!(7)),
        ("post_processor", json!([])),
        ("decoder", json!("none")),
        ("model", json!({"type": "BPE", "vocab": 3})),
    ] {
        let damage = |values: &mut Value| values[key] = value.clone();
        check(&refused(&damage, &same), &[&format!("DIR/tokenizer.json, `{key}`: ")]);
    }
    let without = |values: &mut Value| drop(values.as_object_mut().unwrap().remove("model"));
    check(&refused(&without, &same), &["DIR/tokenizer.json, `model`: the key is missing"]);
    check(&refused(&|_| {}, &|_| "[]".to_string()), &["DIR/tokenizer.json: not a JSON object"]);
}

#[test]
fn dropout_is_off() {
    let text = "The ferry left before sunrise, when the harbour was still.";
    let folder = copy("llama");
    let plain = loaded(folder.path()).unwrap().tokenizer.encode(text).unwrap();
    change(folder.path(), |values| values["model"]["dropout"] = json!(0.5), |text| text);
    let model = loaded(folder.path()).unwrap();
    let file = folder.path().join("tokenizer.json");
    assert_eq!(model.notes, [ModelNote::Dropout { file: file.clone(), dropout: 0.5 }]);
    let counted = PlainTokenizer::open(folder.path()).unwrap();
    assert_eq!(counted.notes(), [ModelNote::Dropout { file, dropout: 0.5 }]);
    for _ in 0..5 {
        assert_eq!(model.tokenizer.encode(text).unwrap(), plain);
        assert_eq!(counted.encode(text, true).unwrap(), plain);
    }
    // None at all is nothing to say.
    change(folder.path(), |values| values["model"]["dropout"] = json!(0.0), |text| text);
    assert_eq!(loaded(folder.path()).unwrap().notes, []);
}

#[test]
fn tokens_beyond_the_model_matter_where_they_occur() {
    let folder = copy("llama");
    let text = "The ferry left before sunrise.";
    let plain = loaded(folder.path()).unwrap().tokenizer.encode(text).unwrap();
    let more = |values: &mut Value| {
        values["model"]["vocab"]["qqxzqqxz"] = 320.into();
        let extra = json!({"id": 321, "content": "<extra>", "single_word": false, "lstrip": false, "rstrip": false,
                           "normalized": false, "special": true});
        values["added_tokens"].as_array_mut().unwrap().push(extra);
    };
    change(folder.path(), more, |text| text);
    let model = loaded(folder.path()).unwrap();
    let file = folder.path().join("tokenizer.json");
    assert_eq!(model.notes, [ModelNote::TokensBeyond { file, tokens: 2, vocabulary: 320 }]);
    assert_eq!(model.tokenizer.encode(text).unwrap(), plain);
    let error = model.tokenizer.encode("The <extra> ferry").unwrap_err();
    assert!(matches!(error, ModelError::BeyondVocabulary { token: 321, vocabulary: 320, .. }), "{error}");
    check(&error.to_string(), &["token 321 (`<extra>`) is outside the model's vocabulary of 320"]);
}
