//! Families held out: one at a time, or dealt to folds.
