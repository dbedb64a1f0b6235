//! What a fit hangs on: families, models, outliers.

pub(crate) mod law;
pub(crate) mod left_out;
pub(crate) mod robust;
