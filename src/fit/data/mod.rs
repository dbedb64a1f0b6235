//! What a fit works on: centred columns, views of them, vectors and statistics.

pub(crate) mod agreement;
pub(crate) mod columns;
pub(crate) mod design;
pub(crate) mod evaluation;
pub(crate) mod moments;
pub(crate) mod problem_error;
pub mod statistics;

pub(crate) mod vector;
