//! Published mixtures, compiled into the program: starting points and things to compare with.
//!
//! Each is a file of `mixtures/known/`, whose `source` says where its figures are printed.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use mixopt_base::nearest;

use crate::error::MixtureError;
use crate::file::format::MixtureFile;

/// Names and texts of the files, in the order of their names.
macro_rules! known {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../mixtures/known/", $name, ".yaml")))),*]
    };
}

const FILES: &[(&str, &str)] = known![
    "chinchilla",
    "dolma_1_6",
    "dolma_1_7",
    "dolmino_100b",
    "dolmino_300b",
    "doremi_pile",
    "falcon_40b",
    "falcon_7b",
    "glam",
    "gopher",
    "gpt_3",
    "llama_1",
    "llama_3",
    "marin_32b",
    "marin_8b",
    "mpt_30b",
    "mpt_7b",
    "nemotron_4_15b",
    "olmo_2_7b",
    "olmo_3",
    "olmoe",
    "palm",
    "pile",
    "redpajama_1t",
    "regmix_pile",
    "slimpajama",
    "smollm_2",
    "smollm_3",
];

/// A published mixture that the program knows by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownMixture {
    /// The name that [`known_mixture`] takes: that of its file, without the ending.
    pub name: &'static str,
    /// What it is, for people.
    pub title: String,
    /// Where its figures are printed and what was done to them, in one line.
    pub source: String,
}

/// All published mixtures that the program knows, in the order of their names.
pub fn known_mixtures() -> &'static [KnownMixture] {
    static KNOWN: LazyLock<Vec<KnownMixture>> = LazyLock::new(|| {
        FILES
            .iter()
            .filter_map(|&(name, text)| {
                // A test makes sure that every file can be read, so none is left out here.
                let file = MixtureFile::parse(&place(name), text).ok()?;
                let one_line =
                    |text: Option<String>| text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
                Some(KnownMixture { name, title: one_line(file.name), source: one_line(file.source) })
            })
            .collect()
    });
    &KNOWN
}

/// A published mixture by name.
///
/// ```
/// let pile = mixopt_mixture::known_mixture("pile")?;
/// assert_eq!(pile.weights["pile_cc"], 0.1811);
/// # Ok::<(), mixopt_mixture::MixtureError>(())
/// ```
///
/// # Errors
/// [`MixtureError::Unknown`] with the names that there are and the nearest of them.
pub fn known_mixture(name: &str) -> Result<MixtureFile, MixtureError> {
    match FILES.iter().find(|(known, _)| *known == name) {
        Some((known, text)) => MixtureFile::parse(&place(known), text),
        None => {
            let known: Vec<String> = FILES.iter().map(|(known, _)| known.to_string()).collect();
            Err(MixtureError::Unknown { name: name.to_string(), nearest: nearest(name, &known), known })
        }
    }
}

/// The mixture that a user names: a file, or else a published mixture.
///
/// # Errors
/// [`MixtureError`]: the file's fault, or that there is neither a file nor a published mixture of this name.
pub fn read_or_known(given: &str) -> Result<MixtureFile, MixtureError> {
    let file = Path::new(given);
    // What looks like a path is one, so that a missing file is told as such.
    if file.exists() || file.extension().is_some() || file.components().count() > 1 {
        return MixtureFile::read(file);
    }
    known_mixture(given)
}

