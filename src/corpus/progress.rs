//! What hears of a corpus being read.

/// Hears how far reading has come and may stop it.
pub trait Progress: Sync {
    /// So many more bytes of the files, as they lie on disk, have been read.
    fn advance(&self, bytes: u64);

    /// Whether to stop; asked once a document.
    fn interrupted(&self) -> bool {
        false
    }
}

/// Hears nothing and never stops.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn advance(&self, _bytes: u64) {}
}
