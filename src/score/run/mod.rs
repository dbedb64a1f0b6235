//! A run: its plan, its work, and what follows it.

pub(crate) mod cell;
pub(crate) mod observer;
pub(crate) mod plan;
pub(crate) mod scoring;
