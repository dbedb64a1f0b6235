//! The embedded study from tables to mixtures, against what its paper prints and what other solvers find.

mod embedded_fit;
mod published_correlations;
mod recommended_mixtures;
mod refit;
mod verdicts;
