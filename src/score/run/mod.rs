//! TODO

pub(crate) mod cell;
pub(crate) mod plan;
pub(crate) mod scoring;
pub(crate) mod watch;
