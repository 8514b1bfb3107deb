//! Work that is independent, on threads where there are any. The results keep their order.

use crate::threads::map_indexed;

/// `f` of every item.
pub(super) fn map<T: Sync, R: Send>(all: &[T], f: impl Fn(&T) -> R + Send + Sync) -> Vec<R> {
    map_indexed(all.len(), |place| f(&all[place]))
}
