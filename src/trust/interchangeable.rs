//! Groups of domains that can stand for each other.
