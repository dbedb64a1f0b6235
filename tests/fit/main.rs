//! The mathematics of a fit against solvers, packages and facts that share no code with it.

mod constraints;
mod doors;
mod estimators;
mod objectives;
mod optimum;
