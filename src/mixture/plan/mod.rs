//! TODO

pub(crate) mod run;
pub(crate) mod settings;
pub(crate) mod verdict;
