//! Ways of choosing a mixture, compared on families that they have not seen.

pub(crate) mod compare;
pub(crate) mod difference;
pub(crate) mod folds;
pub(crate) mod given;
pub(crate) mod method;
