//! What more models would tell.

pub(crate) mod added_models;
pub(crate) mod halving;
pub(crate) mod learning_curve;
pub(crate) mod power;
