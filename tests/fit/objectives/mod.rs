//! Objectives beyond one target and one mixture, against grids, properties, and solvers that share no code with them.
//!
//! All generators are seeded: a failure repeats.

mod pareto;
mod problems;
mod ridge;
mod sparse;
mod stages;
mod stored;
mod worst;
