//! How the work is done, which changes no result: windows, instruction sets, arithmetic of shaders, threads.

use crate::threads;
use std::num::NonZeroUsize;

pub use crate::options::{Poison, ShaderInt64, Simd, Tuning};

/// As many threads may be asked for: beyond, a machine runs out of them before it runs out of work.
pub const MOST_THREADS: usize = 1024;

/// How many threads the CPU uses from here on, in this process and in those that are forked from it; `None` for as many as
/// rayon's global pool has, and [`MOST_THREADS`] for more than these. Work that is asked for within a pool of rayon's is done
/// there. Without feature `parallel` there is one thread, whatever is asked for.
///
/// ```
/// use std::num::NonZeroUsize;
/// use voxdice::tuning;
/// tuning::set_threads(NonZeroUsize::new(1));
/// assert_eq!(tuning::threads(), 1);
/// tuning::set_threads(None);
/// ```
pub fn set_threads(threads: Option<NonZeroUsize>) {
    threads::set_count(bounded(threads));
}

/// How many threads the CPU uses for work that is asked for here.
pub fn threads() -> usize {
    threads::count()
}

fn bounded(threads: Option<NonZeroUsize>) -> usize {
    threads.map_or(0, NonZeroUsize::get).min(MOST_THREADS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_machine_is_asked_for_a_million_threads() {
        let of = |threads| bounded(NonZeroUsize::new(threads));
        assert_eq!([of(0), of(7), of(MOST_THREADS), of(1_000_000)], [0, 7, MOST_THREADS, MOST_THREADS]);
    }
}
