//! What more models would tell.

pub(crate) mod halving;
pub(crate) mod learning_curve;
pub(crate) mod power;
