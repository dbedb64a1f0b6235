//! Scores of models on benchmarks.

pub(crate) mod records;
pub(crate) mod reported;
pub(crate) mod score_column;
pub(crate) mod score_table;
