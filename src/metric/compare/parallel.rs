//! Work that is independent, on threads where there are any. The results keep their order.

/// `f` of every item.
#[cfg(feature = "parallel")]
pub(super) fn map<T: Sync, R: Send>(all: &[T], f: impl Fn(&T) -> R + Send + Sync) -> Vec<R> {
    use rayon::prelude::*;
    all.par_iter().map(f).collect()
}

#[cfg(not(feature = "parallel"))]
pub(super) fn map<T, R>(all: &[T], f: impl Fn(&T) -> R) -> Vec<R> {
    all.iter().map(f).collect()
}
