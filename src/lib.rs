pub mod fit;
pub mod mixture;
pub mod study;
