//! Samples of a domain, prepared as one checked file.

pub(crate) mod description;
pub(crate) mod digest;
pub(crate) mod prepare;
pub(crate) mod prepared;
pub(crate) mod sampling;
