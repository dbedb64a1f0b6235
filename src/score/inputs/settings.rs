//! What a user asks of a scoring run: the study file, which arguments override.

use std::path::{Path, PathBuf};

use mixopt_corpus::{DomainSource, Sampling};

use crate::error::{Result, ScoreError};
use crate::results::journal::Deciding;
use crate::results::tables::TableFormat;
use crate::windows::protocol::{Extent, Protocol};
use mixopt_base::{Count, Setting, Task};

/// Inputs after which a piece of work ends and is written: some minutes of a small model on two processors.
const PIECE_TOKENS: u64 = 65_536;
/// Inputs handed to a model at once on a processor.
const BATCH_TOKENS: u64 = 4096;

/// A model to score.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelSetting {
    /// A Hugging Face folder or a GGUF file; relative to the working directory.
    pub path: PathBuf,
    /// Its name in the tables; otherwise that of the folder or file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl ModelSetting {
    /// Reads `PATH` or `NAME=PATH`. What exists as it stands is a path.
    pub fn parse(text: &str) -> Self {
        match text.split_once('=') {
            Some((name, path)) if !name.contains(['/', '\\']) && !Path::new(text).exists() => {
                Self { path: PathBuf::from(path.trim()), name: Some(name.trim().to_string()) }
            }
            _ => Self { path: PathBuf::from(text), name: None },
        }
    }
}

/// Type of weights and activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum DtypeSetting {
    /// f32 on a CPU, bf16 on other devices.
    #[default]
    Auto,
    /// 32 bits.
    F32,
    /// 16 bits, of which 8 are exponent.
    Bf16,
    /// 16 bits, of which 5 are exponent.
    F16,
}

/// Where models run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum DeviceSetting {
    /// The best that this build and machine support.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
    /// An Apple GPU.
    Metal,
}

/// The settings of a scoring run, all of them; a study file holds the same.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScoreSettings {
    /// Models.
    pub models: Vec<ModelSetting>,
    /// Domains.
    pub domains: Vec<DomainSource>,
    /// Maximum characters per domain; larger ones are sampled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_characters: Option<Count>,
    /// Maximum documents per domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_documents: Option<Count>,
    /// Seed of the samples.
    pub seed: u64,
    /// What a token is conditioned on.
    pub protocol: Protocol,
    /// Inputs per window.
    pub context: Count,
    /// Tokens from one window to the next.
    pub stride: Count,
    /// Type of weights and activations.
    pub dtype: DtypeSetting,
    /// Where models run.
    pub device: DeviceSetting,
    /// Maximum inputs per batch.
    pub batch_tokens: Count,
    /// Inputs after which a piece of work ends and is written.
    pub piece_tokens: Count,
    /// The table: `.parquet` or `.csv`.
    pub out: PathBuf,
}

impl Default for ScoreSettings {
    fn default() -> Self {
        Self {
            models: Vec::new(),
            domains: Vec::new(),
            max_characters: None,
            max_documents: None,
            seed: 0,
            protocol: Protocol::default(),
            context: Count(1900),
            stride: Count(512),
            dtype: DtypeSetting::default(),
            device: DeviceSetting::default(),
            batch_tokens: Count(BATCH_TOKENS),
            piece_tokens: Count(PIECE_TOKENS),
            out: PathBuf::from("bpc.parquet"),
        }
    }
}

