//! The least and greatest share of a domain among mixtures above a correlation.

pub(crate) mod cone;
pub(crate) mod end;
pub(crate) mod ends;
pub(crate) mod program;
