//! The mixtures nearest to a prior above a correlation.

pub(crate) mod above;
pub(crate) mod distance;
pub(crate) mod rows;
pub(crate) mod several;
pub(crate) mod trade_off;
pub(crate) mod within;
