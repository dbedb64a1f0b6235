//! Solvers: least squares with non-negative weights, and cone programs.

pub(crate) mod active_set;
pub(crate) mod box_cone;
pub(crate) mod cone_program;
pub(crate) mod thin_qr;
