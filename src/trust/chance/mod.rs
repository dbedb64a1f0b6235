//! Whether chance does as well: permutation tests.

pub(crate) mod exchange;
pub(crate) mod permutation;
pub(crate) mod strata;
pub(crate) mod tried;
