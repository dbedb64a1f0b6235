//! A domain: what its user named, and the files that this means.

mod delta_log;
pub(crate) mod file;
pub(crate) mod files;
pub(crate) mod locate;
pub(crate) mod source;
