//! Reports of mixtures: what those of a fit and of a given mixture share.

pub(crate) mod figures;
pub(crate) mod names;
#[expect(clippy::module_inception, reason = "the type that gives the folder its name")]
pub(crate) mod report;
pub(crate) mod words;
