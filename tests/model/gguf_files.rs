//! GGUF files written here, whole and damaged: known numbers come back, and every damage is an error that says where.

use std::path::PathBuf;

use candle_core::{DType, Device};
use mixopt_model::{GgufModel, TensorSource};

/// A GGUF file in the making.
#[derive(Clone, Default)]
struct Gguf {
    values: Vec<(String, u32, Vec<u8>)>,
    tensors: Vec<(String, Vec<u64>, u32, Vec<u8>)>,
}

const F32: u32 = 0;
const Q4_0: u32 = 2;
const Q8_0: u32 = 8;

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

impl Gguf {
    fn value(mut self, key: &str, kind: u32, bytes: Vec<u8>) -> Self {
        self.values.retain(|(known, _, _)| known != key);
        self.values.push((key.to_string(), kind, bytes));
        self
    }

    fn whole(self, key: &str, value: u32) -> Self {
        self.value(key, 4, value.to_le_bytes().to_vec())
    }

    fn text(self, key: &str, value: &str) -> Self {
        self.value(key, 8, text(value))
    }

    /// Dimensions as in the file: the fastest first.
    fn tensor(mut self, name: &str, dimensions: &[u64], kind: u32, data: Vec<u8>) -> Self {
        self.tensors.retain(|(known, _, _, _)| known != name);
        self.tensors.push((name.to_string(), dimensions.to_vec(), kind, data));
        self
    }

    fn bytes(&self) -> Vec<u8> {
        self.bytes_with(|offset, _| offset)
    }

    /// The file, with the offset of each tensor as `place` has it.
    fn bytes_with(&self, place: impl Fn(u64, usize) -> u64) -> Vec<u8> {
        let mut file = b"GGUF".to_vec();
        file.extend(3u32.to_le_bytes());
        file.extend((self.tensors.len() as u64).to_le_bytes());
        file.extend((self.values.len() as u64).to_le_bytes());
        for (key, kind, bytes) in &self.values {
            file.extend(text(key));
            file.extend(kind.to_le_bytes());
            file.extend(bytes);
        }
        let mut data = Vec::new();
        for (index, (name, dimensions, kind, bytes)) in self.tensors.iter().enumerate() {
            file.extend(text(name));
            file.extend((dimensions.len() as u32).to_le_bytes());
            dimensions.iter().for_each(|length| file.extend(length.to_le_bytes()));
            file.extend(kind.to_le_bytes());
            file.extend(place(data.len() as u64, index).to_le_bytes());
            data.extend(bytes);
            data.resize(data.len().next_multiple_of(32), 0);
        }
        file.resize(file.len().next_multiple_of(32), 0);
        file.extend(data);
        file
    }
}

/// A GPT-2 without layers: two tokens, 32 numbers each.
fn model() -> Gguf {
    Gguf::default()
        .text("general.architecture", "gpt2")
        .whole("gpt2.context_length", 4)
        .whole("gpt2.embedding_length", 32)
        .whole("gpt2.block_count", 0)
        .whole("gpt2.feed_forward_length", 64)
        .whole("gpt2.attention.head_count", 2)
        .value("gpt2.attention.layer_norm_epsilon", 6, 1e-5f32.to_le_bytes().to_vec())
        .tensor("token_embd.weight", &[32, 2], Q8_0, eight_bit_rows())
        .tensor("position_embd.weight", &[32, 1], Q4_0, four_bit_row())
        .tensor("output_norm.weight", &[32], F32, floats(&[1.5; 32]))
        .tensor("output_norm.bias", &[32], F32, floats(&[-0.25; 32]))
}

/// Two blocks of scale 0.5 and 2 with the integers -16 to 15 and 15 to -16.
fn eight_bit_rows() -> Vec<u8> {
    let mut bytes = half::f16::from_f32(0.5).to_le_bytes().to_vec();
    bytes.extend((-16i8..16).map(|value| value as u8));
    bytes.extend(half::f16::from_f32(2.0).to_le_bytes());
    bytes.extend((-16i8..16).rev().map(|value| value as u8));
    bytes
}

/// One block of scale 0.25: the low half-bytes are the first 16 numbers, the high ones the last 16, each less 8.
fn four_bit_row() -> Vec<u8> {
    let mut bytes = half::f16::from_f32(0.25).to_le_bytes().to_vec();
    bytes.extend((0u8..16).map(|value| value | (15 - value) << 4));
    bytes
}

