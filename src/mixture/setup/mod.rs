//! A study and settings made ready: names to numbers, constraints, prior, controls.

pub(crate) mod case;
pub(crate) mod constraint_set;
pub(crate) mod controls;
pub(crate) mod document_noise;
pub(crate) mod domain_names;
pub(crate) mod ground;
pub(crate) mod prior;
