//! Mixtures exported to trainers' files and read back.

mod fixtures;
mod hostile_names;
mod includes;
mod printed;
mod read_back;
mod snapshots;
mod values;
mod without_weights;
