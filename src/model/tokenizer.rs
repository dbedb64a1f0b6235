//! Tokenizers: text to tokens exactly as the model's own tokenizer does it.

use std::path::Path;

use serde_json::Value;

use super::causal::Encode;
use super::error::{ModelError, Result};
use super::files;
use super::note::ModelNote;
use super::plain_tokenizer::PlainTokenizer;
use crate::architecture::configuration::Configuration;
use mixopt_base::Place;

/// Files that decide how a text is encoded.
pub const FILES: [&str; 3] = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"];

/// A tokenizer with the special tokens that begin and end a document.
pub struct ModelTokenizer {
    tokenizer: PlainTokenizer,
    /// Tokens of the model; the tokenizer may know more, which must not occur.
    vocabulary: usize,
    /// Put before a document's tokens, beyond what the tokenizer does.
    before: Option<u32>,
    /// Put after them.
    after: Option<u32>,
    /// The tokenizer's own first token is dropped.
    drop_first: bool,
    /// Its own last one.
    drop_last: bool,
    begins_with_special: bool,
    start: Option<u32>,
}

/// Special tokens of a model.
#[derive(Debug, Clone, Copy, Default)]
pub struct Specials {
    /// Beginning of a document.
    pub begin: Option<u32>,
    /// End of a document.
    pub end: Option<u32>,
    /// Whether a document begins with it; as the tokenizer does it where not said.
    pub add_begin: Option<bool>,
    /// Whether a document ends with it.
    pub add_end: Option<bool>,
}

impl ModelTokenizer {
    /// Reads the tokenizer of a Hugging Face folder.
    ///
    /// # Errors
    /// [`ModelError::NoModel`] where there is no `tokenizer.json`, with how to make one; [`ModelError::Malformed`].
    pub fn read(folder: &Path, configuration: &Configuration, vocabulary: usize) -> Result<Self> {
        let file = folder.join(FILES[0]);
        if !files::is_there(&file)? {
            let others = ["tokenizer.model", "spiece.model", "vocab.json", "tekken.json"];
            let other = others.into_iter().find(|name| folder.join(name).is_file());
            return Err(ModelError::NoModel {
                path: folder.to_path_buf(),
                found: match other {
                    Some(name) => format!("the tokenizer is only in `{name}`; tokenizer.json is missing"),
                    None => "tokenizer.json is missing".to_string(),
                },
                remedy: "convert it: python -c \"from transformers import AutoTokenizer as T; \
                         T.from_pretrained('DIR').save_pretrained('DIR')\" (with the packages sentencepiece and protobuf)"
                    .to_string(),
            });
        }
        let tokenizer = PlainTokenizer::read(&file)?;
        let specials = Self::specials(folder, configuration, &tokenizer)?;
        Self::new(tokenizer, specials, vocabulary)
    }

    /// Takes a tokenizer that is in memory.
    ///
    /// # Errors
    /// [`ModelError::Malformed`] where it cannot encode a single letter.
    pub fn new(tokenizer: PlainTokenizer, specials: Specials, vocabulary: usize) -> Result<Self> {
        let fault = |error: ModelError| {
            let found = match error {
                ModelError::Encode { problem } => problem,
                other => other.to_string(),
            };
            ModelError::malformed(Place::file(tokenizer.file()), found, "a working tokenizer")
        };
        let with = tokenizer.encode("a", true).map_err(fault)?;
        let without = tokenizer.encode("a", false).map_err(fault)?;
        let at = with.windows(without.len().max(1)).position(|part| part == without).unwrap_or(0);
        let leads = at > 0;
        let trails = with.len() > at + without.len();
        let first = with.first().copied();
        let before = match (specials.add_begin, leads) {
            (Some(true), false) => specials.begin,
            _ => None,
        };
        let after = match (specials.add_end, trails) {
            (Some(true), false) => specials.end,
            _ => None,
        };
        let drop_first = specials.add_begin == Some(false) && leads && at == 1 && first == specials.begin;
        let drop_last = specials.add_end == Some(false) && trails && with.last().copied() == specials.end;
        Ok(Self {
            tokenizer,
            vocabulary,
            before,
            after,
            drop_first,
            drop_last,
            begins_with_special: before.is_some() || (leads && !drop_first),
            start: specials.begin.or(specials.end),
        })
    }

