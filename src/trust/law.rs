//! The line from bits to scores: outliers and influence.
