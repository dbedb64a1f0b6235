//! Scoring with documents in memory and models whose probabilities are known.

mod faults;
mod mocks;
mod plan;
mod resume;
mod sums;
mod tables;
mod windows;
