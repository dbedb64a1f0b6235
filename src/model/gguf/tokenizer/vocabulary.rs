//! The tokens of a GGUF file and what kind each is of.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::error::Result;
use crate::gguf::file::GgufFile;

const TOKENS: &str = "tokenizer.ggml.tokens";
const TYPES: &str = "tokenizer.ggml.token_type";

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Part of text.
    Normal,
    /// What stands for text that has no token.
    Unknown,
    /// Marks that are not text, such as the end of a document.
    Control,
    /// Text that is matched before everything else.
    UserDefined,
    /// Not in use.
    Unused,
    /// A byte.
    Byte,
}

/// Tokens by number.
pub(super) struct Vocabulary<'a> {
    /// Their text as the file spells it.
    pub(super) tokens: Vec<Cow<'a, str>>,
    /// What each is for.
    pub(super) roles: Vec<Role>,
}

impl<'a> Vocabulary<'a> {
    /// Number of tokens.
    pub(super) fn length(file: &GgufFile) -> Result<usize> {
        match file.texts(TOKENS)? {
            Some(tokens) => Ok(tokens.len()),
            None => Err(file.unexpected(TOKENS, "the vocabulary")),
        }
    }

    /// The vocabulary of a file.
    pub(super) fn read(file: &'a GgufFile) -> Result<Self> {
        let Some(texts) = file.texts(TOKENS)? else { return Err(file.unexpected(TOKENS, "the vocabulary")) };
        if u32::try_from(texts.len()).is_err() || texts.is_empty() {
            return Err(file.unexpected(TOKENS, "at least 1 token"));
        }
        let tokens: Vec<Cow<'a, str>> = texts
            .into_iter()
            .enumerate()
            // A token without text cannot be looked up; llama.cpp gives it this name.
            .map(|(index, text)| if text.is_empty() { format!("[EMPTY_{index}]").into() } else { text.into() })
            .collect();
        let mut seen = HashSet::new();
        if let Some(index) = tokens.iter().position(|token| !seen.insert(token.as_ref())) {
            let twice = tokens.get(index).map(AsRef::as_ref).unwrap_or_default();
            return Err(
                file.unexpected(TOKENS, &format!("every token once: `{twice}` appears twice, again at {index}"))
            );
        }
        let roles = match file.wholes(TYPES)? {
            None => vec![Role::Normal; tokens.len()],
            Some(types) if types.len() != tokens.len() => {
                return Err(file.unexpected(TYPES, &format!("one for each of the {} tokens", tokens.len())));
            }
            Some(types) => types.into_iter().map(Role::numbered).collect(),
        };
        Ok(Self { tokens, roles })
    }

    /// Tokens that are matched before the text is cut: marks (`special`) or text.
    pub(super) fn added(&self, special: bool) -> impl Iterator<Item = &str> {
        self.tokens.iter().zip(&self.roles).filter_map(move |(token, role)| {
            let wanted = match role {
                Role::Control | Role::Unknown => special,
                Role::UserDefined => !special,
                Role::Normal | Role::Unused | Role::Byte => false,
            };
            wanted.then_some(token.as_ref())
        })
    }
}

impl Role {
    /// The role with GGUF's number; others than these are text, as for llama.cpp.
    fn numbered(number: i128) -> Self {
        match number {
            2 => Self::Unknown,
            3 => Self::Control,
            4 => Self::UserDefined,
            5 => Self::Unused,
            6 => Self::Byte,
            _ => Self::Normal,
        }
    }
}
