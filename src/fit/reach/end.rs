//! The two ends of a range of shares.

/// One of the two ends of a domain's shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The least share.
    Least,
    /// The greatest.
    Greatest,
}
