//! What bits are counted per, and what shares are shares of.

/// What the bits are counted per, and so what the shares of a fitted mixture are shares of.
///
/// Bits per character are linear in shares of characters, bits per byte in shares of bytes; the two differ outside
/// ASCII and are never mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Unicode code points.
    Characters,
    /// Bytes of UTF-8.
    Bytes,
}

impl Unit {
    /// Name of the compression measured in this unit.
    pub fn bits_name(self) -> &'static str {
        match self {
            Self::Characters => "bits_per_character",
            Self::Bytes => "bits_per_byte",
        }
    }

    /// Reads the name that [`bits_name`](Self::bits_name) gives.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Characters, Self::Bytes].into_iter().find(|unit| unit.bits_name() == name)
    }
}

/// What the shares of a mixture are shares of.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum ShareUnit {
    /// Unicode code points.
    #[default]
    Characters,
    /// Bytes of UTF-8.
    Bytes,
    /// Tokens of the training tokenizer.
    Tokens,
    /// Documents.
    Documents,
}

impl ShareUnit {
    /// The unit's name in text and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Characters => "characters",
            Self::Bytes => "bytes",
            Self::Tokens => "tokens",
            Self::Documents => "documents",
        }
    }

    /// Name of compression over this unit: `bits per character`.
    pub fn bits_name(self) -> &'static str {
        match self {
            Self::Characters => "bits per character",
            Self::Bytes => "bits per byte",
            Self::Tokens => "bits per token",
            Self::Documents => "bits per document",
        }
    }
}

impl From<Unit> for ShareUnit {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Characters => Self::Characters,
            Unit::Bytes => Self::Bytes,
        }
    }
}

impl std::fmt::Display for ShareUnit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
