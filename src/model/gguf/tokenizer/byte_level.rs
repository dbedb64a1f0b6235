//! Byte-level BPE: every byte has a printable character, and the file lists the merges.

use tokenizers::models::bpe::BPE;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{NormalizerWrapper, Tokenizer};

use super::failed;
use super::pre::PreTokenizer;
use super::vocabulary::Vocabulary;
use crate::error::Result;
use crate::gguf::file::GgufFile;

const MERGES: &str = "tokenizer.ggml.merges";

/// Builds the tokenizer without its added tokens.
pub(super) fn build(file: &GgufFile, vocabulary: &Vocabulary<'_>, pre: &PreTokenizer) -> Result<Tokenizer> {
    let Some(lines) = file.texts(MERGES)? else {
        return Err(file.unexpected(MERGES, "the merges of the byte-level BPE; convert the model again"));
    };
    let mut merges = Vec::with_capacity(lines.len());
    for (index, line) in lines.into_iter().enumerate() {
        // A space can be a part itself only at the beginning.
        let space = line.char_indices().skip(1).find(|(_, character)| *character == ' ').map(|(at, _)| at);
        let parts = space.and_then(|at| Some((line.get(..at)?, line.get(at + 1..)?)));
        let Some((left, right)) = parts.filter(|(_, right)| !right.is_empty()) else {
            return Err(file.unexpected(MERGES, &format!("two tokens separated by a space; entry {index} is `{line}`")));
        };
        merges.push((left.to_string(), right.to_string()));
    }
    let tokens: tokenizers::models::bpe::Vocab =
        vocabulary.tokens.iter().zip(0u32..).map(|(token, index)| (token.to_string(), index)).collect();
    let model = BPE::builder()
        .vocab_and_merges(tokens, merges)
        .ignore_merges(pre.ignores_merges)
        .build()
        .map_err(|error| failed(file, &error))?;
    let mut tokenizer = Tokenizer::new(model);
    if pre.normal_form {
        let normalizer = NormalizerWrapper::NFC(tokenizers::normalizers::unicode::NFC);
        tokenizer.with_normalizer(Some(normalizer)).map_err(|error| failed(file, &error))?;
    }
    tokenizer.with_pre_tokenizer(Some(pre.build().map_err(|error| failed(file, &error))?));
    tokenizer.with_decoder(Some(ByteLevel::default()));
    Ok(tokenizer)
}
