//! TODO

pub(crate) mod correlate;
pub(crate) mod diff;
pub(crate) mod evidence;