    /// What there is to say of it.
    pub fn notes(&self) -> Vec<ModelNote> {
        let mut notes = self.tokenizer.notes().to_vec();
        let tokens = self.tokenizer.beyond(self.vocabulary);
        if tokens > 0 {
            let file = self.tokenizer.file().to_path_buf();
            notes.push(ModelNote::TokensBeyond { file, tokens, vocabulary: self.vocabulary });
        }
        notes
    }

    fn specials(folder: &Path, configuration: &Configuration, tokenizer: &PlainTokenizer) -> Result<Specials> {
        let mut texts: [Option<String>; 2] = [None, None];
        let mut stated = [false, false];
        let mut add = [None, None];
        // The tokenizer's configuration comes before the map of special tokens, the model's configuration last.
        for name in &FILES[1..] {
            let file = folder.join(name);
            if !files::is_there(&file)? {
                continue;
            }
            let settings = Configuration::read(&file)?;
            for (index, key) in ["bos_token", "eos_token"].into_iter().enumerate() {
                if texts[index].is_none() && settings.has(key) && !stated[index] {
                    stated[index] = true;
                    texts[index] = token_text(settings.value(key));
                }
            }
            // The tokenizers of these classes put BOS and EOS by their settings, whatever tokenizer.json says; those of
            // others go by tokenizer.json.
            let class = settings.text("tokenizer_class")?.unwrap_or_default();
            if ["Llama", "CodeLlama", "Gemma"].iter().any(|family| class.starts_with(family)) {
                for (index, key) in ["add_bos_token", "add_eos_token"].into_iter().enumerate() {
                    if settings.value(key).is_some() {
                        add[index] = Some(settings.flag_or(key, false)?);
                    }
                }
            }
        }
        let id = |index: usize, key: &str| -> Option<u32> {
            if stated[index] {
                return texts[index].as_ref().and_then(|text| tokenizer.number(text));
            }
            let value = configuration.value(key)?;
            let number = value.as_array().and_then(|list| list.first()).unwrap_or(value);
            number.as_u64().and_then(|number| u32::try_from(number).ok())
        };
        Ok(Specials { begin: id(0, "bos_token_id"), end: id(1, "eos_token_id"), add_begin: add[0], add_end: add[1] })
    }
}

/// A special token as configurations write it: a text, or an object with it.
fn token_text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Object(object) => object.get("content").and_then(Value::as_str).map(str::to_string),
        _ => None,
    }
}

