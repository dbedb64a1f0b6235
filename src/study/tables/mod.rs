//! Tables of any format, and the shapes in which models and columns stand in them.

pub(crate) mod column;
mod json;
pub(crate) mod matrix;
pub(crate) mod not_finite;
pub(crate) mod parquet;
mod parquet_pages;
pub(crate) mod shapes;
mod size;
pub(crate) mod table;
pub(crate) mod text;
