//! What there is to say of a model that can be used all the same.

use std::path::PathBuf;

use crate::weights::unused::grouped;

/// Names of tensors that a note lists.
const LISTED: usize = 12;

/// Something to know of a model that was read.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelNote {
    /// The tokenizer was saved with dropout, which is switched off.
    Dropout {
        /// Its file.
        file: PathBuf,
        /// The share of merges that would be left out.
        dropout: f32,
    },
    /// The tokenizer has tokens that the model has no row for.
    TokensBeyond {
        /// Its file.
        file: PathBuf,
        /// How many.
        tokens: usize,
        /// How many tokens the model knows.
        vocabulary: usize,
    },
    /// Tensors that take no part in scoring.
    UnusedTensors {
        /// Their names.
        names: Vec<String>,
    },
}

impl std::fmt::Display for ModelNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dropout { file, dropout } => write!(
                f,
                "{}, `model.dropout`: the tokenizer drops merges at random ({dropout} of them) in training; this is \
                 disabled",
                file.display()
            ),
            Self::TokensBeyond { file, tokens, vocabulary } => {
                let (tokens_are, one_of_them) =
                    if *tokens == 1 { ("1 token is", "it") } else { (&*format!("{tokens} tokens are"), "one of them") };
                write!(
                    f,
                    "{}: {tokens_are} outside the model's vocabulary of {vocabulary}; documents with {one_of_them} cannot be \
                     scored",
                    file.display()
                )
            }
            Self::UnusedTensors { names } => {
                let groups = grouped(names);
                let listed: Vec<String> = groups
                    .iter()
                    .take(LISTED)
                    .map(|(name, count)| if *count == 1 { format!("`{name}`") } else { format!("`{name}` ({count})") })
                    .collect();
                write!(f, "tensors not used in scoring: {}", listed.join(", "))?;
                match groups.len().saturating_sub(LISTED) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more names"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_count_and_name() {
        let beyond = |tokens| ModelNote::TokensBeyond { file: "m/tokenizer.json".into(), tokens, vocabulary: 8 };
        assert!(beyond(1).to_string().contains("1 token is outside the model's vocabulary of 8; documents with it"));
        assert!(beyond(2).to_string().contains("2 tokens are outside"));
        let names = (0..40).map(|index| format!("h.{index}.attn.bias")).chain(["score.weight".to_string()]).collect();
        let note = ModelNote::UnusedTensors { names }.to_string();
        assert!(note.ends_with("`h.*.attn.bias` (40), `score.weight`"), "{note}");
        let names = ('a'..='z').map(|letter| format!("v_head.{letter}")).collect();
        let note = ModelNote::UnusedTensors { names }.to_string();
        assert!(note.ends_with("`v_head.l` and 14 more names"), "{note}");
    }
}
