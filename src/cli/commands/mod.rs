//! One file or folder a command: its arguments, and from them to library calls and text.

pub mod corpora;
pub mod correlate;
pub mod diff;
pub mod evaluate;
pub mod export;
pub mod fit;
pub mod generate;
pub mod import;
pub mod mixtures;
pub mod plan;
pub mod predict;
pub mod refit;
pub mod score;
pub mod show;
pub mod targets;
