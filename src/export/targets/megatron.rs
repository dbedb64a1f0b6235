//! Megatron-LM and what reads its blends: a list `weight prefix weight prefix`, as JSON by split, as words in a file or as
//! arguments; Megatron-Bridge reads the same JSON.

use serde_json::Value;

use mixopt_base::ShareUnit;

use super::super::document::Document;
use super::super::error::{ExportError, ImportError};
use super::super::prepared::{Entry, Prepared};
use super::super::read_back::{ReadBack, ReadWeight, zipped};
use super::super::target::{FileFormat, Naming, Reader, Stages, SumRule, Target, TextPaths, Validation, Zeros};
use super::super::written::{decimal, quoted, reads_as_number, shell};

const DRAW: &str = "one packed sequence";
const REPETITION: &str = "repeats as needed, without limit or warning";
const SOURCE: &str = "NVIDIA/Megatron-LM, megatron/core/datasets/utils.py and megatron/training/arguments.py, d98e8a64";
/// Prefixes without weights are weighed by the lengths of their datasets: `megatron/core/datasets/utils.py`
/// (`get_blend_from_list`: an odd list, or an even one without numbers, has no weights) and
/// `megatron/core/datasets/blended_megatron_dataset_builder.py` (without weights, the weights are the lengths), 00caa53a.
pub(super) const WITHOUT_WEIGHTS: &str =
    "Megatron-LM blends prefixes without weights in proportion to the sizes of their datasets";
/// The blend's index holds datasets in 16 bits with sign.
const MOST_DATASETS: usize = 32_766;

/// `--per-split-data-args-path`.
pub const MEGATRON: Target = Target {
    name: "megatron",
    consumer: "Megatron-LM, --per-split-data-args-path; NeMo AutoModel",
    format: FileFormat::Json,
    unit: Some(ShareUnit::Tokens),
    draw: DRAW,
    sum: SumRule::Normalised,
    zeros: Zeros::Refused,
    repetition: REPETITION,
    naming: Naming::Places(TextPaths::Unread),
    trainers: &["megatron"],
    place: "prefix",
    stages: Stages::One,
    validation: Validation::Needed,
    traps: &[
        "all three splits are required; `test` is a copy of `valid`",
        "JSON has no comments: the origin of the mixture is only in the mixture file",
        "at most 32,766 datasets",
        "one mixture per run: change the file at a checkpoint for a new stage",
    ],
    source: SOURCE,
    write: write_splits,
    read: Some(Reader { recognises: is_splits, read: read_splits }),
};

/// `--data-args-path`.
pub const MEGATRON_TEXT: Target = Target {
    name: "megatron-text",
    consumer: "Megatron-LM, --data-args-path",
    format: FileFormat::Text,
    trainers: &["megatron-text", "megatron"],
    validation: Validation::Unused,
    traps: &[
        "needs `--split` as well",
        "words are separated by spaces: a prefix with a space needs the JSON of `megatron`",
        "no comments",
        "at most 32,766 datasets",
    ],
    write: write_words,
    read: Some(Reader { recognises: is_words, read: read_words }),
    ..MEGATRON
};

/// Arguments of the command line.
pub const MEGATRON_ARGUMENTS: Target = Target {
    name: "megatron-arguments",
    consumer: "Megatron-LM, --data-path or --train-data-path",
    format: FileFormat::Arguments,
    trainers: &["megatron-arguments", "megatron"],
    validation: Validation::Optional,
    traps: &[
        "without `{Validation}` it is `--data-path`, which needs `--split` as well",
        "long lists exceed what a command line may hold: use the JSON of `megatron`",
        "at most 32,766 datasets",
    ],
    write: write_arguments,
    read: Some(Reader { recognises: is_arguments, read: read_arguments }),
    ..MEGATRON
};

/// Megatron-Bridge.
pub const BRIDGE: Target = Target {
    name: "bridge",
    consumer: "Megatron-Bridge, per_split_data_args_path (the same JSON as megatron)",
    trainers: &["bridge", "megatron"],
    source: "NVIDIA-NeMo/Megatron-Bridge, src/megatron/bridge/data/loaders.py, 067f987d",
    // The format is Megatron's own: a file that is not named is taken for that.
    read: Some(Reader { recognises: |_| false, read: read_splits }),
    ..MEGATRON
};

