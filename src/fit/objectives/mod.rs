//! Other objectives: few domains, the least of several correlations, frontiers, ranks, ridges, stages.

pub(crate) mod marginal;
pub(crate) mod pareto;
pub(crate) mod rank;
pub(crate) mod ridge;
pub(crate) mod sparse;
pub(crate) mod stage_levels;
pub(crate) mod stage_program;
pub(crate) mod stages;
pub(crate) mod worst;