/// A folder of its own for each test.
fn written(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn refused(bytes: &[u8]) -> String {
    let (_folder, path) = written("bad.gguf", bytes);
    let error = GgufModel::open(&path).err().expect("an error").to_string();
    assert!(error.contains("bad.gguf"), "{error}");
    error
}

#[test]
fn known_numbers_come_back() {
    let (_folder, path) = written("tiny.gguf", &model().bytes());
    let model = GgufModel::open(&path).unwrap();
    let tensors = model.tensors();
    let load = |name: &str| tensors.load(name, DType::F32, &Device::Cpu).unwrap();
    let embeddings: Vec<Vec<f32>> = load("transformer.wte.weight").to_vec2().unwrap();
    assert_eq!(embeddings[0], (-16..16).map(|value| value as f32 * 0.5).collect::<Vec<f32>>());
    assert_eq!(embeddings[1], (-16..16).rev().map(|value| value as f32 * 2.0).collect::<Vec<f32>>());
    let positions: Vec<Vec<f32>> = load("transformer.wpe.weight").to_vec2().unwrap();
    let expected: Vec<f32> = (0..16).chain((0..16).rev()).map(|value| (value as f32 - 8.0) * 0.25).collect();
    assert_eq!(positions, [expected]);
    assert_eq!(load("transformer.ln_f.weight").to_vec1::<f32>().unwrap(), [1.5; 32]);
    assert_eq!(load("transformer.ln_f.bias").to_vec1::<f32>().unwrap(), [-0.25; 32]);
    let half = tensors.load("transformer.ln_f.weight", DType::BF16, &Device::Cpu).unwrap();
    assert_eq!(half.dtype(), DType::BF16);

    let configuration = model.configuration();
    assert_eq!(configuration["model_type"], "gpt2");
    assert_eq!(configuration["vocab_size"], 2);
    assert_eq!(configuration["tie_word_embeddings"], true);
    // The decimal, not the nearest 32-bit float.
    assert_eq!(configuration["layer_norm_epsilon"].as_f64(), Some(1e-5));
    let missing = tensors.load("lm_head.weight", DType::F32, &Device::Cpu).unwrap_err().to_string();
    assert!(missing.contains("`lm_head.weight` is missing"), "{missing}");
}

#[test]
fn the_same_numbers_whatever_the_number_of_threads() {
    let rows = 5000u64;
    let data: Vec<u8> = (0..rows).flat_map(|row| eight_bit_rows()[34 * (row as usize % 2)..][..34].to_vec()).collect();
    let (_folder, path) = written("tall.gguf", &model().tensor("token_embd.weight", &[32, rows], Q8_0, data).bytes());
    let tensors = GgufModel::open(&path).unwrap().tensors();
    let read = |threads: usize| -> Vec<f32> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let tensor = pool.install(|| tensors.load("transformer.wte.weight", DType::F32, &Device::Cpu)).unwrap();
        tensor.flatten_all().unwrap().to_vec1().unwrap()
    };
    let one = read(1);
    assert_eq!(one.len(), 32 * rows as usize);
    assert_eq!(one[32 * 4999..][..2], [30.0, 28.0]);
    assert_eq!(one, read(7));
}

#[test]
fn what_is_no_gguf_file() {
    assert!(refused(b"").contains("4 bytes at byte 0, but only 0 are left"));
    assert!(refused(b"PK\x03\x04 and more").contains(r"begins with `PK\x03\x04`"));
    let version = |number: [u8; 4]| {
        let mut bytes = model().bytes();
        bytes[4..8].copy_from_slice(&number);
        refused(&bytes)
    };
    assert!(version(1u32.to_le_bytes()).contains("GGUF version 1; expected version 2 or 3"));
    assert!(version(4u32.to_le_bytes()).contains("GGUF version 4"));
    assert!(version(3u32.to_be_bytes()).contains("big-endian"));
    let folder = tempfile::tempdir().unwrap();
    assert!(GgufModel::open(folder.path()).err().unwrap().to_string().starts_with("cannot read"));
    assert!(GgufModel::open(&folder.path().join("none.gguf")).err().unwrap().to_string().starts_with("cannot read"));
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let bytes = model().bytes();
    for length in 0..bytes.len() {
        // The padding after the last tensor may be missing.
        if length < bytes.len() - 31 {
            refused(&bytes[..length]);
        }
    }
}

