//! How the fit grows with the number of families.
