//! The tokenizer that a GGUF file describes.
//!
//! A file has no `tokenizer.json`, only the vocabulary and, by name, how text is cut before merging. From these the
//! Hugging Face tokenizer is built that the model was trained with, as far as the file tells.

mod byte_level;
#[cfg(test)]
mod golden;
mod pre;
mod sentencepiece;
#[cfg(test)]
mod tests;
mod vocabulary;

use tokenizers::processors::template::{SpecialToken, TemplateProcessing};
use tokenizers::{AddedToken, Tokenizer};

use super::file::GgufFile;
use crate::error::{ModelError, Result};
use mixopt_base::Place;
use vocabulary::Vocabulary;

/// The tokens that begin and end a document, and whether the tokenizer adds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpecialTokens {
    /// Beginning of a document.
    pub bos: Option<u32>,
    /// End of a document.
    pub eos: Option<u32>,
    /// Whether [`bos`](Self::bos) is put before every document.
    pub adds_bos: bool,
    /// Whether [`eos`](Self::eos) is put after every document.
    pub adds_eos: bool,
}

/// Key of the tokenizer's kind.
const MODEL: &str = "tokenizer.ggml.model";

/// How a file's tokenizer works.
enum Kind {
    /// Byte-level BPE with merges, cut before by what `tokenizer.ggml.pre` names.
    ByteLevel(&'static pre::PreTokenizer),
    /// SentencePiece BPE with scores.
    SentencePiece,
}

impl Kind {
    fn of(file: &GgufFile) -> Result<Self> {
        match file.text(MODEL)? {
            Some("gpt2") => Ok(Self::ByteLevel(pre::find(file)?)),
            Some("llama") => Ok(Self::SentencePiece),
            _ => Err(file.unexpected(
                MODEL,
                "`gpt2` (byte-level BPE) or `llama` (SentencePiece BPE); for others give the model as a Hugging Face \
                 folder with its tokenizer.json",
            )),
        }
    }

    /// Whether documents begin with BOS where the file does not say.
    fn adds_bos(&self) -> bool {
        match self {
            Self::ByteLevel(pre) => pre.adds_bos,
            Self::SentencePiece => true,
        }
    }
}

/// The special tokens of a file.
///
/// # Errors
/// [`ModelError::Malformed`] where a token is not in the vocabulary, or one is to be added and there is none.
pub(super) fn special_tokens(file: &GgufFile) -> Result<SpecialTokens> {
    special_tokens_of(file, &Kind::of(file)?, Vocabulary::length(file)?)
}

fn special_tokens_of(file: &GgufFile, kind: &Kind, length: usize) -> Result<SpecialTokens> {
    let token = |key: &str| -> Result<Option<u32>> {
        match file.whole(key)? {
            None => Ok(None),
            Some(token) => match u32::try_from(token) {
                Ok(token) if (token as usize) < length => Ok(Some(token)),
                _ => Err(file.unexpected(key, &format!("a token below {length}, the length of the vocabulary"))),
            },
        }
    };
    let (bos_key, eos_key) = ("tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id");
    let (mut bos, mut eos) = (token(bos_key)?, token(eos_key)?);
    if let Kind::SentencePiece = kind {
        // SentencePiece's own numbers, which files of the first days leave out.
        bos = bos.or((length > 2).then_some(1));
        eos = eos.or((length > 2).then_some(2));
    }
    let adds_bos = file.boolean("tokenizer.ggml.add_bos_token")?.unwrap_or(kind.adds_bos());
    let adds_eos = file.boolean("tokenizer.ggml.add_eos_token")?.unwrap_or(false);
    for (adds, token, key) in [(adds_bos, bos, bos_key), (adds_eos, eos, eos_key)] {
        if adds && token.is_none() {
            return Err(file.unexpected(key, "the token that is to be added to every document"));
        }
    }
    Ok(SpecialTokens { bos, eos, adds_bos, adds_eos })
}

/// Builds the tokenizer of a file.
///
/// # Errors
/// [`ModelError::Malformed`] where the file describes none that is covered, or contradicts itself.
pub(super) fn build(file: &GgufFile) -> Result<Tokenizer> {
    let kind = Kind::of(file)?;
    let vocabulary = Vocabulary::read(file)?;
    let special = special_tokens_of(file, &kind, vocabulary.tokens.len())?;
    let mut tokenizer = match kind {
        Kind::ByteLevel(pre) => byte_level::build(file, &vocabulary, pre)?,
        Kind::SentencePiece => sentencepiece::build(file, &vocabulary)?,
    };
    let problem = |error: tokenizers::Error| failed(file, &error);
    let added = |special: bool| {
        vocabulary.added(special).map(move |token| AddedToken::from(token.to_string(), special).normalized(false))
    };
    tokenizer.add_special_tokens(added(true)).map_err(problem)?;
    tokenizer.add_tokens(added(false)).map_err(problem)?;
    if special.adds_bos || special.adds_eos {
        let mut template = vec!["$A".to_string()];
        let mut tokens = Vec::new();
        for (adds, token, name, position) in
            [(special.adds_bos, special.bos, "bos", 0), (special.adds_eos, special.eos, "eos", usize::MAX)]
        {
            let content = token.and_then(|token| vocabulary.tokens.get(token as usize));
            if let (true, Some(token), Some(content)) = (adds, token, content) {
                template.insert(position.min(template.len()), name.to_string());
                let token = SpecialToken::new(name.to_string(), vec![token], vec![content.to_string()]);
                tokens.push(token.map_err(problem)?);
            }
        }
        let processor = TemplateProcessing::builder()
            .try_single(template)
            .map_err(|error| failed(file, &error))?
            .special_tokens(tokens)
            .build()
            .map_err(|error| failed(file, &error))?;
        tokenizer.with_post_processor(Some(processor));
    }
    Ok(tokenizer)
}

/// The error that the pieces do not make a tokenizer.
pub(super) fn failed(file: &GgufFile, error: &dyn std::fmt::Display) -> ModelError {
    ModelError::malformed(
        Place::file(file.path()).column("tokenizer.ggml.tokens"),
        format!("a vocabulary that makes no tokenizer: {error}"),
        "tokens, merges and types that belong together",
    )
}
