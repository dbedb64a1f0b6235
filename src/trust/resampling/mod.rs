//! The fit on families drawn again: replicates, intervals, simulated models.

pub(crate) mod bootstrap;
pub(crate) mod draws;
pub(crate) mod fitted;
pub(crate) mod interval;
pub(crate) mod resampled;
pub(crate) mod simulated;
