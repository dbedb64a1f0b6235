//! How far a mixture can be believed, with names.

pub(crate) mod examine;
pub(crate) mod findings;
pub(crate) mod held_out;
pub(crate) mod input;
pub(crate) mod law;
pub(crate) mod significance;
