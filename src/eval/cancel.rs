//! The request to end an evaluation early.

use super::error::EvalError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A token that ends an evaluation from another thread, or from a handler of signals: the work stops at the next chunk of
/// voxels. Clones are the same token.
///
/// ```
/// let cancel = voxdice::eval::Cancel::default();
/// let elsewhere = cancel.clone();
/// elsewhere.cancel();
/// assert!(cancel.is_cancelled());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Requests the end. Returns whether it had been requested before.
    pub fn cancel(&self) -> bool {
        self.0.swap(true, Ordering::SeqCst)
    }

    /// Whether the end was requested.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// An error once the end was requested.
    pub(crate) fn check(&self) -> Result<(), EvalError> {
        if self.is_cancelled() { Err(EvalError::Cancelled) } else { Ok(()) }
    }
}
