//! Changes of a valid file: bytes, cuts, repeats, and words that other files have.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Inputs of each seed file, unless the environment says another number.
const INPUTS: u64 = 100;
/// The environment's number of inputs for each reader.
const VARIABLE: &str = "MIXOPT_HOSTILE_INPUTS";
/// Longer on one small input counts as a hang.
const MOST_TIME: Duration = Duration::from_secs(20);

/// What mutations write besides bytes: numbers at their limits, marks of formats, words with a meaning.
const WORDS: [&[u8]; 44] = [
    b"NaN",
    b"-Infinity",
    b"null",
    b"true",
    b"\"\"",
    b"[]",
    b"{}",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\n",
    b"\r\n",
    b"\t",
    b"\"",
    b"'",
    b"0",
    b"-1",
    b"1e308",
    b"1e-320",
    b"9223372036854775807",
    b"18446744073709551616",
    b"4294967296",
    b"0.5",
    b"model",
    b"domain",
    b"results",
    b"mixopt_mixture: 2",
    b"- ",
    b"&a",
    b"*a",
    b"<<: *a",
    b"!!binary",
    b"%",
    b"#",
    b"\0",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"\x00\x00\x00\x00\x00\x00\x00\x80",
    b"\xef\xbb\xbf",
    b"PAR1",
    b"GGUF",
];

/// Gives a reader mutated copies of valid files and asserts that it answers each, well or with an error.
///
/// `name`: the reader, for what is reported. `read` gets the bytes of one file.
pub fn survive(name: &str, seeds: &[Vec<u8>], read: impl Fn(&[u8])) {
    let asked: Option<u64> = std::env::var(VARIABLE).ok().and_then(|text| text.parse().ok());
    let inputs = asked.unwrap_or(INPUTS * seeds.len() as u64);
    for (number, seed) in seeds.iter().enumerate() {
        // A reader that refuses its seed would never be tried on anything but the first check.
        assert!(!seed.is_empty(), "{name}: seed {number} is empty");
    }
    for input in 0..inputs {
        let mut random = ChaCha8Rng::seed_from_u64(input);
        let bytes = mutated(&seeds[(input % seeds.len() as u64) as usize], seeds, &mut random);
        let start = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| read(&bytes)));
        let time = start.elapsed();
        if outcome.is_err() || time > MOST_TIME {
            let file = std::env::temp_dir().join(format!("mixopt-hostile-{name}-{input}"));
            std::fs::write(&file, &bytes).unwrap();
            let what = if outcome.is_err() { "panicked".to_string() } else { format!("took {time:?}") };
            panic!("{name}: input {input} {what}; its bytes are in {}", file.display());
        }
    }
}

fn mutated(seed: &[u8], seeds: &[Vec<u8>], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..random.random_range(1..=4) {
        let at = random.random_range(0..=bytes.len());
        let end = (at + random.random_range(0..=8usize)).min(bytes.len());
        match random.random_range(0..8u8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.random_range(0..8u8),
            1 if at < bytes.len() => bytes[at] = random.random(),
            2 => bytes.truncate(at),
            3 => {
                bytes.splice(at..end, WORDS[random.random_range(0..WORDS.len())].iter().copied());
            }
            4 => {
                bytes.splice(at..at, WORDS[random.random_range(0..WORDS.len())].iter().copied());
            }
            5 => {
                bytes.drain(at..end);
            }
            6 => {
                let other = &seeds[random.random_range(0..seeds.len())];
                let from = random.random_range(0..other.len());
                let to = (from + random.random_range(1..=64usize)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            _ => {
                let piece = bytes[at..end].to_vec();
                for _ in 0..random.random_range(1..=16u8) {
                    bytes.splice(at..at, piece.iter().copied());
                }
            }
        }
    }
    bytes
}

/// The same for a reader of files: each input is written to `file` first.
pub fn survive_as_file(name: &str, file: &Path, seeds: &[Vec<u8>], read: impl Fn()) {
    survive(name, seeds, |bytes| {
        std::fs::write(file, bytes).unwrap();
        read();
    });
}
