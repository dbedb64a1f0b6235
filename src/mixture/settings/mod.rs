//! What is asked of a fit, and the texts in which people ask it.

pub(crate) mod constraint_text;
pub(crate) mod criterion;
pub(crate) mod fit_file;
pub(crate) mod fit_settings;
pub(crate) mod written;
