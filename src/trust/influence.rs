//! What each model and each family does to the fit.
