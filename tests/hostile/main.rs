//! Damaged and odd inputs of every reader: none may panic, hang or fill the memory.
//!
//! Every test mutates small valid files, a few thousand times by default. `just hostile` does so a million times each,
//! with the memory of the process limited.

mod inputs;
mod models;
mod mutation;
mod results;
mod texts;
