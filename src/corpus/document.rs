//! One document of a domain.

/// A text with its identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its own identifier where the corpus has one, else where it stands (`file:line`).
    pub id: String,
    /// The text as the corpus has it, not normalised.
    pub text: String,
    /// Values of the metadata columns that were asked for, in the order asked; `None` where the document lacks one.
    pub metadata: Vec<Option<String>>,
}

impl Document {
    /// Unicode code points, the characters that bits are counted per.
    pub fn characters(&self) -> u64 {
        self.text.chars().count() as u64
    }
}
