//! TODO

pub(crate) mod batch;
pub(crate) mod protocol;
pub(crate) mod tokens;
pub(crate) mod window;
