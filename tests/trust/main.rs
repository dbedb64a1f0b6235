//! How far a fit can be believed: intervals, permutations and held-out figures against other implementations, and how
//! often they keep what they promise.

mod coverage;
mod held_out_figures;
mod held_out_null;
mod permutation;