#[test]
fn a_file_with_any_byte_changed_is_read_or_refused() {
    // Nothing of a header is trusted: no panic and no absurd allocation, whatever stands in it.
    let bytes = model().bytes();
    for at in 0..bytes.len() {
        for value in [0, 0x7f, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] = value;
            let (_folder, path) = written("damaged.gguf", &damaged);
            if let Ok(model) = GgufModel::open(&path) {
                let tensors = model.tensors();
                for name in tensors.names() {
                    let _ = tensors.load(&name, DType::F32, &Device::Cpu);
                }
                let _ = model.tokenizer();
            }
        }
    }
}

#[test]
fn absurd_counts_and_lengths() {
    let patched = |at: usize, number: u64| {
        let mut bytes = model().bytes();
        bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
        refused(&bytes)
    };
    for number in [u64::MAX, 1 << 40] {
        assert!(patched(8, number).contains(&format!("`tensor_count`: {number}")));
        assert!(patched(16, number).contains(&format!("`metadata_kv_count`: {number}")));
        // The length of the first key.
        assert!(patched(24, number).contains(&format!("`key`: {number} bytes at byte 32")));
    }
    let array = |kind: u32, count: u64| [&kind.to_le_bytes()[..], &count.to_le_bytes()].concat();
    let with = |kind: u32, count: u64| refused(&model().value("some.list", 9, array(kind, count)).bytes());
    assert!(with(4, u64::MAX).contains("`some.list`: an array of 18446744073709551615 elements"));
    assert!(with(8, 1 << 50).contains("`some.list`: an array of"));
    assert!(with(9, 1).contains("an array of arrays"));
    assert!(with(77, 1).contains("`some.list`: value type 77"));
    assert!(refused(&model().value("some.value", 13, vec![0; 8]).bytes()).contains("`some.value`: value type 13"));
    assert!(refused(&model().value("some.flag", 7, vec![2]).bytes()).contains("`some.flag`: [2] for a truth value"));
    let mut latin = text("x");
    latin[8] = 0xe9;
    assert!(refused(&model().value("some.text", 8, latin).bytes()).contains("not UTF-8"));
}

#[test]
fn repeated_names() {
    let mut twice = model();
    let first = twice.values[1].clone();
    twice.values.push(first);
    assert!(refused(&twice.bytes()).contains("`gpt2.context_length`: a second value"));
    let mut twice = model();
    let first = twice.tensors[2].clone();
    twice.tensors.push(first);
    assert!(refused(&twice.bytes()).contains("`output_norm.weight` appears twice"));
}

#[test]
fn tensors_that_are_not_where_they_should_be() {
    let aligned = |alignment: u32| refused(&model().whole("general.alignment", alignment).bytes());
    for alignment in [0, 4, 24] {
        assert!(aligned(alignment).contains(&format!("`general.alignment`: {alignment}; expected a power of two")));
    }
    let placed = |place: &dyn Fn(u64, usize) -> u64| refused(&model().bytes_with(place));
    assert!(placed(&|offset, index| offset + u64::from(index == 2)).contains("a multiple of the alignment 32"));
    assert!(placed(&|offset, index| if index == 1 { 0 } else { offset }).contains("inside the tensor"));
    assert!(placed(&|offset, index| if index == 3 { 1 << 20 } else { offset }).contains("truncated or damaged"));
    assert!(placed(&|offset, index| if index == 3 { u64::MAX - 31 } else { offset }).contains("truncated or damaged"));

    let shaped = |dimensions: &[u64]| refused(&model().tensor("extra", dimensions, F32, vec![0; 64]).bytes());
    assert!(shaped(&[]).contains("has 0 dimensions"));
    assert!(shaped(&[1, 1, 1, 1, 1]).contains("has 5 dimensions"));
    assert!(shaped(&[4, 0]).contains("has a dimension of 0"));
    assert!(shaped(&[1 << 32, 1 << 32]).contains("a product of dimensions that fits into memory"));
    assert!(shaped(&[1 << 40]).contains("truncated or damaged"));
    let rows = refused(&model().tensor("extra", &[31], Q8_0, vec![0; 64]).bytes());
    assert!(rows.contains("has rows of 31 elements; expected a multiple of 32, the block of Q8_0"), "{rows}");
}

