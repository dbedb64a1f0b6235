//! Kinds of models that could be added.

/// Which models would be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AddedModels {
    /// Whole families like those there are, as large.
    NewFamilies,
    /// More models of the families there are.
    #[serde(rename = "same_families")]
    ExistingFamilies,
    /// Models like those of the smallest third, each a family of its own.
    Small,
    /// Models like those of the largest third, each a family of its own.
    Large,
}
