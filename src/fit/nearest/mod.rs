//! TODO

pub(crate) mod above;
pub(crate) mod rows;
pub(crate) mod several;
pub(crate) mod trade_off;
pub(crate) mod within;
