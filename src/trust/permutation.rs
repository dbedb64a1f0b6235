//! How often chance does as well: the fit on permuted scores.
