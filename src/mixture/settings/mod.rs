//! TODO

pub(crate) mod constraint_text;
pub(crate) mod fit_settings;
