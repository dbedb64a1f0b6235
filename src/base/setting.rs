//! Names of settings, as errors and notes say them.
//!
//! The library speaks of its settings by the names that its types give them. A program that has other words for them says
//! so once with [`speak`]; from then on every error and note is in the program's words, however deep it arises.

use std::fmt;
use std::sync::OnceLock;

/// How a program calls a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called {
    /// Its name.
    pub name: &'static str,
    /// What a remedy writes for its value, such as `FILE`; empty where there is nothing to write.
    pub value: &'static str,
}

static WORDS: OnceLock<fn(Setting) -> Called> = OnceLock::new();

/// Says once how this program calls settings; only the first call counts.
pub fn speak(words: fn(Setting) -> Called) {
    WORDS.get_or_init(|| words);
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// A setting that errors and notes can name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Setting {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Setting {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The library's name: that of the field or parameter.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The name under which a constant text marks it, see [`filled`].
            fn mark(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!("{", stringify!($variant), "}"),)+
                }
            }
        }
    };
}

settings! {
    /// The study, by name.
    Study = "study",
    /// The table of bits per character.
    Compression = "compression",
    /// What the numbers of the table of bits are per.
    CompressionUnit = "unit",
    /// The table by document.
    Documents = "documents",
    /// The scores.
    Scores = "scores",
    /// The table of models.
    ModelsTable = "models",
    /// Its column of families.
    FamilyColumn = "family_column",
    /// Other names of models.
    Aliases = "aliases",
    /// Other names of domains.
    DomainAliases = "domain_aliases",
    /// What scores measure.
    Metrics = "score_options.metrics",
    /// Whether scores are fractions or percent.
    Scales = "score_options.scales",
    /// Numbers of examples in the prompt.
    Shots = "score_options.shots",
    /// The study of a prediction: its table of bits per character.
    StudyCompression = "compression",
    /// The study of a prediction: its scores.
    StudyScores = "scores",
    /// Models to keep.
    IncludeModels = "include_models",
    /// Models to leave out.
    ExcludeModels = "exclude_models",
    /// Families to leave out.
    DropFamilies = "drop_families",
    /// Domains to leave out.
    ExcludeDomains = "exclude_domains",
    /// Whether averages of other domains are kept.
    KeepAverages = "keep_averages",
    /// What to do about missing cells.
    Missing = "missing",
    /// The target.
    Target = "target",
    /// The objective.
    Objective = "objective",
    /// What is held fixed.
    Control = "control",
    /// Minimum weight of every domain.
    MinWeight = "min_weight",
    /// Maximum weight of every domain.
    MaxWeight = "max_weight",
    /// Bounds of one domain.
    Bounds = "bounds",
    /// Bounds of several domains together.
    Groups = "groups",
    /// Domains whose ratios are kept.
    Frozen = "frozen",
    /// Domains that must have a share.
    Keep = "keep",
    /// Domains that may have none.
    Drop = "drop",
    /// Maximum number of domains with a share.
    MostDomains = "most_domains",
    /// The mixture to stay near.
    Prior = "prior",
    /// How the recommendation is chosen.
    Recommender = "recommender",
    /// The recommender's published estimator.
    Estimator = "recommender.estimator",
    /// The projection of a published estimator.
    Projection = "recommender.projection",
    /// The recommender's ridge.
    Ridge = "recommender.ridge",
    /// The distance from the prior.
    Distance = "distance",
    /// The manifest of the text that there is.
    Corpora = "corpora",
    /// What shares count.
    Unit = "unit",
    /// Tokens to train on.
    Budget = "budget",
    /// The most epochs over a domain.
    MaxEpochs = "max_epochs",
    /// Refits for intervals.
    Refits = "refits",
    /// What share of cases intervals hold.
    Confidence = "confidence",
    /// Groups within which scores are exchanged.
    Strata = "strata",
    /// Targets tried besides.
    Tried = "tried",
    /// Models to score with.
    Models = "models",
    /// Domains to score or count.
    Domains = "domains",
    /// Most characters of a domain's sample.
    MaxCharacters = "max_characters",
    /// Most documents of a domain's sample.
    MaxDocuments = "max_documents",
    /// How documents become windows.
    Protocol = "protocol",
    /// Inputs per window.
    Context = "context",
    /// Tokens from one window to the next.
    Stride = "stride",
    /// In what numbers to compute.
    Dtype = "dtype",
    /// Where to compute.
    Device = "device",
    /// Tokens of a batch.
    BatchTokens = "batch_tokens",
    /// Tokens of a piece.
    PieceTokens = "piece_tokens",
    /// The file to write.
    Out = "out",
    /// Whether to throw away what a run folder holds.
    Restart = "restart",
    /// Characters of the sample that tokens are counted on.
    SampleCharacters = "sample_characters",
    /// To count tokens on all text.
    CountAll = "sample_characters: None",
    /// One stage of a mixture.
    Stage = "stage",
    /// Each stage in turn.
    EachStage = "stage in turn",
    /// Validation data.
    Validation = "validation",
    /// Sequences of a block.
    BlockSize = "block_size",
    /// Tokens of a training step.
    TokensPerStep = "step.tokens",
    /// Sequences per training step.
    BatchSize = "batch_size",
    /// Tokens per sequence.
    SequenceLength = "sequence_length",
    /// The format of a trainer's file.
    From = "from",
    /// The folder that recorded paths are relative to.
    Folder = "folder",
}

impl Setting {
    fn called(self) -> Called {
        match WORDS.get() {
            Some(words) => words(self),
            None => Called { name: self.name(), value: "" },
        }
    }

    /// The setting as a remedy asks for it, with what its value is where the program says so.
    pub fn to_give(self) -> String {
        let Called { name, value } = self.called();
        if value.is_empty() { name.to_string() } else { format!("{name} {value}") }
    }
}

/// The name in the words of the program, or else of the library.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.called().name)
    }
}

/// Settings that a remedy asks for together, in backticks: a program's as one text, as they are typed, the library's one
/// by one.
pub fn together(settings: &[Setting]) -> String {
    let between = if WORDS.get().is_some() { " " } else { "` and `" };
    let names: Vec<String> = settings.iter().map(|setting| setting.to_give()).collect();
    format!("`{}`", names.join(between))
}

/// A constant text of the library in which settings are marked as `{Variant}`, with their names.
pub fn filled(text: &str) -> String {
    Setting::ALL.iter().fold(text.to_string(), |text, setting| text.replace(setting.mark(), &setting.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_has_names_of_its_own() {
        assert_eq!(Setting::ExcludeDomains.to_string(), "exclude_domains");
        assert_eq!(Setting::Corpora.to_give(), "corpora");
        assert_eq!(together(&[Setting::BatchSize, Setting::SequenceLength]), "`batch_size` and `sequence_length`");
        assert_eq!(filled("without `{Validation}`, {other}"), "without `validation`, {other}");
        assert!(Setting::ALL.iter().all(|setting| !setting.name().starts_with('-')));
    }
}
