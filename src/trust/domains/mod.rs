//! TODO

pub(crate) mod interchangeable;
pub(crate) mod near_optimal;
pub(crate) mod spectrum;
