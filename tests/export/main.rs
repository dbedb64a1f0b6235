//! Mixtures exported to trainers' files and read back.

mod fixtures;
mod printed;
mod read_back;
mod snapshots;
mod values;
