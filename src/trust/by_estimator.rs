//! Mixtures of the published estimators under the constraints of a fit.
