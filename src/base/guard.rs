//! Work of other libraries that can panic over what is in a file: the panic becomes a text, and nothing of it is printed.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// How many guards this thread is within.
    static GUARDS: Cell<usize> = const { Cell::new(0) };
}

/// Does the work; a panic in it is an error that says why.
///
/// Only what this thread panics with is kept back; panics of others, and of this one outside, go to the hook that was
/// there before.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if GUARDS.with(Cell::get) == 0 {
                previous(panic);
            }
        }));
    });
    GUARDS.with(|guards| guards.set(guards.get() + 1));
    let done = catch_unwind(AssertUnwindSafe(work));
    GUARDS.with(|guards| guards.set(guards.get() - 1));
    done.map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(ToString::to_string);
        reason(&text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default())
    })
}

/// What a panic says, without the words of the language it was written in.
fn reason(text: &str) -> String {
    // `called `Result::unwrap()` on an `Err` value: REASON`, `Helper: REASON`.
    let text = text.split_once("` value: ").map_or(text, |(_, reason)| reason);
    let line = text.lines().next().unwrap_or_default().trim();
    let mut reason: String = line.chars().take(160).collect();
    if reason.len() < line.len() {
        reason.push('…');
    }
    if reason.is_empty() { "no reason given".to_string() } else { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_text_and_work_goes_on() {
        assert_eq!(guarded(|| 7), Ok(7));
        assert_eq!(guarded(|| panic!("too {}", "long")), Err::<(), _>("too long".to_string()));
        let unwrapped = guarded(|| "x".parse::<u32>().map_err(|_| "no digit").unwrap());
        assert_eq!(unwrapped, Err("\"no digit\"".to_string()));
        // One within another.
        let outer = guarded(|| guarded(|| panic!("inner")).map_err(|inner: String| panic!("outer of {inner}")));
        assert_eq!(outer, Err::<Result<(), ()>, _>("outer of inner".to_string()));
    }
}
