//! The published estimators and projections: against the authors' package, against their definitions written out over all
//! pairs, and by what must not change them.
//!
//! All generators are seeded: a failure repeats.

mod definitions;
mod invariances;
mod package;
mod problems;
mod projections;
mod refusals;
