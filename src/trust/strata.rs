//! Models among which scores may be exchanged.
