//! The mixture file, published mixtures, and shares as people read them.

pub(crate) mod conversion;
pub(crate) mod file_trust;
pub(crate) mod fit_record;
pub(crate) mod format;
pub(crate) mod known;
pub(crate) mod plan_record;
pub(crate) mod rounding;
pub(crate) mod shares;
