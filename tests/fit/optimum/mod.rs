//! The best mixture against solvers and facts that share no code with it.
//!
//! Expected values come from an interior-point solver on a program written here, from grids, from SciPy, from least
//! squares done by nalgebra, or from what must not change when the data is scaled, shifted or reordered. All generators
//! are seeded: a failure repeats.

mod bounds;
mod cone;
mod controls;
mod edges;
mod invariances;
mod oracle;
mod problems;
mod scipy;
