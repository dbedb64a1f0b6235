//! Whether standard output was open when the program began.
//!
//! Rust opens `/dev/null` in the place of a standard stream that is closed, before `main`: what is printed is then lost
//! without a word. So the question is asked before that, as the program is loaded.

use std::io;
#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(unix)]
static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

#[cfg(unix)]
#[ctor::ctor(unsafe)]
fn look() {
    // SAFETY: asks for a flag of a descriptor, whether it is open or not; nothing else runs yet.
    let flags = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) };
    WAS_CLOSED.store(flags == -1, Ordering::Relaxed);
}

/// Checks that there is somewhere to print to.
#[cfg(unix)]
pub fn check_open() -> io::Result<()> {
    if WAS_CLOSED.load(Ordering::Relaxed) { Err(io::Error::other("it is closed")) } else { Ok(()) }
}

/// Checks that there is somewhere to print to.
#[cfg(not(unix))]
pub fn check_open() -> io::Result<()> {
    Ok(())
}
