pub mod fit;
pub mod study;
