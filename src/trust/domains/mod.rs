//! Domains that can stand for each other, and how far shares can move.

pub(crate) mod interchangeable;
pub(crate) mod near_optimal;
pub(crate) mod spectrum;
