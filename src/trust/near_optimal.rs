//! The set of mixtures that do nearly as well as the best.
