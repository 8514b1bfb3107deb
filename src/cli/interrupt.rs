//! Ctrl-C and the polite request to end: the work stops at the next piece, nothing is written, and the exit code says so.

use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// The run was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted; nothing was written")]
pub(super) struct Interrupted;

/// From here on a signal only asks to stop; a second one ends the process at once.
pub(super) fn listen() {
    // Without a handler a signal ends the process where it stands, which leaves no file behind either.
    let _ = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
}

/// An error once a signal came.
pub(super) fn check() -> Result<(), Interrupted> {
    if ASKED.load(Ordering::Relaxed) { Err(Interrupted) } else { Ok(()) }
}
