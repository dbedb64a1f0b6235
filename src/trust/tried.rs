//! Significance where several targets were tried.
