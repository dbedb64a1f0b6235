//! TODO

pub(crate) mod matrix;
pub(crate) mod shapes;
pub(crate) mod table;
pub(crate) mod text;
