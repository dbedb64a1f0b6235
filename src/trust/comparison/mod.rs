//! TODO

pub(crate) mod compare;
pub(crate) mod difference;
pub(crate) mod folds;
pub(crate) mod method;
