//! The mathematics of a fit against solvers, packages and facts that share no code with it.

mod constraints;
mod estimators;
mod held_out_null;
mod objectives;
mod optimum;
