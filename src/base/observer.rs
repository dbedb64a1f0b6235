//! What follows long work and may stop it.

/// Follows long work: hears of its stages and steps, and may stop it.
///
/// Methods may be called from several threads at once. All of them do nothing unless implemented.
pub trait Observer: Sync {
    /// A stage of `total` steps begins; `unit` says in the plural what a step is (`bytes`, `refits`).
    fn begin(&self, stage: &str, total: u64, unit: &'static str) {
        let _ = (stage, total, unit);
    }

    /// So many more steps of the stage are done.
    fn advance(&self, steps: u64) {
        let _ = steps;
    }

    /// Whether to stop. Work that cannot be stopped in the middle does not ask.
    fn interrupted(&self) -> bool {
        false
    }
}

/// Hears nothing and never stops.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {}
