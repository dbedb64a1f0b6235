//! SentencePiece BPE: spaces are `▁`, characters without a token are bytes, and every token has a score.

use std::collections::HashMap;

use tokenizers::decoders::byte_fallback::ByteFallback;
use tokenizers::decoders::fuse::Fuse;
use tokenizers::decoders::sequence::Sequence as Decoders;
use tokenizers::decoders::strip::Strip;
use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::prepend::Prepend;
use tokenizers::normalizers::replace::Replace;
use tokenizers::normalizers::utils::Sequence as Normalizers;
use tokenizers::{DecoderWrapper, NormalizerWrapper, Tokenizer};

use super::failed;
use super::vocabulary::{Role, Vocabulary};
use crate::error::Result;
use crate::gguf::file::GgufFile;

const SCORES: &str = "tokenizer.ggml.scores";
const UNKNOWN: &str = "tokenizer.ggml.unknown_token_id";
/// What stands for a space.
const SPACE: &str = "▁";

/// Builds the tokenizer without its added tokens.
pub(super) fn build(file: &GgufFile, vocabulary: &Vocabulary<'_>) -> Result<Tokenizer> {
    let Some(scores) = file.numbers(SCORES)? else {
        return Err(file.unexpected(SCORES, "the scores of the SentencePiece vocabulary"));
    };
    if scores.len() != vocabulary.tokens.len() {
        return Err(file.unexpected(SCORES, &format!("one for each of the {} tokens", vocabulary.tokens.len())));
    }
    let tokens: tokenizers::models::bpe::Vocab =
        vocabulary.tokens.iter().zip(0u32..).map(|(token, index)| (token.to_string(), index)).collect();
    let bytes_are_tokens = (0..=255u8).all(|byte| tokens.contains_key(&format!("<0x{byte:02X}>")));
    let mut model = BPE::builder()
        .vocab_and_merges(tokens, merges(vocabulary, &scores))
        .fuse_unk(true)
        .byte_fallback(bytes_are_tokens);
    if let Some(unknown) = unknown(file, vocabulary)? {
        model = model.unk_token(unknown);
    }
    let mut tokenizer = Tokenizer::new(model.build().map_err(|error| failed(file, &error))?);

    let problem = |error: tokenizers::Error| failed(file, &error);
    let prepends = file.boolean("tokenizer.ggml.add_space_prefix")?.unwrap_or(true);
    let mut normalizers: Vec<NormalizerWrapper> = Vec::new();
    let mut decoders: Vec<DecoderWrapper> = Vec::new();
    if prepends {
        normalizers.push(Prepend::new(SPACE.to_string()).into());
    }
    normalizers.push(Replace::new(" ", SPACE).map_err(problem)?.into());
    decoders.push(Replace::new(SPACE, " ").map_err(problem)?.into());
    decoders.push(ByteFallback::new().into());
    decoders.push(Fuse::new().into());
    if prepends {
        decoders.push(Strip::new(' ', 1, 0).into());
    }
    tokenizer.with_normalizer(Some(Normalizers::new(normalizers))).map_err(problem)?;
    tokenizer.with_decoder(Some(Decoders::new(decoders)));
    Ok(tokenizer)
}

/// The token for what has none: the file's, or the one of that type.
fn unknown(file: &GgufFile, vocabulary: &Vocabulary<'_>) -> Result<Option<String>> {
    let named = match file.whole(UNKNOWN)? {
        Some(token) => match usize::try_from(token).ok().and_then(|token| vocabulary.tokens.get(token)) {
            Some(token) => Some(token),
            None => return Err(file.unexpected(UNKNOWN, "a token of the vocabulary")),
        },
        None => None,
    };
    let typed = || vocabulary.roles.iter().position(|role| *role == Role::Unknown);
    Ok(named.or_else(|| vocabulary.tokens.get(typed()?)).map(ToString::to_string))
}

/// The merges that a vocabulary with scores stands for, best first.
///
/// SentencePiece always joins the neighbours whose union has the highest score. A merge is every way to cut a token into
/// two tokens; its rank is the token's score, then (as Hugging Face's converter has it) the longer left part, then the
/// longer right part. Marks and bytes are never the union: no text is merged into them. Nor are tokens that are matched
/// before.
fn merges(vocabulary: &Vocabulary<'_>, scores: &[f64]) -> Vec<(String, String)> {
    let numbers: HashMap<&str, usize> =
        vocabulary.tokens.iter().enumerate().map(|(index, token)| (token.as_ref(), index)).collect();
    let mut merges = Vec::new();
    for ((token, role), &score) in vocabulary.tokens.iter().zip(&vocabulary.roles).zip(scores) {
        if !matches!(role, Role::Normal | Role::Unused) {
            continue;
        }
        let mut of_token = Vec::new();
        let length = token.chars().count();
        for (left_length, (at, _)) in token.char_indices().enumerate().skip(1) {
            let (left, right) = token.split_at(at);
            if let (Some(&left_number), Some(&right_number)) = (numbers.get(left), numbers.get(right)) {
                of_token.push((left_number, right_number, left, right, score, left_length, length - left_length));
            }
        }
        of_token.sort_by_key(|merge| (merge.0, merge.1));
        merges.extend(of_token);
    }
    // Stable: what is equal stays in the order of the vocabulary.
    merges.sort_by(|a, b| b.4.total_cmp(&a.4).then(b.5.cmp(&a.5)).then(b.6.cmp(&a.6)));
    merges.into_iter().map(|merge| (merge.2.to_string(), merge.3.to_string())).collect()
}
