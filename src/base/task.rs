//! Names of what can be done next, as errors and notes say them.
//!
//! As with [settings](crate::setting), the library names its own functions until a program says with [`speak`] which
//! commands do the same.

use std::fmt;
use std::path::Path;
use std::sync::OnceLock;

/// What a remedy or a remark may tell to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task<'a> {
    /// To fill in the counts of a manifest.
    Count {
        /// The manifest.
        manifest: &'a Path,
    },
    /// To write the counts into the manifest itself.
    CountInPlace {
        /// The manifest.
        manifest: &'a Path,
        /// Whether a tokenizer must be named first.
        needs_tokenizer: bool,
    },
    /// To score models on domains.
    Score,
    /// To fit a mixture.
    Fit,
    /// To fit a mixture and write its file.
    WriteFit,
    /// To list the consumers that mixtures can be written for.
    ListConsumers,
    /// To read a consumer's file into a mixture.
    Import,
    /// To go on with what was begun, such as a run that was interrupted.
    Again,
    /// To describe a file of settings for scoring.
    DescribeScoring,
    /// To show the settings of a fit as a file of settings holds them.
    DescribeFit,
    /// To see how a given mixture does on a study.
    Evaluate,
    /// To plan stages of training.
    Plan,
}

static COMMANDS: OnceLock<fn(Task<'_>) -> String> = OnceLock::new();

/// Says once which commands of this program do a task; only the first call counts.
pub fn speak(commands: fn(Task<'_>) -> String) {
    COMMANDS.get_or_init(|| commands);
}

impl Task<'_> {
    /// What of the library does it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count { .. } | Self::CountInPlace { .. } => "score::count",
            Self::Score => "score::run",
            Self::Fit | Self::WriteFit => "mixture::find",
            Self::ListConsumers => "export::TARGETS",
            Self::Import => "export::import",
            Self::Again => "the same run",
            Self::DescribeScoring => "score::ScoreSettings",
            Self::DescribeFit => "mixture::FitFile",
            Self::Evaluate => "mixture::evaluate",
            Self::Plan => "mixture::plan",
        }
    }
}

/// The command of the program, or else what of the library does it.
impl fmt::Display for Task<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match COMMANDS.get() {
            Some(commands) => f.write_str(&commands(*self)),
            None => f.write_str(self.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_names_its_own_functions() {
        let count = Task::CountInPlace { manifest: Path::new("corpora.yaml"), needs_tokenizer: true };
        assert_eq!(count.to_string(), "score::count");
    }
}
