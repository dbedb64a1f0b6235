//! What is asked of an export beside the mixture.

use indexmap::IndexMap;

use mixopt_base::{Setting, ShareUnit};

use super::error::ExportError;
use super::target::Target;

/// Sequences that Levanter draws from in one go unless told otherwise.
pub const BLOCK_SIZE: u64 = 2048;

/// The most that Levanter packs into 16 bits.
pub const MOST_BLOCK_SIZE: u64 = 65_535;

/// What is asked of an export beside the mixture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExportOptions {
    /// What the consumer's weights count, where the user knows better.
    pub unit: Option<ShareUnit>,
    /// The stage to export.
    pub stage: Option<String>,
    /// Tokens of the whole training, for epochs.
    pub budget: Option<u64>,
    /// What a training step takes.
    pub step: Option<Step>,
    /// Sequences per mixture block of Levanter.
    pub block_size: Option<u64>,
    /// Validation data by name.
    pub validation: IndexMap<String, Vec<String>>,
}

/// What a training step takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Tokens.
    pub tokens: u64,
    /// Sequences, where they are known.
    pub sequences: Option<u64>,
}

impl Step {
    /// A step from what describes it: tokens, or sequences and their length.
    ///
    /// # Errors
    /// [`ExportError::Setting`] for a count of zero, an incomplete pair, or a product beyond 64 bits.
    pub fn of(
        tokens: Option<u64>,
        batch_size: Option<u64>,
        sequence_length: Option<u64>,
    ) -> Result<Option<Self>, ExportError> {
        let fault =
            |setting: Setting, found: String, expected: String| Err(ExportError::Setting { setting, found, expected });
        for (setting, count) in [
            (Setting::TokensPerStep, tokens),
            (Setting::BatchSize, batch_size),
            (Setting::SequenceLength, sequence_length),
        ] {
            if count == Some(0) {
                return fault(setting, "0".to_string(), "a whole number above 0".to_string());
            }
        }
        match (tokens, batch_size, sequence_length) {
            (None, None, None) => Ok(None),
            (Some(tokens), None, None) => Ok(Some(Self { tokens, sequences: None })),
            (None, Some(sequences), Some(length)) => match sequences.checked_mul(length) {
                Some(tokens) => Ok(Some(Self { tokens, sequences: Some(sequences) })),
                None => {
                    let expected = "a number of tokens per step that fits in 64 bits";
                    fault(Setting::BatchSize, sequences.to_string(), expected.to_string())
                }
            },
            (Some(tokens), Some(sequences), None) => Ok(Some(Self { tokens, sequences: Some(sequences) })),
            (Some(tokens), Some(sequences), Some(length)) if sequences.checked_mul(length) == Some(tokens) => {
                Ok(Some(Self { tokens, sequences: Some(sequences) }))
            }
            (Some(tokens), Some(sequences), Some(length)) => fault(
                Setting::TokensPerStep,
                format!("{tokens} with {sequences} sequences of {length} tokens"),
                "the product of the two, or only one of them".to_string(),
            ),
            (None, Some(found), None) => fault(
                Setting::BatchSize,
                found.to_string(),
                format!("`{}` as well, which gives the tokens per step", Setting::SequenceLength),
            ),
            (_, None, Some(found)) => fault(
                Setting::SequenceLength,
                found.to_string(),
                format!("`{}` as well, which gives the tokens per step", Setting::BatchSize),
            ),
        }
    }
}

/// One stage's start as a training step, from 0.
///
/// # Errors
/// [`ExportError::NoStep`] where no step is told.
pub fn tokens_per_step(target: &Target, step: Option<Step>) -> Result<Step, ExportError> {
    step.ok_or(ExportError::NoStep { target: target.name })
}

/// The nearest whole number of `parts` in `whole`, halves up.
pub fn nearest_multiple(whole: u64, part: u64) -> u64 {
    let (quotient, rest) = (whole / part, whole % part);
    quotient + u64::from(rest >= part - rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_tokens_or_sequences_and_their_length() {
        assert_eq!(Step::of(None, None, None).unwrap(), None);
        assert_eq!(Step::of(Some(8), None, None).unwrap(), Some(Step { tokens: 8, sequences: None }));
        assert_eq!(Step::of(None, Some(4), Some(2)).unwrap(), Some(Step { tokens: 8, sequences: Some(4) }));
        for (tokens, batch, length) in [
            (Some(0), None, None),
            (None, Some(4), None),
            (None, None, Some(4)),
            (Some(9), Some(4), Some(2)),
            (None, Some(u64::MAX), Some(2)),
        ] {
            assert!(Step::of(tokens, batch, length).is_err(), "{tokens:?} {batch:?} {length:?}");
        }
    }

    #[test]
    fn multiples_are_rounded_to_the_nearest() {
        assert_eq!([0, 4, 5, 14, 15].map(|whole| nearest_multiple(whole, 10)), [0, 0, 1, 1, 2]);
        assert_eq!(nearest_multiple(u64::MAX, u64::MAX), 1);
    }
}
