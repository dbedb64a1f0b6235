//! TODO

pub(crate) mod cone;
pub(crate) mod ends;
pub(crate) mod program;
