//! A fit: from settings to findings and a verdict in words.

pub(crate) mod file;
pub(crate) mod find;
pub(crate) mod findings;
pub(crate) mod verdict;
