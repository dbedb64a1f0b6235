//! TODO

pub(crate) mod find;
pub(crate) mod findings;
pub(crate) mod verdict;
