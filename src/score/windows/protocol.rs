//! The two protocols: what a model sees before each token that it is scored on.

use crate::error::{Result, ScoreError};
use mixopt_base::Setting;
use mixopt_model::Encode;

/// What a token is conditioned on.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// All documents in one stream (arXiv 2404.09937).
    ///
    /// Windows run over document boundaries, and the tail that does not fill a window is not scored although its characters count.
    #[default]
    Paper,
    /// Every document by itself after BOS, every token scored.
    ///
    /// This is rolling log-likelihood: every token is scored once.
    Document,
}

impl Protocol {
    /// Its name in settings and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Document => "document",
        }
    }
}

/// Length and step of the windows, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    context: usize,
    stride: usize,
}

impl Extent {
    /// Windows of `context` inputs, one every `stride` tokens.
    ///
    /// # Errors
    /// [`ScoreError::Setting`] unless `1 ≤ stride ≤ context`: a longer stride would leave tokens unscored.
    pub fn new(context: usize, stride: usize) -> Result<Self> {
        /// Far beyond every model; keeps sums of positions far from overflow.
        const MOST: usize = 1 << 30;
        let fault = |setting, found: usize, problem: &str, expected: String| ScoreError::Setting {
            setting,
            found: found.to_string(),
            problem: problem.to_string(),
            expected,
        };
        if context == 0 || context > MOST {
            return Err(fault(Setting::Context, context, "out of range", format!("1 to {MOST} tokens")));
        }
        if stride == 0 {
            return Err(fault(Setting::Stride, stride, "windows would not advance", format!("1 to {context} tokens")));
        }
        if stride > context {
            let problem = format!("more than the context of {context} would leave tokens unscored");
            return Err(fault(Setting::Stride, stride, &problem, format!("1 to {context} tokens")));
        }
        Ok(Self { context, stride })
    }

    /// Inputs of a full window.
    pub fn context(self) -> usize {
        self.context
    }

    /// Tokens from one window's first input to the next one's.
    pub fn stride(self) -> usize {
        self.stride
    }

    /// Number of windows of a stream of `tokens` under [`Protocol::Paper`]: `⌊(n − (C + 1)) / S⌋ + 1`, or none.
    pub fn windows_of_stream(self, tokens: u64) -> u64 {
        match tokens.checked_sub(self.context as u64 + 1) {
            Some(rest) => rest / self.stride as u64 + 1,
            None => 0,
        }
    }

    /// Inputs and targets of the windows of one sequence of `length` tokens (its start included) under
    /// [`Protocol::Document`].
    pub fn windows_of_document(self, length: usize) -> impl Iterator<Item = (usize, usize)> {
        let (mut start, mut unscored) = (0, 1);
        std::iter::from_fn(move || {
            if unscored >= length {
                return None;
            }
            let end = (start + self.context + 1).min(length);
            let window = (end - start - 1, end - unscored);
            unscored = end;
            start += self.stride;
            Some(window)
        })
    }
}

/// How a document's first token is conditioned under [`Protocol::Document`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentStart {
    /// The tokenizer begins every document with a special token, which is not scored itself.
    Own,
    /// This token is put before.
    Put(u32),
}

impl DocumentStart {
    /// What a model's tokenizer offers.
    ///
    /// # Errors
    /// [`ScoreError::NoDocumentStart`] where it has neither BOS nor EOS.
    pub fn of(tokenizer: &dyn Encode, model: &str) -> Result<Self> {
        if tokenizer.begins_with_special() {
            return Ok(Self::Own);
        }
        match tokenizer.document_start() {
            Some(token) => Ok(Self::Put(token)),
            None => Err(ScoreError::NoDocumentStart { model: model.to_string() }),
        }
    }

    /// Tokens put before a document.
    pub fn put(self) -> usize {
        match self {
            Self::Own => 0,
            Self::Put(_) => 1,
        }
    }
}

/// How windows are laid and gathered.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// What a token is conditioned on.
    pub protocol: Protocol,
    /// Length and step of windows.
    pub extent: Extent,
    /// Inputs after which a piece ends.
    pub piece_tokens: u64,
}
