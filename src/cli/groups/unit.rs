//! What shares count.

use clap::ValueEnum;

use mixopt::base::ShareUnit;

/// What shares count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UnitArg {
    /// Unicode code points.
    Characters,
    /// Bytes of UTF-8.
    Bytes,
    /// Tokens of the training tokenizer.
    Tokens,
    /// Documents.
    Documents,
}

impl From<UnitArg> for ShareUnit {
    fn from(unit: UnitArg) -> Self {
        match unit {
            UnitArg::Characters => Self::Characters,
            UnitArg::Bytes => Self::Bytes,
            UnitArg::Tokens => Self::Tokens,
            UnitArg::Documents => Self::Documents,
        }
    }
}
