//! A fit: from settings to findings and a verdict in words.

pub(crate) mod decision;
pub(crate) mod file;
pub(crate) mod find;
pub(crate) mod findings;
pub(crate) mod kept;
pub(crate) mod verdict;
pub(crate) mod warnings;
