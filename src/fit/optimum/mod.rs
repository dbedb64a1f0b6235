//! The best mixture, its certificate and its price.

pub(crate) mod best;
pub(crate) mod certificate;
pub(crate) mod conic;
pub(crate) mod constrained;
pub(crate) mod corners;
pub(crate) mod prices;
pub(crate) mod refine;
pub(crate) mod support;
pub(crate) mod uniqueness;
