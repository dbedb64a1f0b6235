//! What a fit aims at: a benchmark, a named area, or a weighted average.

mod definitions;
mod expression;
mod parts;
mod target;

pub use definitions::{TargetDefinition, TargetDefinitions};
pub use expression::{Part, parse_expression};
pub use target::{Target, known_targets};
