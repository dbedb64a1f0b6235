//! Stages of training planned together.

pub(crate) mod file;
pub(crate) mod findings;
pub(crate) mod run;
pub(crate) mod settings;
pub(crate) mod verdict;
