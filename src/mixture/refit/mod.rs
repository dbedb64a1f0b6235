//! A fit made again from its mixture file, and what has changed since.

pub(crate) mod changes;
pub(crate) mod error;
pub(crate) mod recorded;
