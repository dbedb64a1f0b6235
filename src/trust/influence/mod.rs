//! TODO

pub(crate) mod law;
pub(crate) mod left_out;
pub(crate) mod robust;
