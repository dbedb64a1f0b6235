//! Mixtures exported to trainers' files and read back.

#[path = "../program/mod.rs"]
mod program;

mod fixtures;
mod printed;
mod read_back;
mod refused;
mod snapshots;
mod values;
