//! How many more models would settle it.
