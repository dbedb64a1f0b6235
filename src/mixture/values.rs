//! Values that settings, reports and files share.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Shares by domain, in the order of the study's domains.
pub type Weights = IndexMap<String, f64>;

/// Name and version of the program that made an output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// `mixopt`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Program {
    /// This program.
    pub fn this() -> Self {
        Self { name: "mixopt".to_string(), version: env!("CARGO_PKG_VERSION").to_string() }
    }
}

/// What a budget uses of each domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Supply {
    /// Tokens of the whole training.
    pub budget: u64,
    /// The most epochs over any domain that has no limit of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_epochs: Option<f64>,
    /// By domain.
    pub domains: IndexMap<String, DomainSupply>,
}

/// What a budget takes of one domain.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainSupply {
    /// Available tokens.
    pub available: u64,
    /// Tokens that the mixture trains on.
    pub tokens: u64,
    /// Times that the domain is gone through: `tokens / available`.
    pub epochs: f64,
    /// The most epochs allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_epochs: Option<f64>,
}

impl DomainSupply {
    /// So many tokens trained on of those available (above zero).
    pub fn new(tokens: u64, available: u64, max_epochs: Option<f64>) -> Self {
        Self { available, tokens, epochs: tokens as f64 / available as f64, max_epochs }
    }
}

/// Where a mixture comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The recommended mixture of a fit.
    #[default]
    Recommended,
    /// The certified optimum of a fit.
    Optimum,
    /// A plan of several stages.
    Plan,
    /// Not fitted: a published mixture, one written by hand or one read back from a trainer's file.
    Given,
}
