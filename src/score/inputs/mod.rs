//! TODO

pub(crate) mod disk;
pub(crate) mod domain;
pub(crate) mod settings;
