//! TODO

pub(crate) mod bootstrap;
pub(crate) mod draws;
pub(crate) mod interval;
pub(crate) mod resampled;
pub(crate) mod simulated;
