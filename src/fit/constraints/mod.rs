//! What mixtures must obey, and what clashes.

pub(crate) mod bounds;
pub(crate) mod clash;
pub(crate) mod face;
pub(crate) mod homogeneous;
pub(crate) mod limits;
pub(crate) mod linear;
pub(crate) mod multipliers;
pub(crate) mod polytope;