/// What holds for every list of weights and prefixes.
pub(super) fn check(prepared: &Prepared, entries: &[Entry]) -> Result<(), ExportError> {
    let target = prepared.target;
    if entries.len() > MOST_DATASETS {
        return Err(ExportError::TooMany { target: target.name, most: MOST_DATASETS, found: entries.len() });
    }
    let validation = prepared.options.validation.iter().flat_map(|(name, paths)| paths.iter().map(move |p| (name, p)));
    for (domain, name) in entries.iter().map(|entry| (&entry.domain, &entry.name)).chain(validation) {
        if reads_as_number(name) {
            return Err(ExportError::BadName {
                target: target.name,
                domain: domain.clone(),
                name: name.clone(),
                problem: "which looks like a number in a list of weights and prefixes",
                remedy: "write the prefix with its folder, `./` before it for the current one",
            });
        }
        if target.format == FileFormat::Arguments && name.starts_with('-') {
            return Err(ExportError::BadName {
                target: target.name,
                domain: domain.clone(),
                name: name.clone(),
                problem: "which begins with a dash, like a command-line option",
                remedy: "write the prefix with its folder, `./` before it for the current one",
            });
        }
        if target.format == FileFormat::Text && (name.is_empty() || name.contains(char::is_whitespace)) {
            return Err(ExportError::BadName {
                target: target.name,
                domain: domain.clone(),
                name: name.clone(),
                problem: "which has a space, and the file's reader splits words at spaces",
                remedy: "export to the JSON of `megatron`, or give the data another name",
            });
        }
    }
    Ok(())
}

/// Weights and prefixes in turn.
fn pairs(entries: &[Entry]) -> Vec<(String, String)> {
    entries.iter().map(|entry| (decimal(entry.share), entry.name.clone())).collect()
}

/// Validation data with equal weights.
pub(super) fn validation_pairs(prepared: &Prepared) -> Vec<(String, String)> {
    let paths: Vec<&String> = prepared.options.validation.values().flatten().collect();
    let shares = mixopt_mixture::exact_shares(&vec![1.0 / paths.len().max(1) as f64; paths.len()], 12);
    shares.into_iter().zip(paths).map(|(share, path)| (decimal(share), path.clone())).collect()
}

/// Validation data, which the target cannot do without.
pub(super) fn needed_validation(
    prepared: &Prepared,
    remedy: &'static str,
) -> Result<Vec<(String, String)>, ExportError> {
    let pairs = validation_pairs(prepared);
    if pairs.is_empty() {
        return Err(ExportError::NoValidation { target: prepared.target.name, remedy });
    }
    Ok(pairs)
}

fn write_splits(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    check(prepared, &stage.datasets)?;
    let valid = needed_validation(
        prepared,
        "; or export to `megatron-text` or `megatron-arguments` and let Megatron split (`--split 99,1,0`)",
    )?;
    let list = |pairs: &[(String, String)]| {
        let lines: Vec<String> =
            pairs.iter().map(|(weight, name)| format!("    {}, {}", quoted(weight), quoted(name))).collect();
        format!("[\n{}\n  ]", lines.join(",\n"))
    };
    let (train, valid) = (list(&pairs(&stage.datasets)), list(&valid));
    Ok(format!("{{\n  \"train\": {train},\n  \"valid\": {valid},\n  \"test\": {valid}\n}}\n"))
}

fn write_words(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    check(prepared, &stage.datasets)?;
    let words: Vec<String> =
        pairs(&stage.datasets).into_iter().map(|(weight, name)| format!("{weight} {name}")).collect();
    Ok(words.join(" ") + "\n")
}

fn write_arguments(prepared: &Prepared, _: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    check(prepared, &stage.datasets)?;
    let list = |option: &str, pairs: &[(String, String)]| {
        let words: Vec<String> = pairs.iter().map(|(weight, name)| format!("{weight} {}", shell(name))).collect();
        format!("{option} {}", words.join(" "))
    };
    let train = pairs(&stage.datasets);
    let valid = validation_pairs(prepared);
    let lists = if valid.is_empty() {
        vec![list("--data-path", &train)]
    } else {
        vec![list("--train-data-path", &train), list("--valid-data-path", &valid), list("--test-data-path", &valid)]
    };
    // One line, which can be pasted and which `$(cat FILE)` parts as well.
    Ok(lists.join(" ") + "\n")
}

fn is_splits(document: &Document) -> bool {
    // RegMix has `train` too, an object; NeMo AutoModel takes the list alone.
    let list = |value: &Value| value.is_array() || value.is_string();
    let words = |values: &Vec<Value>| values.iter().all(|value| value.is_string() || value.is_number());
    let value = document.value();
    value.and_then(|value| value.get("train")).is_some_and(list) || value.and_then(Value::as_array).is_some_and(words)
}