/// Where a file stands in the repository, for errors.
fn place(name: &str) -> PathBuf {
    PathBuf::from(format!("mixtures/known/{name}.yaml"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Weights};

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../mixtures/known")
    }

    /// Millionths, which is what the files print.
    fn units(weights: &Weights) -> Vec<i64> {
        weights.values().map(|weight| (weight * 1e6).round() as i64).collect()
    }

    #[test]
    fn every_file_of_the_folder_is_known_and_stands_in_the_table() {
        let mut files: Vec<String> = std::fs::read_dir(folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".yaml").map(String::from))
            .collect();
        files.sort();
        let known: Vec<&str> = known_mixtures().iter().map(|known| known.name).collect();
        assert_eq!(known, files);
        let table = std::fs::read_to_string(folder().join("README.md")).unwrap();
        let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
        assert_eq!(rows.len(), known.len());
        for (row, known) in rows.iter().zip(known_mixtures()) {
            let unit = known_mixture(known.name).unwrap().unit;
            assert!(row.starts_with(&format!("| `{}.yaml` | {} | {unit} | ", known.name, known.title)), "{row}");
        }
    }

    #[test]
    fn weights_and_stages_sum_to_one_as_printed_and_agree() {
        for known in known_mixtures() {
            let name = known.name;
            let mixture = known_mixture(name).unwrap();
            assert_eq!(mixture.kind, Kind::Given, "{name}");
            assert!(mixture.fit.is_none() && mixture.program.is_none(), "{name}");
            assert_eq!(units(&mixture.weights).iter().sum::<i64>(), 1_000_000, "{name}");
            for stage in &mixture.stages {
                assert_eq!(units(&stage.weights).iter().sum::<i64>(), 1_000_000, "{name}, {}", stage.name);
            }
            let budget: u64 = mixture.stages.iter().map(|stage| stage.budget).sum();
            for (domain, weight) in mixture.weights.iter().filter(|_| budget > 0) {
                let tokens: f64 = mixture.stages.iter().map(|stage| stage.weights[domain] * stage.budget as f64).sum();
                assert!((tokens / budget as f64 - weight).abs() <= 1e-6, "{name}, {domain}");
            }
            assert!(
                mixture.weights.values().all(|&weight| weight > 0.0),
                "{name}: a domain that nothing is drawn from"
            );
        }
    }

    #[test]
    fn every_source_names_a_paper_or_a_repository() {
        let paper = |word: &str| {
            word.split_once('.').is_some_and(|(month, number)| {
                let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
                month.len() == 4 && number.len() == 5 && digits(month) && digits(number)
            })
        };
        for known in known_mixtures() {
            let words: Vec<&str> = known.source.split([' ', ',', ';', ':', '(', ')']).collect();
            let follows = |before: &[&str], is: &dyn Fn(&str) -> bool| {
                words.windows(2).any(|pair| before.contains(&pair[0]) && is(pair[1].trim_end_matches('.')))
            };
            let repository = |word: &str| word.split('/').count() == 2;
            assert!(
                follows(&["arXiv"], &paper) || follows(&["repository", "Repository", "card"], &repository),
                "{}: {}",
                known.name,
                known.source
            );
            assert!(!known.title.is_empty() && !known.source.contains('\n'), "{}", known.name);
        }
    }

    /// Figures of the publications, typed in anew: a domain of each that would notice columns or rows mixed up.
    #[test]
    fn figures_are_those_printed() {
        let share = |name: &str, domain: &str| known_mixture(name).unwrap().weights[domain];
        for (name, domain, printed, tolerance) in [
            ("pile", "wikipedia_en", 0.0153, 1e-9),
            ("llama_1", "stack_exchange", 0.02, 1e-9),
            ("gpt_3", "webtext2", 22.0 / 101.0, 1e-6),
            ("redpajama_1t", "c4", 175.0 / 1210.0, 1e-6),
            ("doremi_pile", "youtubesubtitles", 0.0502 / 1.0001, 1e-6),
            ("regmix_pile", "ubuntu_irc", 0.064177, 1e-6),
            ("mpt_7b", "s2orc", 0.033, 1e-9),
            ("dolma_1_7", "wikipedia_wikibooks", 2.0 * 3.7 / 1645.15, 1e-6),
            ("chinchilla", "books", 0.3, 1e-9),
            ("gopher", "books", 0.27, 1e-9),
            // Stages of 8, 2 and 1.1 trillion tokens with 12, 15 and 24% code.
            ("smollm_3", "code", (8.0 * 0.12 + 2.0 * 0.15 + 1.1 * 0.24) / 11.1, 1e-6),
            // Stages of 6, 2, 2 and 1 trillion tokens with 0, 5, 10 and 14% mathematics.
            ("smollm_2", "math", (2.0 * 0.05 + 2.0 * 0.10 + 0.14) / 11.0, 1e-6),
            // 70% of the last 1.65 trillion tokens of 12.75 is Nemotron-CC, of which 22.1 points are this part.
            ("marin_8b", "nemotron_cc_medium", (6.32 * 3.38 / 10.95716 + 1.65 * 0.221) / 12.75, 1e-6),
        ] {
            let found = share(name, domain);
            assert!((found - printed).abs() <= tolerance, "{name}, {domain}: {found} is not {printed}");
        }
        assert_eq!(known_mixture("olmo_2_7b").unwrap().stages[1].weights["arxiv"], 0.0);
    }

    #[test]
    fn a_slip_finds_the_mixture_that_was_meant() {
        let error = known_mixture("redpyjama_1t").unwrap_err().to_string();
        assert!(error.starts_with("unknown mixture `redpyjama_1t`, did you mean `redpajama_1t`?"), "{error}");
        assert!(error.contains("slimpajama"), "{error}");
    }
}
