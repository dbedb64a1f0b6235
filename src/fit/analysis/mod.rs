//! The whole fit of a problem, on all models and on draws of them.

pub(crate) mod analyse;
pub(crate) mod chosen;
pub(crate) mod criterion;
pub(crate) mod folds;
pub(crate) mod held_out;
pub(crate) mod penalty;
pub(crate) mod problem;
pub(crate) mod recommendation;
pub(crate) mod refit;
pub(crate) mod resample;