#[test]
fn what_is_not_covered_says_what_is() {
    let stored = |kind: u32| refused(&model().tensor("output_norm.weight", &[32], kind, vec![0; 128]).bytes());
    let error = stored(23);
    assert!(
        error.contains("`output_norm.weight` is stored as IQ4_XS (type 23)") && error.contains("llama-quantize"),
        "{error}"
    );
    assert!(stored(39).contains("MXFP4"));
    assert!(stored(4711).contains("an unknown type (number 4711)"));
    let error = refused(&model().text("general.architecture", "rwkv7").bytes());
    assert!(error.contains("`rwkv7` is not supported; supported: bloom, falcon,"), "{error}");
    assert!(refused(&model().whole("split.count", 3).bytes()).contains("llama-gguf-split --merge"));
    let error = refused(&model().tensor("blk.0.strange.weight", &[4], F32, vec![0; 16]).bytes());
    assert!(
        error.contains("1 tensors that the architecture `gpt2` does not use, such as `blk.0.strange.weight`"),
        "{error}"
    );
}

#[test]
fn keys_that_are_missing_or_wrong() {
    let without = |key: &str| {
        let mut file = model();
        file.values.retain(|(known, _, _)| known != key);
        refused(&file.bytes())
    };
    for key in [
        "general.architecture",
        "gpt2.embedding_length",
        "gpt2.block_count",
        "gpt2.context_length",
        "gpt2.attention.head_count",
        "gpt2.attention.layer_norm_epsilon",
    ] {
        assert!(without(key).contains(&format!("`{key}`: is missing")), "{key}");
    }
    assert!(
        refused(&model().text("gpt2.block_count", "1").bytes())
            .contains("`gpt2.block_count`: `1`; expected a whole number")
    );
    assert!(refused(&model().whole("gpt2.attention.head_count", 0).bytes()).contains("expected 1 or more heads"));
    assert!(
        refused(&model().whole("gpt2.embedding_length", 64).bytes())
            .contains("has the shape [2, 32]; expected 64 columns")
    );
    for key in ["gpt2.block_count", "gpt2.attention.head_count", "gpt2.attention.key_length"] {
        let error = refused(&model().whole(key, u32::MAX).bytes());
        assert!(error.contains(&format!("`{key}`: 4294967295; expected a whole number up to")), "{error}");
    }
    let nan = f32::NAN.to_le_bytes().to_vec();
    assert!(refused(&model().value("gpt2.attention.layer_norm_epsilon", 6, nan).bytes()).contains("a finite number"));
    let mut vocabulary = model();
    vocabulary.tensors.clear();
    assert!(refused(&vocabulary.bytes()).contains("not only a vocabulary"));
}

#[test]
fn tokenizers_that_are_not_covered() {
    let strings = |texts: &[&str]| {
        let items: Vec<u8> = texts.iter().flat_map(|item| text(item)).collect();
        [&8u32.to_le_bytes()[..], &(texts.len() as u64).to_le_bytes(), &items].concat()
    };
    let base = || {
        model()
            .text("tokenizer.ggml.model", "gpt2")
            .text("tokenizer.ggml.pre", "gpt-2")
            .value("tokenizer.ggml.tokens", 9, strings(&["a", "b", "ab"]))
            .value("tokenizer.ggml.merges", 9, strings(&["a b"]))
    };
    let tokenizer = |file: Gguf| {
        let (_folder, path) = written("bad.gguf", &file.bytes());
        GgufModel::open(&path).unwrap().tokenizer().map_err(|error| error.to_string())
    };
    assert_eq!(tokenizer(base()).unwrap().encode("abb", true).unwrap().get_ids(), [2, 1]);
    let fails = |file: Gguf, expected: &str| {
        let error = tokenizer(file).unwrap_err();
        assert!(error.contains(expected), "{error}");
    };
    fails(model(), "`tokenizer.ggml.model`: is missing");
    for model in ["bert", "t5", "rwkv"] {
        fails(base().text("tokenizer.ggml.model", model), "a Hugging Face folder with its tokenizer.json");
    }
    fails(base().text("tokenizer.ggml.pre", "invented"), "`tokenizer.ggml.pre`: `invented`; expected one of llama3,");
    fails(base().value("tokenizer.ggml.merges", 9, strings(&["ab"])), "entry 0 is `ab`");
    fails(base().value("tokenizer.ggml.merges", 9, strings(&["a c"])), "makes no tokenizer");
    fails(base().value("tokenizer.ggml.tokens", 9, strings(&["a", "b", "a"])), "`a` appears twice, again at 2");
    fails(base().value("tokenizer.ggml.add_bos_token", 7, vec![1]), "`tokenizer.ggml.bos_token_id`: is missing");
    fails(base().whole("tokenizer.ggml.eos_token_id", 3), "`tokenizer.ggml.eos_token_id`: 3; expected a token below 3");
    fails(base().text("tokenizer.ggml.model", "llama"), "`tokenizer.ggml.scores`: is missing");
}
