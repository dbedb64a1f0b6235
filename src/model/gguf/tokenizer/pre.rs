//! How text is cut before merging, by the names that llama.cpp gives to published tokenizers.
//!
//! The steps are those of the tokenizers' own `tokenizer.json`, not llama.cpp's adaptations of them.

use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::punctuation::Punctuation;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{PreTokenizerWrapper, SplitDelimiterBehavior};

use crate::error::Result;
use crate::gguf::file::GgufFile;

const KEY: &str = "tokenizer.ggml.pre";

/// How a published tokenizer treats text before merging.
#[derive(Debug)]
pub(super) struct PreTokenizer {
    names: &'static [&'static str],
    steps: &'static [Step],
    /// Whether text is brought to Unicode's normal form C.
    pub(super) normal_form: bool,
    /// Whether a piece that is a token is taken without merging.
    pub(super) ignores_merges: bool,
    /// Whether a document begins with BOS where the file does not say.
    pub(super) adds_bos: bool,
}

/// A way to cut.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// What a regular expression finds becomes a piece, and what is between.
    Split(&'static str),
    /// Every digit, or every run of digits where `false`.
    Digits(bool),
    /// Every run of punctuation.
    Punctuation,
    /// GPT-2's expression; bytes become characters here.
    Gpt2,
}

const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN35: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const GPT4O: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const SEED: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+";
const BAILING: &str =
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+";
const BLOOM: &str = r" ?[^(\s|.,!?…。，、।۔،)]+";
/// By code points: some of these letters have a normal form that is another letter, which an editor may put there.
const DEEPSEEK_LETTERS: &str = concat!(
    r"\s?[A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}\x{295}-",
    r"\x{2AF}\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}\x{38E}-",
    r"\x{3A1}\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-",
    r"\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}",
    r"\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D}\x{1F50}-",
    r"\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-",
    r"\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}",
    r"\x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}",
    r"\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}",
    r"\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D}\x{A680}-",
    r"\x{A69B}\x{A722}-\x{A76F}\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06}",
    r"\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-",
    r"\x{104FB}\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943}]+",
);
const DEEPSEEK_MARKS: &str = r"\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3000}-\x{3002}]+";
const DEEPSEEK_EAST_ASIAN: &str = "[一-龥ࠀ-一가-퟿]+";
const DEEPSEEK3_EAST_ASIAN: &str = "[一-龥぀-ゟ゠-ヿ]+";
const DEEPSEEK3: &str = r##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##;

/// Nothing but the steps.
const PLAIN: PreTokenizer =
    PreTokenizer { names: &[], steps: &[], normal_form: false, ignores_merges: false, adds_bos: false };