impl ScoreSettings {
    /// Reads a study file (YAML, or JSON, which is YAML).
    ///
    /// # Errors
    /// [`ScoreError::Unreadable`], [`ScoreError::Malformed`] with the line.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).map_err(|source| ScoreError::unreadable(file, source))?;
        serde_saphyr::from_str(&text).map_err(|error| {
            let problem = error.without_snippet().to_string();
            let problem = problem.lines().next().unwrap_or_default().to_string();
            ScoreError::malformed(file, problem, format!("a study file as described by `{}`", Task::DescribeScoring))
        })
    }

    /// Checks what can be checked without reading a model or corpus.
    ///
    /// # Errors
    /// [`ScoreError::Setting`].
    pub fn check(&self) -> Result<()> {
        let fault = |setting, found: String, problem: &str, expected: &str| {
            let (problem, expected) = (problem.to_string(), expected.to_string());
            Err(ScoreError::Setting { setting, found, problem, expected })
        };
        if self.models.is_empty() {
            return fault(Setting::Models, "(none)".into(), "no models", "at least one model");
        }
        if self.domains.is_empty() {
            return fault(Setting::Domains, "(none)".into(), "no domains", "at least one NAME=PATHS");
        }
        for name in self.models.iter().filter_map(|model| model.name.as_deref()) {
            if name.trim().is_empty() || name.contains(char::is_control) {
                let expected = "a name such as `small`, or the path alone";
                return fault(Setting::Models, format!("`{name}`"), "the name is empty or not printable", expected);
            }
        }
        if let Some(name) = first_twice(self.domains.iter().map(|domain| domain.name.as_str())) {
            return fault(Setting::Domains, name, "two domains have this name", "a different name for each domain");
        }
        for (setting, count) in [
            (Setting::MaxCharacters, self.max_characters),
            (Setting::MaxDocuments, self.max_documents),
            (Setting::BatchTokens, Some(self.batch_tokens)),
            (Setting::PieceTokens, Some(self.piece_tokens)),
        ] {
            if count == Some(Count(0)) {
                return fault(setting, "0".into(), "nothing could be scored", "at least 1");
            }
        }
        self.extent()?;
        TableFormat::of(&self.out).map(|_| ())
    }

    /// The windows.
    ///
    /// # Errors
    /// [`ScoreError::Setting`].
    pub fn extent(&self) -> Result<Extent> {
        let number = |count: Count| usize::try_from(count.0).unwrap_or(usize::MAX);
        Extent::new(number(self.context), number(self.stride))
    }

    /// The sample of each domain.
    pub fn sampling(&self) -> Sampling {
        Sampling {
            max_characters: self.max_characters.map(|count| count.0),
            max_documents: self.max_documents.map(|count| count.0),
            seed: self.seed,
        }
    }

    /// What decides the results, once it is known what `auto` means here.
    pub fn deciding(&self, dtype: &str, device: &str) -> Result<Deciding> {
        let extent = self.extent()?;
        Ok(Deciding {
            program_version: env!("CARGO_PKG_VERSION").to_string(),
            protocol: self.protocol,
            context: extent.context(),
            stride: extent.stride(),
            dtype: dtype.to_string(),
            device: device.to_string(),
            piece_tokens: self.piece_tokens.0,
            max_characters: self.max_characters.map(|count| count.0),
            max_documents: self.max_documents.map(|count| count.0),
            seed: self.seed,
        })
    }

    /// The folder of the run's journal: `bpc.run` beside `bpc.parquet`.
    pub fn run_folder(&self) -> PathBuf {
        self.out.with_extension("run")
    }
}

/// The first name that stands there twice.
pub fn first_twice<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut seen = std::collections::HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name)).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_study_file_may_leave_out_what_has_a_default() {
        let text = "models: [{path: models/a}, {path: b.gguf, name: b}]\n\
                    domains: [{name: web, patterns: [a.jsonl]}]\nmax_characters: 3M\nprotocol: document\n";
        let settings: ScoreSettings = serde_saphyr::from_str(text).unwrap();
        settings.check().unwrap();
        assert_eq!(settings.max_characters, Some(Count(3_000_000)));
        assert_eq!((settings.context, settings.stride), (Count(1900), Count(512)));
        assert_eq!(settings.run_folder(), Path::new("bpc.run"));
        // What is shown reads back as the same.
        let shown = serde_json::to_string_pretty(&settings).unwrap();
        assert_eq!(serde_saphyr::from_str::<ScoreSettings>(&shown).unwrap(), settings);
        assert!(serde_saphyr::from_str::<ScoreSettings>("contxt: 5").is_err());
    }

    #[test]
    fn a_model_may_be_named() {
        let parse = |text: &str| {
            let setting = ModelSetting::parse(text);
            (setting.path.display().to_string(), setting.name)
        };
        assert_eq!(parse("models/a"), ("models/a".into(), None));
        assert_eq!(parse("small=models/a=b.gguf"), ("models/a=b.gguf".into(), Some("small".into())));
        assert_eq!(parse("models/a=b.gguf"), ("models/a=b.gguf".into(), None));
    }

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let sound = ScoreSettings {
            models: vec![ModelSetting::parse("a")],
            domains: vec![DomainSource::new("web", ["a.jsonl"])],
            ..ScoreSettings::default()
        };
        sound.check().unwrap();
        let bad = [
            (ScoreSettings { models: Vec::new(), ..sound.clone() }, "models (none)"),
            (ScoreSettings { domains: Vec::new(), ..sound.clone() }, "domains (none)"),
            (
                ScoreSettings { domains: [&sound.domains[..], &sound.domains[..]].concat(), ..sound.clone() },
                "domains web",
            ),
            (ScoreSettings { models: vec![ModelSetting::parse("=a")], ..sound.clone() }, "models ``"),
            (ScoreSettings { models: vec![ModelSetting::parse("a\nb=c")], ..sound.clone() }, "models `a\nb`"),
            (ScoreSettings { stride: Count(1901), ..sound.clone() }, "stride 1901"),
            (ScoreSettings { context: Count(0), ..sound.clone() }, "context 0"),
            (ScoreSettings { context: Count(u64::MAX), ..sound.clone() }, "context 18446744073709551615"),
            (ScoreSettings { batch_tokens: Count(0), ..sound.clone() }, "batch_tokens 0"),
            (ScoreSettings { max_characters: Some(Count(0)), ..sound.clone() }, "max_characters 0"),
            (ScoreSettings { out: "bpc.xlsx".into(), ..sound.clone() }, "out bpc.xlsx"),
        ];
        for (settings, expected) in bad {
            let error = settings.check().unwrap_err();
            assert!(error.is_usage() && error.to_string().starts_with(expected), "{expected}: {error}");
        }
    }
}
