//! TODO

pub(crate) mod journal;
pub(crate) mod part;
pub(crate) mod rows;
pub(crate) mod tables;
