//! The fit that outliers do not move.
