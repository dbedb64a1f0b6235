//! How the numbers of a tensor are stored: GGML's element and block types.

use candle_core::quantized::GgmlDType;

/// A stored type that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// 32-bit floats.
    F32,
    /// 16-bit floats (IEEE).
    F16,
    /// 16-bit floats (bfloat16).
    Bf16,
    /// Blocks of integers with scales.
    Blocks(GgmlDType),
}

/// Every type that GGML has ever numbered: `(number, name, encoding where it can be read)`.
const TYPES: &[(u32, &str, Option<Encoding>)] = &[
    (0, "F32", Some(Encoding::F32)),
    (1, "F16", Some(Encoding::F16)),
    (2, "Q4_0", Some(Encoding::Blocks(GgmlDType::Q4_0))),
    (3, "Q4_1", Some(Encoding::Blocks(GgmlDType::Q4_1))),
    (4, "Q4_2", None),
    (5, "Q4_3", None),
    (6, "Q5_0", Some(Encoding::Blocks(GgmlDType::Q5_0))),
    (7, "Q5_1", Some(Encoding::Blocks(GgmlDType::Q5_1))),
    (8, "Q8_0", Some(Encoding::Blocks(GgmlDType::Q8_0))),
    (9, "Q8_1", Some(Encoding::Blocks(GgmlDType::Q8_1))),
    (10, "Q2_K", Some(Encoding::Blocks(GgmlDType::Q2K))),
    (11, "Q3_K", Some(Encoding::Blocks(GgmlDType::Q3K))),
    (12, "Q4_K", Some(Encoding::Blocks(GgmlDType::Q4K))),
    (13, "Q5_K", Some(Encoding::Blocks(GgmlDType::Q5K))),
    (14, "Q6_K", Some(Encoding::Blocks(GgmlDType::Q6K))),
    (15, "Q8_K", Some(Encoding::Blocks(GgmlDType::Q8K))),
    (16, "IQ2_XXS", None),
    (17, "IQ2_XS", None),
    (18, "IQ3_XXS", None),
    (19, "IQ1_S", None),
    (20, "IQ4_NL", None),
    (21, "IQ3_S", None),
    (22, "IQ2_S", None),
    (23, "IQ4_XS", None),
    (24, "I8", None),
    (25, "I16", None),
    (26, "I32", None),
    (27, "I64", None),
    (28, "F64", None),
    (29, "IQ1_M", None),
    (30, "BF16", Some(Encoding::Bf16)),
    (31, "Q4_0_4_4", None),
    (32, "Q4_0_4_8", None),
    (33, "Q4_0_8_8", None),
    (34, "TQ1_0", None),
    (35, "TQ2_0", None),
    (36, "IQ4_NL_4_4", None),
    (37, "IQ4_NL_4_8", None),
    (38, "IQ4_NL_8_8", None),
    (39, "MXFP4", None),
    (40, "NVFP4", None),
];

/// What may stand in a file, for errors.
pub(super) const READABLE: &str = "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q8_1, Q2_K to Q6_K or Q8_K; convert the original weights \
     again, or with `llama-quantize --allow-requantize FILE OUTPUT q8_0`";

impl Encoding {
    /// The encoding with GGML's number `number`.
    ///
    /// # Errors
    /// The type's name, or its number where GGML has none, when it cannot be read.
    pub(super) fn numbered(number: u32) -> Result<Self, String> {
        match TYPES.iter().find(|(known, _, _)| *known == number) {
            Some((_, _, Some(encoding))) => Ok(*encoding),
            Some((_, name, None)) => Err(format!("{name} (type {number})")),
            None => Err(format!("an unknown type (number {number})")),
        }
    }

    /// Name as GGML writes it.
    pub(super) fn name(self) -> &'static str {
        TYPES.iter().find(|(_, _, encoding)| *encoding == Some(self)).map_or("unknown", |(_, name, _)| name)
    }

    /// Elements in a block; rows hold whole blocks.
    pub(super) fn block_elements(self) -> usize {
        match self {
            Self::F32 | Self::F16 | Self::Bf16 => 1,
            Self::Blocks(kind) => kind.block_size(),
        }
    }

    /// Bytes of a block.
    pub(super) fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Blocks(kind) => kind.type_size(),
        }
    }
}
