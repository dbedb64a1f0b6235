//! Tables of any format, and the shapes in which models and columns stand in them.

pub(crate) mod matrix;
pub(crate) mod shapes;
pub(crate) mod table;
pub(crate) mod text;
