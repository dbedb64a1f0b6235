//! From token streams to windows and batches.

pub(crate) mod batch;
pub(crate) mod protocol;
pub(crate) mod tokens;
pub(crate) mod window;
