//! A run: its plan, its work, and what watches it.

pub(crate) mod cell;
pub(crate) mod plan;
pub(crate) mod scoring;
pub(crate) mod watch;
