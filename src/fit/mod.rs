//! From a matrix of compression and a target to mixtures.
mod active_set;
mod bounds;
mod certificate;
mod columns;
mod conic;
mod design;
mod optimum;
pub mod statistics;
mod thin_qr;
mod vector;
pub use bounds::{Bounds, BoundsError};
pub use columns::CompressionColumns;
pub use design::Design;
pub use optimum::*;
