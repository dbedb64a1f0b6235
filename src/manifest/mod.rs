//! The text that there is to train on: which domains, where they lie, how much of each.
//!
//! A [`Manifest`] is the file `corpora.yaml`. Its counts turn shares of characters into shares of tokens, bytes or
//! documents ([`convert`]) and say how often a budget repeats a domain.

mod error;
mod file;
mod unit;

pub use error::ManifestError;
pub use file::{Manifest, ManifestDomain};
pub use unit::{ShareUnit, convert};
