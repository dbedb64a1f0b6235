//! Mixtures side by side, and domains against benchmarks.

pub(crate) mod correlate;
pub(crate) mod diff;
pub(crate) mod evidence;
