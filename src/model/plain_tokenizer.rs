//! A tokenizer as it stands in a file, made harmless in one place: the same text always gives the same tokens, all of
//! them, and what the library panics over is an error.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use mixopt_base::Place;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use tokenizers::{
    DecoderWrapper, ModelWrapper, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper, Tokenizer,
};

use crate::error::{ModelError, Result};
use crate::files::{self, MOST_TOKENIZER};
use crate::gguf::read_tokenizer;
use crate::hub;
use crate::note::ModelNote;
use crate::source::is_gguf;
use crate::tokenizer::FILES;
use mixopt_base::guard::guarded;

const EXPECTED: &str = "a tokenizer of the tokenizers library";
/// What is encoded to see whether a tokenizer works at all.
const TRIAL: &str = "A trial, 1 é.";

/// A tokenizer without padding, truncation and dropout.
pub struct PlainTokenizer {
    tokenizer: Tokenizer,
    file: PathBuf,
    notes: Vec<ModelNote>,
}

impl PlainTokenizer {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// [`ModelError::Unreadable`]; [`ModelError::Malformed`] with the line or key, where it can be told, for a file that
    /// is no tokenizer or one that the library fails on.
    pub fn read(file: &Path) -> Result<Self> {
        let text = files::read_text(file, MOST_TOKENIZER, EXPECTED)?;
        if let Err(error) = serde_json::from_str::<IgnoredAny>(&text) {
            return Err(no_json(file, &error));
        }
        match guarded(|| text.parse::<Tokenizer>()) {
            Ok(Ok(tokenizer)) => Self::new(tokenizer, file),
            Ok(Err(error)) => Err(fault_of_part(file, &text, &error.to_string())),
            Err(reason) => Err(fault_of_part(file, &text, &reason)),
        }
    }

    /// Opens a `tokenizer.json`, a model folder that has one, or a GGUF file (a vocabulary alone is enough).
    ///
    /// # Errors
    /// [`ModelError::NoModel`] where there is none, and those of [`read`](Self::read).
    pub fn open(path: &Path) -> Result<Self> {
        let absent = |found: String| {
            let remedy = "give a tokenizer.json, a model folder with one, or a GGUF file".to_string();
            Err(ModelError::NoModel { path: path.to_path_buf(), found, remedy })
        };
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                let file = path.join(FILES[0]);
                if files::is_there(&file)? {
                    return Self::read(&file);
                }
                match hub::cached(path, path)? {
                    Some(located) => Self::open(&located.path),
                    None => absent(format!("the folder has no {}", FILES[0])),
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let is_link = std::fs::symlink_metadata(path).is_ok_and(|link| link.is_symlink());
                absent(if is_link { files::leads_nowhere(path) } else { "no such file or folder".to_string() })
            }
            Err(error) => Err(ModelError::unreadable(path, error)),
            Ok(_) if files::is_there(path)? && is_gguf(path)? => Self::new(read_tokenizer(path)?, path),
            Ok(_) => Self::read(path),
        }
    }

    /// Takes a tokenizer that was read from `file`.
    ///
    /// # Errors
    /// [`ModelError::Malformed`] where the library fails on it.
    pub fn new(mut tokenizer: Tokenizer, file: &Path) -> Result<Self> {
        let mut notes = Vec::new();
        // Every token counts: a tokenizer that was saved with a greatest length would cut documents in silence.
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| {
            ModelError::malformed(Place::file(file), error.to_string(), "a tokenizer without truncation")
        })?;
        // Merges that are left out at random are for training.
        if let ModelWrapper::BPE(model) = tokenizer.get_model()
            && let Some(dropout) = model.dropout
        {
            let mut model = model.clone();
            model.dropout = None;
            tokenizer.with_model(model);
            if dropout > 0.0 {
                notes.push(ModelNote::Dropout { file: file.to_path_buf(), dropout });
            }
        }
        if let Err(reason) = works(&tokenizer) {
            let key = part_at_fault(&tokenizer);
            let found = format!("it fails on text ({reason})");
            return Err(ModelError::malformed(Place::file(file).column(key), found, EXPECTED));
        }
        Ok(Self { tokenizer, file: file.to_path_buf(), notes })
    }

    /// The file that it was read from.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What was changed to make it harmless.
    pub fn notes(&self) -> &[ModelNote] {
        &self.notes
    }

    /// Tokens of a text, with the special tokens that the tokenizer puts around it or without.
    ///
    /// # Errors
    /// [`ModelError::Encode`] where the tokenizer fails on it.
    pub fn encode(&self, text: &str, special: bool) -> Result<Vec<u32>> {
        match guarded(|| self.tokenizer.encode_fast(text, special)) {
            Ok(Ok(encoding)) => Ok(encoding.get_ids().to_vec()),
            Ok(Err(error)) => Err(ModelError::Encode { problem: error.to_string() }),
            Err(problem) => Err(ModelError::Encode { problem }),
        }
    }

    /// The number of a token.
    pub fn number(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    /// The text of a token.
    pub fn token(&self, number: u32) -> Option<String> {
        self.tokenizer.id_to_token(number)
    }

    /// How many of its tokens have a number from `vocabulary` on.
    pub fn beyond(&self, vocabulary: usize) -> usize {
        self.tokenizer.get_vocab(true).into_values().filter(|&number| number as usize >= vocabulary).count()
    }
}

