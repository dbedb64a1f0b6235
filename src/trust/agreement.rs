//! How predicted scores agree with true ones.
