//! Models and domains that can be scored, from settings.

pub(crate) mod disk;
pub(crate) mod domain;
pub(crate) mod settings;
