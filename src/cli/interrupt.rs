//! Ctrl-C and termination requests: the work stops at the next chunk, nothing is written, and the exit code reports it.

use crate::eval::Cancel;
use std::io::Write;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: LazyLock<Cancel> = LazyLock::new(Cancel::default);

/// There is no unfinished work: the process may end at once.
static HARMLESS: AtomicBool = AtomicBool::new(false);

/// The run was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted; nothing was written")]
pub(super) struct Interrupted;

/// From here on a signal only asks to stop; a second one ends the process at once.
pub(super) fn listen() {
    // Without a handler a signal ends the process at once, which leaves no file behind either.
    let _ = ctrlc::set_handler(|| {
        let again = ASKED.cancel();
        if HARMLESS.load(Ordering::SeqCst) {
            // If the terminal is gone, the error cannot be reported.
            let _ = writeln!(std::io::stderr(), "error: {Interrupted}");
        }
        if again || HARMLESS.load(Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
}

/// What ends an evaluation once a signal came.
pub(super) fn token() -> Cancel {
    ASKED.clone()
}

/// Work that does not look for signals, and may be ended anywhere: a signal does so at once.
pub(super) fn during<T>(work: impl FnOnce() -> T) -> Result<T, Interrupted> {
    HARMLESS.store(true, Ordering::SeqCst);
    // A signal that came before has been handled, and would not end the work.
    let result = check().map(|()| work());
    HARMLESS.store(false, Ordering::SeqCst);
    check().and(result)
}

/// An error once a signal came.
pub(super) fn check() -> Result<(), Interrupted> {
    if ASKED.is_cancelled() { Err(Interrupted) } else { Ok(()) }
}
