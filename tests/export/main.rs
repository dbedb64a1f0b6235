//! Mixtures exported to trainers' files and read back.

#[path = "../program/mod.rs"]
mod program;

mod command;
mod fixtures;
mod printed;
mod read_back;

mod snapshots;
mod values;