fn read_splits(document: &Document) -> Result<ReadBack, ImportError> {
    let root = document.root()?;
    if root.value.is_array() {
        return zipped(&root, WITHOUT_WEIGHTS);
    }
    let train = root.need("train")?;
    if let Some(text) = train.value.as_str() {
        return blend_of_words(document, &words(text));
    }
    zipped(&train, WITHOUT_WEIGHTS)
}

fn is_words(document: &Document) -> bool {
    let words = words(&document.text);
    let paired =
        |pair: &[Word]| matches!(pair, [weight, name] if reads_as_number(&weight.text) && !reads_as_number(&name.text));
    if document.value().is_some() {
        return false;
    }
    // Prefixes alone look like any text: they are taken for a blend where each is a path.
    let prefixes = !words.is_empty() && words.iter().all(|word| word.text.contains('/'));
    prefixes || (words.len() >= 2 && words.len().is_multiple_of(2) && words.chunks(2).all(paired))
}

fn is_arguments(document: &Document) -> bool {
    let first = document.text.split_whitespace().next();
    document.value().is_none() && first.is_some_and(|first| first == "--data-path" || first == "--train-data-path")
}

fn read_words(document: &Document) -> Result<ReadBack, ImportError> {
    blend_of_words(document, &words(&document.text))
}

fn read_arguments(document: &Document) -> Result<ReadBack, ImportError> {
    let mut words = shell_words(&document.text);
    if let Some(start) = words.iter().position(|word| word.text == "--data-path" || word.text == "--train-data-path") {
        words.drain(..=start);
    }
    if let Some(end) = words.iter().position(|word| word.text.starts_with("--")) {
        words.truncate(end);
    }
    blend_of_words(document, &words)
}

/// A word and the line that it stands on.
#[derive(Debug)]
struct Word {
    text: String,
    line: usize,
}

/// Words as Megatron parts its file: at white space, whatever else they hold.
fn words(text: &str) -> Vec<Word> {
    let lines = text.lines().enumerate();
    lines
        .flat_map(|(index, line)| {
            line.split_whitespace().map(move |word| Word { text: word.to_string(), line: index + 1 })
        })
        .collect()
}

/// Words as a shell parts them: at white space outside quotes; a backslash joins lines and takes what follows as it is.
fn shell_words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let (mut current, mut started, mut line) = (String::new(), false, 1_usize);
    let mut quote: Option<char> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        line += usize::from(character == '\n');
        match (character, quote) {
            ('\'' | '"', None) => {
                quote = Some(character);
                started = true;
            }
            (closing, Some(open)) if closing == open => quote = None,
            ('\\', None | Some('"')) => match characters.next() {
                Some('\n') => line += 1,
                Some(other) => {
                    current.push(other);
                    started = true;
                }
                None => {}
            },
            (white, None) if white.is_whitespace() => {
                if started {
                    words.push(Word { text: std::mem::take(&mut current), line });
                    started = false;
                }
            }
            (other, _) => {
                current.push(other);
                started = true;
            }
        }
    }
    if started {
        words.push(Word { text: current, line });
    }
    words
}

fn blend_of_words(document: &Document, words: &[Word]) -> Result<ReadBack, ImportError> {
    let expected = "pairs of a weight and a prefix";
    if words.is_empty() {
        return Err(document.at_line(1, "no words", expected));
    }
    if words.iter().all(|word| !reads_as_number(&word.text)) {
        let one = |word: &Word| ReadWeight { name: word.text.clone(), weight: 1.0, key: format!("line {}", word.line) };
        return Ok(ReadBack::of_sizes(words.iter().map(one).collect(), WITHOUT_WEIGHTS));
    }
    let weights = words
        .chunks(2)
        .map(|pair| match pair {
            [weight, name] => match weight.text.parse::<f64>() {
                Ok(number) if number.is_finite() && number >= 0.0 => {
                    Ok(ReadWeight { name: name.text.clone(), weight: number, key: format!("line {}", name.line) })
                }
                _ => {
                    Err(document.at_line(weight.line, format!("`{}`", weight.text), "a weight: a number of at least 0"))
                }
            },
            [alone] => Err(document.at_line(alone.line, format!("`{}` at the end", alone.text), expected)),
            _ => Err(document.at_line(1, "no words", expected)),
        })
        .collect::<Result<_, _>>()?;
    Ok(ReadBack::whole(weights))
}
