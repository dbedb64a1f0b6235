//! The fit made again on families drawn with replacement.