const PRE_TOKENIZERS: &[PreTokenizer] = &[
    PreTokenizer {
        names: &["llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"],
        steps: &[Step::Split(LLAMA3)],
        ignores_merges: true,
        adds_bos: true,
        ..PLAIN
    },
    PreTokenizer { names: &["dbrx", "smaug-bpe", "chatglm-bpe"], steps: &[Step::Split(LLAMA3)], ..PLAIN },
    PreTokenizer { names: &["glm4"], steps: &[Step::Split(LLAMA3)], ignores_merges: true, ..PLAIN },
    PreTokenizer {
        names: &["qwen2", "deepseek-r1-qwen", "megrez"],
        steps: &[Step::Split(QWEN2)],
        normal_form: true,
        ..PLAIN
    },
    PreTokenizer { names: &["qwen35"], steps: &[Step::Split(QWEN35)], normal_form: true, ..PLAIN },
    PreTokenizer {
        names: &["stablelm2", "hunyuan", "solar-open", "grok-2", "kormo"],
        steps: &[Step::Split(QWEN2)],
        ..PLAIN
    },
    PreTokenizer {
        names: &["gpt-2", "phi-2", "jais", "trillion", "gigachat", "a.x-4.0", "mellum", "exaone4", "granite-docling"],
        steps: &[Step::Gpt2],
        ..PLAIN
    },
    PreTokenizer { names: &["mpt", "olmo"], steps: &[Step::Gpt2], normal_form: true, ..PLAIN },
    PreTokenizer {
        names: &["starcoder", "refact", "smollm", "codeshell", "exaone", "minerva-7b"],
        steps: &[Step::Digits(true), Step::Gpt2],
        ..PLAIN
    },
    PreTokenizer { names: &["command-r"], steps: &[Step::Digits(true), Step::Gpt2], normal_form: true, ..PLAIN },
    PreTokenizer {
        names: &["falcon"],
        steps: &[Step::Punctuation, Step::Gpt2, Step::Digits(false), Step::Split("[0-9][0-9][0-9]")],
        ..PLAIN
    },
    PreTokenizer {
        names: &["default"],
        steps: &[
            Step::Split(r"[\p{P}\$\+<=>\^~\|]+"),
            Step::Split(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"),
            Step::Split(r"\p{N}+"),
            Step::Split("[0-9][0-9][0-9]"),
        ],
        ..PLAIN
    },
    PreTokenizer {
        names: &["deepseek-llm"],
        steps: &[
            Step::Split(r"[\r\n]"),
            Step::Split(DEEPSEEK_LETTERS),
            Step::Split(DEEPSEEK_MARKS),
            Step::Split(r"\s+$"),
            Step::Split(DEEPSEEK_EAST_ASIAN),
            Step::Digits(true),
        ],
        ..PLAIN
    },
    PreTokenizer {
        names: &["deepseek-coder"],
        steps: &[
            Step::Split(r"[\r\n]"),
            Step::Split(r"\s?\p{L}+"),
            Step::Split(r"\s?\p{P}+"),
            Step::Split(DEEPSEEK_EAST_ASIAN),
            Step::Digits(true),
        ],
        ..PLAIN
    },
    PreTokenizer {
        names: &["deepseek-v3", "hunyuan-dense", "joyai-llm"],
        steps: &[Step::Split(r"\p{N}{1,3}"), Step::Split(DEEPSEEK3_EAST_ASIAN), Step::Split(DEEPSEEK3)],
        ..PLAIN
    },
    PreTokenizer { names: &["tekken"], steps: &[Step::Split(TEKKEN)], ignores_merges: true, adds_bos: true, ..PLAIN },
    PreTokenizer {
        names: &["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"],
        steps: &[Step::Split(GPT4O)],
        ..PLAIN
    },
    PreTokenizer { names: &["bloom", "gpt3-finnish", "poro-chat"], steps: &[Step::Split(BLOOM)], ..PLAIN },
    PreTokenizer { names: &["viking"], steps: &[Step::Split(BLOOM), Step::Split(r"\p{N}")], ..PLAIN },
    PreTokenizer { names: &["seed-coder"], steps: &[Step::Split(SEED)], ..PLAIN },
    PreTokenizer { names: &["bailingmoe", "bailingmoe2", "llada-moe"], steps: &[Step::Split(BAILING)], ..PLAIN },
];

/// The treatment that a file names.
///
/// # Errors
/// [`ModelError::Malformed`](crate::ModelError::Malformed) where it names none, or one that is not supported: cutting
/// text otherwise than in training would only make every figure a little worse, which nobody would notice.
pub(super) fn find(file: &GgufFile) -> Result<&'static PreTokenizer> {
    let name = file.text(KEY)?;
    let found = PRE_TOKENIZERS.iter().find(|pre| name.is_some_and(|name| pre.names.contains(&name)));
    found.ok_or_else(|| {
        let names: Vec<&str> = PRE_TOKENIZERS.iter().flat_map(|pre| pre.names).copied().collect();
        let expected = format!(
            "one of {}; if it is missing, convert the model again; for others give the model as a Hugging Face folder \
             with its tokenizer.json",
            names.join(", ")
        );
        file.unexpected(KEY, &expected)
    })
}

impl PreTokenizer {
    /// The steps, the last of which makes characters of bytes.
    ///
    /// # Errors
    /// Where a regular expression is not one, which the tests rule out.
    pub(super) fn build(&self) -> Result<PreTokenizerWrapper, tokenizers::Error> {
        let mut steps: Vec<PreTokenizerWrapper> = Vec::new();
        for step in self.steps {
            steps.push(match *step {
                Step::Split(pattern) => {
                    let pattern = SplitPattern::Regex(pattern.to_string());
                    Split::new(pattern, SplitDelimiterBehavior::Isolated, false)?.into()
                }
                Step::Digits(individual) => Digits::new(individual).into(),
                Step::Punctuation => Punctuation::new(SplitDelimiterBehavior::Contiguous).into(),
                Step::Gpt2 => ByteLevel::new(false, true, true).into(),
            });
        }
        if !self.steps.iter().any(|step| matches!(step, Step::Gpt2)) {
            steps.push(ByteLevel::new(false, true, false).into());
        }
        Ok(Sequence::new(steps).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_treatment_can_be_built_and_has_its_own_names() {
        let mut names: Vec<&str> = Vec::new();
        for pre in PRE_TOKENIZERS {
            assert!(pre.build().is_ok(), "{:?}", pre.names);
            names.extend(pre.names);
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
