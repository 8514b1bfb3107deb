//! Work without the GIL that Ctrl-C ends.

use crate::refused;
use pyo3::prelude::*;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;
use voxdice::eval::Cancel;

/// How long a signal waits at most.
const PATIENCE: Duration = Duration::from_millis(50);

/// Does the work in a thread of its own, while this one looks for signals and hands what the work tells to `heard`. After
/// an exception the work is cancelled, and waited for.
pub fn done<T: Send, E: Send>(
    py: Python<'_>,
    mut heard: impl FnMut(Python<'_>, E) -> PyResult<()> + Send,
    work: impl FnOnce(&Cancel, Sender<E>) -> T + Send,
) -> PyResult<T> {
    py.detach(|| {
        thread::scope(|scope| {
            let cancel = Cancel::default();
            let (sender, receiver) = mpsc::channel();
            let own = cancel.clone();
            let worker = scope.spawn(move || work(&own, sender));
            let outcome = loop {
                let outcome = match receiver.recv_timeout(PATIENCE) {
                    Ok(event) => Python::attach(|py| heard(py, event)),
                    Err(RecvTimeoutError::Timeout) => Python::attach(|py| py.check_signals()),
                    Err(RecvTimeoutError::Disconnected) => break Ok(()),
                };
                if outcome.is_err() {
                    cancel.cancel();
                    break outcome;
                }
            };
            // A panic goes on here, and becomes an exception.
            let result = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            outcome.map(|()| result)
        })
    })
}

/// Does work that cannot be cancelled, and touches nothing but what it owns. After a signal nobody waits for it.
pub fn abandonable<T: Send + 'static>(py: Python<'_>, work: impl FnOnce() -> T + Send + 'static) -> PyResult<T> {
    py.detach(|| {
        let (sender, receiver) = mpsc::channel();
        let worker = thread::spawn(move || {
            // Nobody listens any more once there was an exception.
            let _ = sender.send(work());
        });
        loop {
            match receiver.recv_timeout(PATIENCE) {
                Ok(result) => return Ok(result),
                Err(RecvTimeoutError::Timeout) => Python::attach(|py| py.check_signals())?,
                // A panic goes on here, and becomes an exception.
                Err(RecvTimeoutError::Disconnected) => match worker.join() {
                    Err(panic) => std::panic::resume_unwind(panic),
                    Ok(()) => return Err(refused("the work ended without a result; run it again")),
                },
            }
        }
    })
}

/// The same as [`done`] for work that tells nothing. What takes less time than starting a thread is done here.
pub fn interruptible<T: Send>(py: Python<'_>, is_long: bool, work: impl FnOnce(&Cancel) -> T + Send) -> PyResult<T> {
    if !is_long {
        return Ok(py.detach(|| work(&Cancel::default())));
    }
    // The end of the sender tells that the work is done.
    done(py, |_, ()| Ok(()), |cancel, _told| work(cancel))
}
