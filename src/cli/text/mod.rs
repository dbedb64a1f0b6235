//! How results are printed: tables, sentences, progress.

pub mod fit_screen;
pub mod fit_tables;
pub mod left_out;
pub mod numbers;
pub mod output;
pub mod progress;
pub mod section;
pub mod standard_output;
pub mod terminal;
pub mod trust_tables;