impl Encode for ModelTokenizer {
    fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let ids = self.tokenizer.encode(text, true)?;
        let start = usize::from(self.drop_first && !ids.is_empty());
        let end = ids.len() - usize::from(self.drop_last && ids.len() > start);
        let mut tokens = Vec::with_capacity(ids.len() + 2);
        tokens.extend(self.before);
        tokens.extend_from_slice(&ids[start..end]);
        tokens.extend(self.after);
        match tokens.iter().find(|&&token| token as usize >= self.vocabulary) {
            Some(&token) => Err(ModelError::BeyondVocabulary {
                token,
                text: self.tokenizer.token(token),
                vocabulary: self.vocabulary,
            }),
            None => Ok(tokens),
        }
    }

    fn begins_with_special(&self) -> bool {
        self.begins_with_special
    }

    fn document_start(&self) -> Option<u32> {
        self.start
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Tokens of `a b` for a tokenizer with `<s>` and `</s>`, whose own template adds what `template` says around a text.
    fn tokens(template: &[&str], settings: Value, model: Value) -> (Vec<u32>, Option<u32>, bool) {
        let folder = tempfile::tempdir().expect("a folder");
        let piece = |name: &&str| match *name {
            "A" => json!({"Sequence": {"id": "A", "type_id": 0}}),
            name => json!({"SpecialToken": {"id": name, "type_id": 0}}),
        };
        let special = |id: u32, content: &str| {
            json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
                   "normalized": false, "special": true})
        };
        let processor = (!template.is_empty()).then(|| {
            json!({
                "type": "TemplateProcessing", "single": template.iter().map(piece).collect::<Vec<_>>(),
                "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {
                    "<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]},
                    "</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}
                }
            })
        });
        let tokenizer = json!({
            "version": "1.0", "truncation": {"direction": "Right", "max_length": 1, "strategy": "LongestFirst", "stride": 0},
            "padding": null, "added_tokens": [special(0, "<s>"), special(1, "</s>")], "normalizer": null,
            "pre_tokenizer": {"type": "Whitespace"}, "post_processor": processor, "decoder": null,
            "model": {"type": "WordLevel", "vocab": {"<s>": 0, "</s>": 1, "a": 2, "b": 3, "?": 4}, "unk_token": "?"}
        });
        std::fs::write(folder.path().join(FILES[0]), tokenizer.to_string()).expect("a file");
        std::fs::write(folder.path().join(FILES[1]), settings.to_string()).expect("a file");
        let configuration = Configuration::from_value(Path::new("config.json"), model).expect("an object");
        let tokenizer = ModelTokenizer::read(folder.path(), &configuration, 5).expect("a tokenizer");
        (tokenizer.encode("a b").expect("tokens"), tokenizer.document_start(), tokenizer.begins_with_special())
    }

    #[test]
    fn settings_decide_for_llama_and_the_tokenizer_for_others() {
        let named = json!({"bos_token": "<s>", "eos_token": {"content": "</s>"}});
        let with = |more: Value| {
            let mut settings = named.clone();
            for (key, value) in more.as_object().expect("an object") {
                settings[key] = value.clone();
            }
            settings
        };
        // Without a class, or with a general one, tokenizer.json counts whatever the settings say.
        let all = [2, 3];
        assert_eq!(tokens(&[], with(json!({"add_bos_token": true})), json!({})), (all.to_vec(), Some(0), false));
        let fast = json!({"add_bos_token": false, "tokenizer_class": "PreTrainedTokenizerFast"});
        assert_eq!(tokens(&["<s>", "A"], with(fast), json!({})), (vec![0, 2, 3], Some(0), true));
        // Llama's tokenizers go by the settings where there are some.
        let llama = |begin: bool, end: bool| {
            with(json!({"add_bos_token": begin, "add_eos_token": end, "tokenizer_class": "LlamaTokenizerFast"}))
        };
        assert_eq!(tokens(&[], llama(true, false), json!({})), (vec![0, 2, 3], Some(0), true));
        assert_eq!(tokens(&["<s>", "A"], llama(true, true), json!({})), (vec![0, 2, 3, 1], Some(0), true));
        assert_eq!(tokens(&["<s>", "A", "</s>"], llama(false, false), json!({})), (all.to_vec(), Some(0), false));
        let silent = with(json!({"tokenizer_class": "LlamaTokenizer"}));
        assert_eq!(tokens(&["<s>", "A"], silent, json!({})), (vec![0, 2, 3], Some(0), true));
    }

    #[test]
    fn a_document_starts_with_bos_or_else_eos() {
        let model = json!({"bos_token_id": 0, "eos_token_id": [1, 0]});
        assert_eq!(tokens(&[], json!({}), model.clone()).1, Some(0));
        // An explicit `null` says that there is none.
        assert_eq!(tokens(&[], json!({"bos_token": null}), model).1, Some(1));
        assert_eq!(tokens(&[], json!({}), json!({"eos_token_id": [1, 0]})).1, Some(1));
        assert_eq!(tokens(&[], json!({}), json!({})).1, None);
    }
}
