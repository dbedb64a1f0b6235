//! A mixture that is given: findings and a verdict in words.

pub(crate) mod findings;
pub(crate) mod run;
pub(crate) mod verdict;
