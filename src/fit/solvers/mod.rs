//! TODO

pub(crate) mod active_set;
pub(crate) mod cone_program;
pub(crate) mod principal_pivoting;
pub(crate) mod thin_qr;
