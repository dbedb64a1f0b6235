//! How many independent domains there are.
