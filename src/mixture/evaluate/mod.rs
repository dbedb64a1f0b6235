//! TODO

pub(crate) mod findings;
pub(crate) mod run;
pub(crate) mod verdict;