/// Whether a tokenizer encodes a text without a panic; that it has no token for a character is up to the text.
fn works(tokenizer: &Tokenizer) -> Result<(), String> {
    for special in [true, false] {
        guarded(|| tokenizer.encode_fast(TRIAL, special)).map(drop)?;
    }
    Ok(())
}

/// Takes a part out of a tokenizer.
type Removal = fn(&mut Tokenizer);

/// The key of the part without which a tokenizer works.
fn part_at_fault(tokenizer: &Tokenizer) -> &'static str {
    let parts: [(&str, Removal); 3] = [
        ("normalizer", |tokenizer| {
            // Added tokens are normalised anew, which can fail; that is told by the trial.
            let _ = tokenizer.with_normalizer(None::<NormalizerWrapper>);
        }),
        ("pre_tokenizer", |tokenizer| {
            tokenizer.with_pre_tokenizer(None::<PreTokenizerWrapper>);
        }),
        ("post_processor", |tokenizer| {
            tokenizer.with_post_processor(None::<PostProcessorWrapper>);
        }),
    ];
    let works_without = |remove: Removal| {
        let mut tokenizer = tokenizer.clone();
        guarded(|| remove(&mut tokenizer)).is_ok() && works(&tokenizer).is_ok()
    };
    parts.into_iter().find(|(_, remove)| works_without(*remove)).map_or("model", |(key, _)| key)
}

fn no_json(file: &Path, error: &serde_json::Error) -> ModelError {
    let place = Place::file(file).row(format!("line {}", error.line()));
    ModelError::malformed(place, format!("not JSON ({error})"), EXPECTED)
}

/// Says why a part is not taken.
type Refusal = fn(Value) -> Option<String>;

/// The error of a text that the library does not take, with the key of the part that it does not take alone.
fn fault_of_part(file: &Path, text: &str, problem: &str) -> ModelError {
    let mut values = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(values)) => values,
        Ok(_) => return ModelError::malformed(Place::file(file), "not a JSON object", EXPECTED),
        // A number that is none shows only where it is read.
        Err(error) => return no_json(file, &error),
    };
    let parts: [(&str, Refusal); 5] = [
        ("normalizer", refused::<Option<NormalizerWrapper>>),
        ("pre_tokenizer", refused::<Option<PreTokenizerWrapper>>),
        ("post_processor", refused::<Option<PostProcessorWrapper>>),
        ("decoder", refused::<Option<DecoderWrapper>>),
        ("model", refused::<ModelWrapper>),
    ];
    for (key, refused) in parts {
        let reason = match values.remove(key) {
            Some(value) => refused(value),
            None if key == "model" => Some("the key is missing".to_string()),
            None => None,
        };
        if let Some(reason) = reason {
            return ModelError::malformed(Place::file(file).column(key), reason, EXPECTED);
        }
    }
    ModelError::malformed(Place::file(file), problem, EXPECTED)
}

/// Why a part is not taken; `None` where it is.
fn refused<T: DeserializeOwned>(value: Value) -> Option<String> {
    match guarded(|| serde_json::from_value::<T>(value).map(drop)) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(reason) => Some(reason),
    }
}
