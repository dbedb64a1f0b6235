//! TODO

pub(crate) mod examine;
pub(crate) mod findings;
pub(crate) mod held_out;
pub(crate) mod law;
pub(crate) mod significance;
